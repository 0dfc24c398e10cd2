//! Characters that come to a world while its server runs.

use crate::codec;
use crate::fault::{Fault, Result};
use crate::store::SqliteStore;
use crate::writer::Tx;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::catalogue::{Catalogue, CatalogueEntry, KeptCard, Listed, Put, fullness};
use rusqlite::types::Type;
use rusqlite::{Error, OptionalExtension, Row, params};

const NAMESAKE: &str = "SELECT slug FROM catalogue WHERE world = ?1 AND name = ?2 AND slug <> ?3";
const OTHERS: &str = "SELECT count(*), ifnull(sum(card_bytes), 0), ifnull(sum(picture_bytes), 0)
     FROM catalogue WHERE world = ?1 AND slug <> ?2";
const ADVANCE: &str = "INSERT INTO catalogue_versions (world, version) VALUES (?1, 1)
     ON CONFLICT (world) DO UPDATE SET version = version + 1 RETURNING version";
const PUT: &str = "INSERT INTO catalogue
     (world, slug, name, version, added_at, changed_at, card_bytes, picture_bytes, card)
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8)
     ON CONFLICT (world, slug) DO UPDATE SET name = ?3, version = ?4, changed_at = ?5,
     card_bytes = ?6, picture_bytes = ?7, card = ?8";
const EXISTS: &str = "SELECT 1 FROM catalogue WHERE world = ?1 AND slug = ?2";
const PUT_PICTURE: &str =
    "INSERT INTO catalogue_pictures (world, slug, picture) VALUES (?1, ?2, ?3)";
const REMOVE: &str = "DELETE FROM catalogue WHERE world = ?1 AND slug = ?2";
const REMOVE_PICTURE: &str = "DELETE FROM catalogue_pictures WHERE world = ?1 AND slug = ?2";
const VERSIONS: &str = "SELECT world, version FROM catalogue_versions";
const LIST: &str = "SELECT slug, name, version, picture_bytes IS NOT NULL, added_at, changed_at
     FROM catalogue WHERE world = ?1 ORDER BY slug";
const CARD: &str = "SELECT version, card, picture_bytes IS NOT NULL FROM catalogue
     WHERE world = ?1 AND slug = ?2";
const PICTURE: &str = "SELECT picture FROM catalogue_pictures WHERE world = ?1 AND slug = ?2";

#[async_trait]
impl Catalogue for SqliteStore {
    async fn put_character(&self, entry: &CatalogueEntry, now: DateTime<Utc>) -> PortResult<Put> {
        let entry = entry.clone();
        self.write("keep a character", move |tx| put(tx, &entry, now))
            .await
    }

    async fn remove_character(&self, world: &Slug, slug: &Slug) -> PortResult<bool> {
        let (world, slug) = (world.clone(), slug.clone());
        self.write("take out a character", move |tx| {
            let who = params![world.as_str(), slug.as_str()];
            let removed = tx.conn.prepare_cached(REMOVE)?.execute(who)? > 0;
            if removed {
                tx.conn.prepare_cached(REMOVE_PICTURE)?.execute(who)?;
                advance(tx, &world)?;
            }
            Ok(removed)
        })
        .await
    }

    async fn catalogue_versions(&self) -> PortResult<Vec<(Slug, u64)>> {
        self.read("read versions of catalogues", |conn| {
            let mut versions = conn.prepare_cached(VERSIONS)?;
            let rows = versions.query_map([], |row| Ok((slug(row, 0)?, number(row, 1)?)))?;
            rows.map(|row| row.map_err(Fault::from)).collect()
        })
        .await
    }

    async fn catalogue(&self, world: &Slug) -> PortResult<Vec<Listed>> {
        let world = world.clone();
        self.read("list a catalogue", move |conn| {
            let mut list = conn.prepare_cached(LIST)?;
            let rows = list.query_map(params![world.as_str()], listed)?;
            rows.map(|row| row.map_err(Fault::from)).collect()
        })
        .await
    }

    async fn kept_card(&self, world: &Slug, slug: &Slug) -> PortResult<Option<KeptCard>> {
        let (world, slug) = (world.clone(), slug.clone());
        self.read("read a card", move |conn| {
            let card = |row: &Row<'_>| {
                Ok(KeptCard {
                    version: number(row, 0)?,
                    card: row.get(1)?,
                    picture: row.get(2)?,
                })
            };
            let mut find = conn.prepare_cached(CARD)?;
            let found = find.query_row(params![world.as_str(), slug.as_str()], card);
            Ok(found.optional()?)
        })
        .await
    }

    async fn kept_picture(&self, world: &Slug, slug: &Slug) -> PortResult<Option<Vec<u8>>> {
        let (world, slug) = (world.clone(), slug.clone());
        self.read("read a picture", move |conn| {
            let mut find = conn.prepare_cached(PICTURE)?;
            let found = find.query_row(params![world.as_str(), slug.as_str()], |row| row.get(0));
            Ok(found.optional()?)
        })
        .await
    }
}

fn put(tx: &mut Tx<'_>, entry: &CatalogueEntry, now: DateTime<Utc>) -> Result<Put> {
    let (world, slug_text) = (entry.world.as_str(), entry.slug.as_str());
    let namesake = tx
        .conn
        .prepare_cached(NAMESAKE)?
        .query_row(params![world, entry.name, slug_text], |row| slug(row, 0))
        .optional()?;
    if let Some(namesake) = namesake {
        return Ok(Put::NameTaken(namesake));
    }
    let others = tx
        .conn
        .prepare_cached(OTHERS)?
        .query_row(params![world, slug_text], |row| {
            Ok((number(row, 0)?, number(row, 1)?, number(row, 2)?))
        })?;
    if let Some(why) = fullness(others, entry) {
        return Ok(Put::Full(why));
    }
    let who = params![world, slug_text];
    let is_there = tx.conn.prepare_cached(EXISTS)?.exists(who)?;
    let version = advance(tx, &entry.world)?;
    tx.conn.prepare_cached(PUT)?.execute(params![
        world,
        slug_text,
        entry.name,
        version,
        codec::micros(now),
        length(entry.card.len()),
        entry.picture.as_ref().map(|picture| length(picture.len())),
        entry.card,
    ])?;
    tx.conn.prepare_cached(REMOVE_PICTURE)?.execute(who)?;
    if let Some(picture) = &entry.picture {
        let mut keep = tx.conn.prepare_cached(PUT_PICTURE)?;
        keep.execute(params![world, slug_text, picture])?;
    }
    Ok(if is_there { Put::Replaced } else { Put::Added })
}

/// Makes the next version of a world's catalogue.
fn advance(tx: &Tx<'_>, world: &Slug) -> Result<i64> {
    let mut advance = tx.conn.prepare_cached(ADVANCE)?;
    Ok(advance.query_row(params![world.as_str()], |row| row.get(0))?)
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        slug: slug(row, 0)?,
        name: row.get(1)?,
        version: number(row, 2)?,
        picture: row.get(3)?,
        added_at: codec::time(row, 4)?,
        changed_at: codec::time(row, 5)?,
    })
}

fn slug(row: &Row<'_>, column: usize) -> rusqlite::Result<Slug> {
    Slug::new(codec::text(row, column)?)
        .map_err(|error| Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// Counts, sizes and versions are never negative.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
