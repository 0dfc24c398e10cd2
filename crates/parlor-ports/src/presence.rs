//! Which role processes there are: each tells of itself every second, and a supervisor keeps what is
//! wanted of those that it looks after.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::Slug;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// How often a role tells of itself, and a supervisor looks what is wanted.
pub const BEAT_EVERY: Duration = Duration::from_secs(1);
/// A role that has been silent for longer is late.
pub const LATE_AFTER: TimeDelta = TimeDelta::seconds(4);
/// One that has been silent for longer is gone; so is a supervisor.
pub const GONE_AFTER: TimeDelta = TimeDelta::seconds(12);
/// One that neither told of itself nor was looked after for longer is forgotten.
pub const FORGOTTEN_AFTER: TimeDelta = TimeDelta::minutes(5);
/// Inboxes in one report: the busiest.
pub const INBOXES_MAX: usize = 256;

/// What a role tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `gateway`, `character`, `relay`, `jobs`, or `all` in one process.
    pub role: String,
    /// The worlds that it serves.
    pub worlds: Vec<Slug>,
    /// The characters that it acts for; none: a role that acts does so for the whole cast.
    pub names: Vec<Slug>,
    /// Its process; `None` before there was one.
    pub pid: Option<u32>,
    /// The machine's name.
    pub host: String,
    /// When the process began.
    pub started_at: DateTime<Utc>,
    /// Where it is told what is new in the sessions that it holds, if it holds any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<String>,
    /// What goes on in inboxes, the busiest first, at most [`INBOXES_MAX`]; quiet ones are left out.
    #[serde(default)]
    pub inboxes: Vec<InboxTraffic>,
    /// Messages that it stored, by world; quiet ones are left out.
    #[serde(default)]
    pub stored: Vec<Stored>,
}

impl Report {
    /// True when this role receives who arrives at this place.
    #[must_use]
    pub fn serves(&self, world: &Slug, place: &Slug) -> bool {
        matches!(self.role.as_str(), "place" | "all")
            && self.worlds.contains(world)
            && (self.names.is_empty() || self.names.contains(place))
    }

    /// True when this role speaks for this character.
    #[must_use]
    pub fn acts_for(&self, world: &Slug, character: &Slug) -> bool {
        matches!(self.role.as_str(), "character" | "bot" | "all")
            && self.worlds.contains(world)
            && (self.names.is_empty() || self.names.contains(character))
    }
}

/// What one role does with one inbox.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InboxTraffic {
    /// Queue or topic.
    pub inbox: String,
    /// Taken from it and not settled yet.
    pub unacked: u64,
    /// Sent to it, per second.
    pub published: f64,
    /// Taken from it, per second.
    pub delivered: f64,
}

/// Messages that one role stored in one world, per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    /// The world.
    pub world: Slug,
    /// Over the last second, ten seconds and minute.
    pub per_second: [f64; 3],
}

/// What is wanted of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It should run.
    Running,
    /// It should not.
    Stopped,
}

/// How a role is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleStatus {
    /// It told of itself a moment ago.
    Up,
    /// It has been silent for longer than it should be.
    Late,
    /// It ended, or has been silent for so long that it is not coming back.
    Gone,
    /// It was stopped, and its supervisor can start it again.
    Stopped,
}

/// A role, as it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleRecord {
    /// Its place: stays when its supervisor starts it again as another process.
    pub id: Uuid,
    /// What it told last.
    pub report: Report,
    /// When it told that; `None`: never yet.
    pub seen_at: Option<DateTime<Utc>>,
    /// The process ended since.
    pub ended: bool,
    /// When its supervisor last looked after it; `None`: it has none.
    pub supervised_at: Option<DateTime<Utc>>,
    /// What is wanted of it.
    pub wanted: Wanted,
}

