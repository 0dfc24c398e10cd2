//! Percentiles and medians of what was measured.

use std::time::Duration;

/// Durations or figures of one kind, all kept: benchmarks take thousands, not millions.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    sorted: Vec<f64>,
}

/// Median, least and greatest of several runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The run in the middle; the mean of the two when their number is even.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Samples {
    /// The `q`-quantile (0..=1) by nearest rank: the least value that at least the share `q` of all
    /// values does not exceed. 0 without samples.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        let n = self.sorted.len();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "0..=n, and n is far below 2^52"
        )]
        let rank = (q.clamp(0.0, 1.0) * n as f64).ceil() as usize;
        self.sorted
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or(0.0)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Median and ends.
    #[must_use]
    pub fn spread(&self) -> Spread {
        let n = self.sorted.len();
        let at = |i: usize| self.sorted.get(i).copied().unwrap_or(0.0);
        let median = if n.is_multiple_of(2) {
            f64::midpoint(at((n / 2).saturating_sub(1)), at(n / 2))
        } else {
            at(n / 2)
        };
        Spread {
            median,
            min: at(0),
            max: at(n.saturating_sub(1)),
        }
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<T: IntoIterator<Item = f64>>(values: T) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self { sorted }
    }
}

/// In milliseconds.
impl FromIterator<Duration> for Samples {
    fn from_iter<T: IntoIterator<Item = Duration>>(values: T) -> Self {
        values.into_iter().map(|d| d.as_secs_f64() * 1e3).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let samples: Samples = (1..=100).rev().map(f64::from).collect();
        assert_eq!(samples.quantile(0.5), 50.0);
        assert_eq!(samples.quantile(0.99), 99.0);
        assert_eq!(samples.quantile(1.0), 100.0);
        assert_eq!(Samples::default().quantile(0.5), 0.0);
    }

    #[test]
    fn a_spread_has_the_median_in_the_middle() {
        let spread = [3.0, 1.0, 2.0, 10.0]
            .into_iter()
            .collect::<Samples>()
            .spread();
        assert_eq!(
            spread,
            Spread {
                median: 2.5,
                min: 1.0,
                max: 10.0
            }
        );
    }
}
