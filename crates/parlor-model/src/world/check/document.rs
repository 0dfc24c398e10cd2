//! The text of a world file as a tree in which everything knows its place.

use super::findings::{Findings, shorten};
use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};
use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Source, Span};

/// Largest world file, in bytes.
pub(super) const SOURCE_BYTES_MAX: usize = 4 << 20;
/// Deepest nesting of tables and lists.
pub(super) const DEPTH_MAX: usize = 64;
/// More syntax errors than this and the file is not looked at any further.
const SYNTAX_ERRORS_MAX: usize = 200;

/// A parsed file.
pub(super) struct Document<'s> {
    root: Spanned<DeValue<'s>>,
}

/// Where something is, in bytes.
#[derive(Clone, Copy, Default)]
struct Place {
    key: usize,
    value: usize,
}

impl<'s> Document<'s> {
    /// Parses, as far as it goes. `None` when the file is too large, too deep or too broken to look
    /// at any further; the findings say so.
    pub(super) fn parse(source: &'s str, findings: &mut Findings) -> Option<Self> {
        if source.len() > SOURCE_BYTES_MAX {
            findings.add(0, || {
                let mib = SOURCE_BYTES_MAX >> 20;
                (
                    format!(
                        "the file has {} bytes, a world file has at most {mib} MiB",
                        source.len()
                    ),
                    "put long texts into the files of dialects".to_owned(),
                )
            });
            return None;
        }
        if !is_sane(source, findings) {
            return None;
        }
        let (table, errors) = DeTable::parse_recoverable(source);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            findings.add(span.start, || {
                syntax(error.message(), source.get(span.clone()))
            });
        }
        Some(Self {
            root: Spanned::new(0..0, DeValue::Table(table.into_inner())),
        })
    }

    /// Where the value is that a JSON pointer names, or the innermost table around it.
    pub(super) fn value_at(&self, pointer: &str) -> usize {
        self.locate(pointer).value
    }

    /// Where the key is written that a JSON pointer ends with; for an entry of a list, the entry.
    pub(super) fn key_at(&self, pointer: &str) -> usize {
        self.locate(pointer).key
    }

    fn locate(&self, pointer: &str) -> Place {
        let mut node = &self.root;
        let mut place = Place::default();
        for segment in pointer.split('/').skip(1).map(unescape) {
            let next = match node.get_ref() {
                DeValue::Table(table) => table
                    .get_key_value(segment.as_str())
                    .map(|(key, value)| (key.span().start, value)),
                DeValue::Array(list) => segment
                    .parse()
                    .ok()
                    .and_then(|index: usize| list.get(index))
                    .map(|value| (value.span().start, value)),
                _ => None,
            };
            let Some((key, value)) = next else { break };
            place = Place {
                key,
                value: value.span().start,
            };
            node = value;
        }
        place
    }

    /// The same as JSON. Dates become texts. What JSON can't hold is reported and left out.
    pub(super) fn to_json(&self, findings: &mut Findings) -> Value {
        json(&self.root, findings).unwrap_or_default()
    }
}

/// A key as a segment of a JSON pointer (RFC 6901).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key of a segment of a JSON pointer.
pub(super) fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

fn json(value: &Spanned<DeValue<'_>>, findings: &mut Findings) -> Option<Value> {
    let number = match value.get_ref() {
        DeValue::String(text) => return Some(Value::String(text.as_ref().to_owned())),
        DeValue::Boolean(truth) => return Some(Value::Bool(*truth)),
        DeValue::Datetime(time) => return Some(Value::String(time.to_string())),
        DeValue::Array(list) => {
            // An entry that JSON can't hold keeps its index.
            let entries = list
                .iter()
                .map(|entry| json(entry, findings).unwrap_or_default());
            return Some(Value::Array(entries.collect()));
        }
        DeValue::Table(table) => return Some(Value::Object(object(table, findings))),
        DeValue::Integer(integer) => whole(integer),
        DeValue::Float(float) => float.as_str().parse().ok().and_then(fraction),
    };
    if number.is_none() {
        findings.add(value.span().start, || {
            "this number is not finite, or too large for 64 bits".to_owned()
        });
    }
    number.map(Value::Number)
}

fn object(table: &DeTable<'_>, findings: &mut Findings) -> Map<String, Value> {
    table
        .iter()
        .filter_map(|(key, value)| {
            Some((key.get_ref().as_ref().to_owned(), json(value, findings)?))
        })
        .collect()
}

fn whole(integer: &DeInteger<'_>) -> Option<Number> {
    let (digits, radix) = (integer.as_str(), integer.radix());
    i64::from_str_radix(digits, radix)
        .map(Number::from)
        .or_else(|_| u64::from_str_radix(digits, radix).map(Number::from))
        .ok()
}

