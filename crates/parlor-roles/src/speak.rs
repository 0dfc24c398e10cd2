//! Finding the words of a plan, and how long to wait where there are none for now.

use crate::stage::Voices;
use futures::future::try_join_all;
use parking_lot::Mutex;
use parlor_engine::{Plan, PlannedLine, Spoken, Words};
use parlor_model::{Dice, EventId};
use parlor_ports::dialect::Utterance;
use parlor_ports::trace::{self, Here, Kind, Place, Span, Tracer};
use parlor_ports::{PortError, PortResult, metric};
use std::time::{Duration, Instant};

/// The spans of a step's lines are numbered from here, after those of its other parts.
const LINES_FROM: u64 = 8;

/// The first wait is about as long as this.
const WAIT_FIRST: Duration = Duration::from_millis(500);
/// No wait of ours is longer.
const WAIT_LONGEST: Duration = Duration::from_secs(60);
/// How long the other side may make us wait.
const WAIT_ASKED_MAX: Duration = Duration::from_secs(3_600);

/// What a character says whose dialect and fallback both failed: the conversation goes on.
const SPEECHLESS: &str = "…";

/// True when one of the plan's lines needs a dialect that is slow.
pub(crate) fn is_slow(voices: &Voices, plan: &Plan) -> bool {
    plan.lines.iter().any(|line| match &line.words {
        Words::Given(_) => false,
        Words::Prompt(prompt) => voices
            .get(&prompt.speaker.dialect)
            .is_some_and(|dialect| dialect.is_slow()),
    })
}

/// Finds the words of every line of a plan, at the same time.
///
/// # Errors
/// Retryable: words for one of them may be found later, so nothing of the plan is said now.
pub(crate) async fn speak(
    voices: &Voices,
    plan: &Plan,
    telling: Option<&Telling>,
) -> PortResult<Vec<Spoken>> {
    let Some(telling) = telling else {
        return try_join_all(plan.lines.iter().map(|line| speak_line(voices, line))).await;
    };
    let lines = (0..).zip(&plan.lines);
    try_join_all(lines.map(|(n, line)| telling.line(voices, line, n))).await
}

/// Tells of the lines of a plan, as spans.
pub(crate) struct Telling {
    tracer: &'static dyn Tracer,
    place: Place,
    spans: Mutex<Vec<Span>>,
}

impl Telling {
    /// Tells of lines that belong to `place`.
    pub(crate) fn new(tracer: &'static dyn Tracer, place: Place) -> Self {
        Self {
            tracer,
            place,
            spans: Mutex::default(),
        }
    }

    /// What there is to tell.
    pub(crate) fn spans(self) -> Vec<Span> {
        self.spans.into_inner()
    }

    async fn line(&self, voices: &Voices, line: &PlannedLine, n: u64) -> PortResult<Spoken> {
        let Words::Prompt(prompt) = &line.words else {
            return speak_line(voices, line).await;
        };
        let id = trace::within_id(self.place.span, LINES_FROM + n);
        let here = Here::at(Place {
            span: id,
            ..self.place
        });
        let (began, started) = (self.tracer.now(), Instant::now());
        let spoken = here.during(speak_line(voices, line)).await;
        let name = format!("speak {}", prompt.speaker.dialect);
        let mut span = Span::new(self.place, id, Kind::Internal, name)
            .at(began, started.elapsed())
            .with("parlor.character", prompt.speaker.slug.as_str())
            .with("parlor.dialect", prompt.speaker.dialect.as_str());
        match &spoken {
            Ok(said) => {
                span = span.with("parlor.fallback", said.fallback);
            }
            Err(error) => span.error = Some(error.to_string()),
        }
        self.spans.lock().push(span);
        spoken
    }
}

async fn speak_line(voices: &Voices, line: &PlannedLine) -> PortResult<Spoken> {
    let prompt = match &line.words {
        Words::Given(text) => {
            return Ok(Spoken {
                text: text.clone(),
                fallback: false,
            });
        }
        Words::Prompt(prompt) => prompt,
    };
    let started = Instant::now();
    let spoken = match voices.get(&prompt.speaker.dialect) {
        Some(dialect) => dialect.speak(prompt).await,
        None => Err(PortError::terminal(
            "dialect",
            format!("'{}' is not there", prompt.speaker.dialect),
        )),
    };
    count(&prompt.speaker.dialect, &spoken, started.elapsed());
    match spoken {
        Ok(said) => Ok(Spoken {
            text: said.text,
            fallback: said.fallback,
        }),
        Err(error) if error.is_retryable() => Err(error),
        Err(error) => {
            tracing::warn!(character = %prompt.speaker.slug, %error, "no words found");
            Ok(Spoken {
                text: SPEECHLESS.to_owned(),
                fallback: true,
            })
        }
    }
}

fn count(dialect: &str, spoken: &PortResult<Utterance>, took: Duration) {
    let outcome = match spoken {
        Ok(said) if said.fallback => "fallback",
        Ok(_) => "spoken",
        Err(error) if error.is_retryable() => "later",
        Err(_) => "failed",
    };
    let dialect = dialect.to_owned();
    metrics::histogram!(metric::DIALECT_SECONDS, "dialect" => dialect.clone()).record(took);
    metrics::counter!(metric::DIALECT_LINES, "dialect" => dialect, "outcome" => outcome)
        .increment(1);
}

/// How long an event waits whose words could not be found `tries` times before: twice as long each
/// time, up to a minute, between half of it and all of it as the event's own dice say, so that many
/// that failed together don't come back together. What the other side asked for comes first.
pub(crate) fn wait(seed: u64, event: EventId, tries: u32, asked: Option<Duration>) -> Duration {
    let ceiling = WAIT_FIRST
        .saturating_mul(1_u32.checked_shl(tries).unwrap_or(u32::MAX))
        .min(WAIT_LONGEST);
    let share = Dice::new(seed, event.0)
        .roll(&format!("wait {tries}"))
        .unit();
    let own = ceiling / 2 + (ceiling / 2).mul_f64(share);
    match asked {
        Some(asked) => asked.min(WAIT_ASKED_MAX) + own,
        None => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn waits_double_up_to_a_minute_and_differ_between_events() {
        let event = |n| EventId(Uuid::from_u128(n));
        let waits: Vec<_> = (0..200)
            .map(|tries| wait(7, event(1), tries, None))
            .collect();

        assert!(waits[0] >= WAIT_FIRST / 2 && waits[0] <= WAIT_FIRST);
        assert!(waits[3] >= WAIT_FIRST * 4 && waits[3] <= WAIT_FIRST * 8);
        assert!(
            waits[8..]
                .iter()
                .all(|w| (WAIT_LONGEST / 2..=WAIT_LONGEST).contains(w))
        );
        assert_eq!(wait(7, event(1), 5, None), waits[5]);
        assert_ne!(wait(7, event(2), 5, None), waits[5]);
    }

    #[test]
    fn nobody_comes_back_before_the_other_side_asked_for() {
        let asked = Duration::from_secs(90);
        let wait = wait(7, EventId(Uuid::from_u128(1)), 0, Some(asked));
        assert!(wait > asked && wait <= asked + WAIT_FIRST);
    }
}
