//! `parlor card export`: a character as a card for other programs.

use super::{ExportArgs, read_card, read_file};
use crate::commands::say;
use crate::{Ended, worlds};
use anyhow::{Context, bail};
use parlor_model::card::{Card, Media, into_png, plain_picture};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

/// Writes the card.
pub(super) fn run(args: &ExportArgs) -> anyhow::Result<Ended> {
    let card = find(&args.who, &args.world)?;
    match &args.form.png {
        Some(picture) => {
            let png = with_picture(&card, picture)?;
            let out = args.out.as_deref().unwrap_or(picture);
            write(out, &png)?;
            eprintln!("{} is in {}", card.name(), out.display());
        }
        None => match &args.out {
            Some(out) => write(out, card.to_v3_json().as_bytes())?,
            None => say(&card.to_v3_json())?,
        },
    }
    Ok(Ended::Well)
}

/// The card of somebody of the cast, or the one in a file.
fn find(who: &str, world: &str) -> anyhow::Result<Arc<Card>> {
    let path = Path::new(who);
    if path.extension().is_some() && path.is_file() {
        return read_card(path).map(Arc::new);
    }
    let world = worlds::load(world)?;
    match world.find(who) {
        Some(character) => Ok(Card::of(character)),
        None => {
            let cast: Vec<&str> = world
                .cast
                .iter()
                .take(20)
                .map(|c| c.slug.as_str())
                .collect();
            bail!(
                "there is no '{who}' in the world '{}'; its cast: {}",
                world.name,
                cast.join(", ")
            )
        }
    }
}

/// The card in the picture at this path; where there is none, in the character's own picture.
fn with_picture(card: &Card, path: &Path) -> anyhow::Result<Vec<u8>> {
    let is_there = path
        .try_exists()
        .with_context(|| format!("'{}' can't be read", path.display()))?;
    if is_there {
        let picture = read_file(path)?;
        return into_png(&picture, card).with_context(|| format!("'{}'", path.display()));
    }
    let own = card
        .picture()
        .filter(|picture| picture.media() == Media::Png);
    let picture = own.map_or_else(plain_picture, |picture| picture.bytes().to_vec());
    Ok(into_png(&picture, card)?)
}

/// Writes a file in whole, or not at all: what was there stays if this fails.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let context = || format!("'{}' can't be written", path.display());
    let name = path
        .file_name()
        .with_context(context)?
        .to_string_lossy()
        .into_owned();
    let part = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = std::fs::File::create_new(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&part, path));
    if let Err(error) = written {
        if error.kind() != ErrorKind::AlreadyExists {
            // What is half written is of no use to anybody.
            let _ = std::fs::remove_file(&part);
        }
        return Err(error).with_context(context);
    }
    Ok(())
}
