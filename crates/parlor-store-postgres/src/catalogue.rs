//! Characters that come to a world while its server runs.

use crate::row::slug;
use crate::store::PostgresStore;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::catalogue::{Catalogue, CatalogueEntry, KeptCard, Listed, Put, fullness};
use sqlx::postgres::PgRow;
use sqlx::{Error, PgConnection, Row};

/// Also the lock under which a world's catalogue changes.
const ADVANCE_SQL: &str = "
INSERT INTO catalogue_versions AS v (world, version) VALUES ($1, 1)
ON CONFLICT (world) DO UPDATE SET version = v.version + 1 RETURNING version";
const NAMESAKE_SQL: &str =
    "SELECT slug FROM catalogue WHERE world = $1 AND name = $2 AND slug <> $3";
const OTHERS_SQL: &str = "
SELECT count(*), COALESCE(sum(card_bytes), 0)::bigint, COALESCE(sum(picture_bytes), 0)::bigint
FROM catalogue WHERE world = $1 AND slug <> $2";
const EXISTS_SQL: &str = "SELECT EXISTS (SELECT 1 FROM catalogue WHERE world = $1 AND slug = $2)";
const PUT_SQL: &str = "
INSERT INTO catalogue
    (world, slug, name, version, added_at, changed_at, card_bytes, picture_bytes, card, picture)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9)
ON CONFLICT (world, slug) DO UPDATE SET name = $3, version = $4, changed_at = $5,
    card_bytes = $6, picture_bytes = $7, card = $8, picture = $9";
const REMOVE_SQL: &str = "DELETE FROM catalogue WHERE world = $1 AND slug = $2";
const VERSIONS_SQL: &str = "SELECT world, version FROM catalogue_versions";
const LIST_SQL: &str = "
SELECT slug, name, version, picture_bytes IS NOT NULL, added_at, changed_at
FROM catalogue WHERE world = $1 ORDER BY slug";
const CARD_SQL: &str = "
SELECT version, card, picture_bytes IS NOT NULL FROM catalogue WHERE world = $1 AND slug = $2";
const PICTURE_SQL: &str = "SELECT picture FROM catalogue WHERE world = $1 AND slug = $2";

#[async_trait]
impl Catalogue for PostgresStore {
    async fn put_character(&self, entry: &CatalogueEntry, now: DateTime<Utc>) -> PortResult<Put> {
        const WHAT: &str = "can't keep a character";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let put = put(&mut transaction, entry, now).await.map_err(failed)?;
        if matches!(put, Put::Added | Put::Replaced) {
            transaction.commit().await.map_err(failed)?;
        } else {
            self.give_up(WHAT, transaction).await?;
        }
        Ok(put)
    }

    async fn remove_character(&self, world: &Slug, slug: &Slug) -> PortResult<bool> {
        const WHAT: &str = "can't take out a character";
        let mut transaction = self.begin(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        advance(&mut transaction, world).await.map_err(failed)?;
        let removed = sqlx::query(REMOVE_SQL)
            .bind(world.as_str())
            .bind(slug.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        if removed.rows_affected() == 0 {
            self.give_up(WHAT, transaction).await?;
            return Ok(false);
        }
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    async fn catalogue_versions(&self) -> PortResult<Vec<(Slug, u64)>> {
        const WHAT: &str = "can't read versions of catalogues";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(VERSIONS_SQL)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let versions = rows.iter().map(|row| {
            let world: String = row.try_get(0)?;
            Ok((slug(&world)?, number(row, 1)?))
        });
        versions.collect::<Result<_, Error>>().map_err(failed)
    }

    async fn catalogue(&self, world: &Slug) -> PortResult<Vec<Listed>> {
        const WHAT: &str = "can't list a catalogue";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let rows = sqlx::query(LIST_SQL)
            .bind(world.as_str())
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        let listed: Result<_, Error> = rows.iter().map(listed).collect();
        listed.map_err(failed)
    }

    async fn kept_card(&self, world: &Slug, slug: &Slug) -> PortResult<Option<KeptCard>> {
        const WHAT: &str = "can't read a card";
        let mut connection = self.connection(WHAT).await?;
        let failed = |error: Error| self.failed(WHAT, &error);
        let row = sqlx::query(CARD_SQL)
            .bind(world.as_str())
            .bind(slug.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(failed)?;
        let card = row.map(|row| {
            Ok(KeptCard {
                version: number(&row, 0)?,
                card: row.try_get(1)?,
                picture: row.try_get(2)?,
            })
        });
        card.transpose().map_err(failed)
    }

    async fn kept_picture(&self, world: &Slug, slug: &Slug) -> PortResult<Option<Vec<u8>>> {
        const WHAT: &str = "can't read a picture";
        let mut connection = self.connection(WHAT).await?;
        let found: Option<Option<Vec<u8>>> = sqlx::query_scalar(PICTURE_SQL)
            .bind(world.as_str())
            .bind(slug.as_str())
            .fetch_optional(&mut *connection)
            .await
            .map_err(|error| self.failed(WHAT, &error))?;
        Ok(found.flatten())
    }
}

/// Writes, or says why not; then nothing of it may be committed.
async fn put(
    connection: &mut PgConnection,
    entry: &CatalogueEntry,
    now: DateTime<Utc>,
) -> Result<Put, Error> {
    let version = advance(connection, &entry.world).await?;
    let (world, who) = (entry.world.as_str(), entry.slug.as_str());
    let namesake: Option<String> = sqlx::query_scalar(NAMESAKE_SQL)
        .bind(world)
        .bind(&entry.name)
        .bind(who)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(namesake) = namesake {
        return Ok(Put::NameTaken(slug(&namesake)?));
    }
    let others = sqlx::query(OTHERS_SQL)
        .bind(world)
        .bind(who)
        .fetch_one(&mut *connection)
        .await?;
    let others = (
        number(&others, 0)?,
        number(&others, 1)?,
        number(&others, 2)?,
    );
    if let Some(why) = fullness(others, entry) {
        return Ok(Put::Full(why));
    }
    let is_there: bool = sqlx::query_scalar(EXISTS_SQL)
        .bind(world)
        .bind(who)
        .fetch_one(&mut *connection)
        .await?;
    sqlx::query(PUT_SQL)
        .bind(world)
        .bind(who)
        .bind(&entry.name)
        .bind(version)
        .bind(now)
        .bind(length(entry.card.len()))
        .bind(entry.picture.as_ref().map(|picture| length(picture.len())))
        .bind(&entry.card)
        .bind(entry.picture.as_deref())
        .execute(&mut *connection)
        .await?;
    Ok(if is_there { Put::Replaced } else { Put::Added })
}

/// Makes the next version of a world's catalogue; nobody else does until the transaction ends.
async fn advance(connection: &mut PgConnection, world: &Slug) -> Result<i64, Error> {
    sqlx::query_scalar(ADVANCE_SQL)
        .bind(world.as_str())
        .fetch_one(connection)
        .await
}

fn listed(row: &PgRow) -> Result<Listed, Error> {
    let who: String = row.try_get(0)?;
    Ok(Listed {
        slug: slug(&who)?,
        name: row.try_get(1)?,
        version: number(row, 2)?,
        picture: row.try_get(3)?,
        added_at: row.try_get(4)?,
        changed_at: row.try_get(5)?,
    })
}

/// Counts, sizes and versions are never negative.
fn number(row: &PgRow, column: usize) -> Result<u64, Error> {
    let number: i64 = row.try_get(column)?;
    Ok(u64::try_from(number).unwrap_or(0))
}

fn length(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
