//! Identifiers. Everything that a step makes gets an id derived from the event that caused it, so
//! that writing the same effect twice is recognisable.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The id of the thing called `part` that `cause` brings about: UUIDv5 (RFC 9562) with
            /// the cause as name space. The same cause and part always give the same id.
            #[must_use]
            pub fn derive(cause: Uuid, part: &str) -> Self {
                Self(Uuid::new_v5(&cause, part.as_bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

uuid_id! {
    /// A conversation's id; the `subject` of its envelopes and the trace id of all it causes.
    ConversationId
}
uuid_id! {
    /// A message's id.
    MessageId
}
uuid_id! {
    /// An account's id; the `sub` of its tokens.
    AccountId
}
uuid_id! {
    /// A run of a world's journeys: everybody begins anew at their own place.
    RunId
}
uuid_id! {
    /// An event's id: the id of its envelope and of its outbox row.
    EventId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_stable_and_differ_by_part() {
        let cause = Uuid::from_u128(7);
        assert_eq!(
            MessageId::derive(cause, "reply"),
            MessageId::derive(cause, "reply")
        );
        assert_ne!(
            MessageId::derive(cause, "reply"),
            MessageId::derive(cause, "gossip")
        );
    }
}
