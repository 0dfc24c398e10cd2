//! One reader of the live events.

use super::frame::{Batch, Interest};
use super::{BATCH_MAX, LiveView, Retry, Seat};
use bytes::Bytes;
use futures::Stream;
use parlor_ports::store::Cursor;
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Follows the log from its own cursor.
pub(crate) struct Reader {
    view: LiveView,
    interest: Interest,
    /// Everything up to here was given out or is not of interest.
    cursor: Cursor,
    batches: broadcast::Receiver<Arc<Batch>>,
    /// Batches follow on from the cursor, as far as we know; else the store has what comes next.
    caught_up: bool,
    greeted: bool,
    retry: Retry,
    _seat: Seat,
}

impl Reader {
    pub(super) fn new(
        view: LiveView,
        seat: Seat,
        batches: broadcast::Receiver<Arc<Batch>>,
        interest: Interest,
        cursor: Cursor,
    ) -> Self {
        Self {
            view,
            interest,
            cursor,
            batches,
            caught_up: false,
            greeted: false,
            retry: Retry::default(),
            _seat: seat,
        }
    }

    /// What is to be sent, piece by piece, without end. It reads on only when it is asked to, so a
    /// slow connection holds one piece.
    pub(crate) fn stream(self) -> impl Stream<Item = Bytes> + Send {
        futures::stream::unfold(self, |mut reader| async move {
            let bytes = reader.next().await;
            Some((bytes, reader))
        })
    }

    async fn next(&mut self) -> Bytes {
        if !self.greeted {
            self.greeted = true;
            // The id alone is no event, but where a reader goes on that is cut before the first.
            return Bytes::from(format!(": hello\nid: {}\nretry: 1000\n\n", self.cursor));
        }
        loop {
            let bytes = if self.caught_up {
                self.listen().await
            } else {
                self.catch_up().await
            };
            if let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) {
                return bytes;
            }
        }
    }

    /// Reads the next part of the log from the store.
    async fn catch_up(&mut self) -> Option<Bytes> {
        match self.view.0.store.changes(self.cursor, BATCH_MAX).await {
            Ok(changes) => {
                self.retry.succeeded();
                self.caught_up = changes.len() < BATCH_MAX as usize;
                let batch = Batch::render(self.cursor, changes, &self.view.0.worlds);
                Some(self.take(&batch))
            }
            // The task behind the readers has said so already.
            Err(_) => {
                self.retry.failed().await;
                Some(Bytes::from_static(b": waiting for the store\n\n"))
            }
        }
    }

    /// Waits for the next batch; keeps the connection alive meanwhile.
    async fn listen(&mut self) -> Option<Bytes> {
        match tokio::time::timeout(self.view.0.keep_alive, self.batches.recv()).await {
            Ok(Ok(batch)) if batch.from <= self.cursor => Some(self.take(&batch)),
            // Something lies between the cursor and this batch, or the ring has gone over us.
            Ok(Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed)) => {
                self.caught_up = false;
                None
            }
            // With the id, a reader of little goes on from here and not from its last event.
            Err(_) => Some(Bytes::from(format!(
                ": still here\nid: {}\n\n",
                self.cursor
            ))),
        }
    }

    fn take(&mut self, batch: &Batch) -> Bytes {
        let bytes = batch.select(&self.interest, self.cursor);
        self.cursor = self.cursor.max(batch.to);
        bytes
    }
}
