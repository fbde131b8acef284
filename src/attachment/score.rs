//! Choosing: who is proposed to a panel first, and why. The same people and the same panel give the same order, and every point has a name.

use std::cmp::Reverse;
use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Complexity, Gender, Mix};

/// Our number of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FamilyId(pub Uuid);

/// A family that waits: one candidate, never split.
#[derive(Debug, Clone, PartialEq)]
pub struct Seeker {
    /// Which.
    pub family: FamilyId,
    /// When the first of them registered.
    pub registered_at: DateTime<Utc>,
    /// How many they are.
    pub members: u32,
    /// The highest band among them.
    pub complexity: Complexity,
    /// From the middle of their community to the panel's, kilometres.
    pub km: f64,
    /// How far they would go, kilometres; `None`: any distance.
    pub distance: Option<u32>,
    /// What they would prefer their provider to be.
    pub gender: Option<Gender>,
    /// The language they speak.
    pub language: String,
    /// The language they need an interpreter for.
    pub interpreter: Option<String>,
}

/// What a panel looks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// How many people at most.
    pub open: u32,
    /// Which mix would balance it.
    pub mix: Option<Mix>,
    /// The provider's gender, if it is to be considered.
    pub gender: Option<Gender>,
    /// Languages that patients can be seen in.
    pub languages: Vec<String>,
    /// When.
    pub at: DateTime<Utc>,
}

words! {
    /// What points are given for.
    PartName {
        /// A point a month.
        Waiting = "waiting",
        /// How much care they need.
        Need = "need",
        /// How near they live.
        Distance = "distance",
        /// A language in common.
        Language = "language",
        /// The provider is as they would prefer.
        Gender = "gender",
        /// They fill what the requested mix still lacks.
        Mix = "mix",
    }
}

/// Points for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// For what.
    pub name: PartName,
    /// How many.
    pub points: u32,
}

/// A candidate in its place, with the points that put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Which family.
    pub family: FamilyId,
    /// How many they are.
    pub members: u32,
    /// Points by what they are for; those of nothing are left out.
    pub parts: Vec<Part>,
}

impl Ranked {
    /// All points.
    pub fn total(&self) -> u32 {
        self.parts.iter().map(|part| part.points).sum()
    }
}

/// How much each thing counts, points at most.
#[derive(Debug, Clone, Copy)]
pub struct Weights {
    /// Months of waiting that count.
    pub months: u32,
    /// Medium and high need.
    pub need: [u32; 2],
    /// Within 5, 20 and 50 km.
    pub distance: [u32; 3],
    /// A language in common.
    pub language: u32,
    /// The provider is as they would prefer.
    pub gender: u32,
    /// All that the mix lacks.
    pub mix: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Weights {
            months: 60,
            need: [10, 20],
            distance: [15, 10, 5],
            language: 10,
            gender: 5,
            mix: 20,
        }
    }
}

impl Seeker {
    /// Whether they would go that far.
    pub fn is_within_reach(&self) -> bool {
        self.distance.is_none_or(|limit| self.km <= f64::from(limit))
    }

    /// Points that do not depend on who else is chosen.
    fn parts(&self, wanted: &Wanted, weights: &Weights) -> Vec<Part> {
        let days = (wanted.at - self.registered_at).num_days().max(0);
        let months = u32::try_from(days / 30).unwrap_or(u32::MAX).min(weights.months);
        let need = match self.complexity {
            Complexity::Low => 0,
            Complexity::Medium => weights.need[0],
            Complexity::High => weights.need[1],
        };
        let band = [5.0, 20.0, 50.0].iter().position(|limit| self.km <= *limit);
        let speaks = |tag: &String| wanted.languages.iter().any(|known| is_same(known, tag));
        let language = self.interpreter.as_ref().is_none_or(speaks) && speaks(&self.language)
            || self.interpreter.as_ref().is_some_and(speaks);
        let gender = self.gender.is_some() && self.gender == wanted.gender;
        let points = [
            (PartName::Waiting, months),
            (PartName::Need, need),
            (PartName::Distance, band.map_or(0, |band| weights.distance[band])),
            (PartName::Language, if language { weights.language } else { 0 }),
            (PartName::Gender, if gender { weights.gender } else { 0 }),
        ];
        points
            .into_iter()
            .filter(|(_, points)| *points > 0)
            .map(|(name, points)| Part { name, points })
            .collect()
    }
}

