//! `parlor dialect train`: a markov model from texts and exports.

use super::output::{grouped, size, usage};
use super::{FormatArg, TrainArgs};
use crate::Ended;
use crate::commands::say;
use crate::output::create;
use anyhow::{Context, bail};
use parlor_dialect::import::{self, ImportError, Messages};
use parlor_dialect::markov::{Learnt, Markov, Trainer, pack};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// Bytes that are read at once; also what is looked at to find out what a file is.
const BUFFER_BYTES: usize = 64 << 10;

/// Trains and writes.
pub(super) fn run(args: &TrainArgs) -> anyhow::Result<Ended> {
    let mut trainer = Trainer::new(args.how.order());
    for path in &args.files {
        learn(&mut trainer, path, args).with_context(|| path.display().to_string())?;
    }
    let (bytes, learnt) = trainer.finish()?;
    write(&args.out, &bytes, &learnt, args.how.force)?;
    Ok(Ended::Well)
}

/// Writes a model and tells what is in it.
pub(super) fn write(out: &Path, bytes: &[u8], learnt: &Learnt, force: bool) -> anyhow::Result<()> {
    let packed = pack(bytes);
    let model = Markov::read(&packed).context("the model that was just made can't be read")?;
    create(out, force)?
        .write_all(&packed)
        .with_context(|| format!("'{}' can't be written", out.display()))?;
    say(&format!(
        "learnt {} sentences, {} words and marks, {} different ones, order {}",
        grouped(learnt.sentences),
        grouped(learnt.tokens),
        grouped(learnt.words as u64),
        model.order()
    ))?;
    if learnt.passed_over > 0 {
        say(&format!(
            "passed over {} sentences: something in them is too long, or there are too many words",
            grouped(learnt.passed_over)
        ))?;
    }
    if learnt.thinned {
        say("forgot the rarest runs of words, to keep the model small")?;
    }
    say(&format!(
        "wrote {} ({})\n{}",
        out.display(),
        size(packed.len() as u64),
        usage("markov", out, None)
    ))
}

fn learn(trainer: &mut Trainer, path: &Path, args: &TrainArgs) -> anyhow::Result<()> {
    let file = File::open(path).context("it can't be read")?;
    let mut input = BufReader::with_capacity(BUFFER_BYTES, file);
    let head = input.fill_buf().context("it can't be read")?;
    if head.is_empty() {
        bail!("it is empty: give a file with text");
    }
    let detected = import::detect(head);
    let is_text = match args.format {
        FormatArg::Text => true,
        FormatArg::Auto => match detected {
            Ok(_) => false,
            Err(_) if is_prose(head) => true,
            Err(error) => bail!("it is no UTF-8 text, and {error}"),
        },
        _ => false,
    };
    if is_text {
        if args.how.who.is_some() {
            bail!("--who needs a chat export, and this is a text");
        }
        for paragraph in import::paragraphs(input) {
            trainer.add(&paragraph?);
        }
        return Ok(());
    }
    let who = args.how.who.as_deref().map(str::to_lowercase);
    let mut found = false;
    for message in Messages::open(input, args.format.format(), "Me")? {
        let message = message?;
        if who
            .as_ref()
            .is_none_or(|who| message.from.to_lowercase() == *who)
        {
            found = true;
            trainer.add(&message.text);
        }
    }
    match (&args.how.who, found) {
        (Some(who), false) => bail!(
            "nobody in it is called '{who}': 'parlor dialect import {}' lists the people",
            path.display()
        ),
        _ => Ok(()),
    }
}

/// UTF-8 without what no text has; its last character may be cut off.
fn is_prose(head: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_utf8 && !head.contains(&0)
}

/// For messages: an import error with what it belongs to.
pub(super) fn explain(path: &Path, error: ImportError) -> anyhow::Error {
    anyhow::Error::new(error).context(path.display().to_string())
}
