//! The thread that writes.

use crate::codec;
use crate::fault::{Fault, Result};
use parlor_model::Clock;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Requests that may wait; more callers wait outside.
const QUEUE_MAX: usize = 256;
/// Requests written in one transaction.
const GROUP_MAX: usize = 64;

/// Several requests in one transaction, seen by the request that runs.
pub(crate) struct Tx<'c> {
    /// Where to write.
    pub(crate) conn: &'c Connection,
    /// When the transaction began, microseconds.
    pub(crate) now: i64,
    last_change: Option<i64>,
    logged: bool,
    worlds: &'c mut HashMap<String, i64>,
}

impl Tx<'_> {
    /// The next place in the log of changes.
    pub(crate) fn next_change(&mut self) -> Result<i64> {
        let last = match self.last_change {
            Some(last) => last,
            None => latest_change(self.conn)?,
        };
        self.last_change = Some(last + 1);
        self.logged = true;
        Ok(last + 1)
    }

    /// The number of a world; made where it is new.
    pub(crate) fn world(&mut self, name: &str) -> Result<i64> {
        if let Some(id) = self.worlds.get(name) {
            return Ok(*id);
        }
        self.conn
            .prepare_cached("INSERT INTO worlds (name) VALUES (?1) ON CONFLICT (name) DO NOTHING")?
            .execute(params![name])?;
        let id = find_world(self.conn, name)?.ok_or_else(|| {
            Fault::Refused(format!("world '{name}' is gone while it was written"))
        })?;
        self.worlds.insert(name.to_owned(), id);
        Ok(id)
    }
}

/// The first place of messages that were written in bulk: from there on nothing is in the log of
/// changes.
pub(crate) const FIRST_BULK: i64 = 1 << 62;

/// The place of the latest change, 0 when there is none.
pub(crate) fn latest_change(conn: &Connection) -> Result<i64> {
    let max =
        "SELECT max(ifnull((SELECT max(seq) FROM messages WHERE seq < 4611686018427387904), 0),
                          ifnull((SELECT max(seq) FROM happenings), 0))";
    Ok(conn.prepare_cached(max)?.query_row([], |row| row.get(0))?)
}

/// The number of a world that was heard of.
pub(crate) fn find_world(conn: &Connection, name: &str) -> Result<Option<i64>> {
    let find = "SELECT id FROM worlds WHERE name = ?1";
    Ok(conn
        .prepare_cached(find)?
        .query_row(params![name], |row| row.get(0))
        .optional()?)
}

/// A request, its result type hidden.
trait Job: Send {
    /// Writes. Runs again, in another transaction, when the first one was undone.
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;
    /// Tells the caller, after the commit.
    fn end(self: Box<Self>, result: Result<()>);
}

struct Task<F, T> {
    work: F,
    result: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> Job for Task<F, T>
where
    F: FnMut(&mut Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        self.result = Some((self.work)(tx)?);
        Ok(())
    }

    fn end(self: Box<Self>, result: Result<()>) {
        let Self {
            result: value,
            reply,
            ..
        } = *self;
        // A caller that is gone does not want to know.
        let _ = reply.send(result.and_then(|()| value.ok_or(Fault::Closed)));
    }
}

type Alone = Box<dyn FnOnce(&mut Connection) + Send>;

enum Request {
    /// May share a transaction.
    Job(Box<dyn Job>),
    /// Handles its transactions itself.
    Alone(Alone),
    /// The last one.
    Stop(oneshot::Sender<()>),
}

/// A handle on the thread.
#[derive(Clone)]
pub(crate) struct Writer {
    requests: mpsc::Sender<Request>,
    commits: watch::Receiver<u64>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(conn: Connection, clock: Arc<dyn Clock>) -> Result<Self> {
        let (requests, inbox) = mpsc::channel(QUEUE_MAX);
        let (notify, commits) = watch::channel(0);
        let service = Service {
            conn,
            clock,
            notify,
            worlds: HashMap::new(),
        };
        std::thread::Builder::new()
            .name("parlor-sqlite".to_owned())
            .spawn(move || service.run(inbox))
            .map_err(|error| Fault::Away(format!("no thread for the writer: {error}")))?;
        Ok(Self { requests, commits })
    }

