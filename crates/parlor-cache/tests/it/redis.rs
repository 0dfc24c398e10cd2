//! The cache in a real Redis, each test under names of its own.

use parlor_cache::RedisCache;
use parlor_ports::cache::Cache;
use std::sync::Arc;

async fn make() -> (Arc<dyn Cache>, ()) {
    let server = std::env::var("PARLOR_TEST_REDIS_URL")
        .expect("PARLOR_TEST_REDIS_URL: start the servers with tests/services, or use make test");
    #[expect(clippy::disallowed_methods, reason = "names that no other test has")]
    let prefix = uuid::Uuid::new_v4().simple();
    let cache = RedisCache::new(&format!("{server}?prefix=test-{prefix}"));
    (Arc::new(cache.expect("the address is fine")), ())
}

parlor_ports::cache_conformance!(make);
