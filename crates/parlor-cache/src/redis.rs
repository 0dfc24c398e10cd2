//! A cache in Redis: one script for each call, which runs there at once and by its clock.
//!
//! Keys, `P` being the prefix: `P:l:SESSION` (a sorted set of lines by order), `P:h:SESSION` (a
//! sorted set of holders by the end of their lease, in milliseconds), `P:c:KEY` (a counter). All of
//! them end by themselves.

mod link;

use self::link::Link;
use ::redis::Script;
use async_trait::async_trait;
use parlor_model::{ConversationId, SessionLine};
use parlor_ports::cache::{Cache, CacheCapabilities, Count, Holder, LINES_KEPT, LINES_MAX};
use parlor_ports::{PortError, PortResult};
use std::sync::LazyLock;
use std::time::Duration;
use uuid::Uuid;

/// Sessions in one call: a script keeps everybody else waiting.
const SESSIONS_MAX: usize = 500;
/// Before the names of all keys where nobody says otherwise.
const PREFIX: &str = "parlor";

/// ARGV: how long it is kept (ms), how many stay, then for each line its order and JSON.
static ADD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for i = 3, #ARGV, 2 do
             redis.call('ZREMRANGEBYSCORE', KEYS[1], ARGV[i], ARGV[i])
             redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1])
         end
         redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[2])
         return redis.call('PEXPIRE', KEYS[1], ARGV[1])",
    )
});

/// ARGV: the first and the last order.
static LINES: LazyLock<Script> =
    LazyLock::new(|| Script::new("return redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[2])"));

static FORGET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "for i = 1, #KEYS do redis.call('DEL', KEYS[i]) end
         return #KEYS",
    )
});

/// ARGV: the holder, the lease (ms).
static HOLD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local t = redis.call('TIME')
         local now = t[1] * 1000 + math.floor(t[2] / 1000)
         for i = 1, #KEYS do
             redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
             redis.call('ZADD', KEYS[i], now + ARGV[2], ARGV[1])
             local last = redis.call('ZREVRANGE', KEYS[i], 0, 0, 'WITHSCORES')
             redis.call('PEXPIREAT', KEYS[i], last[2])
         end
         return #KEYS",
    )
});

/// ARGV: the holder.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local t = redis.call('TIME')
         local now = t[1] * 1000 + math.floor(t[2] / 1000)
         redis.call('ZREM', KEYS[1], ARGV[1])
         redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
         return redis.call('ZCARD', KEYS[1])",
    )
});

static HOLDERS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local t = redis.call('TIME')
         local now = t[1] * 1000 + math.floor(t[2] / 1000)
         local all = {}
         for i = 1, #KEYS do
             all[i] = redis.call('ZRANGEBYSCORE', KEYS[i], '(' .. now, '+inf')
         end
         return all",
    )
});

/// ARGV: the window (ms).
static COUNT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local n = redis.call('INCRBY', KEYS[1], ARGV[2])
         local left = redis.call('PTTL', KEYS[1])
         if left < 0 then
             redis.call('PEXPIRE', KEYS[1], ARGV[1])
             left = tonumber(ARGV[1])
         end
         return {n, left}",
    )
});

/// A cache in Redis, or what speaks as it does.
pub struct RedisCache {
    link: Link,
    prefix: String,
}

impl RedisCache {
    /// A cache at `url` (`redis://user:password@host:6379/0`, with `?prefix=NAME` names of its own).
    /// Does not connect: that happens with the first call, and again whenever it is needed.
    ///
    /// # Errors
    /// Terminal: the address can't be understood. The message never holds a password.
    pub fn new(url: &str) -> PortResult<Self> {
        let (url, prefix) = prefix_of(url);
        Ok(Self {
            link: Link::new(url)?,
            prefix: prefix.to_owned(),
        })
    }

    fn key(&self, kind: char, name: impl std::fmt::Display) -> String {
        format!("{}:{kind}:{name}", self.prefix)
    }
}

#[async_trait]
impl Cache for RedisCache {
    fn capabilities(&self) -> CacheCapabilities {
        CacheCapabilities {
            name: "redis",
            shared: true,
        }
    }

