//! The cache in this process.

use parlor_cache::MemoryCache;
use parlor_ports::cache::Cache;
use std::sync::Arc;

async fn make() -> (Arc<dyn Cache>, ()) {
    (Arc::new(MemoryCache::default()), ())
}

parlor_ports::cache_conformance!(make);