/// `10.0` becomes `10`: JSON Schema takes it for an integer, and so must whoever reads the setting.
fn fraction(float: f64) -> Option<Number> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if float.fract() == 0.0 && float.abs() <= EXACT_MAX {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and at most 2^53: exact"
        )]
        return Some(Number::from(float as i64));
    }
    Number::from_f64(float)
}

/// A syntax error in words that help.
fn syntax(message: &str, at: Option<&str>) -> (String, Option<String>) {
    let text = at.filter(|text| !text.trim().is_empty()).map(shorten);
    match (message, text) {
        ("duplicate key", Some(key)) => (
            format!("'{key}' is there twice"),
            Some("keep one of them".to_owned()),
        ),
        (message, Some(text))
            if message.starts_with("invalid boolean") || message.contains("must be quoted") =>
        {
            let right = match text.to_lowercase().as_str() {
                truth @ ("true" | "false") => format!("write {truth}, in lower case"),
                _ => format!("put a text in quotes: \"{text}\""),
            };
            (format!("'{text}' is no value"), Some(right))
        }
        (message, Some(text)) => (format!("not TOML: {message}, at '{text}'"), None),
        (message, None) => (format!("not TOML: {message}"), None),
    }
}

/// Looks through the file without building a tree: is it too deeply nested, or hopeless? What comes
/// after may recurse.
fn is_sane(source: &str, findings: &mut Findings) -> bool {
    let tokens = Source::new(source).lex().into_vec();
    let mut gauge = DepthGauge::default();
    let mut errors = FirstErrors::default();
    parse_document(&tokens, &mut gauge, &mut errors);
    if let Some(at) = gauge.too_deep {
        findings.add(at, || {
            (
                format!("tables and lists are nested more than {DEPTH_MAX} deep here"),
                "a world file needs no more than four levels".to_owned(),
            )
        });
        return false;
    }
    if !errors.more {
        return true;
    }
    for error in errors.list {
        let span = error
            .unexpected()
            .map_or(0..0, |span| span.start()..span.end());
        findings.add(span.start, || {
            syntax(error.description(), source.get(span.clone()))
        });
    }
    false
}

/// Keeps the first errors.
#[derive(Default)]
struct FirstErrors {
    list: Vec<ParseError>,
    more: bool,
}

impl ErrorSink for FirstErrors {
    fn report_error(&mut self, error: ParseError) {
        if self.list.len() < SYNTAX_ERRORS_MAX {
            self.list.push(error);
        } else {
            self.more = true;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    List,
    Table,
}

/// Follows the parser and counts levels: the dotted keys of a header, of a key, and brackets.
/// A bracket counts as open until its own partner comes, so that the count is never below the depth
/// of the tree that is built from these events, also where the file is broken.
#[derive(Default)]
struct DepthGauge {
    /// Levels of the latest table header.
    header: usize,
    /// Dots of the key that is being read.
    dots: usize,
    /// The next key goes on after a dot.
    after_dot: bool,
    /// Open brackets, each with the levels that it adds.
    open: Vec<(Bracket, usize)>,
    /// Sum of those levels.
    inside: usize,
    too_deep: Option<usize>,
}

impl DepthGauge {
    /// Notes when it is too deep here; false once it is anywhere.
    fn check(&mut self, span: Span) -> bool {
        if self.too_deep.is_none() && self.header + self.inside + self.dots > DEPTH_MAX {
            self.too_deep = Some(span.start());
        }
        self.too_deep.is_none()
    }

    fn open(&mut self, bracket: Bracket, span: Span) -> bool {
        let levels = self.dots + 1;
        self.dots = 0;
        if self.too_deep.is_some() {
            return false;
        }
        self.open.push((bracket, levels));
        self.inside += levels;
        self.check(span)
    }

    fn close(&mut self, bracket: Bracket) {
        if let Some((_, levels)) = self.open.pop_if(|(opened, _)| *opened == bracket) {
            self.inside -= levels;
        }
        self.dots = 0;
    }

    fn start_header(&mut self) {
        self.header = 0;
        self.dots = 0;
    }

    fn end_header(&mut self, span: Span) {
        self.header = self.dots + 1;
        self.dots = 0;
        self.check(span);
    }
}

impl EventReceiver for DepthGauge {
    fn std_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.start_header();
    }
    fn array_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.start_header();
    }
    fn std_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.end_header(span);
    }
    fn array_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.end_header(span);
    }
    fn inline_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(Bracket::Table, span)
    }
    fn array_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(Bracket::List, span)
    }
    fn inline_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.close(Bracket::Table);
    }
    fn array_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.close(Bracket::List);
    }
    fn simple_key(&mut self, _: Span, _: Option<Encoding>, _: &mut dyn ErrorSink) {
        if !self.after_dot {
            self.dots = 0;
        }
        self.after_dot = false;
    }
    fn key_sep(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.dots += 1;
        self.after_dot = true;
        self.check(span);
    }
}
