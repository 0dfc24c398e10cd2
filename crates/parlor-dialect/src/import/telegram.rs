//! The `result.json` of Telegram Desktop: one chat, or all of an account.

use super::json::Scanner;
use super::{ImportError, Message, Skips, Source, clean_name, in_one_line};
use chrono::NaiveDateTime;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::Read;

/// Somebody whose account is gone.
const NOBODY: &str = "Deleted account";

pub(super) struct Telegram<R> {
    scanner: Scanner<R>,
}

impl<R: Read> Telegram<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            scanner: Scanner::new(input),
        }
    }
}

/// A message as the file has it.
#[derive(serde::Deserialize)]
struct Raw {
    #[serde(rename = "type", default)]
    kind: Text,
    #[serde(default)]
    date: Text,
    #[serde(default)]
    from: Text,
    #[serde(default)]
    from_id: Text,
    #[serde(default)]
    text: Text,
}

impl<R: Read> Source for Telegram<R> {
    fn next(&mut self, skips: &mut Skips) -> Result<Option<Message>, ImportError> {
        while let Some(object) = self.scanner.next()? {
            let Some(json) = object.json else {
                skips.cut += 1;
                continue;
            };
            let Ok(raw) = serde_json::from_slice::<Raw>(json) else {
                skips.malformed_at(object.line);
                continue;
            };
            if raw.kind.0 != "message" {
                skips.system += 1;
                continue;
            }
            let text = in_one_line(&raw.text.0, skips);
            if text.is_empty() {
                skips.media += 1;
                continue;
            }
            let from = [&raw.from.0, &raw.from_id.0]
                .map(|name| clean_name(name))
                .into_iter()
                .find(|name| !name.is_empty());
            return Ok(Some(Message {
                thread: object.array,
                from: from.unwrap_or_else(|| NOBODY.to_owned()),
                text,
                at: NaiveDateTime::parse_from_str(&raw.date.0, "%Y-%m-%dT%H:%M:%S").ok(),
            }));
        }
        Ok(None)
    }
}

/// A text: as it stands, as a list of pieces, or as a piece with formatting; of anything else
/// nothing. A number is its digits.
#[derive(Default)]
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a list of pieces of text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pieces: A) -> Result<Text, A::Error> {
        let mut text = String::new();
        while let Some(Text(piece)) = pieces.next_element()? {
            text.push_str(&piece);
        }
        Ok(Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        let mut text = Text::default();
        while let Some(Text(key)) = map.next_key()? {
            if key == "text" {
                text = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(text)
    }
}
