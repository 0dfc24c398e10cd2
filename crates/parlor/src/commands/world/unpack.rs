//! `parlor world import`.

use super::ImportArgs;
use super::bundle::{BUNDLE_BYTES_MAX, Bundle, Kept};
use crate::commands::say;
use crate::config::Config;
use crate::output::create;
use crate::{Ended, resolve, wiring, worlds};
use anyhow::{Context, bail};
use parlor_model::card::{Card, Picture};
use parlor_model::{Clock, Slug, SystemClock, World};
use parlor_ports::catalogue::{CatalogueEntry, Put};
use parlor_ports::store::Store;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Unpacks the world. Nothing is written before all of it has been looked at.
pub(super) async fn run(config: &Config, args: &ImportArgs) -> anyhow::Result<Ended> {
    let shown = args.file.display();
    let bytes = read_file(&args.file)?;
    let context = || format!("'{shown}' can't be imported");
    let bundle = Bundle::read(&bytes).with_context(context)?;
    drop(bytes);
    let world = worlds::load_from("world.toml", &bundle.text, &bundle.files)?;
    let cards = cards(&bundle.catalogue).with_context(context)?;
    let file = write(args, &world, &bundle)?;
    let mut ended = Ended::Well;
    let mut came = 0;
    if !args.no_catalogue && !cards.is_empty() {
        let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
        wiring::migrate(&*store, false).await?;
        for (slug, card) in cards {
            match keep(&*store, &world, &card).await {
                Ok(()) => came += 1,
                Err(error) => {
                    eprintln!("parlor: '{slug}' stays out of the catalogue: {error:#}");
                    ended = Ended::FoundProblems;
                }
            }
        }
        store.close().await;
    }
    say(&format!(
        "{} is in {}, {came} characters are in its catalogue: parlor up {}",
        world.title,
        file.parent().unwrap_or(Path::new(".")).display(),
        file.display()
    ))?;
    Ok(ended)
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let context = || format!("'{}' can't be read", path.display());
    let mut bytes = Vec::new();
    File::open(path)
        .with_context(context)?
        .take(BUNDLE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(context)?;
    if bytes.len() as u64 > BUNDLE_BYTES_MAX {
        bail!(
            "'{}' is too large: at most {} MiB are read",
            path.display(),
            BUNDLE_BYTES_MAX >> 20
        );
    }
    Ok(bytes)
}

/// The cards of a catalogue, with their pictures.
fn cards(catalogue: &BTreeMap<Slug, Kept>) -> anyhow::Result<Vec<(&Slug, Arc<Card>)>> {
    catalogue
        .iter()
        .map(|(slug, kept)| {
            let card = Card::from_json(&kept.card).with_context(|| format!("'{slug}'"))?;
            let picture = kept.picture.as_deref().map(Picture::new).transpose();
            let picture =
                picture.map_err(|why| anyhow::anyhow!("the picture of '{slug}' {why}"))?;
            Ok((slug, Arc::new(card.with_picture(picture.map(Arc::new)))))
        })
        .collect()
}

async fn keep(store: &dyn Store, world: &World, card: &Arc<Card>) -> anyhow::Result<()> {
    let entry = CatalogueEntry::of(world, card).map_err(|why| anyhow::anyhow!(why))?;
    match store.put_character(&entry, SystemClock.now()).await? {
        Put::Added | Put::Replaced => Ok(()),
        Put::NameTaken(other) => bail!(
            "'{other}' of the catalogue is called '{}', too: take one of them out with \
             'parlor card remove'",
            entry.name
        ),
        Put::Full(why) => bail!("{why}: take some out with 'parlor card remove'"),
    }
}

/// Writes the world into a directory of its name; gives the world file.
fn write(args: &ImportArgs, world: &World, bundle: &Bundle) -> anyhow::Result<PathBuf> {
    let dir = args.dir.join(world.name.as_str());
    let world_file = dir.join(format!("{}.toml", world.name));
    let mut files = vec![(world_file.clone(), bundle.text.as_bytes())];
    for (path, bytes) in &bundle.files {
        files.push((dir.join(path), bytes));
    }
    let there = files.iter().find(|(path, _)| path.exists());
    if let (Some((path, _)), false) = (there, args.force) {
        bail!(
            "'{}' is there already: choose another --dir, or replace it with --force",
            path.display()
        );
    }
    for (path, bytes) in files {
        let context = || format!("'{}' can't be written", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(context)?;
        }
        create(&path, args.force)?
            .write_all(bytes)
            .with_context(context)?;
    }
    Ok(world_file)
}
