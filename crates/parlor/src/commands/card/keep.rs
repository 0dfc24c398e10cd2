//! `parlor card import|list|remove`: characters of a world's catalogue. Works beside running servers,
//! which take them into the cast, or let them go, within a second or two.

use super::{ImportArgs, ListArgs, RemoveArgs, read_card};
use crate::commands::say;
use crate::config::Config;
use crate::{Ended, resolve, wiring, worlds};
use anyhow::bail;
use chrono::SecondsFormat;
use parlor_model::{Clock, Slug, SystemClock, World};
use parlor_ports::catalogue::{CatalogueEntry, Listed, Put};
use parlor_ports::store::Store;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// The store of these settings, up to date.
pub(super) async fn open(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    Ok(store)
}

/// Keeps each file's character; a file that can't be kept is reported, and the others are kept all the
/// same.
pub(super) async fn import(config: &Config, args: &ImportArgs) -> anyhow::Result<Ended> {
    let world = worlds::load(&args.world)?;
    let store = open(config).await?;
    let mut ended = Ended::Well;
    for file in &args.files {
        if let Err(error) = import_one(&*store, &world, file).await {
            eprintln!("parlor: {error:#}");
            ended = Ended::FoundProblems;
        }
    }
    store.close().await;
    Ok(ended)
}

async fn import_one(store: &dyn Store, world: &World, file: &Path) -> anyhow::Result<()> {
    let card = Arc::new(read_card(file)?);
    let shown = file.display();
    let entry = CatalogueEntry::of(world, &card)
        .map_err(|why| anyhow::anyhow!("'{shown}' can't be imported: {why}"))?;
    let (name, slug) = (&entry.name, &entry.slug);
    let done = match store.put_character(&entry, SystemClock.now()).await? {
        Put::Added => "is in the catalogue of",
        Put::Replaced => "has been replaced in the catalogue of",
        Put::NameTaken(other) => bail!(
            "'{shown}' can't be imported: '{other}' of the catalogue is called '{name}', too: \
             take it out with 'parlor card remove {other}', or give the card another name"
        ),
        Put::Full(why) => {
            bail!("'{shown}' can't be imported: {why}: take some out with 'parlor card remove'")
        }
    };
    say(&format!(
        "{name} ({slug}) {done} {}; running servers take it into the cast",
        world.name
    ))?;
    for warning in card.warnings() {
        eprintln!("  note: {warning}");
    }
    Ok(())
}

/// Prints who is in a world's catalogue.
pub(super) async fn list(config: &Config, args: &ListArgs) -> anyhow::Result<Ended> {
    let world = slug_of(&args.world)?;
    let store = open(config).await?;
    let listed = store.catalogue(&world).await;
    store.close().await;
    let listed = listed?;
    if listed.is_empty() && !args.json {
        say(&format!(
            "nobody is in the catalogue of {world}: 'parlor card import FILE' adds a character"
        ))?;
    }
    for one in &listed {
        say(&line(one, args.json))?;
    }
    Ok(Ended::Well)
}

fn line(one: &Listed, as_json: bool) -> String {
    if as_json {
        let time = |at: chrono::DateTime<_>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        return json!({
            "slug": one.slug,
            "name": one.name,
            "picture": one.picture,
            "addedAt": time(one.added_at),
            "changedAt": time(one.changed_at),
        })
        .to_string();
    }
    let changed = one.changed_at.format("%Y-%m-%d %H:%M");
    let picture = if one.picture { "  with a picture" } else { "" };
    format!("{}  {}  {changed}{picture}", one.slug, one.name)
}

/// Takes somebody out of a world's catalogue.
pub(super) async fn remove(config: &Config, args: &RemoveArgs) -> anyhow::Result<Ended> {
    let world = slug_of(&args.world)?;
    let who = Slug::new(args.slug.as_str())?;
    let store = open(config).await?;
    let removed = store.remove_character(&world, &who).await;
    store.close().await;
    if !removed? {
        bail!("there is no '{who}' in the catalogue of '{world}': 'parlor card list' shows it");
    }
    say(&format!(
        "{who} is out of the catalogue of {world}; running servers let it go"
    ))?;
    Ok(Ended::Well)
}

/// The slug of a world, by its name or its file.
fn slug_of(world: &str) -> anyhow::Result<Slug> {
    match Slug::new(world) {
        Ok(slug) => Ok(slug),
        Err(_) => Ok(worlds::load(world)?.name.clone()),
    }
}
