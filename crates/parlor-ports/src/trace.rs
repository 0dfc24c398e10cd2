//! Traces: what happened in which order, over all processes.
//!
//! A conversation with its gossip is one trace, whose id is the id of the conversation that began it.
//! Envelopes carry it (`traceparent`), and every span id that another process must know is derived from
//! an event's id, so that parents are right whoever sends an event, also after a crash:
//!
//! ```text
//! start conversation                       the conversation's id
//! └─ create q-Ross                         the event's id, first half: what `traceparent` holds
//!    ├─ send q-Ross                        on the bus, by whichever process sends it
//!    └─ process q-Ross                     the event's id, second half; perhaps another process
//!       ├─ load · speak · commit
//!       └─ create q-Rachel                 the next event
//! ```
//!
//! Spans are told when they are over, with the times that are measured anyway. Without a tracer
//! ([`tracer`] is `None`) nothing is made and nothing is allocated.

use chrono::{DateTime, Utc};
use parlor_model::{Envelope, EventId};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use uuid::Uuid;

/// What a span is to the processes around it, in the words of OpenTelemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work within a process.
    Internal,
    /// Answers a request.
    Server,
    /// Asks another program.
    Client,
    /// Makes or sends a message.
    Producer,
    /// Handles a message.
    Consumer,
}

/// What an attribute says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Words.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// A piece of work that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Which trace.
    pub trace: Uuid,
    /// Its own id, never 0.
    pub id: u64,
    /// What it is a part of; 0: the beginning of the trace.
    pub parent: u64,
    /// To the processes around it.
    pub kind: Kind,
    /// For people; the same for all work of its sort.
    pub name: String,
    /// When it began.
    pub began: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// What it was about. Never what was said.
    pub attributes: Vec<(&'static str, Value)>,
    /// Why it failed.
    pub error: Option<String>,
    /// A trace that has to do with it: its id and a span there.
    pub link: Option<(Uuid, u64)>,
}

impl Place {
    /// What a W3C `traceparent` names; `None` for what is not one.
    #[must_use]
    pub fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let (version, trace, span) = (parts.next()?, parts.next()?, parts.next()?);
        let _flags = parts.next()?;
        if version.len() != 2 || trace.len() != 32 || span.len() != 16 {
            return None;
        }
        let trace = Uuid::try_parse(trace).ok().filter(|id| !id.is_nil())?;
        let span = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        Some(Self { trace, span })
    }
}

impl Span {
    /// A span without attributes that went well.
    #[must_use]
    pub fn new(place: Place, id: u64, kind: Kind, name: impl Into<String>) -> Self {
        Self {
            trace: place.trace,
            id,
            parent: place.span,
            kind,
            name: name.into(),
            began: DateTime::UNIX_EPOCH,
            took: Duration::ZERO,
            attributes: Vec::new(),
            error: None,
            link: None,
        }
    }

    /// When it was.
    #[must_use]
    pub fn at(mut self, began: DateTime<Utc>, took: Duration) -> Self {
        (self.began, self.took) = (began, took);
        self
    }

    /// What it was about.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }
}

/// A span that others may be a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The trace.
    pub trace: Uuid,
    /// The span; 0 for none.
    pub span: u64,
}

/// Takes spans. Never waits: what it can't take at once is lost.
pub trait Tracer: Send + Sync {
    /// Whether spans of this trace are kept at all.
    fn wants(&self, trace: Uuid) -> bool;

    /// Takes a span.
    fn record(&self, span: Span);

    /// An id for a trace that no conversation began.
    fn fresh(&self) -> Uuid;

    /// The time, for those who have no clock.
    fn now(&self) -> DateTime<Utc>;

    /// Hands on what was taken, at the end of the process. Blocks for a moment.
    fn close(&self);
}

static TRACER: OnceLock<Arc<dyn Tracer>> = OnceLock::new();

/// Gives this process its tracer, once, at its start; false when it has one already.
pub fn install(tracer: Arc<dyn Tracer>) -> bool {
    TRACER.set(tracer).is_ok()
}

