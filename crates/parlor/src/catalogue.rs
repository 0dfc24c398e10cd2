//! The catalogue in the binary: its characters join the cast of their worlds.

use anyhow::Context;
use parlor_model::card::Card;
use parlor_model::{Character, Slug, World};
use parlor_ports::catalogue::Catalogue;
use std::sync::Arc;

/// The worlds with everybody of their catalogues in the cast. Who can't join is left out, with a word
/// in the log.
///
/// # Errors
/// The store is away.
pub(crate) async fn join<C: Catalogue + ?Sized>(
    store: &C,
    worlds: Vec<Arc<World>>,
) -> anyhow::Result<Vec<Arc<World>>> {
    let mut joined = Vec::with_capacity(worlds.len());
    for world in worlds {
        let newcomers = newcomers(store, &world)
            .await
            .with_context(|| format!("the catalogue of '{}'", world.name))?;
        if newcomers.is_empty() {
            joined.push(world);
            continue;
        }
        let (grown, refused) = world.with_newcomers(newcomers);
        for (slug, why) in refused {
            tracing::warn!(world.name = %world.name, character.slug = %slug, %why,
                "a character of the catalogue stays out of the cast");
        }
        joined.push(Arc::new(grown));
    }
    Ok(joined)
}

/// Everybody of a world's catalogue whose card can be read.
async fn newcomers<C: Catalogue + ?Sized>(
    store: &C,
    world: &World,
) -> anyhow::Result<Vec<Arc<Character>>> {
    let mut newcomers = Vec::new();
    for listed in store.catalogue(&world.name).await? {
        newcomers.extend(newcomer(store, world, listed.slug).await?);
    }
    Ok(newcomers)
}

/// A character of the catalogue; `None` when it has been taken out meanwhile, or its card can't be
/// read.
async fn newcomer<C: Catalogue + ?Sized>(
    store: &C,
    world: &World,
    slug: Slug,
) -> anyhow::Result<Option<Arc<Character>>> {
    let Some(kept) = store.kept_card(&world.name, &slug).await? else {
        return Ok(None);
    };
    match Card::from_json(kept.card.as_bytes()) {
        Ok(card) => Ok(Some(Arc::new(Character {
            picture: kept.picture,
            ..world.newcomer(slug, &Arc::new(card))
        }))),
        Err(error) => {
            tracing::warn!(world.name = %world.name, character.slug = %slug, %error,
                "a card of the catalogue can't be read");
            Ok(None)
        }
    }
}