    /// Runs `work` in a transaction, perhaps with others', and gives its result after the commit.
    /// When one of them fails, all run again, each alone: so `work` must be able to.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work,
            result: None,
            reply,
        };
        self.send(Request::Job(Box::new(task))).await?;
        answer.await.unwrap_or(Err(Fault::Closed))
    }

    /// Runs `work` on the bare connection.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let work = move |conn: &mut Connection| {
            let _ = reply.send(work(conn));
        };
        self.send(Request::Alone(Box::new(work))).await?;
        answer.await.unwrap_or(Err(Fault::Closed))
    }

    /// Ends the thread, after what is waiting is written, and closes its connection.
    pub(crate) async fn stop(&self) {
        let (done, wait) = oneshot::channel();
        if self.send(Request::Stop(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    /// Changes after commits that the log of changes shows.
    pub(crate) fn commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }

    async fn send(&self, request: Request) -> Result<()> {
        self.requests.send(request).await.map_err(|_| Fault::Closed)
    }
}

struct Service {
    conn: Connection,
    clock: Arc<dyn Clock>,
    notify: watch::Sender<u64>,
    /// Worlds keep their number for ever; forgotten when a transaction is undone, as it may have
    /// made one.
    worlds: HashMap<String, i64>,
}

/// Why a transaction was undone.
enum Undone {
    /// One request failed: the others can do without it.
    ByOne(Fault),
    /// It did not begin, or could not be committed.
    Whole(Fault),
}

impl Service {
    fn run(mut self, mut inbox: mpsc::Receiver<Request>) {
        let mut group = Vec::with_capacity(GROUP_MAX);
        while let Some(first) = inbox.blocking_recv() {
            let mut next = Some(first);
            let mut other = None;
            while let Some(request) = next.take() {
                match request {
                    Request::Job(job) => group.push(job),
                    request => other = Some(request),
                }
                if other.is_none() && group.len() < GROUP_MAX {
                    next = inbox.try_recv().ok();
                }
            }
            if !group.is_empty() {
                self.write(&mut group);
            }
            match other {
                Some(Request::Alone(work)) => work(&mut self.conn),
                Some(Request::Stop(done)) => {
                    drop(self.conn);
                    let _ = done.send(());
                    return;
                }
                Some(Request::Job(_)) | None => {}
            }
        }
    }

    /// Writes the group and empties it.
    fn write(&mut self, group: &mut Vec<Box<dyn Job>>) {
        match self.attempt(group) {
            Ok(()) => end_all(group, || Ok(())),
            Err(Undone::ByOne(fault)) if group.len() == 1 => {
                if let Some(job) = group.pop() {
                    job.end(Err(fault));
                }
            }
            Err(Undone::ByOne(_)) => {
                for job in std::mem::take(group) {
                    self.write(&mut vec![job]);
                }
            }
            Err(Undone::Whole(fault)) => {
                let text = fault.to_string();
                let mut first = Some(fault);
                // One error, many callers: the first gets it, the others its words; it is one that
                // passes for all or for none.
                let passes = first.as_ref().is_some_and(|f| f.at("").is_retryable());
                end_all(group, || {
                    Err(first.take().unwrap_or_else(|| {
                        if passes {
                            Fault::Away(text.clone())
                        } else {
                            Fault::Refused(text.clone())
                        }
                    }))
                });
            }
        }
    }

    fn attempt(&mut self, group: &mut [Box<dyn Job>]) -> std::result::Result<(), Undone> {
        let result = self.transact(group);
        match &result {
            Ok(true) => self.notify.send_modify(|count| *count += 1),
            Ok(false) => {}
            Err(_) => self.undo(),
        }
        result.map(|_| ())
    }

    /// True when the log of changes grew.
    fn transact(&mut self, group: &mut [Box<dyn Job>]) -> std::result::Result<bool, Undone> {
        let now = codec::micros(self.clock.now());
        execute(&self.conn, "BEGIN IMMEDIATE").map_err(Undone::Whole)?;
        let mut tx = Tx {
            conn: &self.conn,
            now,
            last_change: None,
            logged: false,
            worlds: &mut self.worlds,
        };
        for job in group {
            job.run(&mut tx).map_err(Undone::ByOne)?;
        }
        let logged = tx.logged;
        execute(&self.conn, "COMMIT").map_err(Undone::Whole)?;
        Ok(logged)
    }

    fn undo(&mut self) {
        self.worlds.clear();
        if !self.conn.is_autocommit()
            && let Err(error) = execute(&self.conn, "ROLLBACK")
        {
            tracing::error!(%error, "sqlite: a failed transaction could not be undone");
        }
    }
}

fn execute(conn: &Connection, sql: &'static str) -> Result<()> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn end_all(group: &mut Vec<Box<dyn Job>>, mut result: impl FnMut() -> Result<()>) {
    for job in group.drain(..) {
        job.end(result());
    }
}
