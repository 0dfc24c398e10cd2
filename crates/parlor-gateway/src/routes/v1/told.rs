//! An answer told while it is found. It all happens inside the body of the response: a client that
//! goes away takes the call of the model with it.

use super::cut::Cutter;
use super::reply::{Head, Usage, done, frame};
use super::{chat, error};
use crate::problem::Problem;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, stream};
use parlor_ports::parley::{Answer, ParleyError};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// An answer that is being found.
pub(super) type Finding = BoxFuture<'static, Result<Answer, ParleyError>>;

/// What comes next of an answer.
enum Heard {
    Piece(String),
    Answer(Answer),
}

/// An answer and those who listen to it.
pub(super) struct Told {
    head: Head,
    cutter: Cutter,
    /// Pieces as they came, uncut.
    raw: String,
    pieces: mpsc::Receiver<String>,
    finding: Option<Finding>,
    deadline: Instant,
    frames: VecDeque<Bytes>,
}

impl Told {
    /// Waits for the first words, so that what fails before them has a status of its own.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) async fn begin(
        head: Head,
        cutter: Cutter,
        finding: Finding,
        pieces: mpsc::Receiver<String>,
        deadline: Instant,
    ) -> Result<Self, Problem> {
        let mut told = Self {
            frames: VecDeque::from([head.first()]),
            head,
            cutter,
            raw: String::new(),
            pieces,
            finding: Some(finding),
            deadline,
        };
        told.go_on().await?;
        Ok(told)
    }

    /// The body of the response.
    pub(super) fn body(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut told| async move {
            loop {
                if let Some(frame) = told.frames.pop_front() {
                    return Some((Ok(frame), told));
                }
                told.finding.as_ref()?;
                if let Err(problem) = told.go_on().await {
                    told.finding = None;
                    told.frames.push_back(frame(&error(&problem)));
                    told.frames.push_back(done());
                }
            }
        })
    }

    /// Waits for what comes next, and makes frames of it.
    async fn go_on(&mut self) -> Result<(), Problem> {
        match self.hear().await? {
            Heard::Piece(piece) => {
                self.raw.push_str(&piece);
                self.show(&piece);
                // The rest of the line is not wanted, so neither is the rest of the call.
                if self.cutter.ended().is_some() {
                    self.end(0, false);
                }
            }
            Heard::Answer(answer) => {
                let rest = rest(&self.raw, &answer.text);
                self.show(&rest);
                let held = self.cutter.finish();
                self.push(&held);
                self.end(answer.tokens_in, answer.fallback);
            }
        }
        Ok(())
    }

    async fn hear(&mut self) -> Result<Heard, Problem> {
        let Some(finding) = &mut self.finding else {
            return Err(Problem::internal());
        };
        // A panic in the middle of a stream is beyond the net that all handlers have.
        let finding = AssertUnwindSafe(finding).catch_unwind();
        let next = async {
            tokio::select! {
                biased;
                Some(piece) = self.pieces.recv() => Ok(Heard::Piece(piece)),
                answer = finding => match answer {
                    Ok(answer) => answer.map(Heard::Answer).map_err(chat::failed),
                    Err(_) => Err(Problem::internal()),
                },
            }
        };
        timeout_at(self.deadline, next)
            .await
            .unwrap_or_else(|_| Err(chat::too_late()))
    }

    fn show(&mut self, piece: &str) {
        let shown = self.cutter.take(piece);
        self.push(&shown);
    }

    fn push(&mut self, text: &str) {
        if !text.is_empty() {
            self.frames.push_back(self.head.words(text));
        }
    }

    fn end(&mut self, tokens_in: usize, fallback: bool) {
        self.finding = None;
        let finish = self.cutter.ended().unwrap_or(super::cut::Finish::Stop);
        self.frames.push_back(self.head.last(finish, fallback));
        let usage = Usage::of(tokens_in, self.cutter.shown());
        self.frames.extend(self.head.usage(usage));
        self.frames.push_back(done());
    }
}

/// What of the line is not shown yet. Where the pieces that were shown are no beginning of it (a
/// model failed half-way, and another dialect spoke), the line follows them whole: what a client has
/// can't be taken back.
fn rest(shown: &str, line: &str) -> String {
    match line.strip_prefix(shown) {
        Some(rest) => rest.to_owned(),
        // Blanks at the end are cleaned away once the line is complete.
        None if shown.trim_end() == line => String::new(),
        None => format!("\n{line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_is_not_shown_twice() {
        assert_eq!(rest("", "Well, no."), "Well, no.");
        assert_eq!(rest("Well,", "Well, no."), " no.");
        assert_eq!(rest("Well, no. ", "Well, no."), "");
        assert_eq!(rest("Actua", "Well, no."), "\nWell, no.");
    }
}
