//! The keys of a house.

use crate::house::House;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_ports::PortResult;
use parlor_ports::keys::{KeyDigest, KeyRecord, Keys};

#[async_trait]
impl Keys for House {
    async fn add_key(&self, record: &KeyRecord, digest: &KeyDigest) -> PortResult<bool> {
        self.ask()?;
        self.keys.lock().push((record.clone(), *digest));
        Ok(true)
    }

    async fn key(&self, prefix: &str) -> PortResult<Option<(KeyRecord, KeyDigest)>> {
        self.ask()?;
        let keys = self.keys.lock();
        Ok(keys.iter().find(|key| key.0.prefix == prefix).cloned())
    }

    async fn keys(&self, _: u32) -> PortResult<Vec<KeyRecord>> {
        self.ask()?;
        Ok(self.keys.lock().iter().map(|key| key.0.clone()).collect())
    }

    async fn revoke_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<bool> {
        self.ask()?;
        let mut keys = self.keys.lock();
        let found = keys.iter_mut().find(|key| key.0.prefix == prefix);
        Ok(found.map(|key| key.0.revoked_at = Some(now)).is_some())
    }

    async fn use_key(&self, prefix: &str, now: DateTime<Utc>) -> PortResult<()> {
        self.ask()?;
        let mut keys = self.keys.lock();
        if let Some(key) = keys.iter_mut().find(|key| key.0.prefix == prefix) {
            key.0.last_used_at = Some(now);
        }
        Ok(())
    }
}
