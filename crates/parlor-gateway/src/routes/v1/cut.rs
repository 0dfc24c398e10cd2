//! Ending a line where the caller wants it ended, while it grows.

use parlor_model::card::lore::tokens;

/// Why a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// It is at its end, or met a sequence that ends it.
    Stop,
    /// It is as long as it may be.
    Length,
}

impl Finish {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
        }
    }
}

/// Lets a line pass, piece by piece, up to its end. What could be the beginning of a sequence that
/// ends it is held back.
#[derive(Debug)]
pub(super) struct Cutter {
    stops: Vec<String>,
    tokens_max: Option<usize>,
    shown: String,
    held: String,
    ended: Option<Finish>,
}

impl Cutter {
    pub(super) fn new(stops: Vec<String>, tokens_max: Option<usize>) -> Self {
        Self {
            stops,
            tokens_max,
            shown: String::new(),
            held: String::new(),
            ended: None,
        }
    }

    /// Takes a piece and gives what can be shown now; may be empty.
    pub(super) fn take(&mut self, piece: &str) -> String {
        if self.ended.is_some() {
            return String::new();
        }
        self.held.push_str(piece);
        let stop = self.stops.iter().filter_map(|stop| self.held.find(stop));
        let end = match stop.min() {
            Some(end) => {
                self.ended = Some(Finish::Stop);
                end
            }
            None => self.held.len() - self.begun(),
        };
        let rest = self.held.split_off(end);
        let passed = std::mem::replace(&mut self.held, rest);
        self.show(passed)
    }

    /// The line is at its end: gives what was held back.
    pub(super) fn finish(&mut self) -> String {
        if self.ended.is_some() {
            return String::new();
        }
        let held = std::mem::take(&mut self.held);
        let shown = self.show(held);
        self.ended.get_or_insert(Finish::Stop);
        shown
    }

    /// Why the line ends, once it does.
    pub(super) fn ended(&self) -> Option<Finish> {
        self.ended
    }

    /// Everything that was shown.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Bytes at the end that may become one of the sequences.
    fn begun(&self) -> usize {
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let from = self.held.len().saturating_sub(longest);
        let ends = (from..self.held.len()).filter(|at| self.held.is_char_boundary(*at));
        let mut ends = ends.map(|at| &self.held[at..]);
        ends.find(|end| self.stops.iter().any(|stop| stop.starts_with(end)))
            .map_or(0, str::len)
    }

    /// Shows as much as there are tokens for.
    fn show(&mut self, mut text: String) -> String {
        if let Some(max) = self.tokens_max {
            let whole = format!("{}{text}", self.shown);
            if tokens(&whole) > max {
                let fits = |end: &usize| tokens(&whole[..*end]) <= max;
                let ends: Vec<_> = whole.char_indices().map(|(at, _)| at).collect();
                let end = ends.partition_point(fits).checked_sub(1);
                let end = end.and_then(|last| ends.get(last)).copied().unwrap_or(0);
                let start = self.shown.len();
                text = whole.get(start..end).unwrap_or_default().to_owned();
                self.ended = Some(Finish::Length);
            }
        }
        self.shown.push_str(&text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(stops: &[&str], tokens_max: Option<usize>, pieces: &[&str]) -> (String, Finish) {
        let stops = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let mut cutter = Cutter::new(stops, tokens_max);
        let mut shown: String = pieces.iter().map(|piece| cutter.take(piece)).collect();
        shown.push_str(&cutter.finish());
        assert_eq!(shown, cutter.shown());
        (shown, cutter.ended().unwrap())
    }

    #[test]
    fn a_line_ends_at_the_first_sequence_however_it_is_cut_into_pieces() {
        let text = "Well, no. User: yes";
        for at in 0..text.len() {
            let (head, tail) = text.split_at(at);
            let shown = cut(&["yes", "User:"], None, &[head, tail]);
            assert_eq!(shown, ("Well, no. ".to_owned(), Finish::Stop), "{at}");
        }
    }

    #[test]
    fn a_beginning_that_comes_to_nothing_is_shown() {
        let shown = cut(&["Us\u{e9}r"], None, &["Us", "\u{e9}", " all"]);
        assert_eq!(shown, ("Us\u{e9} all".to_owned(), Finish::Stop));
        let shown = cut(&["aab"], None, &["aa", "a", "a"]);
        assert_eq!(shown, ("aaaa".to_owned(), Finish::Stop));
    }

    #[test]
    fn a_line_has_no_more_tokens_than_it_may() {
        let shown = cut(&[], Some(2), &["abc", "d\u{e9}", "zz"]);
        assert_eq!(shown, ("abcd\u{e9}".to_owned(), Finish::Length));
        let shown = cut(&[], Some(2), &["abcdefgh"]);
        assert_eq!(shown, ("abcdefgh".to_owned(), Finish::Stop));
    }
}
