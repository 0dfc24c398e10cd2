//! Writes a recording while a world runs.

use super::file::{Entry, Header, Recording, RecordingError, What};
use super::listen::Listener;
use parlor_model::{ConversationId, Slug};
use parlor_ports::store::{Change, Cursor, Happening, Store};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the log is looked at when this process commits nothing.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Changes read in one go.
const CHANGES_MAX: u32 = 512;

/// A recording that is being written.
#[derive(Debug)]
pub struct Recorder {
    file: File,
    listener: Listener,
    /// Conversations that are in it from their beginning.
    known: HashSet<ConversationId>,
    /// The last change in it.
    last: Option<Cursor>,
    failed: bool,
}

impl Recorder {
    /// Begins a recording, or goes on with the one that is there if it is of the same run.
    ///
    /// # Errors
    /// The file can't be written, or holds another run.
    pub fn open(path: &Path, header: &Header, listener: Listener) -> Result<Self, RecordingError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        if file.metadata()?.len() == 0 {
            write_line(&mut file, header)?;
            file.sync_data()?;
            return Ok(Self::over(file, listener, HashSet::new(), None));
        }
        let recording = Recording::read(BufReader::new(&file))?;
        Self::check(&recording.header, header)?;
        file.set_len(recording.whole_bytes)?;
        file.seek(SeekFrom::End(0))?;
        let last = recording.entries.last();
        let last = last.and_then(|entry| entry.cursor.parse().ok());
        let known = recording.entries.iter().filter_map(opened).collect();
        Ok(Self::over(file, listener, known, last))
    }

    fn over(
        file: File,
        listener: Listener,
        known: HashSet<ConversationId>,
        last: Option<Cursor>,
    ) -> Self {
        Self {
            file,
            listener,
            known,
            last,
            failed: false,
        }
    }

    fn check(found: &Header, ours: &Header) -> Result<(), RecordingError> {
        let same = found.world == ours.world
            && found.seed == ours.seed
            && found.command == ours.command
            && found.source == ours.source
            && found.files == ours.files;
        if same {
            return Ok(());
        }
        Err(RecordingError::Line {
            line: 1,
            reason: "it holds a run of another world, seed or command: name another file"
                .to_owned(),
        })
    }

    /// The last change in the file; nothing was recorded yet without one.
    #[must_use]
    pub fn last(&self) -> Option<Cursor> {
        self.last
    }

    /// Writes a change, if it belongs to a conversation that is recorded from its beginning. What
    /// can't be written is told once, and the world goes on.
    pub fn write(&mut self, changes: &[Change], world: &Slug) {
        let mut lines = Vec::new();
        for change in changes.iter().filter(|change| change.world == *world) {
            let prompt = match &change.what {
                Happening::Message(message) => self.listener.take(message.id),
                _ => None,
            };
            let Some(entry) = Entry::of(change, prompt) else {
                continue;
            };
            self.known.extend(opened(&entry));
            if belongs(&entry).is_some_and(|id| self.known.contains(&id)) {
                let written = serde_json::to_writer(&mut lines, &entry);
                debug_assert!(written.is_ok(), "entries always serialise");
                lines.push(b'\n');
            }
            self.last = Some(change.cursor);
        }
        let written = self.file.write_all(&lines);
        if let (Err(error), false) = (written, self.failed) {
            self.failed = true;
            tracing::error!(%error, "the recording can't be written; the world goes on without it");
        }
    }

    /// Follows the log of changes until cancelled, and then to its end.
    pub async fn run(
        mut self,
        store: Arc<dyn Store>,
        world: Slug,
        mut from: Cursor,
        cancel: CancellationToken,
    ) {
        let mut commits = store.commits();
        loop {
            let ending = cancel.is_cancelled();
            match store.changes(from, CHANGES_MAX).await {
                Ok(changes) => {
                    self.write(&changes, &world);
                    if let Some(last) = changes.last() {
                        from = last.cursor;
                        continue;
                    }
                }
                Err(error) => tracing::warn!(%error, "the recorder can't read, trying again"),
            }
            if ending {
                return;
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                changed = commits.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}

fn write_line(file: &mut File, header: &Header) -> Result<(), RecordingError> {
    let mut line = serde_json::to_vec(header).map_err(std::io::Error::from)?;
    line.push(b'\n');
    Ok(file.write_all(&line)?)
}

fn opened(entry: &Entry) -> Option<ConversationId> {
    match &entry.what {
        What::Opened(conversation) => Some(conversation.id),
        _ => None,
    }
}

fn belongs(entry: &Entry) -> Option<ConversationId> {
    Some(match &entry.what {
        What::Opened(conversation) | What::Closed(conversation) => conversation.id,
        What::Said(said) => said.message.conversation_id,
    })
}