/// Whether two tags name a language that their speakers share: whatever their case, and whichever script or region they name. `zh` is every
/// Chinese language, Mandarin and Cantonese among them, which are not the same.
fn is_same(one: &str, other: &str) -> bool {
    let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let (one, other) = (language(one), language(other));
    let covers = |wide: &str, narrow: &str| wide == "zh" && matches!(narrow, "cmn" | "yue");
    one == other || covers(&one, &other) || covers(&other, &one)
}

/// Puts families in the order in which they would be proposed, as many people as there is room for. Whoever is further away than they would go is
/// no candidate; a family that is larger than what is left is passed over. Ties: who registered first, then by number.
pub fn rank(seekers: &[Seeker], wanted: &Wanted, weights: &Weights) -> Vec<Ranked> {
    // What the mix lacks is the same for all of one band, so only the best of each band can be next.
    let mut bands: [Vec<(&Seeker, Ranked)>; 3] = Default::default();
    for seeker in seekers.iter().filter(|seeker| seeker.is_within_reach()) {
        let parts = seeker.parts(wanted, weights);
        let ranked = Ranked { family: seeker.family, members: seeker.members, parts };
        bands[seeker.complexity as usize].push((seeker, ranked));
    }
    let mut bands = bands.map(|mut band| {
        band.sort_by_cached_key(|(seeker, ranked)| order(seeker, ranked.total()));
        VecDeque::from(band)
    });
    let (mut chosen, mut people) = (Vec::new(), [0_u32; 3]);
    loop {
        let left = wanted.open.saturating_sub(people.iter().sum());
        let next = (0..3)
            .filter_map(|band| {
                let of = &mut bands[band];
                while of.front().is_some_and(|(seeker, _)| seeker.members > left) {
                    of.pop_front();
                }
                let (seeker, ranked) = of.front()?;
                let mix = lacking(wanted.mix, people, band, weights.mix);
                Some((order(seeker, ranked.total() + mix), band, mix))
            })
            .min();
        let Some((_, band, mix)) = next else { return chosen };
        let Some((seeker, mut ranked)) = bands[band].pop_front() else { return chosen };
        if mix > 0 {
            ranked.parts.push(Part { name: PartName::Mix, points: mix });
        }
        people[band] += seeker.members;
        chosen.push(ranked);
    }
}

fn order(seeker: &Seeker, points: u32) -> (Reverse<u32>, DateTime<Utc>, FamilyId) {
    (Reverse(points), seeker.registered_at, seeker.family)
}

