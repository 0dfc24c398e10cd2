//! Chance whose seed is printed, so that a run can be looked into again.

use std::time::Duration;

/// Splitmix64 (Steele, Lea and Flood 2014): enough to choose victims and moments.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice with the seed that `PARLOR_TEST_SEED` names, or a new one; prints it.
    #[must_use]
    pub fn printed(what: &str) -> Self {
        let given = std::env::var("PARLOR_TEST_SEED")
            .ok()
            .and_then(|text| text.parse().ok());
        let seed = given
            .unwrap_or_else(|| u64::from_str_radix(&crate::fresh_name(), 16).unwrap_or_default());
        println!("{what}: PARLOR_TEST_SEED={seed}");
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of them.
    ///
    /// # Panics
    /// There is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        assert!(!from.is_empty(), "nothing to pick from");
        let len = u64::try_from(from.len()).unwrap_or(u64::MAX);
        let at = usize::try_from(self.next() % len).unwrap_or_default();
        &from[at]
    }

    /// Lets a random time pass, up to `longest`: not to wait for something, but to be there at a
    /// moment that nothing in the server expects.
    pub async fn moment(&mut self, longest: Duration) {
        let longest_us = u64::try_from(longest.as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        tokio::time::sleep(Duration::from_micros(self.next() % longest_us)).await;
    }
}
