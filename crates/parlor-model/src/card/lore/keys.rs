//! Finds the keys of a lorebook in a text: all plain keys in one pass, and each regular expression
//! in one of its own. Keys that are the same are looked for once.

use crate::card::limits::{
    LORE_KEY_BYTES_MAX, LORE_KEYS_BYTES_MAX, LORE_KEYS_MAX, LORE_PATTERN_BYTES_MAX,
    LORE_PATTERNS_MAX, PATTERN_SCAN_BYTES_MAX,
};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use indexmap::IndexSet;
use regex::{Regex, RegexBuilder};

/// A key, by its place among the distinct ones.
pub(super) type KeyId = usize;

/// Most regular expressions that are reported one by one.
const REPORTS_MAX: usize = 10;

/// The keys of a book, ready to be found.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    exact: Option<AhoCorasick>,
    exact_ids: Vec<KeyId>,
    folded: Option<AhoCorasick>,
    folded_ids: Vec<KeyId>,
    patterns: Vec<(Regex, KeyId)>,
    count: usize,
}

impl Keys {
    /// How many distinct keys there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Calls `hit` for each key that turns up in `text`, perhaps more than once. Patterns are
    /// looked for in the last `pattern_bytes` bytes.
    pub(super) fn find(&self, text: &str, pattern_bytes: usize, mut hit: impl FnMut(KeyId)) {
        if let Some(exact) = &self.exact {
            for found in exact.find_overlapping_iter(text) {
                hit(self.exact_ids[found.pattern().as_usize()]);
            }
        }
        if let Some(folded) = &self.folded {
            for found in folded.find_overlapping_iter(&text.to_lowercase()) {
                hit(self.folded_ids[found.pattern().as_usize()]);
            }
        }
        let end = &text[text.ceil_char_boundary(text.len().saturating_sub(pattern_bytes))..];
        for (pattern, id) in &self.patterns {
            if pattern.is_match(end) {
                hit(*id);
            }
        }
    }
}

/// How a key is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Exact,
    Folded,
    Pattern { exact: bool },
}

/// Collects keys.
#[derive(Debug, Default)]
pub(super) struct KeysBuilder {
    keys: IndexSet<(Form, String)>,
    bytes: usize,
    patterns: usize,
    dropped: usize,
    unusable: Vec<String>,
}

impl KeysBuilder {
    /// Takes in the keys of the entry called `name`; gives the ids of those that are used.
    pub(super) fn add(
        &mut self,
        name: &str,
        texts: &[String],
        is_regex: bool,
        is_exact: bool,
    ) -> Vec<KeyId> {
        let form = match (is_regex, is_exact) {
            (true, exact) => Form::Pattern { exact },
            (false, true) => Form::Exact,
            (false, false) => Form::Folded,
        };
        texts
            .iter()
            .filter_map(|text| self.add_one(name, text, form))
            .collect()
    }

    fn add_one(&mut self, name: &str, text: &str, form: Form) -> Option<KeyId> {
        let key = match form {
            Form::Folded => text.trim().to_lowercase(),
            Form::Exact => text.trim().to_owned(),
            Form::Pattern { .. } => text.to_owned(),
        };
        if key.trim().is_empty() {
            return None;
        }
        let key = (form, key);
        if let Some(known) = self.keys.get_index_of(&key) {
            return Some(known);
        }
        let is_pattern = matches!(form, Form::Pattern { .. });
        let bytes = key.1.len();
        if bytes > LORE_KEY_BYTES_MAX
            || self.bytes + bytes > LORE_KEYS_BYTES_MAX
            || self.keys.len() == LORE_KEYS_MAX
            || (is_pattern && self.patterns == LORE_PATTERNS_MAX)
        {
            self.dropped += 1;
            return None;
        }
        if let Form::Pattern { exact } = form
            && let Err(reason) = compile(&key.1, exact)
        {
            self.report(name, &key.1, &reason);
            return None;
        }
        self.bytes += bytes;
        self.patterns += usize::from(is_pattern);
        Some(self.keys.insert_full(key).0)
    }

    fn report(&mut self, name: &str, pattern: &str, reason: &str) {
        let short = |text: &str| text.chars().take(60).collect::<String>();
        self.unusable.push(format!(
            "the lore entry '{}' has a pattern '{}' that can't be used: {reason}",
            short(name),
            short(pattern),
        ));
    }

    /// The keys, ready to be found.
    pub(super) fn build(mut self, warnings: &mut Vec<String>) -> Keys {
        if self.unusable.len() > REPORTS_MAX {
            let more = self.unusable.len() - REPORTS_MAX;
            self.unusable.truncate(REPORTS_MAX);
            self.unusable.push(format!(
                "{more} more patterns of the lorebook can't be used"
            ));
        }
        warnings.append(&mut self.unusable);
        if self.dropped > 0 {
            warnings.push(format!(
                "{} keys of the lorebook are not used: it has too many, or they are too long",
                self.dropped
            ));
        }
        let plain = |wanted: Form| {
            let chosen = self.keys.iter().enumerate();
            let chosen = chosen.filter(|(_, (form, _))| *form == wanted);
            let (ids, texts): (Vec<_>, Vec<_>) = chosen.map(|(id, (_, text))| (id, text)).unzip();
            (automaton(&texts), ids)
        };
        let (exact, exact_ids) = plain(Form::Exact);
        let (folded, folded_ids) = plain(Form::Folded);
        let patterns = self
            .keys
            .iter()
            .enumerate()
            .filter_map(|(id, (form, text))| match form {
                Form::Pattern { exact } => Some((compile(text, *exact).ok()?, id)),
                _ => None,
            });
        Keys {
            exact,
            exact_ids,
            folded,
            folded_ids,
            patterns: patterns.collect(),
            count: self.keys.len(),
        }
    }
}

/// One automaton for all these texts. `None` for none.
fn automaton(texts: &[&String]) -> Option<AhoCorasick> {
    if texts.is_empty() {
        return None;
    }
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .match_kind(MatchKind::Standard)
        .build(texts)
        .ok()
}

/// A regular expression, bare (`storm|gale`) or in the form of other languages (`/storm|gale/i`).
/// Without `exact`, a bare one finds either case.
fn compile(text: &str, exact: bool) -> Result<Regex, String> {
    let delimited = text
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'))
        .filter(|(_, flags)| flags.chars().all(|flag| "dgimsuvy".contains(flag)));
    let (pattern, flags) = delimited.unwrap_or((text, if exact { "" } else { "i" }));
    RegexBuilder::new(pattern)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(LORE_PATTERN_BYTES_MAX)
        .dfa_size_limit(PATTERN_SCAN_BYTES_MAX.max(LORE_PATTERN_BYTES_MAX))
        .nest_limit(50)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default();
                last.trim_start_matches("error: ").to_owned()
            }
        })
}
