//! Where a family stands among those who wait.

words! {
    /// How far along a family is, by how many registered earlier: a band, since an exact number would be a promise.
    Standing {
        /// Fewer than ten before them.
        First10 = "first-10",
        /// Fewer than a hundred.
        First100 = "first-100",
        /// Fewer than a thousand.
        First1000 = "first-1000",
        /// More.
        Later = "later",
    }
}

impl Standing {
    /// The band of a family that so many registered before.
    pub const fn after(before: i64) -> Self {
        match before {
            ..10 => Standing::First10,
            10..100 => Standing::First100,
            100..1_000 => Standing::First1000,
            _ => Standing::Later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_ends_where_the_next_one_begins() {
        let bands = [0, 9, 10, 99, 100, 999, 1_000].map(|before| Standing::after(before).word());
        let expected =
            ["first-10", "first-10", "first-100", "first-100", "first-1000", "first-1000", "later"];
        assert_eq!(bands, expected);
    }
}
