//! Caches: [`MemoryCache`] for one process, [`RedisCache`] for many. Both pass the suite of
//! [`parlor_ports::testkit::cache`].

pub mod memory;
pub mod redis;

pub use memory::MemoryCache;
pub use redis::RedisCache;
