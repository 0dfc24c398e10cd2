//! What operators find in a house, and the ports behind it.

use crate::house::{House, TALK, noon, slug};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use parlor_model::world::Pace;
use parlor_model::{ConversationId, Legs, MessageId, Slug};
use parlor_ports::PortResult;
use parlor_ports::bus::{DeadLetter, InboxStatus};
use parlor_ports::inspect::{Answer, Inspected, Inspection, Tally};
use parlor_ports::pacing::Pacing;
use parlor_ports::presence::{InboxTraffic, Presence, Report, RoleRecord, Stored, Wanted};
use parlor_ports::store::Happening;
use std::collections::HashMap;
use uuid::Uuid;

/// The supervised role of every house, which acts for Rachel.
pub(crate) const RACHEL: Uuid = TALK.0;

/// What operators find in a house.
pub(crate) struct Desk {
    pub(crate) roles: Mutex<Vec<RoleRecord>>,
    pub(crate) paces: Mutex<HashMap<Slug, Pace>>,
    letters: Mutex<Vec<DeadLetter>>,
}

impl Default for Desk {
    fn default() -> Self {
        let letter = |id: &str| DeadLetter {
            id: id.to_owned(),
            world: slug("friends"),
            inbox: "q-Rachel".to_owned(),
            reason: "the attribute 'specversion' is missing".to_owned(),
            at: noon(),
            headers: vec![("kind".to_owned(), "foreign".to_owned())],
            body: "hello?".to_owned(),
        };
        Self {
            roles: Mutex::new(vec![role("character", RACHEL)]),
            paces: Mutex::default(),
            letters: Mutex::new(vec![letter("first"), letter("second")]),
        }
    }
}

pub(crate) fn role(role: &str, id: Uuid) -> RoleRecord {
    RoleRecord {
        id,
        report: Report {
            role: role.to_owned(),
            worlds: vec![slug("friends")],
            names: vec![slug("rachel")],
            pid: Some(4711),
            host: "stage-2".to_owned(),
            deliveries: None,
            started_at: noon(),
            inboxes: vec![InboxTraffic {
                inbox: "q-Rachel".to_owned(),
                unacked: 2,
                published: 1.5,
                delivered: 1.0,
            }],
            stored: vec![Stored {
                world: slug("friends"),
                per_second: [3.0, 2.0, 1.0],
            }],
        },
        seen_at: Some(noon()),
        ended: false,
        supervised_at: Some(noon()),
        wanted: Wanted::Running,
    }
}

impl Desk {
    pub(crate) fn inbox(&self, name: &str) -> InboxStatus {
        InboxStatus {
            name: name.to_owned(),
            exists: true,
            ready: 7,
            consumers: 1,
        }
    }

    pub(crate) fn letters(&self) -> Vec<DeadLetter> {
        self.letters.lock().clone()
    }

    pub(crate) fn take_letters(&self, ids: &[String]) -> u64 {
        let mut letters = self.letters.lock();
        let before = letters.len();
        letters.retain(|letter| !ids.is_empty() && !ids.contains(&letter.id));
        (before - letters.len()) as u64
    }
}

#[async_trait]
impl Pacing for House {
    async fn set_pace(&self, world: &Slug, pace: Pace, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()?;
        self.desk.paces.lock().insert(world.clone(), pace);
        self.happen(world.as_str(), Happening::Paced(pace));
        Ok(())
    }

    async fn pace(&self, world: &Slug) -> PortResult<Option<Pace>> {
        self.ask()?;
        Ok(self.desk.paces.lock().get(world).copied())
    }
}

#[async_trait]
impl Presence for House {
    async fn beat(&self, _: Uuid, _: &Report, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()
    }

    async fn leave(&self, _: Uuid) -> PortResult<()> {
        self.ask()
    }

    async fn look_after(&self, _: &[(Uuid, Report)], _: DateTime<Utc>) -> PortResult<Vec<Wanted>> {
        self.ask().map(|()| Vec::new())
    }

    async fn give_up(&self, _: &[Uuid]) -> PortResult<()> {
        self.ask()
    }

    async fn roles(&self, limit: u32) -> PortResult<Vec<RoleRecord>> {
        self.ask()?;
        let roles = self.desk.roles.lock();
        Ok(roles.iter().take(limit as usize).cloned().collect())
    }

    async fn want(&self, id: Uuid, wanted: Wanted) -> PortResult<bool> {
        self.ask()?;
        let mut roles = self.desk.roles.lock();
        let role = roles.iter_mut().find(|role| role.id == id);
        Ok(role.map(|role| role.wanted = wanted).is_some())
    }
}

#[async_trait]
impl Inspection for House {
    /// The first message answers to the id of the conversation, too.
    async fn inspect(
        &self,
        id: MessageId,
        within: Option<ConversationId>,
    ) -> PortResult<Option<Inspected>> {
        self.ask()?;
        let messages = self.messages();
        let wanted = if id.0 == TALK.0 { messages[0].id } else { id };
        let found = messages.into_iter().find(|message| {
            message.id == wanted && within.is_none_or(|id| message.conversation_id == id)
        });
        Ok(found.map(|message| Inspected {
            audience: vec!["Ross".to_owned(), "Rachel".to_owned(), "Joey".to_owned()],
            legs: Some(Legs {
                waited: 1_000_000,
                loaded: 400,
                decided: 10,
                spoke: 90,
            }),
            next: Some(Answer {
                created_at: message.created_at + TimeDelta::milliseconds(1_500),
                legs: Some(Legs {
                    waited: 1_499_000,
                    loaded: 900,
                    decided: 0,
                    spoke: 100,
                }),
            }),
            message,
        }))
    }

    async fn tally(&self, _: &[Slug]) -> PortResult<Tally> {
        self.ask()?;
        Ok(Tally {
            active: 1,
            conversations: 5,
        })
    }
}