impl RoleRecord {
    /// How it is at `now`. The machines' clocks must agree to a second or two.
    #[must_use]
    pub fn status(&self, now: DateTime<Utc>) -> RoleStatus {
        let silent = self.seen_at.map_or(TimeDelta::MAX, |at| now - at);
        if !self.ended && silent <= LATE_AFTER {
            RoleStatus::Up
        } else if self.wanted == Wanted::Stopped && self.is_supervised(now) {
            RoleStatus::Stopped
        } else if !self.ended && (silent <= GONE_AFTER || self.seen_at.is_none()) {
            RoleStatus::Late
        } else {
            RoleStatus::Gone
        }
    }

    /// True when somebody is there who can stop and start it.
    #[must_use]
    pub fn is_supervised(&self, now: DateTime<Utc>) -> bool {
        self.supervised_at.is_some_and(|at| now - at <= GONE_AFTER)
    }
}

/// Where roles tell of themselves.
#[async_trait]
pub trait Presence: Send + Sync {
    /// A role tells of itself. Replaces what it told before; forgets roles that have been silent and
    /// without a supervisor for [`FORGOTTEN_AFTER`].
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn beat(&self, id: Uuid, report: &Report, now: DateTime<Utc>) -> PortResult<()>;

    /// A role's process ended. It is forgotten, unless a supervisor looked after it: then it is kept
    /// as ended. Unknown ids are no error.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn leave(&self, id: Uuid) -> PortResult<()>;

    /// A supervisor looks after its roles, and gets what is wanted of each, in order. One that is not
    /// known yet is kept with this report, as wanted running; what a known one told stays.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn look_after(
        &self,
        roles: &[(Uuid, Report)],
        now: DateTime<Utc>,
    ) -> PortResult<Vec<Wanted>>;

    /// A supervisor ends: its roles are forgotten.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn give_up(&self, ids: &[Uuid]) -> PortResult<()>;

    /// Up to `limit` roles, those that began first come first.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn roles(&self, limit: u32) -> PortResult<Vec<RoleRecord>>;

    /// Keeps what is wanted of a role, for its supervisor. False when there is no such role.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn want(&self, id: Uuid, wanted: Wanted) -> PortResult<bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(silent_seconds: i64) -> (RoleRecord, DateTime<Utc>) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::hours(1);
        let record = RoleRecord {
            id: Uuid::nil(),
            report: Report::default(),
            seen_at: Some(now - TimeDelta::seconds(silent_seconds)),
            ended: false,
            supervised_at: Some(now),
            wanted: Wanted::Running,
        };
        (record, now)
    }

    #[test]
    fn a_silent_role_is_late_and_then_gone() {
        for (seconds, status) in [
            (1, RoleStatus::Up),
            (5, RoleStatus::Late),
            (60, RoleStatus::Gone),
        ] {
            let (record, now) = record(seconds);
            assert_eq!(record.status(now), status, "{seconds} s");
        }
    }

    #[test]
    fn a_role_that_ended_is_gone_at_once_and_stopped_where_that_was_wanted() {
        let (mut record, now) = record(0);
        record.ended = true;
        assert_eq!(record.status(now), RoleStatus::Gone);
        record.wanted = Wanted::Stopped;
        assert_eq!(record.status(now), RoleStatus::Stopped);
        record.supervised_at = None;
        assert_eq!(record.status(now), RoleStatus::Gone);
    }

    #[test]
    fn a_role_acts_for_those_it_names_or_for_all() {
        let slug = |text| Slug::new(text).unwrap();
        let mut report = Report {
            role: "character".to_owned(),
            worlds: vec![slug("friends")],
            ..Report::default()
        };
        assert!(report.acts_for(&slug("friends"), &slug("ross")));
        assert!(!report.acts_for(&slug("elsewhere"), &slug("ross")));
        report.names = vec![slug("rachel")];
        assert!(!report.acts_for(&slug("friends"), &slug("ross")));
        report.role = "gateway".to_owned();
        assert!(!report.acts_for(&slug("friends"), &slug("rachel")));
    }
}
