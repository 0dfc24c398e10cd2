//! The spans of a step, gathered as it goes and told when it is over.

use super::way::Way;
use super::write::Becomes;
use crate::speak::Telling;
use chrono::{DateTime, Utc};
use parlor_model::{Effects, Envelope, Legs, OutboxRow};
use parlor_ports::store::Outcome;
use parlor_ports::trace::{self, Kind, Place, Span, Tracer};
use std::sync::Arc;
use std::time::Duration;

/// What the spans of one step need to be told.
pub(super) struct Track {
    tracer: &'static dyn Tracer,
    delivered: Arc<Envelope>,
    inbox: String,
    began: DateTime<Utc>,
    /// Names the spans of this attempt: another one, of the same event, has others.
    base: u64,
    legs: Legs,
    spoken: Vec<Span>,
}

/// A commit that is over.
pub(crate) struct Written {
    pub(crate) began: DateTime<Utc>,
    pub(crate) took: Duration,
}

impl Track {
    /// The track of an event, where its trace is wanted.
    pub(super) fn of(
        delivered: &Arc<Envelope>,
        inbox: impl FnOnce() -> String,
        way: &Way,
    ) -> Option<Box<Self>> {
        let tracer = trace::tracer().filter(|tracer| tracer.wants(delivered.trace_id()))?;
        let began = way.received_at;
        Some(Box::new(Self {
            tracer,
            delivered: delivered.clone(),
            inbox: inbox(),
            began,
            base: base(delivered, began),
            legs: way.spoken(),
            spoken: Vec::new(),
        }))
    }

    /// Where the spans of its lines belong.
    pub(super) fn telling(&self) -> Telling {
        let place = Place {
            trace: trace::made(&self.delivered).trace,
            span: self.base,
        };
        Telling::new(self.tracer, place)
    }

    /// Its words are found, or not.
    pub(super) fn spoken(&mut self, telling: Telling) {
        self.spoken = telling.spans();
    }

    /// Tells of the step, once it is written.
    pub(super) fn end(
        self,
        effects: &Effects,
        becomes: &Becomes,
        outcome: &Outcome,
        written: &Written,
    ) {
        let done = *outcome == Outcome::Applied && matches!(becomes, Becomes::Step);
        let id = if done {
            trace::handled_id(effects.event)
        } else {
            self.base
        };
        let made = trace::made(&self.delivered);
        let within = Place {
            trace: made.trace,
            span: id,
        };
        let became = match (outcome, becomes) {
            (Outcome::Stale, _) => "handled before",
            (_, Becomes::Step | Becomes::Arrived(_) | Becomes::Decided(_)) => "done",
            (_, Becomes::Parked) => "parked",
            (_, Becomes::Waits(_)) => "waits for words",
        };
        let took = written.began - self.began;
        let took = took.to_std().unwrap_or_default() + written.took;
        let process = process(made, id, &self.delivered, &self.inbox)
            .with("parlor.step", became)
            .at(self.began, took);
        self.tracer.record(process);
        let load = Span::new(
            within,
            trace::within_id(self.base, 0),
            Kind::Internal,
            "load",
        );
        let loaded = Duration::from_micros(self.legs.loaded);
        self.tracer.record(load.at(self.began, loaded));
        for span in self.spoken {
            self.tracer.record(Span { parent: id, ..span });
        }
        let commit = Span::new(
            within,
            trace::within_id(self.base, 1),
            Kind::Client,
            "commit",
        );
        self.tracer.record(commit.at(written.began, written.took));
        if done {
            for row in &effects.sends {
                created(self.tracer, row, within, written);
            }
        }
    }
}

/// Tells that an event can never be handled.
pub(super) fn refused(delivered: &Envelope, began: DateTime<Utc>, reason: &str) {
    let Some(tracer) = trace::tracer().filter(|tracer| tracer.wants(delivered.trace_id())) else {
        return;
    };
    let id = base(delivered, began);
    let inbox = delivered.recipient.as_str();
    let mut span = process(trace::made(delivered), id, delivered, inbox);
    span.error = Some(reason.to_owned());
    tracer.record(span.at(began, Duration::ZERO));
}

/// Tells that an event was made, as a part of `cause`.
pub(crate) fn created(tracer: &dyn Tracer, row: &OutboxRow, cause: Place, written: &Written) {
    let trace = row.envelope.trace_id();
    let parent = if trace == cause.trace { cause.span } else { 0 };
    let place = Place {
        trace,
        span: parent,
    };
    let id = trace::made_id(row.envelope.id);
    let name = format!("create {}", row.inbox);
    let span = Span::new(place, id, Kind::Producer, name);
    let mut span = about(span, &row.envelope, &row.inbox).at(written.began, written.took);
    span.link = (parent == 0).then_some((cause.trace, cause.span));
    tracer.record(span);
}

fn process(made: Place, id: u64, delivered: &Envelope, inbox: &str) -> Span {
    let span = Span::new(made, id, Kind::Consumer, format!("process {inbox}"));
    about(span, delivered, inbox).with("parlor.character", delivered.recipient.as_str())
}

/// What a message is, in the words of OpenTelemetry's conventions.
pub(crate) fn about(span: Span, envelope: &Envelope, inbox: &str) -> Span {
    span.with("messaging.destination.name", inbox)
        .with("messaging.message.id", envelope.id.to_string())
        .with(
            "messaging.message.conversation_id",
            envelope.conversation.to_string(),
        )
        .with("parlor.world", envelope.world.as_str())
}

fn base(delivered: &Envelope, began: DateTime<Utc>) -> u64 {
    let micros = began.timestamp_micros().unsigned_abs();
    trace::within_id(trace::handled_id(delivered.id), micros)
}
