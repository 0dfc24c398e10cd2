//! Starting and stopping: every task is tracked, the first signal ends softly, the second at once.

use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long tasks may take to end after they were asked to.
const SOFT: Duration = Duration::from_secs(8);

/// The tasks of a process.
#[derive(Clone)]
pub(crate) struct Lifecycle {
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    signals: Arc<Mutex<Signals>>,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Lifecycle {
    /// From now on a signal ends the process softly; so before anybody is told that it is ready.
    ///
    /// # Errors
    /// Signals can't be heard.
    pub(crate) fn new() -> io::Result<Self> {
        let signals = Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        };
        Ok(Self {
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            signals: Arc::new(Mutex::new(signals)),
        })
    }

    /// Spawns a task that the process can't do without: if it fails, the process ends.
    pub(crate) fn vital<E: std::fmt::Display + Send>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> tokio::sync::oneshot::Receiver<String> {
        let (failed, failure) = tokio::sync::oneshot::channel();
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            if let Err(error) = task.await {
                tracing::error!(task = name, %error, "ended, so the server ends");
                // Nobody may be listening any more; the token ends the process either way.
                let _ = failed.send(format!("{name}: {error}"));
                shutdown.cancel();
            }
        });
        failure
    }

    /// Spawns a task that ends by itself.
    pub(crate) fn helper(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Waits for a signal or for a vital task to fail, then for every task to end.
    pub(crate) async fn until_stopped(&self) {
        let mut signals = self.signals.lock().await;
        let Signals {
            interrupt,
            terminate,
        } = &mut *signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = self.shutdown.cancelled() => {}
        }
        self.shutdown.cancel();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            _ = interrupt.recv() => tracing::warn!("stopped at once"),
            _ = terminate.recv() => tracing::warn!("stopped at once"),
            () = tokio::time::sleep(SOFT) => {
                tracing::warn!(seconds = SOFT.as_secs(), "some tasks did not end in time");
            }
        }
    }
}