    async fn add_lines(&self, session: ConversationId, lines: &[SessionLine]) -> PortResult<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut call = ADD.key(self.key('l', session));
        call.arg(millis(LINES_KEPT)).arg(LINES_MAX);
        for line in lines {
            let json = serde_json::to_vec(line)
                .map_err(|error| PortError::terminal("a line can't be written", error))?;
            call.arg(line.order).arg(json);
        }
        self.link.call::<i64>("keep lines", &call).await.map(drop)
    }

    async fn lines(
        &self,
        session: ConversationId,
        through: u32,
        count: u32,
    ) -> PortResult<Option<Vec<SessionLine>>> {
        let count = count.min(through);
        if count == 0 {
            return Ok(Some(Vec::new()));
        }
        let mut call = LINES.key(self.key('l', session));
        call.arg(through - count + 1).arg(through);
        let found: Vec<Vec<u8>> = self.link.call("read lines", &call).await?;
        let lines: Result<Vec<SessionLine>, _> = found
            .iter()
            .map(|json| serde_json::from_slice(json))
            .collect();
        // What another version wrote is as good as nothing.
        Ok(lines.ok().filter(|lines| lines.len() == count as usize))
    }

    async fn forget(&self, sessions: &[ConversationId]) -> PortResult<()> {
        for some in sessions.chunks(SESSIONS_MAX) {
            let mut call = FORGET.prepare_invoke();
            for session in some {
                call.key(self.key('l', session)).key(self.key('h', session));
            }
            self.link.call::<i64>("forget sessions", &call).await?;
        }
        Ok(())
    }

    async fn hold(
        &self,
        holder: &Holder,
        sessions: &[ConversationId],
        lease: Duration,
    ) -> PortResult<()> {
        for some in sessions.chunks(SESSIONS_MAX) {
            let mut call = HOLD.arg(name_of(holder));
            call.arg(millis(lease));
            for session in some {
                call.key(self.key('h', session));
            }
            self.link.call::<i64>("hold sessions", &call).await?;
        }
        Ok(())
    }

    async fn release(&self, holder: &Holder, session: ConversationId) -> PortResult<u32> {
        let mut call = RELEASE.key(self.key('h', session));
        call.arg(name_of(holder));
        self.link.call("release a session", &call).await
    }

    async fn holders(&self, sessions: &[ConversationId]) -> PortResult<Vec<Vec<Holder>>> {
        let mut all = Vec::with_capacity(sessions.len());
        for some in sessions.chunks(SESSIONS_MAX) {
            let mut call = HOLDERS.prepare_invoke();
            for session in some {
                call.key(self.key('h', session));
            }
            let found: Vec<Vec<String>> = self.link.call("find who holds sessions", &call).await?;
            all.extend(found.into_iter().map(|names| {
                let mut holders: Vec<_> = names.iter().filter_map(|name| holder_of(name)).collect();
                holders.sort();
                holders
            }));
        }
        Ok(all)
    }

    async fn count(&self, key: &str, by: u64, window: Duration) -> PortResult<Count> {
        let mut call = COUNT.key(self.key('c', key));
        call.arg(millis(window)).arg(by);
        let (count, left): (u64, u64) = self.link.call("count", &call).await?;
        Ok(Count {
            count,
            ends_in: Duration::from_millis(left),
        })
    }

    async fn ping(&self) -> PortResult<()> {
        self.link.ping().await
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

/// How a holder is written in a set.
fn name_of(holder: &Holder) -> String {
    format!("{} {}", holder.instance, holder.address)
}

fn holder_of(name: &str) -> Option<Holder> {
    let (instance, address) = name.split_once(' ')?;
    Some(Holder {
        instance: Uuid::parse_str(instance).ok()?,
        address: address.to_owned(),
    })
}

/// An address without the prefix that it asks for, and the prefix.
fn prefix_of(url: &str) -> (&str, &str) {
    match url.split_once("?prefix=") {
        Some((url, prefix)) if !prefix.is_empty() => (url, prefix),
        _ => (url, PREFIX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_ask_for_names_of_its_own() {
        assert_eq!(prefix_of("redis://h/0?prefix=x"), ("redis://h/0", "x"));
        assert_eq!(prefix_of("redis://h"), ("redis://h", "parlor"));
    }

    #[test]
    fn an_address_that_can_t_be_understood_is_not_told() {
        let error = RedisCache::new("rubbish://user:secret@host").err();
        let error = error.expect("it can't be understood");
        assert!(!error.is_retryable());
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
