//! How much care somebody is likely to need, as a band.

words! {
    /// A band.
    Complexity {
        /// Little.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// Much.
        High = "high",
    }
}

/// Where bands begin, and what a recent change of health counts.
#[derive(Debug, Clone, Copy)]
pub struct Bands {
    /// Weight from which it is medium.
    pub medium: u32,
    /// Weight from which it is high.
    pub high: u32,
    /// Weight of a change in the last three months.
    pub change: u32,
}

impl Default for Bands {
    fn default() -> Self {
        Bands { medium: 3, high: 7, change: 2 }
    }
}

/// The band of somebody with these weights of conditions, and whose health changed lately or not.
pub fn complexity(
    weights: impl IntoIterator<Item = u32>,
    changed: bool,
    bands: Bands,
) -> Complexity {
    let lately = if changed { bands.change } else { 0 };
    match weights.into_iter().fold(lately, u32::saturating_add) {
        weight if weight >= bands.high => Complexity::High,
        weight if weight >= bands.medium => Complexity::Medium,
        _ => Complexity::Low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_to_a_band() {
        let bands = Bands::default();
        assert_eq!(complexity([], false, bands), Complexity::Low);
        assert_eq!(complexity([2], false, bands), Complexity::Low);
        assert_eq!(complexity([1], true, bands), Complexity::Medium);
        assert_eq!(complexity([3, 3], false, bands), Complexity::Medium);
        assert_eq!(complexity([5], true, bands), Complexity::High);
        assert_eq!(complexity([u32::MAX, 1], true, bands), Complexity::High);
    }
}
