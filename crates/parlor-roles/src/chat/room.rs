//! Where people come in (`chat-ws`): takes what they say, and sees to it that they hear what is said
//! to them.

use super::hub::Hub;
use super::teller::{Teller, Writer};
use crate::relay::RelayHandle;
use crate::stage::Stage;
use async_trait::async_trait;
use chrono::TimeDelta;
use parking_lot::Mutex;
use parlor_model::session::{character_id, title_of};
use parlor_model::{
    ConversationId, ConversationStatus, Envelope, EventBody, EventId, MessageId, OutboxRow,
    Session, SessionEvent, SessionLine, Slug, SpeakerRole, World, envelope,
};
use parlor_ports::PortResult;
use parlor_ports::cache::{Cache, Holder};
use parlor_ports::chat::{Chat, ChatError, Courier, Join, Joined, News, Seat, Visitor, Wish};
use parlor_ports::sessions::NewLine;
use parlor_ports::store::Store;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a session stays active that nobody renews.
const LEASE: Duration = Duration::from_secs(45);
/// How often leases are renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// How often is looked whether somebody missed a line.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// An answer that has not come by then may have been missed.
const PATIENCE: Duration = Duration::from_secs(1);
/// Sessions in one call of a port.
const CALL_MAX: usize = 1_000;
/// Lines that somebody who comes back is told, at most; what came before they find in the list.
const MISSED_MAX: u32 = 500;
/// So many times, or more often, the cache is asked how much somebody who says all that they may has said.
const ADVANCES: u64 = 16;
/// Accounts with lines that were counted in advance; then those are forgotten whose time is over.
const ALLOWANCES_MAX: usize = 10_000;
/// The window in which lines are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// Bounds on what people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomOptions {
    /// Connections of this process, at most.
    pub seats_max: usize,
    /// Connections of one account in this process, at most.
    pub seats_per_account_max: usize,
    /// Lines that one account says in a minute, at most, over all processes.
    pub lines_per_minute_max: u64,
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self {
            seats_max: 50_000,
            seats_per_account_max: 50,
            lines_per_minute_max: 120,
        }
    }
}

/// What a room works with.
#[derive(Clone)]
pub struct RoomParts {
    /// The worlds, the store, the clock.
    pub stage: Arc<Stage>,
    /// Sends what tells of lines.
    pub relay: RelayHandle,
    /// Makes it quick.
    pub cache: Arc<dyn Cache>,
    /// Who is here.
    pub hub: Arc<Hub>,
    /// This process, for others.
    pub here: Holder,
    /// Carries news to other processes.
    pub courier: Arc<dyn Courier>,
}

/// Lines that were counted in advance, by account, and until when they count.
#[derive(Default)]
struct Allowances(HashMap<Uuid, (u64, Instant)>);

impl Allowances {
    /// Takes one of this account's, if there is one.
    fn take(&mut self, account: Uuid) -> bool {
        match self.0.get_mut(&account) {
            Some((left, until)) if *left > 0 && *until > Instant::now() => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    fn give(&mut self, account: Uuid, lines: u64, ends_in: Duration) {
        let now = Instant::now();
        if self.0.len() >= ALLOWANCES_MAX {
            self.0.retain(|_, (left, until)| *left > 0 && *until > now);
        }
        if lines > 0 {
            let (left, until) = self.0.entry(account).or_insert((0, now));
            // Several may have asked at once.
            *left = if *until > now { *left + lines } else { lines };
            *until = now + ends_in;
        }
    }
}

/// The service.
pub struct Room {
    parts: RoomParts,
    allowances: Mutex<Allowances>,
    options: RoomOptions,
    writer: Writer,
}

impl Room {
    /// A room, and the task that writes what is said in it; the task ends with the room.
    pub fn new(parts: RoomParts, options: RoomOptions) -> (Arc<Self>, impl Future<Output = ()>) {
        let (teller, writer) = Teller::new(parts.clone());
        let room = Self {
            parts,
            allowances: Mutex::default(),
            options,
            writer,
        };
        (Arc::new(room), teller.run())
    }

    /// Keeps the sessions of this process, and tells people what they missed, until cancelled.
    pub async fn watch(self: Arc<Self>, cancel: CancellationToken) {
        let mut renew = tokio::time::interval(RENEW_EVERY);
        renew.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = renew.tick() => self.renew().await,
                _ = look.tick() => self.catch_up().await,
            }
        }
    }

    fn store(&self) -> &Arc<dyn Store> {
        self.parts.stage.store()
    }

    /// The time at which a lease that begins now ends.
    fn lease_until(&self) -> chrono::DateTime<chrono::Utc> {
        let lease = TimeDelta::from_std(LEASE).unwrap_or(TimeDelta::MAX);
        self.parts.stage.clock().now() + lease
    }

