//! The end of a step: one transaction for a batch, and what became of each.

use super::journey::{self, Arrival};
use super::track::Written;
use super::{Progress, Settled, Stage, Step, Taken};
use crate::retry::Backoff;
use parlor_model::{Effects, Guard, MessageKind, OutboxRow};
use parlor_ports::store::Outcome;
use parlor_ports::{PortResult, metric, trace};
use std::time::Instant;

/// What a step is once it is written.
pub(super) enum Becomes {
    /// What its effects say.
    Step,
    /// [`Step::Parked`].
    Parked,
    /// [`Step::Waits`].
    Waits(OutboxRow),
    /// Somebody has arrived, as the effects say.
    Arrived(Arrival),
    /// Nothing yet: a model has decided about an arrival.
    Decided(Arrival),
}

impl Stage {
    /// Writes steps that have been spoken, and tells what became of each, in order. Waits for the
    /// store as long as it takes. An arrival that a model decided too late, so that nothing is left
    /// of its choice, is slow once more.
    pub async fn write_spoken(&self, settled: Vec<Settled>) -> Vec<Taken> {
        let (mut arrivals, mut places, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        for (n, step) in settled.into_iter().enumerate() {
            match step.becomes {
                Becomes::Decided(arrival) => {
                    arrivals.push(arrival);
                    places.push(n);
                }
                _ => lines.push(step),
            }
        }
        let written = self.write_guarded(lines).await;
        let written = written.into_iter().map(|(step, _)| Taken::Over(step));
        let mut steps: Vec<_> = written.collect();
        if !arrivals.is_empty() {
            let received = self.receive(arrivals).await;
            for (n, step) in places.into_iter().zip(received) {
                steps.insert(n.min(steps.len()), step);
            }
        }
        steps
    }

    /// Writes steps, and tells what became of each and whether its guard held.
    pub(super) async fn write_guarded(&self, settled: Vec<Settled>) -> Vec<(Step, Outcome)> {
        if settled.is_empty() {
            return Vec::new();
        }
        let mut batch = Vec::with_capacity(settled.len() + 1);
        let mut ends = Vec::with_capacity(settled.len());
        for Settled {
            effects,
            becomes,
            world,
            track,
        } in settled
        {
            batch.push(effects);
            ends.push((becomes, world, track));
        }
        let begun = trace::tracer().map(|_| (self.clock.now(), Instant::now()));
        let outcomes = self.write(&mut batch).await;
        let commit = begun.map(|(began, started)| Written {
            began,
            took: started.elapsed(),
        });
        let written = batch.into_iter().zip(ends).zip(outcomes);
        written
            .map(|((effects, (becomes, world, track)), outcome)| {
                count(&effects, &outcome);
                if let (Some(track), Some(commit)) = (track, &commit) {
                    track.end(&effects, &becomes, &outcome, commit);
                }
                if let (Outcome::Applied, Some(world)) = (&outcome, world) {
                    let said = effects.messages.len() as u64;
                    self.traffic.stored(&world.name, said);
                    let name = world.name.as_str().to_owned();
                    metrics::counter!(metric::WORLD_MESSAGES, "world" => name).increment(said);
                }
                let step = step_of(effects, becomes, &outcome);
                (step, outcome)
            })
            .collect()
    }

    pub(super) async fn commit(&self, progress: Vec<Progress>) -> Vec<Taken> {
        let mut taken = Vec::with_capacity(progress.len());
        let mut settled = Vec::with_capacity(progress.len());
        let mut places = Vec::with_capacity(progress.len());
        for (place, progress) in progress.into_iter().enumerate() {
            taken.push(match progress {
                Progress::Over(step) => Taken::Over(step),
                Progress::Slow(performance) => Taken::Slow(performance),
                Progress::Commit(step) => {
                    settled.push(step);
                    places.push(place);
                    Taken::Over(Step::Nothing)
                }
            });
        }
        for (place, written) in places.into_iter().zip(self.write_spoken(settled).await) {
            if let Some(taken) = taken.get_mut(place) {
                *taken = written;
            }
        }
        taken
    }

    /// Writes a batch; what was sent before rides along as one more step, and is put back if the
    /// write fails for good.
    async fn write(&self, batch: &mut Vec<Effects>) -> Vec<Outcome> {
        let sent = std::mem::take(&mut *self.sent.lock());
        if let Some(first) = sent.first() {
            let mut housekeeping = Effects::none(*first);
            housekeeping.clears = sent;
            batch.push(housekeeping);
        }
        let started = Instant::now();
        let outcomes = self
            .until_it_works("commit", || self.store.commit(batch.clone()))
            .await;
        metrics::histogram!(metric::COMMIT_SECONDS).record(started.elapsed());
        outcomes
    }

    /// Repeats a port call while it fails. Also what calls itself terminal is tried again, with a
    /// word in the log each time: an operator can mend a store, nobody can mend a lost event.
    pub(crate) async fn until_it_works<T, F: Future<Output = PortResult<T>>>(
        &self,
        what: &'static str,
        mut call: impl FnMut() -> F,
    ) -> T {
        let mut backoff = Backoff::new(uuid::Uuid::nil());
        loop {
            match call().await {
                Ok(value) => return value,
                Err(error) => {
                    tracing::warn!(call = what, %error, "the store does not answer, trying again");
                    backoff.wait(what).await;
                }
            }
        }
    }
}

fn step_of(effects: Effects, becomes: Becomes, outcome: &Outcome) -> Step {
    match (outcome, becomes) {
        (Outcome::Stale, _) => Step::Nothing,
        (Outcome::Applied, Becomes::Parked) => Step::Parked,
        (Outcome::Applied, Becomes::Waits(row)) => Step::Waits(row),
        (Outcome::Applied, Becomes::Step | Becomes::Arrived(_) | Becomes::Decided(_))
            if effects.messages.is_empty() && effects.sends.is_empty() =>
        {
            Step::Nothing
        }
        (Outcome::Applied, Becomes::Step | Becomes::Arrived(_) | Becomes::Decided(_)) => {
            Step::Done(effects.sends)
        }
    }
}

fn count(effects: &Effects, outcome: &Outcome) {
    if *outcome == Outcome::Stale {
        metrics::counter!(metric::DELIVERIES_STALE).increment(1);
        return;
    }
    journey::count(effects);
    for new in &effects.messages {
        let kind = match new.message.kind {
            MessageKind::Line => "line",
            MessageKind::Aside => "aside",
            MessageKind::Scene => "scene",
        };
        metrics::counter!(metric::MESSAGES_STORED, "kind" => kind).increment(1);
        if new.message.fallback {
            metrics::counter!(metric::FALLBACKS).increment(1);
        }
    }
    let opened = effects.opened.len();
    if opened > 0 {
        metrics::counter!(metric::CONVERSATIONS_OPENED).increment(opened as u64);
    }
    let ends = matches!(
        effects.guard,
        Guard::Advance {
            close_at: Some(_),
            ..
        }
    );
    // A side thread near the end of its parent's count may end with its first line.
    let ended = effects.opened.iter().filter(|c| !c.is_active()).count() + usize::from(ends);
    if ended > 0 {
        metrics::counter!(metric::CONVERSATIONS_CLOSED).increment(ended as u64);
    }
}
