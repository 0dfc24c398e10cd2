//! `parlor dialect import`: what is in chat exports, and dialects made of them.

use super::output::{grouped, size, usage};
use super::train::{self, explain};
use super::{FormatArg, ImportArgs, MadeKind};
use crate::Ended;
use crate::commands::say;
use crate::output::create;
use anyhow::{Context, bail};
use parlor_dialect::import::{Collection, Format, Messages, Pseudonyms};
use parlor_dialect::markov::{Trainer, pack};
use parlor_model::world::file::DIALECT_BYTES_MAX;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// People that are listed.
const PEOPLE_LISTED: usize = 20;

/// Reads, shows, and makes what is asked for.
pub(super) fn run(args: &ImportArgs) -> anyhow::Result<Ended> {
    if args.format == FormatArg::Text {
        bail!("a text has no messages: 'parlor dialect train' learns from it");
    }
    let (mut collection, formats) = read(args)?;
    if collection.is_empty() {
        bail!("there are no messages in it: export a chat in which somebody writes");
    }
    let who = args.how.who.as_deref();
    let who = who.map(|who| find(&collection, who)).transpose()?;
    let pseudonyms = args.pseudonyms.then(|| {
        let names = collection
            .people()
            .iter()
            .map(|person| person.name.as_str());
        Pseudonyms::new(names, &args.me)
    });
    let shown = |name: &str| match &pseudonyms {
        Some(pseudonyms) => pseudonyms.name(name),
        None => name.to_owned(),
    };
    let report = Report {
        args,
        formats: &formats,
        collection: &collection,
        shown: &shown,
    };
    if args.json {
        say(&serde_json::to_string_pretty(&report.json())?)?;
    } else {
        report.print()?;
    }
    let Some((kind, out)) = args.kind.zip(args.out.as_ref()) else {
        return Ok(Ended::Well);
    };
    let who = who.map(|who| shown(&who));
    if pseudonyms.is_some() || args.redact {
        collection = collection.concealed(pseudonyms.as_ref(), args.redact)?;
    }
    match kind {
        MadeKind::Replay => replay(collection, who.as_deref(), out, args),
        MadeKind::Markov => markov(collection, who.as_deref(), out, args),
    }?;
    Ok(Ended::Well)
}

fn read(args: &ImportArgs) -> anyhow::Result<(Collection, Vec<(PathBuf, Format)>)> {
    let mut collection = Collection::default();
    let mut formats = Vec::new();
    for path in &args.files {
        let file =
            File::open(path).with_context(|| format!("'{}' can't be read", path.display()))?;
        let input = BufReader::with_capacity(64 << 10, file);
        let mut messages = Messages::open(input, args.format.format(), &args.me)
            .map_err(|error| explain(path, error))?;
        formats.push((path.clone(), messages.format()));
        for message in &mut messages {
            collection.add(&message.map_err(|error| explain(path, error))?)?;
        }
        collection.end_file(&messages.skips());
    }
    Ok((collection, formats))
}

/// The name as the export has it, whatever the case of what was typed.
fn find(collection: &Collection, who: &str) -> anyhow::Result<String> {
    let lower = who.to_lowercase();
    let mut people = collection.people().iter();
    match people.find(|person| person.name.to_lowercase() == lower) {
        Some(person) => Ok(person.name.clone()),
        None => {
            let names = collection.people().iter().take(PEOPLE_LISTED);
            let names: Vec<&str> = names.map(|person| person.name.as_str()).collect();
            bail!("nobody is called '{who}' (there are {})", names.join(", "))
        }
    }
}

fn replay(
    mut collection: Collection,
    who: Option<&str>,
    out: &Path,
    args: &ImportArgs,
) -> anyhow::Result<()> {
    collection.sort();
    if let Some(who) = who {
        collection.keep_only(who);
    }
    let failed = || format!("'{}' can't be written", out.display());
    let mut file = BufWriter::new(create(out, args.how.force)?);
    let written = collection
        .write_plain(&mut file, DIALECT_BYTES_MAX)
        .with_context(failed)?;
    file.flush().with_context(failed)?;
    let bytes = file.get_ref().metadata().with_context(failed)?.len();
    if args.json {
        return Ok(());
    }
    if written < collection.len() {
        say(&format!(
            "left out the {} oldest messages: a dialect's file has at most {}",
            grouped((collection.len() - written) as u64),
            size(DIALECT_BYTES_MAX as u64)
        ))?;
    }
    say(&format!(
        "wrote {} ({} messages, {})\n{}",
        out.display(),
        grouped(written as u64),
        size(bytes),
        usage("replay", out, who)
    ))
}

