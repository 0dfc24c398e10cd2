//! Who of this process is in which session.

use async_trait::async_trait;
use parking_lot::Mutex;
use parlor_model::{ConversationId, Session, SessionLine, SpeakerRole};
use parlor_ports::PortResult;
use parlor_ports::cache::Holder;
use parlor_ports::chat::{Courier, News, Seat, Told};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use uuid::Uuid;

/// What somebody may leave unread before they are shown out.
const UNREAD_MAX: usize = 128;
/// Lines of a session that came before the one that they follow, at most; more are found in the store.
const EARLY_MAX: usize = 16;

/// Who of this process is in which session, and what they were told.
#[derive(Default)]
pub struct Hub {
    sessions: Mutex<HashMap<ConversationId, Held>>,
    last_number: std::sync::atomic::AtomicU64,
}

/// A session that somebody is in.
struct Held {
    session: Arc<Session>,
    seats: Vec<Taken>,
    /// Its latest line, as far as this process has heard.
    lines: u32,
    /// A line of a person has no answer yet, since then.
    unanswered_since: Option<Instant>,
    /// There are lines that somebody was not told.
    is_behind: bool,
    /// Lines that came too early for somebody, in their order.
    early: Vec<SessionLine>,
}

struct Taken {
    number: u64,
    /// The latest line that they were told.
    told: u32,
    pieces: bool,
    sender: mpsc::Sender<Told>,
}

impl Hub {
    /// Takes a seat for somebody who knows the session as it is here. True: the first one of this
    /// process in the session.
    pub(super) fn sit(
        &self,
        session: &Session,
        pieces: bool,
    ) -> (Seat, mpsc::Receiver<Told>, bool) {
        let (session, known) = (Arc::new(session.clone()), session.lines);
        let (sender, told) = mpsc::channel(UNREAD_MAX);
        let number = self
            .last_number
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut sessions = self.sessions.lock();
        let held = sessions.entry(session.id).or_insert_with(|| Held {
            session: session.clone(),
            seats: Vec::new(),
            lines: known,
            unanswered_since: None,
            is_behind: false,
            early: Vec::new(),
        });
        let is_first = held.seats.is_empty();
        held.lines = held.lines.max(known);
        held.is_behind |= held.lines > known;
        held.seats.push(Taken {
            number,
            told: known,
            pieces,
            sender,
        });
        let seat = Seat {
            session: session.id,
            number,
        };
        (seat, told, is_first)
    }

    /// The session, as it was when somebody of this process first joined it.
    pub(super) fn session(&self, seat: Seat) -> Option<Arc<Session>> {
        let sessions = self.sessions.lock();
        sessions.get(&seat.session).map(|held| held.session.clone())
    }

    /// Leaves a seat. True: nobody of this process is in the session any more.
    pub(super) fn leave(&self, seat: Seat) -> bool {
        let mut sessions = self.sessions.lock();
        let Some(held) = sessions.get_mut(&seat.session) else {
            return false;
        };
        held.seats.retain(|taken| taken.number != seat.number);
        if held.seats.is_empty() {
            sessions.remove(&seat.session);
            return true;
        }
        false
    }

    /// True while somebody has this seat.
    pub(super) fn has(&self, seat: Seat) -> bool {
        let sessions = self.sessions.lock();
        let held = sessions.get(&seat.session);
        held.is_some_and(|held| held.seats.iter().any(|taken| taken.number == seat.number))
    }

    /// How many seats are taken: by everybody, and by this account.
    #[must_use]
    pub fn seats(&self, account: Uuid) -> (usize, usize) {
        let sessions = self.sessions.lock();
        sessions.values().fold((0, 0), |(all, theirs), held| {
            let seats = held.seats.len();
            let own = if held.session.owner == account {
                seats
            } else {
                0
            };
            (all + seats, theirs + own)
        })
    }

    /// The sessions that somebody is in.
    pub(super) fn held(&self) -> Vec<ConversationId> {
        self.sessions.lock().keys().copied().collect()
    }

    /// Tells everybody in its session what is new. Each is told every line once, in order: one that
    /// comes too early waits for those before it, or until [`Hub::behind`] has been looked after.
    pub fn tell(&self, news: &News) {
        let mut sessions = self.sessions.lock();
        match news {
            News::Line(id, line) => {
                if let Some(held) = sessions.get_mut(id) {
                    held.tell(line);
                }
            }
            News::Piece(id, answers, text) => {
                if let Some(held) = sessions.get_mut(id) {
                    let piece = Told::Piece {
                        answers: *answers,
                        text: text.clone(),
                    };
                    held.tell_all(&piece, |taken| taken.pieces);
                }
            }
            News::Gone(id) => {
                if let Some(mut held) = sessions.remove(id) {
                    held.tell_all(&Told::Gone, |_| true);
                }
            }
        }
    }