    async fn renew(&self) {
        for some in self.parts.hub.held().chunks(CALL_MAX) {
            match self.store().renew_sessions(some, self.lease_until()).await {
                Ok(counts) => {
                    self.parts.hub.counted(&counts);
                    self.show_out(some, &counts);
                }
                Err(error) => tracing::warn!(%error, "sessions can't be renewed yet"),
            }
            // A cache that is away has said so in the log.
            let _ = self.parts.cache.hold(&self.parts.here, some, LEASE).await;
        }
    }

    /// Shows out who is in a session that was deleted.
    fn show_out(&self, asked: &[ConversationId], found: &[(ConversationId, u32)]) {
        let found: HashSet<_> = found.iter().map(|(id, _)| id).collect();
        for id in asked.iter().filter(|id| !found.contains(id)) {
            self.parts.hub.tell(&News::Gone(*id));
        }
    }

    async fn catch_up(&self) {
        for some in self.parts.hub.behind(PATIENCE).chunks(CALL_MAX) {
            match self.store().lines_since(some).await {
                Ok(lines) => {
                    for (session, line) in lines {
                        self.parts.hub.tell(&News::Line(session, line));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "lines that were missed can't be read yet");
                    return;
                }
            }
        }
    }

    async fn begin(&self, join: &Join, id: ConversationId) -> Result<Session, ChatError> {
        let now = self.parts.stage.clock().now();
        let session = Session {
            id,
            world: join.world.clone(),
            character: join.character.clone(),
            owner: join.visitor.account,
            username: join.visitor.username.clone(),
            title: None,
            status: ConversationStatus::Active,
            lines: 0,
            created_at: now,
            updated_at: now,
            ended_at: None,
        };
        let begun = self.store().begin_session(&session, self.lease_until());
        if begun.await? {
            Ok(session)
        } else {
            Err(ChatError::NoAccount)
        }
    }

    /// The session, and the lines that were missed.
    async fn resume(
        &self,
        join: &Join,
        id: ConversationId,
        after: Option<MessageId>,
    ) -> Result<(Session, Vec<SessionLine>), ChatError> {
        let now = self.parts.stage.clock().now();
        let found = self.store().session(id).await?;
        let is_this = |session: &Session| {
            session.owner == join.visitor.account
                && session.world == join.world
                && session.character == join.character
        };
        if !found.is_some_and(|session| is_this(&session)) {
            return Err(ChatError::UnknownSession(id));
        }
        let session = self
            .store()
            .resume_session(id, join.visitor.account, now, self.lease_until())
            .await?
            .ok_or(ChatError::UnknownSession(id))?;
        let Some(after) = after else {
            return Ok((session, Vec::new()));
        };
        let seen = self.store().session_line(id, after).await?;
        let seen = seen.map_or(0, |line| line.order);
        let from = seen.max(session.lines.saturating_sub(MISSED_MAX));
        let mut missed = self.store().session_lines(id, from, MISSED_MAX).await?;
        missed.retain(|line| line.order <= session.lines);
        Ok((session, missed))
    }

    /// The event that tells of a line.
    fn event(&self, world: &World, session: &Session, line: &NewLine) -> Option<OutboxRow> {
        let me = world.character(&session.character)?;
        let id = EventId::derive(line.id.0, "wrote");
        let event = SessionEvent {
            username: session.username.clone(),
            character_id: character_id(&world.name, &me.slug),
            session_id: session.id,
            content: line.text.clone(),
            message_id: line.id,
            order: 0,
            fallback: false,
        };
        let envelope = Envelope {
            id,
            world: world.name.clone(),
            conversation: session.id,
            recipient: me.slug.clone(),
            time: line.at,
            traceparent: envelope::traceparent(session.id.0, id),
            body: EventBody::Wrote(Box::new(event)),
        };
        Some(OutboxRow {
            inbox: world.inbox_of(me),
            envelope: Arc::new(envelope),
            due_at: line.at,
            parked: false,
        })
    }

    /// Tells everybody in these sessions, wherever they are, that they are gone.
    async fn clear(&self, gone: &[ConversationId]) {
        let holders = self.parts.cache.holders(gone).await.unwrap_or_default();
        for (id, holders) in gone.iter().zip(holders) {
            for holder in holders {
                let news = vec![News::Gone(*id)];
                // Who can't be reached finds out when it renews its lease.
                let _ = self.parts.courier.hand(&holder, news).await;
            }
        }
        for id in gone {
            self.parts.hub.tell(&News::Gone(*id));
        }
        let _ = self.parts.cache.forget(gone).await;
    }

    /// May they say one more line? Lines are counted over all processes, some in advance, so that not
    /// every line waits for the cache.
    async fn check_pace(&self, visitor: &Visitor) -> Result<(), ChatError> {
        if self.allowances.lock().take(visitor.account) {
            return Ok(());
        }
        let most = self.options.lines_per_minute_max;
        let some = (most / ADVANCES).max(1);
        let key = format!("lines:{}", visitor.account);
        // Without a cache nobody counts over all processes.
        let Ok(count) = self.parts.cache.count(&key, some, WINDOW).await else {
            return Ok(());
        };
        let left = most.saturating_sub(count.count - some).min(some);
        if left == 0 {
            return Err(ChatError::TooFast(count.ends_in));
        }
        let mut allowances = self.allowances.lock();
        allowances.give(visitor.account, left - 1, count.ends_in);
        Ok(())
    }
}

