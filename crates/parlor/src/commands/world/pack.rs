//! `parlor world export`.

use super::ExportArgs;
use super::bundle::{Bundle, Kept};
use crate::commands::say;
use crate::config::Config;
use crate::output::create;
use crate::{Ended, resolve, wiring, worlds};
use anyhow::Context;
use parlor_model::{SystemClock, World};
use parlor_ports::store::Store;
use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

/// Packs the world.
pub(super) async fn run(config: &Config, args: &ExportArgs) -> anyhow::Result<Ended> {
    let source = worlds::load_with_files(&args.world)?;
    let world = source.world;
    let mut bundle = Bundle {
        text: source.text,
        files: source.files,
        catalogue: BTreeMap::new(),
    };
    if !args.no_catalogue {
        let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
        wiring::migrate(&*store, false).await?;
        let filled = add_catalogue(&mut bundle, &*store, &world).await;
        store.close().await;
        filled?;
    }
    let path = match &args.out {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.world.zip", world.name)),
    };
    let file = create(&path, args.force)?;
    let written = bundle.write(BufWriter::new(file));
    written.with_context(|| format!("'{}' can't be written", path.display()))?;
    say(&format!(
        "{} is in {}: the world file, {} files that it names, {} characters of the catalogue",
        world.title,
        path.display(),
        bundle.files.len(),
        bundle.catalogue.len()
    ))?;
    Ok(Ended::Well)
}

async fn add_catalogue(
    bundle: &mut Bundle,
    store: &dyn Store,
    world: &World,
) -> anyhow::Result<()> {
    for listed in store.catalogue(&world.name).await? {
        // Taken out meanwhile: it is not of the catalogue any more.
        let Some(kept) = store.kept_card(&world.name, &listed.slug).await? else {
            continue;
        };
        let picture = store.kept_picture(&world.name, &listed.slug).await?;
        let card = kept.card.into_bytes();
        bundle.catalogue.insert(listed.slug, Kept { card, picture });
    }
    Ok(())
}
