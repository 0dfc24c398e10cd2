//! `parlor card export`: a character as a card for other programs.

use super::{ExportArgs, keep, read_card, read_file};
use crate::commands::say;
use crate::config::Config;
use crate::{Ended, worlds};
use anyhow::{Context, bail};
use parlor_model::World;
use parlor_model::card::{Card, Media, Picture, into_png, plain_picture};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

/// Writes the card.
pub(super) async fn run(config: &Config, args: &ExportArgs) -> anyhow::Result<Ended> {
    let card = find(config, &args.who, &args.world).await?;
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

/// The card in a file, of somebody of the cast, or of the catalogue.
async fn find(config: &Config, who: &str, world: &str) -> anyhow::Result<Arc<Card>> {
    let path = Path::new(who);
    if path.extension().is_some() && path.is_file() {
        return read_card(path).map(Arc::new);
    }
    let world = worlds::load(world)?;
    if let Some(character) = world.find(who) {
        return Ok(Card::of(character));
    }
    match kept(config, who, &world).await? {
        Some(card) => Ok(card),
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

/// The card of somebody of the world's catalogue, with the picture.
async fn kept(config: &Config, who: &str, world: &World) -> anyhow::Result<Option<Arc<Card>>> {
    let store = keep::open(config).await?;
    let listed = store.catalogue(&world.name).await?;
    let is_meant =
        |slug: &str, name: &str| slug == who || name.to_lowercase() == who.to_lowercase();
    let found = listed
        .into_iter()
        .find(|one| is_meant(one.slug.as_str(), &one.name));
    let Some(found) = found else {
        store.close().await;
        return Ok(None);
    };
    let kept = store.kept_card(&world.name, &found.slug).await?;
    let picture = store.kept_picture(&world.name, &found.slug).await?;
    store.close().await;
    let Some(kept) = kept else { return Ok(None) };
    let card = Card::from_json(kept.card.as_bytes())?;
    let picture = picture.and_then(|bytes| Picture::new(&bytes).ok());
    Ok(Some(Arc::new(card.with_picture(picture.map(Arc::new)))))
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
