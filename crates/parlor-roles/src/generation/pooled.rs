//! The pool of topics, kept in memory between runs.

use super::Producer;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_model::world::Topic;
use parlor_ports::PortResult;
use parlor_ports::store::Store;
use tokio::sync::Mutex;

/// After this long the pool is read again, whatever happened to it.
const KEPT_FOR: TimeDelta = TimeDelta::hours(6);

/// What was read last.
#[derive(Default)]
pub(super) struct Pooled(Mutex<Option<Kept>>);

struct Kept {
    /// The time that it was read for.
    at: DateTime<Utc>,
    /// When the pool had been refreshed by then.
    refreshed_at: Option<DateTime<Utc>>,
    topics: Vec<Topic>,
}

impl Producer {
    /// The topics of the pool for a run of that time: kept in memory for six hours, unless the pool was
    /// refreshed meanwhile, by whichever process.
    ///
    /// # Errors
    /// Retryable when the store is away.
    pub async fn pooled(&self, store: &dyn Store, at: DateTime<Utc>) -> PortResult<Vec<Topic>> {
        let world = &self.world().name;
        let refreshed_at = store.pool_state(world).await?.refreshed_at;
        let mut kept = self.pooled.0.lock().await;
        let fresh = kept
            .as_ref()
            .filter(|kept| kept.refreshed_at == refreshed_at && (at - kept.at).abs() < KEPT_FOR);
        if let Some(kept) = fresh {
            return Ok(kept.topics.clone());
        }
        let topics = store.pooled_topics(world, at).await?;
        *kept = Some(Kept {
            at,
            refreshed_at,
            topics: topics.clone(),
        });
        Ok(topics)
    }
}
