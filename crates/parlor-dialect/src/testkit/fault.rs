//! How a fake provider fails.

use parlor_model::Dice;
use uuid::Uuid;

/// One way to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429, with a `Retry-After` of this value if given: seconds or a date.
    RateLimited(Option<String>),
    /// This status, with the provider's error body.
    Status(u16),
    /// The request is taken and never answered.
    Silence,
    /// A reply begins and never goes on.
    Stall,
    /// The connection is cut half-way through the reply.
    Reset,
    /// 200 with a page of HTML.
    Html,
    /// 200 with half of the JSON, or half of the stream, and a proper end.
    Truncated,
    /// 200 with a reply in good order that has no text in it.
    Empty,
    /// The content filter withholds the reply, in the provider's own way.
    Refused,
    /// A reply in good order that calls itself `text/plain`.
    WrongType,
    /// A reply that never ends; plain requests get a long one.
    Endless,
}

/// Which requests fail, and how: by shares, drawn from a seed and the request's number, so that two
/// runs fail alike.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    seed: u64,
    shares: Vec<(Fault, f64)>,
}

impl Script {
    /// Nothing fails yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            shares: Vec::new(),
        }
    }

    /// The same, and a share of 0 to 1 of all requests fails this way. Shares add up to 1 at most.
    #[must_use]
    pub fn share(mut self, fault: Fault, share: f64) -> Self {
        self.shares.push((fault, share));
        self
    }

    /// How request `number` fails, if it does.
    #[must_use]
    pub fn fault(&self, number: u64) -> Option<Fault> {
        let dice = Dice::new(self.seed, Uuid::from_u128(number.into()));
        let mut rolled = dice.roll("fault").unit();
        for (fault, share) in &self.shares {
            if rolled < *share {
                return Some(fault.clone());
            }
            rolled -= share;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_out_and_come_out_alike() {
        let script = Script::new(7)
            .share(Fault::Status(500), 0.3)
            .share(Fault::Silence, 0.1);
        let run = || -> Vec<_> { (0..10_000).map(|number| script.fault(number)).collect() };
        let first = run();
        let count = |wanted: &Fault| first.iter().flatten().filter(|f| *f == wanted).count();

        assert!((2_800..3_200).contains(&count(&Fault::Status(500))));
        assert!((850..1_150).contains(&count(&Fault::Silence)));
        assert_eq!(first, run());
    }
}
