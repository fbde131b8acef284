//! Chance without a clock: the same seed and the same place give the same throws.

/// SplitMix64's finaliser: every bit of the input moves about half of the output's bits.
const fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Throws for one thing of one province.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of thing `index` among its `kind`; they know nothing of any other thing's.
    pub(super) const fn of(seed: u64, kind: u64, index: u64) -> Self {
        Dice(mix(mix(seed.wrapping_add(STEP)) ^ mix(kind.wrapping_mul(STEP) ^ index)))
    }

    /// A number below `sides`.
    pub(super) const fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        // The high half of the product: as even as a remainder, without the division.
        ((mix(self.0) as u128 * sides as u128) >> 64) as u64
    }

    /// True once in `sides` throws.
    pub(super) const fn once_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }

    /// One of a list; those at its front come up more often, as some names do.
    pub(super) fn pick<'l>(&mut self, list: &'l [&'l str]) -> &'l str {
        let sides = list.len() as u64;
        let place = self.below(sides).min(self.below(sides));
        list.get(place as usize).copied().unwrap_or_default()
    }
}

/// A permutation of the numbers below `LEFT * RIGHT`, drawn by a seed: neighbours land far apart, and no two together.
///
/// A number is taken apart into two digits of those bases, and each in turn is moved by an amount that hangs on the other:
/// every step can be undone, so the whole can.
pub(super) const fn shuffled<const LEFT: u64, const RIGHT: u64>(seed: u64, number: u64) -> u64 {
    let (mut left, mut right) = (number / RIGHT, number % RIGHT);
    let mut round = 0;
    while round < 3 {
        left = (left + Dice::of(seed, round, right).below(LEFT)) % LEFT;
        right = (right + Dice::of(seed, round + 3, left).below(RIGHT)) % RIGHT;
        round += 1;
    }
    left * RIGHT + right
}
