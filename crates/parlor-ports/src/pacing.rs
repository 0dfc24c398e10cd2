//! The pace of a world, as people set it while it runs.

use crate::error::PortResult;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_model::world::Pace;

/// Where paces are kept that people set. Scenes carry them ([`crate::store::SceneRecord::pace`]), so
/// that every process goes by them from the next line on.
#[async_trait]
pub trait Pacing: Send + Sync {
    /// Sets a world's pace and logs it if that is a change. Durable when it returns; the same pace
    /// again changes nothing.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn set_pace(&self, world: &Slug, pace: Pace, now: DateTime<Utc>) -> PortResult<()>;

    /// The pace that was set; `None` where nobody did, and the world's own holds.
    ///
    /// # Errors
    /// Retryable when the store is away.
    async fn pace(&self, world: &Slug) -> PortResult<Option<Pace>>;
}