    /// Tells everybody in the session that the character is looking for words.
    pub(super) fn typing(&self, session: ConversationId) {
        if let Some(held) = self.sessions.lock().get_mut(&session) {
            held.tell_all(&Told::Typing, |_| true);
        }
    }

    /// Somebody else counted the lines of these sessions.
    pub(super) fn counted(&self, counts: &[(ConversationId, u32)]) {
        let mut sessions = self.sessions.lock();
        for (id, lines) in counts {
            if let Some(held) = sessions.get_mut(id) {
                held.lines = held.lines.max(*lines);
                held.is_behind |= held.told().is_some_and(|told| told < *lines);
            }
        }
    }

    /// Sessions in which somebody may have missed lines, and the latest line that everybody was told:
    /// what has been told to have more, and where an answer has not come for `patience`.
    pub(super) fn behind(&self, patience: Duration) -> Vec<(ConversationId, u32)> {
        let now = Instant::now();
        let sessions = self.sessions.lock();
        let behind = sessions.iter().filter(|(_, held)| {
            let waits = held.unanswered_since;
            held.is_behind || waits.is_some_and(|since| now - since > patience)
        });
        behind
            .filter_map(|(id, held)| Some((*id, held.told()?)))
            .collect()
    }
}

impl Held {
    /// The latest line that everybody was told.
    fn told(&self) -> Option<u32> {
        self.seats.iter().map(|taken| taken.told).min()
    }

    fn tell(&mut self, line: &SessionLine) {
        self.pass_on(line);
        // What was waiting for it.
        while let Some(next) = self.told().map(|told| told + 1)
            && let Some(at) = self.early.iter().position(|early| early.order == next)
        {
            let early = self.early.remove(at);
            self.pass_on(&early);
        }
        let told = self.told().unwrap_or_default();
        self.early.retain(|early| early.order > told);
        if line.order > told && self.early.iter().all(|early| early.order != line.order) {
            self.early.push(line.clone());
            self.early.truncate(EARLY_MAX);
        }
        if line.order >= self.lines {
            self.lines = line.order;
            self.unanswered_since = match line.role {
                SpeakerRole::User => Some(Instant::now()),
                SpeakerRole::Ai => None,
            };
        }
        self.is_behind = self.told().is_some_and(|told| told < self.lines);
    }

    /// Tells it those whose turn it is to hear it.
    fn pass_on(&mut self, line: &SessionLine) {
        let told = Told::Line(line.clone());
        self.seats.retain_mut(|taken| {
            if taken.told + 1 != line.order {
                return true;
            }
            taken.told = line.order;
            taken.sender.try_send(told.clone()).is_ok()
        });
    }

    fn tell_all(&mut self, told: &Told, whom: impl Fn(&Taken) -> bool) {
        let whom = |taken: &Taken| !whom(taken) || taken.sender.try_send(told.clone()).is_ok();
        self.seats.retain(whom);
    }
}

/// Hands news to the hub of this process, and what is for others to another courier.
pub struct LocalCourier {
    /// This process.
    pub here: Holder,
    /// Its hub.
    pub hub: Arc<Hub>,
    /// For everybody else; `None`: there is nobody else.
    pub others: Option<Arc<dyn Courier>>,
}

