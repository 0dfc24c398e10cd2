//! Reads the cards that characters of a world file name.

use super::dialects::is_inside;
use super::findings::{Findings, shorten};
use super::meaning::Meaning;
use crate::card::Card;
use std::sync::Arc;

/// Most that the cards of a world have together, in bytes.
const CARDS_BYTES_MAX: usize = 256 << 20;

/// Reads cards, up to what a world's cards may have together.
pub(super) struct Cards<'a> {
    meaning: &'a Meaning<'a>,
    bytes_left: usize,
}

impl<'a> Cards<'a> {
    pub(super) fn new(meaning: &'a Meaning<'a>) -> Self {
        Self {
            meaning,
            bytes_left: CARDS_BYTES_MAX,
        }
    }

    /// The card at `path`, which the character at `index` of the file's list names.
    pub(super) fn read(
        &mut self,
        index: usize,
        path: &str,
        findings: &mut Findings,
    ) -> Option<Arc<Card>> {
        let at = self.meaning.at(&format!("/characters/{index}/card"));
        if !is_inside(path) {
            findings.add(at, || {
                (
                    format!(
                        "'{}' is not inside the directory of this file",
                        shorten(path)
                    ),
                    "write a relative path without '..', with / between its parts".to_owned(),
                )
            });
            return None;
        }
        if findings.is_full() {
            return None;
        }
        let card = (self.meaning.read)(path)
            .and_then(|bytes| self.within_limit(bytes))
            .and_then(|bytes| Card::parse(&bytes).map_err(|error| error.to_string()));
        card.map(Arc::new)
            .map_err(|reason| {
                findings.add(at, || {
                    format!("'{}' can't be read: {reason}", shorten(path))
                });
            })
            .ok()
    }

    fn within_limit(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        match self.bytes_left.checked_sub(bytes.len()) {
            Some(left) => {
                self.bytes_left = left;
                Ok(bytes)
            }
            None => Err(format!(
                "the cards of a world have at most {} MiB together",
                CARDS_BYTES_MAX >> 20
            )),
        }
    }
}
