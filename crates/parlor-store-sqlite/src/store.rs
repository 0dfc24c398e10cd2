//! The store: one writer, a few readers.

use crate::connect;
use crate::fault::Result;
use crate::options::{Location, SqliteOptions};
use crate::readers::Readers;
use crate::writer::{Tx, Writer};
use parlor_model::Clock;
use parlor_ports::tails::Tails;
use parlor_ports::{PortError, PortResult};
use rusqlite::Connection;
use std::sync::Arc;

/// A store in SQLite. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct SqliteStore {
    pub(crate) writer: Writer,
    /// `None` in memory: there the writer reads.
    readers: Option<Readers>,
    /// What this process said lately.
    pub(crate) tails: Arc<Tails>,
    options: SqliteOptions,
}

impl SqliteStore {
    /// Opens it, makes file and directory where they are missing, and starts the writing thread.
    /// Does not migrate. The clock says when rows of the outbox were taken in hand.
    ///
    /// # Errors
    /// Retryable when another process holds the file just now or the file can't be opened;
    /// terminal when what is there is not a database.
    pub async fn open(options: SqliteOptions, clock: Arc<dyn Clock>) -> PortResult<Self> {
        let doing = match &options.location {
            Location::Memory => "open in memory".to_owned(),
            Location::File(path) => format!("open '{}'", path.display()),
        };
        let chosen = options.clone();
        tokio::task::spawn_blocking(move || Writer::start(connect::writer(&chosen)?, clock))
            .await
            .map_err(|error| PortError::terminal(&doing, error))?
            .map(|writer| Self {
                writer,
                readers: match &options.location {
                    Location::Memory => None,
                    Location::File(path) => Some(Readers::new(path.clone(), options.readers)),
                },
                tails: Arc::default(),
                options,
            })
            .map_err(|fault| fault.at(&doing))
    }

    /// True for a file.
    pub(crate) fn is_file(&self) -> bool {
        self.readers.is_some()
    }

    /// Reads in one view. `doing` is for the error.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        doing: &str,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> PortResult<T> {
        let result = match &self.readers {
            Some(readers) => readers.read(work).await,
            None => self.writer.write(move |tx| work(tx.conn)).await,
        };
        result.map_err(|fault| fault.at(doing))
    }

    /// Writes, perhaps together with others; `work` may run twice. `doing` is for the error.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        doing: &str,
        work: impl FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    ) -> PortResult<T> {
        self.writer
            .write(work)
            .await
            .map_err(|fault| fault.at(doing))
    }

    /// Ends the writer, then the readers.
    pub(crate) async fn shut(&self) {
        self.writer.stop().await;
        if let Some(readers) = &self.readers {
            readers.close(self.options.readers).await;
        }
    }
}
