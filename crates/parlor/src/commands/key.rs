//! `parlor key`: keys of worlds that are not open to everybody. Works beside a running server, which
//! heeds every change at once.

use super::say;
use crate::config::Config;
use crate::render::Terminal;
use crate::{Ended, resolve, wiring, worlds};
use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Subcommand;
use parlor_model::{Clock, Slug, SystemClock};
use parlor_ports::keys::{ApiKey, KEY_BYTES, KEY_NAME_CHARS_MAX, KEYS_MAX, KeyRecord};
use parlor_ports::store::Store;
use serde_json::{Value, json};
use std::sync::Arc;

/// Prefixes that are tried before giving up: two keys with the same one are rare.
const TRIES_MAX: usize = 8;
/// Longest life of a key that has an end.
const EXPIRES_DAYS_MAX: i64 = 36_500;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key and print it, this once: it is kept nowhere
    #[command(
        after_help = "Examples:\n  parlor key create --name 'Open WebUI'\n  parlor key create --world teahouse --expires 30d"
    )]
    Create {
        /// What to call it in lists
        #[arg(long, default_value = "")]
        name: String,
        /// Only for this world (a world file, or a world's name); may be given more than once
        /// [default: all worlds]
        #[arg(long = "world", value_name = "WORLD")]
        worlds: Vec<String>,
        /// After this time it opens nothing: 12h, 30d, 8w, .. [default: never]
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<TimeDelta>,
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the keys there are, newest first, without their secret parts
    List {
        /// Print as JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Make a key useless for good
    #[command(after_help = "Example:\n  parlor key revoke pk-1a2b3c4d")]
    Revoke {
        /// The key's prefix, as the list shows it
        prefix: String,
    },
}

/// Makes, lists or revokes.
pub(crate) async fn run(config: &Config, command: KeyCommand) -> anyhow::Result<Ended> {
    let store = resolve::store(&config.settings, Arc::new(SystemClock)).await?;
    wiring::migrate(&*store, false).await?;
    let done = match command {
        KeyCommand::Create {
            name,
            worlds,
            expires,
            json,
        } => create(&*store, name, &worlds, expires, json).await,
        KeyCommand::List { json } => list(&*store, json).await,
        KeyCommand::Revoke { prefix } => revoke(&*store, &prefix).await,
    };
    store.close().await;
    done.map(|()| Ended::Well)
}

async fn create(
    store: &dyn Store,
    name: String,
    worlds: &[String],
    expires: Option<TimeDelta>,
    as_json: bool,
) -> anyhow::Result<()> {
    if name.chars().count() > KEY_NAME_CHARS_MAX || name.chars().any(char::is_control) {
        bail!("--name takes a name of at most {KEY_NAME_CHARS_MAX} characters, in one line");
    }
    let worlds = worlds.iter().map(|world| slug_of(world));
    let now = SystemClock.now();
    let mut record = KeyRecord {
        prefix: String::new(),
        name,
        worlds: worlds.collect::<Result<_, _>>()?,
        created_at: now,
        expires_at: expires.map(|after| now + after),
        revoked_at: None,
        last_used_at: None,
    };
    for _ in 0..TRIES_MAX {
        let key = random_key()?;
        key.prefix().clone_into(&mut record.prefix);
        if store.add_key(&record, &key.digest()).await? {
            return show_once(&key, &record, as_json);
        }
    }
    bail!("no prefix was free in {TRIES_MAX} tries: try again")
}

fn show_once(key: &ApiKey, record: &KeyRecord, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let mut shown = shape(record);
        shown["key"] = json!(key.reveal());
        return say(&shown.to_string());
    }
    say(key.reveal())?;
    eprintln!(
        "this is the only time the key is shown; 'parlor key list' knows it as {}",
        record.prefix
    );
    Ok(())
}

fn random_key() -> anyhow::Result<ApiKey> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(ApiKey::of_random(bytes))
}

async fn list(store: &dyn Store, as_json: bool) -> anyhow::Result<()> {
    let records = store.keys(KEYS_MAX).await?;
    if as_json {
        return records
            .iter()
            .try_for_each(|record| say(&shape(record).to_string()));
    }
    if records.is_empty() {
        return say("there are no keys: 'parlor key create' makes one");
    }
    let (terminal, now) = (Terminal::stdout(), SystemClock.now());
    records
        .iter()
        .try_for_each(|record| say(&line(record, now, terminal)))
}