/// The tracer, where traces are wanted.
#[must_use]
pub fn tracer() -> Option<&'static dyn Tracer> {
    TRACER.get().map(|tracer| &**tracer)
}

/// The span in which an envelope was made, which its `traceparent` names.
#[must_use]
pub fn made(envelope: &Envelope) -> Place {
    Place::parse(&envelope.traceparent).unwrap_or_else(|| Place {
        trace: envelope.trace_id(),
        span: made_id(envelope.id),
    })
}

/// The id of the span in which an event was made.
#[must_use]
pub fn made_id(event: EventId) -> u64 {
    event.0.as_u64_pair().0.max(1)
}

/// The id of the span in which an event was handled and had its effect.
#[must_use]
pub fn handled_id(event: EventId) -> u64 {
    event.0.as_u64_pair().1.max(1)
}

/// The id of the `n`-th span within another, or of one that differs from it by `n`.
#[must_use]
pub fn within_id(span: u64, n: u64) -> u64 {
    // The finaliser of splitmix64 (Steele, Lea and Flood 2014).
    let mut z = span.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).max(1)
}

/// Work under way, of which other work may become a part. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Here(Arc<Work>);

#[derive(Debug)]
struct Work {
    span: u64,
    /// Known from the beginning, or settled later.
    trace: OnceLock<Uuid>,
    /// Where nobody settles it.
    fresh: Uuid,
}

tokio::task_local! {
    static HERE: Here;
}

impl Here {
    /// Work in a trace.
    #[must_use]
    pub fn at(place: Place) -> Self {
        Self(Arc::new(Work {
            span: place.span,
            trace: OnceLock::from(place.trace),
            fresh: place.trace,
        }))
    }

    /// Work whose trace is not settled yet: it becomes part of the conversation that it starts, or
    /// else a trace of its own.
    #[must_use]
    pub fn open(fresh: Uuid) -> Self {
        Self(Arc::new(Work {
            span: handled_id(EventId(fresh)),
            trace: OnceLock::new(),
            fresh,
        }))
    }

    /// Where this is.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            trace: *self.0.trace.get_or_init(|| self.0.fresh),
            span: self.0.span,
        }
    }

    /// Settles that it belongs to this trace; false when it belongs to another one.
    #[must_use]
    pub fn join(&self, trace: Uuid) -> bool {
        *self.0.trace.get_or_init(|| trace) == trace
    }

    /// The work under way in this task.
    #[must_use]
    pub fn now() -> Option<Self> {
        HERE.try_with(Clone::clone).ok()
    }

    /// Does `work` as a part of this.
    pub async fn during<F: Future>(self, work: F) -> F::Output {
        HERE.scope(self, work).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_joins_the_first_trace_that_it_is_asked_to() {
        let fresh = Uuid::from_u128(1);
        let here = Here::open(fresh);
        let conversation = Uuid::from_u128(2);
        let joined = here
            .clone()
            .during(async { Here::now().unwrap().join(conversation) })
            .await;

        assert!(joined);
        assert!(!here.join(Uuid::from_u128(3)));
        assert_eq!(here.place().trace, conversation);
        assert!(Here::now().is_none());
        assert_eq!(Here::open(fresh).place().trace, fresh);
    }

    #[test]
    fn a_traceparent_names_a_place_or_nothing() {
        let event = EventId(Uuid::from_u128(5 << 64 | 6));
        let text = parlor_model::envelope::traceparent(Uuid::from_u128(9), event);
        let place = Place::parse(&text).unwrap();

        assert_eq!((place.trace, place.span), (Uuid::from_u128(9), 5));
        assert_eq!(made_id(event), 5);
        for text in ["", "00-1-2-01", "junk", &text.replace("0005", "0000")] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ids_within_a_span_differ() {
        let mut ids: Vec<_> = (0..100).map(|n| within_id(7, n)).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 100);
    }
}
