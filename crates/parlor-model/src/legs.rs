//! How long each leg of a message's way took.

use std::time::Duration;

/// Bits of one leg in [`Legs::pack`]: five of exponent, eleven of mantissa.
const LEG_BITS: u32 = 16;
const MANTISSA_BITS: u32 = 11;
/// Largest exponent, and so the longest leg: 2047 × 2^31 µs, some fifty days.
const EXPONENT_MAX: u32 = 31;

/// The legs of a message's way, in microseconds, from the event that it answers to its words. What
/// came after (its commit, its sending) the message can't know of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Legs {
    /// From the event's time until a role had it in hand: commit, pace, outbox and bus.
    pub waited: u64,
    /// Until the scene was loaded.
    pub loaded: u64,
    /// Until it was decided what to say.
    pub decided: u64,
    /// Until the words were found.
    pub spoke: u64,
}

impl Legs {
    /// From the moment when a role had the event in hand until the words were found.
    #[must_use]
    pub fn in_hand(&self) -> Duration {
        let decided = self.loaded.saturating_add(self.decided);
        Duration::from_micros(decided.saturating_add(self.spoke))
    }

    /// All four in one number, as stores keep them: exact up to 2 ms, then with an error below 0.1%.
    #[must_use]
    pub fn pack(&self) -> i64 {
        let all = [self.waited, self.loaded, self.decided, self.spoke];
        let bits = all
            .into_iter()
            .fold(0u64, |bits, leg| bits << LEG_BITS | u64::from(shrink(leg)));
        i64::from_le_bytes(bits.to_le_bytes())
    }

    /// The legs in a packed number. Every number is some legs.
    #[must_use]
    pub fn unpack(packed: i64) -> Self {
        let bits = u64::from_le_bytes(packed.to_le_bytes());
        let leg = |place: u32| grow(bits >> (LEG_BITS * place));
        Self {
            waited: leg(3),
            loaded: leg(2),
            decided: leg(1),
            spoke: leg(0),
        }
    }
}

/// A small floating-point number: the leading eleven bits, and by how many the rest is longer.
fn shrink(micros: u64) -> u16 {
    let exponent = (u64::BITS - micros.leading_zeros()).saturating_sub(MANTISSA_BITS);
    if exponent > EXPONENT_MAX {
        return u16::MAX;
    }
    let mantissa = micros >> exponent;
    u16::try_from(u64::from(exponent) << MANTISSA_BITS | mantissa).unwrap_or(u16::MAX)
}

fn grow(bits: u64) -> u64 {
    let exponent = bits >> MANTISSA_BITS & u64::from(EXPONENT_MAX);
    (bits & ((1 << MANTISSA_BITS) - 1)) << exponent
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_legs_are_kept_to_the_microsecond_and_endless_ones_are_cut() {
        let legs = Legs {
            waited: 2_047,
            loaded: 0,
            decided: 1,
            spoke: u64::MAX,
        };
        let kept = Legs::unpack(legs.pack());
        assert_eq!((kept.waited, kept.loaded, kept.decided), (2_047, 0, 1));
        assert_eq!(kept.spoke, 2_047 << 31);
    }

    proptest! {
        #[test]
        fn a_long_leg_is_kept_to_a_thousandth(micros in 0u64..=2_047 << 31) {
            let legs = Legs { waited: micros, spoke: micros, ..Legs::default() };
            let kept = Legs::unpack(legs.pack());
            prop_assert_eq!(kept.waited, kept.spoke);
            prop_assert!(kept.waited <= micros);
            prop_assert!(micros - kept.waited <= micros / 1_000);
        }

        #[test]
        fn every_number_is_some_legs(packed in any::<i64>()) {
            let longest = Duration::from_micros(3 * (2_047 << 31));
            prop_assert!(Legs::unpack(packed).in_hand() <= longest);
        }
    }
}