fn line(record: &KeyRecord, now: DateTime<Utc>, terminal: Terminal) -> String {
    let worlds: Vec<_> = record.worlds.iter().map(Slug::as_str).collect();
    let worlds = if worlds.is_empty() {
        "all worlds".to_owned()
    } else {
        worlds.join(", ")
    };
    let state = match (record.revoked_at, record.expires_at) {
        (Some(at), _) => format!("revoked {}", day(at)),
        (None, Some(at)) if at <= now => format!("expired {}", day(at)),
        (None, Some(at)) => format!("until {}", day(at)),
        (None, None) => "for good".to_owned(),
    };
    let used = record
        .last_used_at
        .map_or_else(|| "never used".to_owned(), |at| format!("used {}", day(at)));
    let facts = format!("{worlds}  {state}  made {}  {used}", day(record.created_at));
    let line = format!(
        "{}  {}  {}",
        terminal.bold(&record.prefix),
        facts,
        record.name
    );
    line.trim_end().to_owned()
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

fn shape(record: &KeyRecord) -> Value {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    json!({
        "prefix": record.prefix,
        "name": record.name,
        "worlds": record.worlds,
        "createdAt": time(record.created_at),
        "expiresAt": record.expires_at.map(time),
        "revokedAt": record.revoked_at.map(time),
        "lastUsedAt": record.last_used_at.map(time),
    })
}

/// Takes a whole key as well. What was typed is not repeated: it may be a secret.
async fn revoke(store: &dyn Store, text: &str) -> anyhow::Result<()> {
    let key = ApiKey::parse(text);
    let prefix = key.as_ref().map_or(text, ApiKey::prefix);
    if !store.revoke_key(prefix, SystemClock.now()).await? {
        bail!("there is no key with this prefix: 'parlor key list' shows those there are");
    }
    say(&format!("revoked: {prefix}"))
}

/// The slug of a world, by its file or its name.
fn slug_of(world: &str) -> anyhow::Result<Slug> {
    if let Ok(slug) = Slug::new(world) {
        return Ok(slug);
    }
    let loaded = worlds::load(world).context("--world takes a world file or a world's name")?;
    Ok(loaded.name.clone())
}

/// Reads `12h`, `30d`, `8w`, ..
fn lifetime(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("'{text}' is no time: write a number and s, m, h, d or w (30d)");
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let count: i64 = number.parse().map_err(|_| wrong())?;
    let seconds = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let life = count.checked_mul(seconds).and_then(TimeDelta::try_seconds);
    life.filter(|life| (TimeDelta::seconds(1)..=TimeDelta::days(EXPIRES_DAYS_MAX)).contains(life))
        .ok_or_else(|| format!("'{text}' is too short or too long: use 1s to {EXPIRES_DAYS_MAX}d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_number_and_a_unit() {
        assert_eq!(lifetime("30d"), Ok(TimeDelta::days(30)));
        assert_eq!(lifetime("2w"), Ok(TimeDelta::days(14)));
        assert_eq!(lifetime("90s"), Ok(TimeDelta::seconds(90)));
        for wrong in [
            "",
            "d",
            "30",
            "0d",
            "-1d",
            "30y",
            "99999999999999999999d",
            "1é",
            "9999999d",
        ] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_two_keys_are_the_same_and_a_list_has_no_secret() {
        let (one, other) = (random_key().unwrap(), random_key().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        let record = KeyRecord {
            prefix: one.prefix().to_owned(),
            name: "web".to_owned(),
            worlds: Vec::new(),
            created_at: DateTime::UNIX_EPOCH,
            expires_at: Some(DateTime::UNIX_EPOCH + TimeDelta::days(1)),
            revoked_at: None,
            last_used_at: None,
        };
        let shown = line(&record, DateTime::UNIX_EPOCH, Terminal { colours: false });
        let facts = "all worlds  until 1970-01-02 00:00  made 1970-01-01 00:00  never used  web";
        assert_eq!(shown, format!("{}  {facts}", one.prefix()));
    }
}
