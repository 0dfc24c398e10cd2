//! Writes what people say, in natural batches, and tells everybody who should know: those in the
//! session, the cache, the mind.

use super::room::RoomParts;
use futures::future::join_all;
use parlor_model::{ConversationId, SessionLine};
use parlor_ports::chat::News;
use parlor_ports::sessions::{Appended, NewLine};
use parlor_ports::{PortError, PortResult};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// Lines that wait to be written; who says more waits.
const WAITING_MAX: usize = 1_024;
/// Transactions at the same time: a line does not wait until the batch before it is on disk.
const LANES: usize = 4;
/// Time between the beginnings of two tellings. A broker that keeps what it takes needs the disk for each,
/// and so do the lines of people, who wait for their echo.
const APART: Duration = Duration::from_millis(5);
/// Lines written in one transaction.
const BATCH_MAX: usize = 256;
/// Batches that are written and of which the others are still to be told.
const UNTOLD_MAX: usize = 32;

type Reply = oneshot::Sender<PortResult<Option<SessionLine>>>;

/// Has lines written. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer(Vec<mpsc::Sender<(NewLine, Reply)>>);

impl Writer {
    /// Writes a line; it is on disk when this returns. `None`: its session is gone.
    pub(super) async fn write(&self, line: NewLine) -> PortResult<Option<SessionLine>> {
        let ended = || PortError::retryable("a line can't be written", "the room is closing");
        let (reply, answer) = oneshot::channel();
        // The lines of one session stay in one lane, and so in their order.
        let lane = line.session.0.as_u128() % LANES as u128;
        let lane = &self.0[usize::try_from(lane).unwrap_or(0)];
        let sent = lane.send((line, reply)).await;
        sent.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

/// The service behind the writers.
pub(super) struct Teller {
    parts: RoomParts,
    waiting: Vec<mpsc::Receiver<(NewLine, Reply)>>,
}

impl Teller {
    pub(super) fn new(parts: RoomParts) -> (Self, Writer) {
        let (senders, waiting) = (0..LANES).map(|_| mpsc::channel(WAITING_MAX)).unzip();
        (Self { parts, waiting }, Writer(senders))
    }

    /// Runs until the last writer is gone.
    pub(super) async fn run(mut self) {
        let (written, untold) = mpsc::channel(UNTOLD_MAX);
        let telling = tokio::spawn(tell(self.parts.clone(), untold));
        let waiting = std::mem::take(&mut self.waiting);
        let lanes = waiting
            .into_iter()
            .map(|waiting| self.lane(waiting, written.clone()));
        join_all(lanes).await;
        drop(written);
        if let Err(error) = telling.await {
            tracing::error!(%error, "who should have heard of lines finds them in the store");
        }
    }

    /// Writes what comes in one lane, a batch at a time.
    async fn lane(
        &self,
        mut waiting: mpsc::Receiver<(NewLine, Reply)>,
        written: mpsc::Sender<Vec<(ConversationId, Appended)>>,
    ) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let (lines, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            let appended = self.write(lines, replies).await;
            if !appended.is_empty() && written.send(appended).await.is_err() {
                return;
            }
        }
    }

    /// Writes a batch, and tells those of this process who are in the sessions.
    async fn write(
        &self,
        lines: Vec<NewLine>,
        replies: Vec<Reply>,
    ) -> Vec<(ConversationId, Appended)> {
        let sessions: Vec<_> = lines.iter().map(|line| line.session).collect();
        let appended = match self.parts.stage.store().append_lines(lines).await {
            Ok(appended) => appended,
            Err(error) => {
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
                return Vec::new();
            }
        };
        let appended: Vec<_> = sessions.into_iter().zip(appended).collect();
        for ((session, appended), reply) in appended.iter().zip(replies) {
            // A person who is gone does not want to know.
            let _ = reply.send(Ok(appended.line().cloned()));
            if let Appended::Added(line, _) = appended {
                self.parts.hub.tell(&News::Line(*session, line.clone()));
                self.parts.hub.typing(*session);
            }
        }
        appended
    }
}

/// Tells the cache, then the mind and the other processes in which the sessions are held. All that was
/// written meanwhile is told at once: a broker takes many lines about as soon as one.
async fn tell(parts: RoomParts, mut untold: mpsc::Receiver<Vec<(ConversationId, Appended)>>) {
    let mut batches = Vec::with_capacity(UNTOLD_MAX);
    let mut not_before = Instant::now();
    loop {
        sleep_until(not_before).await;
        if untold.recv_many(&mut batches, UNTOLD_MAX).await == 0 {
            return;
        }
        not_before = Instant::now() + APART;
        let mut rows = Vec::new();
        let mut lines: BTreeMap<ConversationId, Vec<SessionLine>> = BTreeMap::new();
        for (session, appended) in batches.drain(..).flatten() {
            if let Appended::Added(line, row) = appended {
                rows.extend(row);
                lines.entry(session).or_default().push(line);
            }
        }
        keep(&parts, &lines).await;
        tokio::join!(parts.relay.send(rows), pass_on(&parts, lines));
    }
}

/// Adds lines to the cache; without one the mind asks the store.
pub(super) async fn keep(parts: &RoomParts, lines: &BTreeMap<ConversationId, Vec<SessionLine>>) {
    let adding = lines
        .iter()
        .map(|(session, lines)| parts.cache.add_lines(*session, lines));
    join_all(adding).await;
}

/// Hands lines to every process in which somebody is in their session, but for this one if it wrote
/// them.
pub(super) async fn pass_on(parts: &RoomParts, lines: BTreeMap<ConversationId, Vec<SessionLine>>) {
    let sessions: Vec<_> = lines.keys().copied().collect();
    // Who is not told finds the lines in the store.
    let Ok(holders) = parts.cache.holders(&sessions).await else {
        return;
    };
    let mut news: HashMap<_, Vec<News>> = HashMap::new();
    for ((session, lines), holders) in lines.into_iter().zip(holders) {
        for holder in holders {
            let of_holder = news.entry(holder).or_default();
            of_holder.extend(lines.iter().map(|line| News::Line(session, line.clone())));
        }
    }
    let handing = news.into_iter().map(|(holder, news)| async move {
        if let Err(error) = parts.courier.hand(&holder, news).await {
            tracing::debug!(%error, address = %holder.address, "a process was not told of lines");
        }
    });
    join_all(handing).await;
}
