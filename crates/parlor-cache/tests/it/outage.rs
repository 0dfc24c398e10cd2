//! Redis is killed and comes back.

use parlor_cache::RedisCache;
use parlor_model::ConversationId;
use parlor_ports::cache::{CALL_TIME_MAX, Cache, Holder};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// No wait takes longer, on a slow machine either.
const DEADLINE: Duration = Duration::from_secs(20);

/// A Redis of our own; killed when dropped.
struct Server {
    port: u16,
    directory: tempfile::TempDir,
    process: Child,
}

impl Server {
    fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let directory = tempfile::tempdir().unwrap();
        let process = run(port, &directory);
        Self {
            port,
            directory,
            process,
        }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn start_again(&mut self) {
        self.process = run(self.port, &self.directory);
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(port: u16, directory: &tempfile::TempDir) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}

async fn until_it_answers(cache: &RedisCache) {
    let started = Instant::now();
    while cache.ping().await.is_err() {
        assert!(started.elapsed() < DEADLINE, "it should be back by now");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn cache(server: &Server) -> RedisCache {
    RedisCache::new(&format!("redis://127.0.0.1:{}", server.port)).unwrap()
}

#[tokio::test]
async fn a_cache_that_was_killed_fails_at_once_and_is_back_by_itself() {
    let mut server = Server::start();
    let cache = cache(&server);
    until_it_answers(&cache).await;
    assert_eq!(
        cache.count("key", 1, DEADLINE).await.unwrap().count,
        1,
        "scripts run"
    );

    server.kill();
    for _ in 0..50 {
        let started = Instant::now();
        let error = cache.count("key", 1, DEADLINE).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(started.elapsed() < CALL_TIME_MAX * 2);
    }

    server.start_again();
    until_it_answers(&cache).await;
    let session = ConversationId(Uuid::from_u128(1));
    let holder = Holder {
        instance: Uuid::from_u128(2),
        address: "127.0.0.1:9000".to_owned(),
    };
    // The new one knows neither what was counted nor our scripts.
    assert_eq!(cache.count("key", 1, DEADLINE).await.unwrap().count, 1);
    assert_eq!(cache.hold(&holder, &[session], DEADLINE).await, Ok(()));
    assert_eq!(cache.holders(&[session]).await, Ok(vec![vec![holder]]));
}

#[tokio::test]
async fn a_cache_that_hangs_keeps_nobody_waiting() {
    let server = Server::start();
    let cache = cache(&server);
    until_it_answers(&cache).await;

    server.signal("-STOP");
    let started = Instant::now();
    let mut failed_at_once = false;
    for _ in 0..20 {
        let call = Instant::now();
        let error = cache.count("key", 1, DEADLINE).await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        failed_at_once |= call.elapsed() < Duration::from_millis(100);
    }
    assert!(failed_at_once, "it is left alone for a moment");
    assert!(started.elapsed() < CALL_TIME_MAX * 20);

    server.signal("-CONT");
    until_it_answers(&cache).await;
}