fn markov(
    collection: Collection,
    who: Option<&str>,
    out: &Path,
    args: &ImportArgs,
) -> anyhow::Result<()> {
    let mut trainer = Trainer::new(args.how.order());
    for (name, text) in collection.iter() {
        if who.is_none_or(|who| who == name) {
            trainer.add(text);
        }
    }
    drop(collection);
    let (bytes, learnt) = trainer.finish()?;
    if args.json {
        return Ok(create(out, args.how.force)?.write_all(&pack(&bytes))?);
    }
    train::write(out, &bytes, &learnt, args.how.force)
}

/// What was found.
struct Report<'a> {
    args: &'a ImportArgs,
    formats: &'a [(PathBuf, Format)],
    collection: &'a Collection,
    /// The name that stands in the dialect.
    shown: &'a dyn Fn(&str) -> String,
}

impl Report<'_> {
    fn print(&self) -> anyhow::Result<()> {
        for (path, format) in self.formats {
            say(&format!("{}: {format}", path.display()))?;
        }
        let people = self.collection.people();
        let dates = self
            .collection
            .dates()
            .map_or_else(String::new, |(first, last)| {
                format!(", {} to {}", first.date(), last.date())
            });
        say(&format!(
            "{} messages of {} people{dates}, {} conversation{}",
            grouped(self.collection.len() as u64),
            grouped(people.len() as u64),
            grouped(u64::from(self.collection.threads())),
            if self.collection.threads() == 1 {
                ""
            } else {
                "s"
            }
        ))?;
        let mut order: Vec<_> = people.iter().collect();
        order.sort_by_key(|person| std::cmp::Reverse(person.messages));
        for person in order.iter().take(PEOPLE_LISTED) {
            let shown = (self.shown)(&person.name);
            let renamed = if shown == person.name {
                String::new()
            } else {
                format!("  (as {shown})")
            };
            let count = grouped(person.messages);
            say(&format!("  {count:>10}  {}{renamed}", person.name))?;
        }
        if let Some(more) = people
            .len()
            .checked_sub(PEOPLE_LISTED)
            .filter(|more| *more > 0)
        {
            say(&format!("              and {} more", grouped(more as u64)))?;
        }
        self.print_skips()
    }

    fn print_skips(&self) -> anyhow::Result<()> {
        let skips = self.collection.skips();
        let first = skips
            .malformed_line
            .map_or_else(String::new, |line| format!(" (the first in line {line})"));
        let parts = [
            (skips.system, "notices and drafts".to_owned()),
            (skips.media, "without words".to_owned()),
            (skips.malformed, format!("not understood{first}")),
            (skips.cut, "cut, as too long".to_owned()),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", grouped(count)))
            .collect();
        if parts.is_empty() {
            return Ok(());
        }
        say(&format!("passed over: {}", parts.join(", ")))
    }

    fn json(&self) -> serde_json::Value {
        let people = self.collection.people().iter().map(|person| {
            json!({
                "name": person.name,
                "shown": (self.shown)(&person.name),
                "messages": person.messages,
            })
        });
        let files = self.formats.iter().map(|(path, format)| {
            json!({ "file": path.display().to_string(), "format": format.to_string() })
        });
        let dates = self.collection.dates();
        let skips = self.collection.skips();
        json!({
            "files": files.collect::<Vec<_>>(),
            "messages": self.collection.len(),
            "conversations": self.collection.threads(),
            "first": dates.map(|(first, _)| first.to_string()),
            "last": dates.map(|(_, last)| last.to_string()),
            "people": people.collect::<Vec<_>>(),
            "passedOver": {
                "system": skips.system,
                "withoutWords": skips.media,
                "malformed": skips.malformed,
                "malformedLine": skips.malformed_line,
                "cut": skips.cut,
            },
            "out": self.args.out.as_ref().map(|out| out.display().to_string()),
        })
    }
}
