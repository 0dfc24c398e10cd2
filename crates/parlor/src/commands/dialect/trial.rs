//! `parlor dialect try`: some lines of a dialect's file, in a world made for it.

use super::{TryArgs, TryKind};
use crate::commands::say;
use crate::{Ended, wiring, worlds};
use anyhow::{Context, bail};
use futures::executor::block_on;
use parlor_dialect::registry::{self, BuildOptions};
use parlor_dialect::{import, markov, template};
use parlor_model::dice::Dice;
use parlor_model::world::check;
use parlor_model::{MessageKind, Prompt, PromptLine, Purpose, World};
use std::cell::Cell;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Largest file that is read.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Lines that the two remember.
const WINDOW: usize = 5;
/// The dialect's name in the world.
const NAME: &str = "it";

/// Says the lines.
pub(super) fn run(args: &TryArgs, seed: Option<u64>) -> anyhow::Result<Ended> {
    let bytes = read(&args.file)?;
    let kind = match args.kind {
        Some(kind) => kind,
        None => kind_of(&bytes).with_context(|| args.file.display().to_string())?,
    };
    let world = world(args, kind, bytes)?;
    let dialects = registry::build(&world, &BuildOptions::default())?;
    let dialect = dialects.get(NAME).context("the dialect was built")?;
    let seed = seed.unwrap_or_else(|| wiring::random_id().as_u64_pair().0);
    let mut memory: Vec<PromptLine> = Vec::new();
    for n in 0..args.lines {
        let me = (n % 2) as usize;
        let (speaker, other) = (&world.cast[me], &world.cast[1 - me]);
        let dice = Dice::new(seed, Uuid::from_u128(n.into()));
        let heard = args.heard.as_ref().map(|text| line(&other.name, text));
        let memory_now = heard.map_or_else(|| memory.clone(), |heard| vec![heard]);
        let purpose = if memory_now.is_empty() {
            Purpose::Open
        } else {
            Purpose::Reply
        };
        let prompt = Prompt {
            to: vec![other.name.clone()],
            topic: args.topic.clone(),
            memory: memory_now,
            order: n + 1,
            ..Prompt::new(Arc::clone(speaker), purpose, dice)
        };
        let said = block_on(dialect.speak(&prompt))?.text;
        say(&said)?;
        memory.push(line(&speaker.name, &said));
        memory.drain(..memory.len().saturating_sub(WINDOW));
    }
    Ok(Ended::Well)
}

fn line(from: &str, text: &str) -> PromptLine {
    PromptLine {
        from: from.to_owned(),
        text: text.to_owned(),
        kind: MessageKind::Line,
        sentiment: 0.0,
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("'{}' can't be read", path.display());
    let file = std::fs::File::open(path).with_context(context)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        bail!(
            "'{}' is larger than {} MiB",
            path.display(),
            FILE_BYTES_MAX >> 20
        );
    }
    Ok(bytes)
}

/// What a file looks like.
fn kind_of(bytes: &[u8]) -> anyhow::Result<TryKind> {
    if markov::is_model(bytes) {
        return Ok(TryKind::Markov);
    }
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if template::looks_like_templates(text) {
        return Ok(TryKind::Template);
    }
    if import::detect(bytes.get(..64 << 10).unwrap_or(bytes)).is_ok() {
        return Ok(TryKind::Replay);
    }
    if text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{')
    {
        return Ok(TryKind::Grammar);
    }
    bail!("this is no dialect's file that can be recognised: name its kind with --kind")
}

/// Two people who speak the dialect.
fn world(args: &TryArgs, kind: TryKind, bytes: Vec<u8>) -> anyhow::Result<World> {
    let kind = match kind {
        TryKind::Markov => "markov",
        TryKind::Grammar => "grammar",
        TryKind::Template => "template",
        TryKind::Replay => "replay",
    };
    let who = args.who.as_ref().map_or_else(String::new, |who| {
        format!("who = {}\n", toml::Value::String(who.clone()))
    });
    let source = format!(
        "[world]\nname = \"trial\"\n[dialects.{NAME}]\nkind = \"{kind}\"\nfile = \"it\"\n{who}\
         [[characters]]\nname = \"Ann\"\n[[characters]]\nname = \"Ben\"\n"
    );
    // It is read once; a copy of a large one would be felt.
    let bytes = Cell::new(Some(bytes));
    let read = |_: &str| bytes.take().ok_or_else(|| "it is read already".to_owned());
    let file = args.file.display().to_string();
    check::load(&source, &file, &worlds::vocabulary(), &read).map_err(
        |check::Problems(problems)| {
            let said: Vec<String> = problems
                .into_iter()
                .map(|problem| problem.message)
                .collect();
            anyhow::anyhow!("{file}: {}", said.join("; "))
        },
    )
}
