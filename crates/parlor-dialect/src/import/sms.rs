//! The XML of SMS Backup & Restore: `<sms>` and `<mms>` elements of all conversations in one file.

use super::input::Bounded;
use super::{ImportError, Message, Skips, Source, clean_name, in_one_line};
use chrono::{DateTime, NaiveDateTime};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

/// Largest element, in bytes. A picture stands in an attribute, as base64.
const ELEMENT_BYTES_MAX: usize = 48 << 20;
/// Deepest nesting.
const DEPTH_MAX: u32 = 64;
/// Most conversations and numbers that are told apart.
const THREADS_MAX: usize = 1 << 20;
/// Somebody without a name and a number.
const NOBODY: &str = "somebody";
/// Bytes of a body that are looked at; it is cut shorter later on.
const BODY_BYTES_MAX: usize = 64 << 10;

pub(super) struct Sms<R: BufRead> {
    reader: Reader<Bounded<R>>,
    buffer: Vec<u8>,
    me: String,
    threads: HashMap<String, u32>,
    /// Names by number, as far as messages told them.
    names: HashMap<String, String>,
    /// The MMS that is being read.
    open: Option<Mms>,
    depth: u32,
    /// The root element was there.
    started: bool,
}

#[derive(Default)]
struct Mms {
    sent: Option<bool>,
    address: String,
    name: String,
    at: Option<NaiveDateTime>,
    text: String,
    sender: Option<String>,
}

impl<R: BufRead> Sms<R> {
    pub(super) fn new(input: R, me: &str) -> Self {
        let mut reader = Reader::from_reader(Bounded::new(input, ELEMENT_BYTES_MAX));
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        Self {
            reader,
            buffer: Vec::new(),
            me: name_of(me, "Me"),
            threads: HashMap::new(),
            names: HashMap::new(),
            open: None,
            depth: 0,
            started: false,
        }
    }

    fn fault(&self, what: impl Into<String>) -> ImportError {
        ImportError::Malformed {
            line: self.reader.get_ref().line(),
            what: what.into(),
        }
    }

    /// The message that an element completes, if it does.
    fn element(
        &mut self,
        element: &BytesStart<'_>,
        is_empty: bool,
        skips: &mut Skips,
    ) -> Option<Message> {
        match element.name().as_ref() {
            "sms" => self.sms(&Attributes::read(element), skips),
            "mms" => {
                self.open = Some(mms(&Attributes::read(element)));
                if is_empty {
                    self.close_mms(skips)
                } else {
                    None
                }
            }
            "part" => {
                let attributes = Attributes::read(element);
                if let Some(open) = &mut self.open
                    && attributes.get("ct") == "text/plain"
                    && open.text.len() < BODY_BYTES_MAX
                {
                    open.text.push(' ');
                    open.text.push_str(attributes.get("text"));
                }
                None
            }
            "addr" => {
                let attributes = Attributes::read(element);
                // 137 is "from" in the header fields of MMS.
                if let Some(open) = &mut self.open
                    && attributes.get("type") == "137"
                {
                    open.sender = Some(attributes.get("address").to_owned());
                }
                None
            }
            _ => None,
        }
    }

    fn sms(&mut self, attributes: &Attributes, skips: &mut Skips) -> Option<Message> {
        let sent = match attributes.get("type") {
            "1" => false,
            "2" => true,
            _ => {
                skips.system += 1;
                return None;
            }
        };
        let address = attributes.get("address");
        let name = name_of(attributes.get("contact_name"), address);
        if self.names.len() < THREADS_MAX && !self.names.contains_key(address) {
            self.names.insert(address.to_owned(), name.clone());
        }
        let from = if sent { self.me.clone() } else { name };
        let text = attributes.get("body").to_owned();
        self.message(address, from, &text, date(attributes), skips)
    }

    fn close_mms(&mut self, skips: &mut Skips) -> Option<Message> {
        let mms = self.open.take()?;
        let Some(sent) = mms.sent else {
            skips.system += 1;
            return None;
        };
        let from = if sent {
            self.me.clone()
        } else {
            self.sender_of(&mms)
        };
        self.message(&mms.address, from, &mms.text, mms.at, skips)
    }

    /// In a group several numbers stand in the address; the sender is one of them.
    fn sender_of(&self, mms: &Mms) -> String {
        match &mms.sender {
            Some(sender) if mms.address.contains('~') => self
                .names
                .get(sender)
                .cloned()
                .unwrap_or_else(|| name_of("", sender)),
            _ => name_of(&mms.name, &mms.address),
        }
    }

    fn message(
        &mut self,
        address: &str,
        from: String,
        text: &str,
        at: Option<NaiveDateTime>,
        skips: &mut Skips,
    ) -> Option<Message> {
        let text = in_one_line(text, skips);
        if text.is_empty() || text == "null" {
            skips.media += 1;
            return None;
        }
        let next = self.threads.len() as u32;
        let thread = match self.threads.get(address) {
            Some(thread) => *thread,
            None if self.threads.len() < THREADS_MAX => {
                self.threads.insert(address.to_owned(), next);
                next
            }
            None => next,
        };
        Some(Message {
            thread,
            from,
            text,
            at,
        })
    }

