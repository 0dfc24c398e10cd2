//! Collects what is wrong with a file and gives each its line and column.

use super::Problem;

/// Most problems that are listed; the rest is counted.
const LISTED_MAX: usize = 1000;

/// What is wrong, and what would be right.
pub(super) struct Said {
    message: String,
    help: Option<String>,
}

impl From<String> for Said {
    fn from(message: String) -> Self {
        Self {
            message,
            help: None,
        }
    }
}

impl From<(String, String)> for Said {
    fn from((message, help): (String, String)) -> Self {
        Self {
            message,
            help: Some(help),
        }
    }
}

impl From<(String, Option<String>)> for Said {
    fn from((message, help): (String, Option<String>)) -> Self {
        Self { message, help }
    }
}

struct Finding {
    /// Byte offset into the source.
    at: usize,
    said: Said,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    unlisted: usize,
}

impl Findings {
    /// Adds one at a byte offset. `say` is called only when it is listed, so that a file full of
    /// the same mistake costs no search for help each time.
    pub(super) fn add<S: Into<Said>>(&mut self, at: usize, say: impl FnOnce() -> S) {
        if self.list.len() < LISTED_MAX {
            self.list.push(Finding {
                at,
                said: say().into(),
            });
        } else {
            self.unlisted += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// True when more would only be counted.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= LISTED_MAX
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Drops what was found after the first `count` on a line where one of those is: a line that
    /// can't be read has no other meaning.
    pub(super) fn drop_echoes(&mut self, source: &str, count: usize) {
        let line_start = |at: usize| {
            source[..source.floor_char_boundary(at.min(source.len()))]
                .rfind('\n')
                .map_or(0, |newline| newline + 1)
        };
        let broken: Vec<usize> = self
            .list
            .iter()
            .take(count)
            .map(|f| line_start(f.at))
            .collect();
        let mut index = 0;
        self.list.retain(|finding| {
            index += 1;
            index <= count || !broken.contains(&line_start(finding.at))
        });
    }

    /// The problems in the order of the file, each once.
    pub(super) fn into_problems(mut self, source: &str, file: &str) -> Vec<Problem> {
        self.list.sort_by_key(|finding| finding.at);
        let mut walk = Walk::new(source);
        let mut problems: Vec<Problem> = Vec::with_capacity(self.list.len());
        for Finding { at, said } in self.list {
            let (line, column) = walk.to(at);
            let Said { message, help } = said;
            let problem = Problem {
                file: file.to_owned(),
                line,
                column,
                message,
                help,
            };
            if problems.last() != Some(&problem) {
                problems.push(problem);
            }
        }
        if self.unlisted > 0 {
            let (line, column) = (walk.line, walk.column);
            problems.push(Problem {
                file: file.to_owned(),
                line,
                column,
                message: format!("{} more problems are not listed", self.unlisted),
                help: Some("mend these first".to_owned()),
            });
        }
        problems
    }
}

/// Counts lines and columns (in characters, from 1) along the source, forwards only: one pass for
/// all problems, also when the file is one long line.
struct Walk<'s> {
    source: &'s str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'s> Walk<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            source,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    fn to(&mut self, at: usize) -> (usize, usize) {
        let end = self.source.floor_char_boundary(at.min(self.source.len()));
        for c in self.source[self.offset.min(end)..end].chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset = self.offset.max(end);
        (self.line, self.column)
    }
}

/// The candidate that is most like `word`, if one is like it at all.
pub(super) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    /// Longer words are not misspelt names; comparing takes the product of the lengths.
    const WORD_CHARS_MAX: usize = 80;
    /// More candidates than anybody can mean.
    const CANDIDATES_MAX: usize = 1000;

    if word.chars().nth(WORD_CHARS_MAX).is_some() {
        return None;
    }
    let word = word.to_lowercase();
    let chars = word.chars().count();
    let allowed = (chars / 3).max(1).min(chars.saturating_sub(1));
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .filter(|candidate| candidate.len() <= 4 * WORD_CHARS_MAX)
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to write instead of `word`: the nearest candidate, or all of them when they are few.
pub(super) fn suggest<'c>(
    word: &str,
    kind: &str,
    candidates: impl IntoIterator<Item = &'c str> + Clone,
) -> Option<String> {
    if let Some(near) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean '{near}'?"));
    }
    let all = list(candidates);
    (!all.is_empty()).then(|| format!("{kind}: {all}"))
}

/// The words with commas between them, the first dozen.
pub(super) fn list<'c>(words: impl IntoIterator<Item = &'c str>) -> String {
    const LISTED: usize = 12;
    let mut words = words.into_iter();
    let mut text = words
        .by_ref()
        .take(LISTED)
        .map(shorten)
        .collect::<Vec<_>>()
        .join(", ");
    let left = words.count();
    if left > 0 {
        text.push_str(&format!(" and {left} more"));
    }
    text
}

/// The text as far as it fits into a message, without control characters.
pub(super) fn shorten(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut short: String = text.chars().take(CHARS_MAX).map(clean).collect();
    if text.chars().nth(CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}
