//! Turns URLs into adapters: the one place that names them.

use crate::config::{Settings, redact};
use anyhow::bail;
use parlor_bus::amqp::AmqpBus;
use parlor_bus::embedded::EmbeddedBus;
use parlor_bus::kafka::KafkaBus;
use parlor_cache::{MemoryCache, RedisCache};
use parlor_model::Clock;
use parlor_ports::bus::Bus;
use parlor_ports::cache::Cache;
use parlor_ports::store::Store;
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;

/// The store's file in the data directory.
const DATABASE_FILE: &str = "parlor.db";

/// Opens the store.
///
/// # Errors
/// It can't be reached or opened; the message never holds a password.
pub(crate) async fn store(
    settings: &Settings,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn Store>> {
    let url = settings.store.as_str();
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let options = PostgresOptions {
            connections_max: settings.tuning.store_connections,
            ..PostgresOptions::default()
        };
        return Ok(Arc::new(PostgresStore::connect(url, options, clock).await?));
    }
    let Some(options) = sqlite(settings)? else {
        bail!(
            "store '{}' is not known: use sqlite, sqlite:FILE or postgres://user@host/database",
            redact(url)
        );
    };
    Ok(Arc::new(SqliteStore::open(options, clock).await?))
}

/// How to open the store, where it is SQLite.
///
/// # Errors
/// Its address can't be read.
pub(crate) fn sqlite(settings: &Settings) -> anyhow::Result<Option<SqliteOptions>> {
    let options = match settings.store.as_str() {
        "sqlite" => SqliteOptions::file(settings.data_dir.join(DATABASE_FILE)),
        url if url.starts_with("sqlite:") => url
            .parse()
            .map_err(|reason: String| anyhow::anyhow!(reason))?,
        _ => return Ok(None),
    };
    Ok(Some(options))
}

/// Connects the bus. The embedded one keeps its dead letters in the store.
///
/// # Errors
/// It can't be reached; the message never holds a password.
pub(crate) async fn bus(
    settings: &Settings,
    store: &Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<dyn Bus>> {
    match settings.bus.as_str() {
        "embedded" => Ok(Arc::new(EmbeddedBus::new(store.clone(), clock))),
        url if url.starts_with("amqp://") || url.starts_with("amqps://") => {
            Ok(Arc::new(AmqpBus::connect(url, clock).await?))
        }
        url if url.starts_with("kafka://") => Ok(Arc::new(KafkaBus::connect(url, clock).await?)),
        other => bail!(
            "bus '{}' is not known: use embedded, amqp://user@host or kafka://host:9092",
            redact(other)
        ),
    }
}

/// The cache. Does not connect: one that is away makes a server slower, not wrong.
///
/// # Errors
/// The address can't be understood; the message never holds a password.
pub(crate) fn cache(settings: &Settings) -> anyhow::Result<Arc<dyn Cache>> {
    match settings.cache.as_str() {
        "memory" => Ok(Arc::new(MemoryCache::default())),
        url if url.starts_with("redis://") => Ok(Arc::new(RedisCache::new(url)?)),
        other => bail!(
            "cache '{}' is not known: use memory or redis://host:6379",
            redact(other)
        ),
    }
}