    fn next_event(&mut self, skips: &mut Skips) -> Result<Step, ImportError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        self.reader.get_mut().begin();
        let event = match self.reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(_) if self.reader.get_ref().is_over() => {
                let megabytes = ELEMENT_BYTES_MAX >> 20;
                return Err(self.fault(format!("an element is larger than {megabytes} MiB")));
            }
            Err(error) => {
                let error = error.to_string();
                let error = crate::text::tidy(crate::text::shorten(&error, 200));
                return Err(self.fault(format!("no well-formed XML: {error}")));
            }
        };
        let step = match event {
            Event::Start(element) => {
                self.started = true;
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(self.fault(format!("nested more than {DEPTH_MAX} deep")));
                }
                Step::of(self.element(&element, false, skips))
            }
            Event::Empty(element) => Step::of(self.element(&element, true, skips)),
            Event::End(element) => {
                self.depth = self.depth.saturating_sub(1);
                if element.name().as_ref() == "mms" {
                    Step::of(self.close_mms(skips))
                } else {
                    Step::Nothing
                }
            }
            Event::Eof => Step::End,
            // A document type may define entities; none is ever looked up.
            _ => Step::Nothing,
        };
        self.buffer = buffer;
        Ok(step)
    }
}

enum Step {
    Message(Message),
    Nothing,
    End,
}

impl Step {
    fn of(message: Option<Message>) -> Self {
        message.map_or(Self::Nothing, Self::Message)
    }
}

impl<R: BufRead> Source for Sms<R> {
    fn next(&mut self, skips: &mut Skips) -> Result<Option<Message>, ImportError> {
        loop {
            match self.next_event(skips)? {
                Step::Message(message) => return Ok(Some(message)),
                Step::Nothing => {}
                Step::End if self.started && self.depth == 0 => return Ok(None),
                Step::End => {
                    let what = "the file ends in the middle: it was broken off, export it again";
                    return Err(self.fault(what));
                }
            }
        }
    }
}

fn mms(attributes: &Attributes) -> Mms {
    Mms {
        sent: match attributes.get("msg_box") {
            "1" => Some(false),
            "2" => Some(true),
            _ => None,
        },
        address: attributes.get("address").to_owned(),
        name: attributes.get("contact_name").to_owned(),
        at: date(attributes),
        ..Mms::default()
    }
}

fn date(attributes: &Attributes) -> Option<NaiveDateTime> {
    let milliseconds = attributes.get("date").parse().ok()?;
    DateTime::from_timestamp_millis(milliseconds).map(|at| at.naive_utc())
}

fn name_of(name: &str, address: &str) -> String {
    let names = [clean_name(name), clean_name(address)];
    let is_name = |name: &String| !name.is_empty() && name != "(Unknown)" && name != "null";
    let named = names.into_iter().find(is_name);
    named.unwrap_or_else(|| NOBODY.to_owned())
}

/// The attributes of an element that matter.
struct Attributes(Vec<(&'static str, String)>);

impl Attributes {
    fn read(element: &BytesStart<'_>) -> Self {
        const KNOWN: [&str; 8] = [
            "address",
            "body",
            "contact_name",
            "ct",
            "date",
            "msg_box",
            "text",
            "type",
        ];
        let mut attributes = element.attributes();
        let found = attributes
            .with_checks(false)
            .filter_map(Result::ok)
            .filter_map(|attribute| {
                let name = KNOWN
                    .iter()
                    .find(|known| **known == attribute.key.as_ref())?;
                let end = attribute.value.floor_char_boundary(BODY_BYTES_MAX);
                Some((*name, unescaped(&attribute.value[..end]).into_owned()))
            });
        Self(found.collect())
    }

    /// The value, empty when it is not there.
    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// Replaces the five entities of XML and characters by number. A character beyond the first plane
/// may stand as two numbers, its halves in UTF-16: the app writes emoji so. Any other entity stays
/// as it is.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut half: Option<u16> = None;
    while let Some(at) = rest.find('&') {
        if at > 0 {
            half = None;
        }
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|b| b == b';');
        let Some((c, width)) = end.and_then(|end| Some((entity(&rest[1..end])?, end + 1))) else {
            out.push('&');
            rest = &rest[1..];
            half = None;
            continue;
        };
        rest = &rest[width..];
        match (half.take(), u16::try_from(c)) {
            (Some(high), Ok(low @ 0xdc00..=0xdfff)) => {
                out.extend(char::decode_utf16([high, low]).filter_map(Result::ok));
            }
            (_, Ok(high @ 0xd800..=0xdbff)) => half = Some(high),
            _ => out.extend(char::from_u32(c)),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<u32> {
    Some(match name {
        "amp" => '&'.into(),
        "lt" => '<'.into(),
        "gt" => '>'.into(),
        "quot" => '"'.into(),
        "apos" => '\''.into(),
        _ => {
            let number = name.strip_prefix('#')?;
            match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_become_characters_and_emoji_may_be_halves() {
        for (text, right) in [
            ("a &amp; b &lt;3 &quot;x&quot; &apos;", "a & b <3 \"x\" '"),
            ("&#10;&#x41;&#8364;", "\nA€"),
            ("&#55357;&#56832;!", "😀!"),
            ("&#128512;", "😀"),
            ("&#55357;x&#56832;", "x"),
            ("&lol9; & &; &#; &#xzz;", "&lol9; & &; &#; &#xzz;"),
        ] {
            assert_eq!(unescaped(text), right, "{text}");
        }
    }
}