/// Points for a band by how far its share of those chosen so far is below the one asked for.
fn lacking(mix: Option<Mix>, people: [u32; 3], band: usize, most: u32) -> u32 {
    let Some(mix) = mix else { return 0 };
    let asked = u32::from([mix.low, mix.medium, mix.high][band]);
    let all: u32 = people.iter().sum();
    let share = (people[band] * 100).checked_div(all).unwrap_or(0);
    most * asked.saturating_sub(share) / 100
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_763_800_000, 0).unwrap()
    }

    fn seeker(number: u128, months: i64) -> Seeker {
        Seeker {
            family: FamilyId(Uuid::from_u128(number)),
            registered_at: at() - TimeDelta::days(30 * months),
            members: 1,
            complexity: Complexity::Low,
            km: 3.0,
            distance: None,
            gender: None,
            language: "en".into(),
            interpreter: None,
        }
    }

    fn wanted(open: u32) -> Wanted {
        Wanted { open, mix: None, gender: None, languages: vec!["en".into()], at: at() }
    }

    fn numbers(ranked: &[Ranked]) -> Vec<u128> {
        ranked.iter().map(|ranked| ranked.family.0.as_u128()).collect()
    }

    #[test]
    fn every_point_is_told() {
        let seeker = Seeker {
            complexity: Complexity::High,
            gender: Some(Gender::Female),
            km: 12.0,
            ..seeker(1, 8)
        };
        let mix = Some(Mix { low: 0, medium: 50, high: 50 });
        let wanted = Wanted { gender: Some(Gender::Female), mix, ..wanted(1) };
        let ranked = rank(&[seeker], &wanted, &Weights::default());
        let told: Vec<_> = ranked[0].parts.iter().map(|p| (p.name.word(), p.points)).collect();
        let expected = [
            ("waiting", 8),
            ("need", 20),
            ("distance", 10),
            ("language", 10),
            ("gender", 5),
            ("mix", 10),
        ];
        assert_eq!(told, expected);
        assert_eq!(ranked[0].total(), 63);
    }

    #[test]
    fn languages_are_the_same_by_their_first_part_and_chinese_is_each_of_its_languages() {
        for (one, other, same) in [
            ("en", "en", true),
            ("en", "EN-ca", true),
            ("zh-Hant", "yue", true),
            ("cmn", "zh", true),
            ("cmn", "zh-Hans", true),
            ("cmn", "yue", false),
            ("zh", "en", false),
            ("ase", "es", false),
        ] {
            assert_eq!((is_same(one, other), is_same(other, one)), (same, same), "{one} {other}");
            let of = Seeker { language: one.into(), ..seeker(1, 0) };
            let wanted = Wanted { languages: vec![other.into()], ..wanted(1) };
            let told = of.parts(&wanted, &Weights::default());
            assert_eq!(
                told.iter().any(|part| part.name == PartName::Language),
                same,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn whoever_waits_longest_comes_first_and_ties_go_by_date_then_number() {
        let same_month = Seeker { registered_at: at() - TimeDelta::days(95), ..seeker(4, 0) };
        let all = [seeker(3, 3), seeker(1, 2), seeker(2, 3), same_month, seeker(5, 9)];
        assert_eq!(numbers(&rank(&all, &wanted(9), &Weights::default())), [5, 4, 2, 3, 1]);
    }

    #[test]
    fn a_family_that_is_too_large_is_passed_over_and_one_too_far_away_is_none() {
        let large = Seeker { members: 4, ..seeker(1, 50) };
        let far = Seeker { km: 30.0, distance: Some(20), ..seeker(2, 40) };
        let all = [large, far, seeker(3, 1), seeker(4, 0)];
        assert_eq!(numbers(&rank(&all, &wanted(3), &Weights::default())), [3, 4]);
        assert_eq!(numbers(&rank(&all, &wanted(4), &Weights::default())), [1]);
    }

    #[test]
    fn the_mix_that_was_asked_for_comes_about() {
        let of = |number, complexity| Seeker { complexity, ..seeker(number, 1) };
        let mut all: Vec<_> = (0..20).map(|n| of(n, Complexity::High)).collect();
        all.extend((20..40).map(|n| of(n, Complexity::Low)));
        let weights = Weights { need: [0, 0], mix: 100, ..Weights::default() };
        let mix = Some(Mix { low: 70, medium: 0, high: 30 });
        let chosen = rank(&all, &Wanted { mix, ..wanted(10) }, &weights);
        let high = numbers(&chosen).iter().filter(|number| **number < 20).count();
        assert_eq!((chosen.len(), high), (10, 3));
    }

    proptest! {
        #[test]
        fn nobody_is_chosen_twice_no_family_is_split_and_there_is_room_for_all(
            sizes in prop::collection::vec((1_u32..6, 0_i64..60, 0_usize..3), 0..60),
            open in 0_u32..40,
        ) {
            let seekers: Vec<_> = sizes
                .iter()
                .zip(0..)
                .map(|((members, months, band), number)| Seeker {
                    members: *members,
                    complexity: Complexity::ALL[*band],
                    ..seeker(number, *months)
                })
                .collect();
            let mix = Some(Mix { low: 20, medium: 50, high: 30 });
            let wanted = Wanted { mix, ..wanted(open) };
            let chosen = rank(&seekers, &wanted, &Weights::default());
            let mut shuffled = seekers.clone();
            shuffled.reverse();
            prop_assert_eq!(&chosen, &rank(&shuffled, &wanted, &Weights::default()));
            let people: u32 = chosen.iter().map(|ranked| ranked.members).sum();
            prop_assert!(people <= open);
            let mut ones = numbers(&chosen);
            ones.sort_unstable();
            ones.dedup();
            prop_assert_eq!(ones.len(), chosen.len());
            for ranked in &chosen {
                let whole = seekers.iter().find(|seeker| seeker.family == ranked.family);
                prop_assert_eq!(whole.map(|seeker| seeker.members), Some(ranked.members));
            }
            // Nobody who still fits was left behind.
            let left = open - people;
            let fits = |seeker: &&Seeker| seeker.members <= left;
            let behind = seekers.iter().filter(fits).find(|seeker| {
                chosen.iter().all(|ranked| ranked.family != seeker.family)
            });
            prop_assert_eq!(behind, None);
        }
    }
}
