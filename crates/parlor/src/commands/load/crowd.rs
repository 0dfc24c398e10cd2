//! The readers of live events who watch while an installation is loaded.

use super::LoadArgs;
use crate::commands::watch::Parser;
use anyhow::{Context, bail};
use futures::StreamExt;
use reqwest::{Client, Url};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What they saw.
#[derive(Debug, Default, Clone)]
pub(super) struct Seen {
    /// Messages that the first reader saw of the whole world.
    pub(super) messages: u64,
    /// Events that all of them saw together.
    pub(super) events: u64,
    /// Readers whose stream ended before its time.
    pub(super) lost: u64,
}

#[derive(Default)]
struct Shared {
    messages: AtomicU64,
    events: AtomicU64,
    lost: AtomicU64,
    /// Conversations that ended, as the first reader saw.
    ended: Mutex<HashSet<String>>,
}

/// Some readers, each with a connection of its own.
pub(super) struct Crowd {
    shared: Arc<Shared>,
    changed: watch::Receiver<u64>,
    ours: Mutex<HashSet<String>>,
    _readers: JoinSet<()>,
}

impl Crowd {
    /// Connects them all; they see what happens from now on.
    pub(super) async fn gather(base: &Url, args: &LoadArgs) -> anyhow::Result<Self> {
        let client = Client::builder().build()?;
        let shared = Arc::new(Shared::default());
        let (change, changed) = watch::channel(0);
        let mut readers = JoinSet::new();
        for n in 0..args.readers {
            let mut request = client
                .get(base.join("/api/events")?)
                .query(&[("world", &args.world)]);
            if let Some(key) = &args.key {
                request = request.bearer_auth(key);
            }
            let answer = request
                .send()
                .await
                .with_context(|| format!("no server answers at {base}"))?;
            if !answer.status().is_success() {
                bail!("reader {n} is refused: {}", answer.status());
            }
            let first = (n == 0).then(|| change.clone());
            readers.spawn(read(answer, shared.clone(), first));
        }
        Ok(Self {
            shared,
            changed,
            ours: Mutex::default(),
            _readers: readers,
        })
    }

    /// Remembers a conversation that was started, whose end is waited for.
    pub(super) fn expect(&self, conversation: String) {
        lock(&self.ours).insert(conversation);
    }

    /// Waits until the conversations that were started are over; how many are.
    pub(super) async fn until_over(&self, started: u64, patience: Duration) -> u64 {
        let mut changed = self.changed.clone();
        let all = async {
            loop {
                let over = self.over();
                if over >= started || changed.changed().await.is_err() {
                    return over;
                }
            }
        };
        match tokio::time::timeout(patience, all).await {
            Ok(over) => over,
            Err(_) => self.over(),
        }
    }

    fn over(&self) -> u64 {
        let ended = lock(&self.shared.ended);
        let ours = lock(&self.ours);
        let over = ours.iter().filter(|id| ended.contains(*id)).count();
        u64::try_from(over).unwrap_or(u64::MAX)
    }

    pub(super) fn seen(&self) -> Seen {
        Seen {
            messages: self.shared.messages.load(Ordering::Relaxed),
            events: self.shared.events.load(Ordering::Relaxed),
            lost: self.shared.lost.load(Ordering::Relaxed),
        }
    }
}

/// Reads one stream to its end. The first reader looks at what it says, the others only count.
async fn read(answer: reqwest::Response, shared: Arc<Shared>, first: Option<watch::Sender<u64>>) {
    let mut bytes = answer.bytes_stream();
    let mut parser = Parser::default();
    while let Some(Ok(chunk)) = bytes.next().await {
        let Ok(events) = parser.feed(&chunk) else {
            break;
        };
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        shared.events.fetch_add(count, Ordering::Relaxed);
        let Some(change) = &first else { continue };
        for event in events {
            if event.kind == "message" {
                shared.messages.fetch_add(1, Ordering::Relaxed);
            } else if event.kind == "conversation.closed" {
                let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
                if let Some(id) = data["id"].as_str() {
                    lock(&shared.ended).insert(id.to_owned());
                    change.send_modify(|count| *count += 1);
                }
            }
        }
    }
    shared.lost.fetch_add(1, Ordering::Relaxed);
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