#[async_trait]
impl Chat for Room {
    async fn join(&self, join: Join) -> Result<Joined, ChatError> {
        let (all, theirs) = self.parts.hub.seats(join.visitor.account);
        if all >= self.options.seats_max {
            return Err(ChatError::Full("too many people are here: try again soon"));
        }
        if theirs >= self.options.seats_per_account_max {
            return Err(ChatError::Full("you have too many connections: end one"));
        }
        let world = self.parts.stage.worlds().get(&join.world);
        if !world.is_some_and(|world| can_talk(&world, &join.character)) {
            return Err(ChatError::UnknownCharacter(join.character.to_string()));
        }
        let (session, missed) = match join.wish {
            Wish::New(id) => (self.begin(&join, id).await?, Vec::new()),
            Wish::Resume { session, after } => self.resume(&join, session, after).await?,
        };
        let (seat, told, is_first) = self.parts.hub.sit(&session, join.pieces);
        if is_first {
            // Until the lease is told again, answers come by the store.
            let held = [session.id];
            let _ = self.parts.cache.hold(&self.parts.here, &held, LEASE).await;
        }
        Ok(Joined {
            seat,
            session,
            missed,
            told,
        })
    }

    async fn say(
        &self,
        seat: Seat,
        visitor: &Visitor,
        id: MessageId,
        text: String,
    ) -> Result<SessionLine, ChatError> {
        let unknown = || ChatError::UnknownSession(seat.session);
        if !self.parts.hub.has(seat) {
            return Err(unknown());
        }
        self.check_pace(visitor).await?;
        let session = self.parts.hub.session(seat).ok_or_else(unknown)?;
        let world = self.parts.stage.worlds().get(&session.world);
        let world = world.ok_or_else(unknown)?;
        let mut line = NewLine {
            session: session.id,
            id,
            role: SpeakerRole::User,
            title: Some(title_of(&text)).filter(|title| !title.is_empty()),
            text,
            fallback: false,
            at: self.parts.stage.clock().now(),
            tell: None,
        };
        line.tell = self.event(&world, &session, &line);
        if line.tell.is_none() {
            return Err(ChatError::UnknownCharacter(session.character.to_string()));
        }
        let said = self.writer.write(line).await?;
        said.ok_or_else(unknown)
    }

    async fn leave(&self, seat: Seat) {
        if !self.parts.hub.leave(seat) {
            return;
        }
        let others = self.parts.cache.release(&self.parts.here, seat.session);
        // Where nobody knows who else is in it, its lease ends it.
        if others.await == Ok(0) {
            let now = self.parts.stage.clock().now();
            if let Err(error) = self.store().close_session(seat.session, now).await {
                tracing::debug!(%error, "a session could not be closed; its lease ends it");
            }
        }
    }

    async fn look_for_newcomers(&self) {
        for world in self.parts.stage.worlds().all().iter() {
            if world.routing.answers.is_some() {
                self.parts.stage.look_for_newcomers(&world.name).await;
            }
        }
    }

    async fn delete(&self, account: Uuid, session: ConversationId) -> PortResult<bool> {
        let deleted = self.store().delete_session(session, account).await?;
        if deleted {
            self.clear(&[session]).await;
        }
        Ok(deleted)
    }

    async fn delete_all(&self, account: Uuid) -> PortResult<u32> {
        let gone = self.store().delete_sessions_of(account).await?;
        for some in gone.chunks(CALL_MAX) {
            self.clear(some).await;
        }
        Ok(u32::try_from(gone.len()).unwrap_or(u32::MAX))
    }
}

/// True where people talk with this character.
fn can_talk(world: &World, character: &Slug) -> bool {
    world.routing.answers.is_some() && world.character(character).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_in_advance_is_taken_once_and_for_a_while() {
        let (ann, ben) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut allowances = Allowances::default();
        assert!(!allowances.take(ann));
        allowances.give(ann, 1, WINDOW);
        allowances.give(ann, 1, WINDOW);
        allowances.give(ben, 0, WINDOW);
        assert!(allowances.take(ann) && allowances.take(ann));
        assert!(!allowances.take(ann) && !allowances.take(ben));
        allowances.give(ann, 5, Duration::ZERO);
        assert!(!allowances.take(ann), "its time is over");
        for n in 0..2 * ALLOWANCES_MAX as u128 {
            allowances.give(Uuid::from_u128(n + 10), 1, Duration::ZERO);
        }
        assert!(allowances.0.len() <= ALLOWANCES_MAX);
    }
}
