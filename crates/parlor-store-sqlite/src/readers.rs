//! Connections that read.

use crate::connect;
use crate::fault::{Fault, Result};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A few connections to one file, opened when first needed.
#[derive(Clone)]
pub(crate) struct Readers {
    path: Arc<PathBuf>,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// At most `count` at the same time.
    pub(crate) fn new(path: PathBuf, count: usize) -> Self {
        Self {
            path: Arc::new(path),
            idle: Arc::new(Mutex::new(Vec::new())),
            permits: Arc::new(Semaphore::new(count.max(1))),
        }
    }

    /// Runs `work` on a blocking thread, in one read transaction: all its queries see the same.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| Fault::Closed)?;
        let (idle, path) = (Arc::clone(&self.idle), Arc::clone(&self.path));
        let task = tokio::task::spawn_blocking(move || {
            let spare = idle.lock().pop();
            let conn = match spare {
                Some(conn) => conn,
                None => connect::reader(&path)?,
            };
            let result = in_one_view(&conn, work);
            // One that is still in a transaction is not lent again.
            if conn.is_autocommit() {
                idle.lock().push(conn);
            }
            drop(permit);
            result
        });
        task.await
            .map_err(|error| Fault::Away(format!("the reading thread ended: {error}")))?
    }

    /// Waits for those who read, and closes.
    pub(crate) async fn close(&self, count: usize) {
        let all = u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        let permits = self.permits.acquire_many(all).await;
        self.permits.close();
        self.idle.lock().clear();
        drop(permits);
    }
}

fn in_one_view<T>(conn: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    let result = work(conn);
    let end = if result.is_ok() { "COMMIT" } else { "ROLLBACK" };
    conn.prepare_cached(end)?.execute([])?;
    result
}
