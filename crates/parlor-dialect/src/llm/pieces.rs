//! A reply shown as it grows.

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// Sends the pieces of a reply to whoever watches, without ever waiting for them: what a full
/// channel does not take goes along with the next piece.
pub(super) struct Pieces<'a> {
    to: Option<&'a mpsc::Sender<String>>,
    held: String,
    shown: bool,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(to: Option<&'a mpsc::Sender<String>>) -> Self {
        Self {
            to,
            held: String::new(),
            shown: false,
        }
    }

    /// True while somebody watches.
    pub(super) fn wanted(&self) -> bool {
        self.to.is_some_and(|to| !to.is_closed())
    }

    /// True when a piece was sent.
    pub(super) fn shown(&self) -> bool {
        self.shown
    }

    /// A new attempt: what was held back is of the old one.
    pub(super) fn restart(&mut self) {
        self.held.clear();
    }

    /// Shows one more piece, now or with the next.
    pub(super) fn show(&mut self, piece: &str) {
        let Some(to) = self.to else { return };
        self.held.push_str(piece);
        if self.held.is_empty() {
            return;
        }
        match to.try_send(std::mem::take(&mut self.held)) {
            Ok(()) => self.shown = true,
            Err(TrySendError::Full(piece)) => self.held = piece,
            Err(TrySendError::Closed(_)) => self.to = None,
        }
    }

    /// Shows what was held back, if there is room for it.
    pub(super) fn finish(&mut self) {
        self.show("");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_watcher_gets_every_piece_and_holds_nothing_up() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut pieces = Pieces::new(Some(&sender));

        pieces.show("could ");
        pieces.show("it ");
        pieces.show("be ");
        assert_eq!(receiver.try_recv().unwrap(), "could ");
        pieces.finish();

        assert_eq!(receiver.try_recv().unwrap(), "it be ");
    }

    #[test]
    fn a_watcher_that_is_gone_is_forgotten() {
        let (sender, receiver) = mpsc::channel(1);
        let mut pieces = Pieces::new(Some(&sender));
        drop(receiver);

        assert!(!pieces.wanted());
        pieces.show("x");

        assert!(!pieces.shown());
    }
}
