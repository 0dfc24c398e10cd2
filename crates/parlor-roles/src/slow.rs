//! The slow path: lines whose words take long to find (a language model) are spoken on tasks of
//! their own, so that nothing quick waits for them. What has been spoken is written in natural
//! batches: while one is written, the next gathers.
//!
//! Deliveries stay unsettled until their line is written, so the number of tasks is bounded by what
//! the bus hands out; how many of them speak at once is bounded here.

use crate::character::Lane;
use crate::stage::{Performance, Settled, Taken};
use parlor_ports::bus::Delivery;
use parlor_ports::metric;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// How long lines that are being spoken may take to end once the role is asked to. Then they are
/// given up, and come again: to wait for a slow model would outlast the patience of whoever stops us.
const GRACE: Duration = Duration::from_secs(3);

/// Starts slow lines. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SlowPath {
    lane: Lane,
    speaking: Arc<Semaphore>,
    spoken: mpsc::Sender<(Delivery, Settled)>,
    tasks: TaskTracker,
    give_up: CancellationToken,
}

impl SlowPath {
    /// A path on which at most `speaking_max` lines are spoken at once and at most `batch_max` are
    /// written at once, and the task that writes; it ends after the last line.
    pub(crate) fn new(
        lane: Lane,
        speaking_max: usize,
        batch_max: usize,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (spoken, written) = mpsc::channel(batch_max.max(1));
        let path = Self {
            lane: lane.clone(),
            speaking: Arc::new(Semaphore::new(speaking_max.max(1))),
            spoken: spoken.clone(),
            tasks: TaskTracker::new(),
            give_up: CancellationToken::new(),
        };
        let again = Again {
            lane: path.lane.clone(),
            speaking: path.speaking.clone(),
            spoken: spoken.downgrade(),
            tasks: path.tasks.clone(),
            give_up: path.give_up.clone(),
        };
        let writer = async move {
            write(lane, written, batch_max.max(1), |delivery, performance| {
                if let Some(path) = again.path() {
                    path.start(delivery, performance);
                }
            })
            .await;
        };
        (path, writer)
    }

    /// Speaks a line, on a task of its own, and has it written and its delivery settled.
    pub(crate) fn start(&self, delivery: Delivery, performance: Box<Performance>) {
        let (stage, spoken) = (self.lane.stage.clone(), self.spoken.clone());
        let (speaking, give_up) = (self.speaking.clone(), self.give_up.clone());
        self.tasks.spawn(async move {
            let speak = async {
                let _permit = speaking.acquire_owned().await.expect("never closed");
                let gauge = metrics::gauge!(metric::SPEAKING);
                gauge.increment(1.0);
                let _count = Counted(gauge);
                stage.speak(*performance).await
            };
            let settled = tokio::select! {
                () = give_up.cancelled() => return,
                settled = speak => settled,
            };
            // The writer ends after the last sender.
            let _ = spoken.send((delivery, settled)).await;
        });
    }

    /// Gives up what is being spoken when it is dropped.
    pub(crate) fn guard(&self) -> DropGuard {
        self.give_up.clone().drop_guard()
    }

    /// Lets what is being spoken end, for a moment; what doesn't is given up and comes again.
    pub(crate) async fn end(self) {
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait())
            .await
            .is_err()
        {
            let lines = self.tasks.len();
            tracing::info!(lines, "slow lines given up; they come again");
            self.give_up.cancel();
            self.tasks.wait().await;
        }
    }
}

/// A path that does not keep its writer waiting: the writer itself holds it.
struct Again {
    lane: Lane,
    speaking: Arc<Semaphore>,
    spoken: mpsc::WeakSender<(Delivery, Settled)>,
    tasks: TaskTracker,
    give_up: CancellationToken,
}

impl Again {
    /// The path; `None` once it ends.
    fn path(&self) -> Option<SlowPath> {
        if self.tasks.is_closed() {
            return None;
        }
        Some(SlowPath {
            lane: self.lane.clone(),
            speaking: self.speaking.clone(),
            spoken: self.spoken.upgrade()?,
            tasks: self.tasks.clone(),
            give_up: self.give_up.clone(),
        })
    }
}

/// Writes what has been spoken, as much as is waiting at a time. What needs its words anew goes to
/// `again`; what that drops is not settled, and comes again.
pub(crate) async fn write(
    lane: Lane,
    mut spoken: mpsc::Receiver<(Delivery, Settled)>,
    batch_max: usize,
    again: impl Fn(Delivery, Box<Performance>),
) {
    let mut batch = Vec::with_capacity(batch_max);
    while spoken.recv_many(&mut batch, batch_max).await > 0 {
        let (deliveries, settled): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let mut steps = Vec::with_capacity(deliveries.len());
        let written = lane.stage.write_spoken(settled).await;
        for (delivery, taken) in deliveries.into_iter().zip(written) {
            match taken {
                Taken::Over(step) => steps.push((delivery, step)),
                Taken::Slow(performance) => again(delivery, performance),
            }
        }
        lane.end(steps, Vec::new()).await;
    }
}

/// Counts down, also when its task is given up.
struct Counted(metrics::Gauge);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
