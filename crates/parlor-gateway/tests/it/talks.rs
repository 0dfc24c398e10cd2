//! The sessions of a house: one, [`TALK`], of whoever signed up first.

use crate::house::{House, TALK};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::{
    ConversationId, ConversationStatus, MessageId, Session, SessionLine, Slug, SpeakerRole,
};
use parlor_ports::PortResult;
use parlor_ports::sessions::{Appended, NewLine, SessionFilter, Sessions};
use parlor_ports::store::{Cursor, Page};
use uuid::Uuid;

impl House {
    fn talk(&self) -> Session {
        Session {
            id: TALK,
            world: Slug::new("friends").unwrap(),
            character: Slug::new("ross").unwrap(),
            owner: self.people.lock().first().unwrap_or_default(),
            username: "marla".to_owned(),
            title: None,
            status: ConversationStatus::Active,
            lines: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            ended_at: None,
        }
    }
}

fn line() -> SessionLine {
    SessionLine {
        id: MessageId(Uuid::from_u128(1)),
        order: 1,
        role: SpeakerRole::User,
        text: "Hi.".to_owned(),
        fallback: false,
        at: DateTime::UNIX_EPOCH,
    }
}

#[async_trait]
impl Sessions for House {
    async fn begin_session(&self, _: &Session, _: DateTime<Utc>) -> PortResult<bool> {
        self.ask().map(|()| true)
    }

    async fn resume_session(
        &self,
        id: ConversationId,
        owner: Uuid,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
    ) -> PortResult<Option<Session>> {
        self.ask()?;
        let talk = self.talk();
        Ok(Some(talk).filter(|talk| talk.id == id && talk.owner == owner))
    }

    async fn renew_sessions(
        &self,
        ids: &[ConversationId],
        _: DateTime<Utc>,
    ) -> PortResult<Vec<(ConversationId, u32)>> {
        self.ask()?;
        Ok(ids.iter().map(|id| (*id, 1)).collect())
    }

    async fn close_session(&self, _: ConversationId, _: DateTime<Utc>) -> PortResult<bool> {
        self.ask().map(|()| true)
    }

    async fn close_ended_sessions(&self, _: DateTime<Utc>, _: u32) -> PortResult<u32> {
        self.ask().map(|()| 0)
    }

    async fn append_lines(&self, lines: Vec<NewLine>) -> PortResult<Vec<Appended>> {
        self.ask()?;
        Ok(lines.iter().map(|_| Appended::Gone).collect())
    }

    async fn session(&self, id: ConversationId) -> PortResult<Option<Session>> {
        self.ask()?;
        Ok(Some(self.talk()).filter(|talk| talk.id == id))
    }

    async fn sessions(
        &self,
        filter: &SessionFilter,
        _: Option<Cursor>,
        _: u32,
    ) -> PortResult<Page<Session>> {
        self.ask()?;
        let talk = Some(self.talk()).filter(|talk| talk.owner == filter.owner);
        Ok(Page {
            items: talk.into_iter().collect(),
            next: None,
        })
    }

    async fn session_lines(
        &self,
        _: ConversationId,
        after: u32,
        _: u32,
    ) -> PortResult<Vec<SessionLine>> {
        self.ask()?;
        Ok(Some(line()).filter(|_| after == 0).into_iter().collect())
    }

    async fn session_line(
        &self,
        _: ConversationId,
        id: MessageId,
    ) -> PortResult<Option<SessionLine>> {
        self.ask()?;
        Ok(Some(line()).filter(|line| line.id == id))
    }

    async fn lines_since(
        &self,
        _: &[(ConversationId, u32)],
    ) -> PortResult<Vec<(ConversationId, SessionLine)>> {
        self.ask().map(|()| Vec::new())
    }

    async fn rename_session(&self, id: ConversationId, owner: Uuid, _: &str) -> PortResult<bool> {
        self.ask()?;
        Ok(id == TALK && self.talk().owner == owner)
    }

    async fn delete_session(&self, id: ConversationId, owner: Uuid) -> PortResult<bool> {
        self.ask()?;
        Ok(id == TALK && self.talk().owner == owner)
    }

    async fn delete_sessions_of(&self, _: Uuid) -> PortResult<Vec<ConversationId>> {
        self.ask().map(|()| Vec::new())
    }
}
