//! **Nuance** (`[mechanics.nuance]`): two copies of one character are not alike. Each companion has
//! the traits of its character, each moved by up to `spread` either way: by dice that know the companion
//! and nothing else, so that it is somebody of its own for good.

use super::{Mechanic, Settings};
use crate::mechanics::opinion::Traits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Copies of a character that differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Nuance {
    /// How far a trait may be from the character's.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub spread: f64,
}

impl Default for Nuance {
    fn default() -> Self {
        Self { spread: 0.2 }
    }
}

impl Settings for Nuance {
    const NAME: &'static str = "nuance";
}

impl Mechanic for Nuance {}

impl Nuance {
    /// The traits of the companion with this id.
    #[must_use]
    pub fn of(&self, character: &Traits, companion: Uuid) -> Traits {
        let mut bits = companion.as_u128();
        let mut traits = *character;
        for value in &mut traits {
            // Sixteen bits of the id's hash for each trait.
            bits = mix(bits);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the lowest bits are wanted"
            )]
            let unit = f64::from(bits as u16) / f64::from(u16::MAX);
            *value = (*value + self.spread * (2.0 * unit - 1.0)).clamp(0.0, 1.0);
        }
        traits
    }
}

/// One round of SplitMix64 over both halves.
fn mix(bits: u128) -> u128 {
    #[expect(clippy::cast_possible_truncation, reason = "both halves go in")]
    let mut z = ((bits >> 64) as u64 ^ bits as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u128::from(z ^ (z >> 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_companion_stays_as_it_is_and_differs_from_the_next_cl87() {
        let nuance = Nuance::default();
        let of = |id: u128| nuance.of(&[0.5; 5], Uuid::from_u128(id));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn a_trait_is_moved_by_no_more_than_the_spread_and_by_nothing_on_average() {
        let nuance = Nuance::default();
        let mut sum = 0.0;
        for id in 0..10_000_u128 {
            for value in nuance.of(&[0.5; 5], Uuid::from_u128(id)) {
                assert!((0.3..=0.7).contains(&value), "{value}");
                sum += value;
            }
        }
        assert!((sum / 50_000.0 - 0.5).abs() < 0.002, "{sum}");
        let edge = nuance.of(&[1.0; 5], Uuid::from_u128(7));
        assert!(edge.iter().all(|value| (0.0..=1.0).contains(value)));
    }
}