#[async_trait]
impl Courier for LocalCourier {
    async fn hand(&self, to: &Holder, news: Vec<News>) -> PortResult<()> {
        if to.instance == self.here.instance {
            for one in &news {
                self.hub.tell(one);
            }
            return Ok(());
        }
        match &self.others {
            Some(others) => others.hand(to, news).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use parlor_model::{ConversationStatus, MessageId, Slug};

    fn session() -> ConversationId {
        ConversationId(Uuid::from_u128(1))
    }

    fn with(lines: u32) -> Session {
        Session {
            id: session(),
            world: Slug::new("companions").unwrap(),
            character: Slug::new("tony").unwrap(),
            owner: Uuid::nil(),
            username: "ann".to_owned(),
            title: None,
            status: ConversationStatus::Active,
            lines,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
            ended_at: None,
        }
    }

    fn line(order: u32, role: SpeakerRole) -> News {
        let line = SessionLine {
            id: MessageId(Uuid::from_u128(order.into())),
            order,
            role,
            text: format!("line {order}"),
            fallback: false,
            at: DateTime::UNIX_EPOCH,
        };
        News::Line(session(), line)
    }

    fn orders(told: &mut mpsc::Receiver<Told>) -> Vec<u32> {
        let mut orders = Vec::new();
        while let Ok(Told::Line(line)) = told.try_recv() {
            orders.push(line.order);
        }
        orders
    }

    #[test]
    fn everybody_is_told_every_line_once_and_in_order() {
        let hub = Hub::default();
        let (_, mut first, is_first) = hub.sit(&with(0), false);
        assert!(is_first);
        let user = SpeakerRole::User;
        for order in [1, 1, 3] {
            hub.tell(&line(order, user));
        }
        assert_eq!(orders(&mut first), [1]);
        assert_eq!(hub.behind(Duration::MAX), [(session(), 1)]);
        for order in [2, 2, 3] {
            hub.tell(&line(order, user));
        }
        assert_eq!(orders(&mut first), [2, 3]);
        assert_eq!(hub.behind(Duration::MAX), []);

        let (seat, mut second, is_first) = hub.sit(&with(3), false);
        assert!(!is_first);
        hub.tell(&line(4, user));
        assert_eq!(
            (orders(&mut first), orders(&mut second)),
            (vec![4], vec![4])
        );
        assert!(!hub.leave(seat));
        assert!(!hub.has(seat));
    }

    #[test]
    fn lines_that_come_early_wait_for_those_before_them_but_not_for_ever() {
        let hub = Hub::default();
        let (_, mut told, _) = hub.sit(&with(0), false);
        for order in [4, 3, 2] {
            hub.tell(&line(order, SpeakerRole::Ai));
            assert!(orders(&mut told).is_empty());
        }
        hub.tell(&line(1, SpeakerRole::User));
        assert_eq!(orders(&mut told), [1, 2, 3, 4]);
        let many = u32::try_from(EARLY_MAX).unwrap() + 8;
        for order in (6..6 + many).rev() {
            hub.tell(&line(order, SpeakerRole::Ai));
        }
        hub.tell(&line(5, SpeakerRole::User));
        assert_eq!(orders(&mut told), [5]);
        assert_eq!(hub.behind(Duration::MAX), [(session(), 5)]);
        for order in 6..6 + many {
            hub.tell(&line(order, SpeakerRole::Ai));
        }
        assert_eq!(orders(&mut told), (6..6 + many).collect::<Vec<_>>());
    }

    #[test]
    fn who_knows_less_than_the_others_is_behind() {
        let hub = Hub::default();
        let (_, mut first, _) = hub.sit(&with(5), false);
        let (_, mut late, _) = hub.sit(&with(3), false);
        assert_eq!(hub.behind(Duration::MAX), [(session(), 3)]);
        for order in [4, 5, 6] {
            hub.tell(&line(order, SpeakerRole::Ai));
        }
        assert_eq!(orders(&mut late), [4, 5, 6]);
        assert_eq!(orders(&mut first), [6]);
        hub.counted(&[(session(), 8)]);
        assert_eq!(hub.behind(Duration::MAX), [(session(), 6)]);
    }

    #[test]
    fn an_answer_that_does_not_come_is_looked_for() {
        let hub = Hub::default();
        let _seat = hub.sit(&with(0), false);
        hub.tell(&line(1, SpeakerRole::User));
        assert_eq!(hub.behind(Duration::MAX), []);
        assert_eq!(hub.behind(Duration::ZERO), [(session(), 1)]);
        hub.tell(&line(2, SpeakerRole::Ai));
        assert_eq!(hub.behind(Duration::ZERO), []);
    }

    #[test]
    fn who_reads_too_slowly_is_shown_out_and_keeps_nobody_waiting() {
        let hub = Hub::default();
        let (slow, mut unread, _) = hub.sit(&with(0), false);
        let (quick, mut told, _) = hub.sit(&with(0), false);
        let last = u32::try_from(UNREAD_MAX).unwrap() + 1;
        for order in 1..=last {
            hub.tell(&line(order, SpeakerRole::Ai));
            assert_eq!(orders(&mut told), [order]);
        }
        assert!(!hub.has(slow) && hub.has(quick));
        assert_eq!(hub.seats(Uuid::nil()), (1, 1));
        assert_eq!(hub.seats(Uuid::max()), (1, 0));
        assert_eq!(orders(&mut unread).len(), UNREAD_MAX);
        assert!(unread.is_closed());
    }

    #[test]
    fn a_session_that_is_deleted_shows_everybody_out() {
        let hub = Hub::default();
        let (seat, mut told, _) = hub.sit(&with(0), false);
        hub.tell(&News::Gone(session()));
        assert_eq!(told.try_recv(), Ok(Told::Gone));
        assert!(told.is_closed() && !hub.has(seat));
        assert_eq!(hub.seats(Uuid::nil()), (0, 0));
    }
}
