//! Settings: defaults < settings file < `.env` < environment < flags. Each value knows where it came
//! from. The names that other programs use (`RABBITMQ_URL`, `DATABASE_URL`, ..) are read as well, one
//! step below Parlor's own.

use crate::cli::{LogFormat, Ops, SettingsArgs};
use anyhow::Context;
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider, Source};
use parlor_dialect::llm::Keys;
use parlor_model::world::Pace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Settings that may have no value.
const UNSET: [&str; 6] = [
    "pace",
    "seed",
    "auth_addr",
    "characters_addr",
    "chat_addr",
    "deliveries_at",
];
/// Variables of ours that are no settings.
const NOT_SETTINGS: [&str; 5] = [
    "PARLOR_API_KEY",
    "PARLOR_CONFIG",
    "PARLOR_INSTALL_TOOLS",
    "PARLOR_TOKEN",
    "PARLOR_URL",
];
/// Prefixes of variables that the project's tests and scripts use.
const NOT_SETTINGS_PREFIX: [&str; 2] = ["PARLOR_TEST_", "PARLOR_SERVICES_"];

/// Variables of other programs, weakest first, and the setting that each stands for.
const ALIASES: [(&str, &str); 6] = [
    ("AI_CHAR_SVC_ADDR", "characters_addr"),
    ("AUTH_SVC_ADDR", "auth_addr"),
    ("REDIS_URL", "cache"),
    ("RABITMQ_URL", "bus"),
    ("RABBITMQ_URL", "bus"),
    ("DATABASE_URL", "store"),
];

/// Settings that are addresses, and the variable that holds the password of each apart from it:
/// itself, or with `_FILE` the name of a file.
const PASSWORDS: [(&str, &str); 3] = [
    ("bus", "PARLOR_BUS_PASSWORD"),
    ("cache", "PARLOR_CACHE_PASSWORD"),
    ("store", "PARLOR_STORE_PASSWORD"),
];

/// The settings in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// `embedded`, `amqp://..` or `kafka://..`
    pub(crate) bus: String,
    /// `sqlite`, `sqlite:FILE` or `postgres://..`
    pub(crate) store: String,
    /// `memory` or `redis://..`
    pub(crate) cache: String,
    /// `auto`, `none`, or a model: `gemini:MODEL`, `openai:MODEL@http://host/v1`, ..
    pub(crate) llm: String,
    /// One attempt at a language model, from the request to the whole reply.
    pub(crate) llm_timeout: Pace,
    /// Attempts of one call.
    pub(crate) llm_attempts_max: u32,
    /// Calls on their way to one provider at the same time.
    pub(crate) llm_concurrency_max: usize,
    /// Addresses of models that world files may name.
    pub(crate) llm_endpoints: Vec<String>,
    /// Directory for what the embedded default writes.
    pub(crate) data_dir: PathBuf,
    /// Pause between lines; overrides the worlds' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pace: Option<Pace>,
    /// Seed of the dice; overrides the worlds' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seed: Option<u64>,
    /// Address of the HTTP listener.
    pub(crate) listen: SocketAddr,
    /// `host:port` of the role that signs people in; none: this process does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auth_addr: Option<String>,
    /// `host:port` of the role that looks after the characters people talk with; none: the gateway does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) characters_addr: Option<String>,
    /// `host:port` of the chat-ws to which a gateway hands people on; none: they come in there themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chat_addr: Option<String>,
    /// Address at which a chat-ws is told by other processes what is new.
    pub(crate) deliveries: SocketAddr,
    /// Host under which other processes find that; left out: the address itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deliveries_at: Option<String>,
    /// Host names that requests may carry besides loopback names and the listen address.
    pub(crate) allowed_hosts: Vec<String>,
    /// Whether the web page is served beside the API.
    pub(crate) web: bool,
    /// Who may stop and start roles, replay and drop dead letters.
    pub(crate) ops: Ops,
    /// What is logged.
    pub(crate) log: String,
    /// Form of the log.
    pub(crate) log_format: LogFormat,
    /// Limits of what comes in.
    pub(crate) limits: Limits,
    /// Figures of the adapters.
    pub(crate) tuning: Tuning,
}

/// Limits of what comes in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Longest message, in bytes.
    pub(crate) message_bytes: usize,
    /// Largest request body, in bytes.
    pub(crate) body_bytes: usize,
    /// Lines that one person says to characters in a minute.
    pub(crate) lines_per_minute: u64,
    /// Connections that one person has to a chat-ws at the same time.
    pub(crate) connections_per_person: usize,
}

/// Figures of the adapters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tuning {
    /// Unsettled deliveries of one consumer.
    pub(crate) prefetch: u16,
    /// Deliveries in one step, at most.
    pub(crate) batch: usize,
    /// Steps of one consumer at the same time.
    pub(crate) lanes: usize,
    /// Connections to PostgreSQL of one process.
    pub(crate) store_connections: u32,
}

/// Settings with the origin of each.
pub(crate) struct Config {
    /// The values.
    pub(crate) settings: Settings,
    figment: Figment,
    env: BTreeMap<String, (String, &'static str)>,
}

impl Config {
    /// Reads every layer.
    ///
    /// # Errors
    /// A file that can't be read, an unknown key, a value of the wrong form; the message names the
    /// layer.
    pub(crate) fn load(args: &SettingsArgs) -> anyhow::Result<Self> {
        let env = environment()?;
        let file = match &args.config {
            Some(file) if !file.is_file() => {
                anyhow::bail!("there is no settings file '{}'", file.display())
            }
            Some(file) => file.clone(),
            None => PathBuf::from("parlor.toml"),
        };
        let mut figment = Figment::from(Serialized::defaults(Settings::defaults(&env)));
        if file.is_file() {
            figment = figment.merge(Toml::file_exact(file));
        }
        for (variable, key) in ALIASES {
            if let Some((value, origin)) = env.get(variable) {
                figment = figment.merge(Layer::one(&format!("{variable} in {origin}"), key, value));
            }
        }
        for (variable, (value, origin)) in &env {
            if let Some(key) = setting_of(variable) {
                figment =
                    figment.merge(Layer::one(&format!("{variable} in {origin}"), &key, value));
            }
        }
        let mut figment = figment.merge(flags(args));
        if let Some(cache) = cache_of(&env)
            && figment.find_metadata("cache").is_none_or(is_default)
        {
            let name = format!("REDIS_HOST in {}", env["REDIS_HOST"].1);
            figment = figment.merge(Layer::one(&name, "cache", &cache));
        }
        let mut settings: Settings = figment
            .extract()
            .map_err(|e| anyhow::anyhow!(explain(&e)))?;
        for (key, variable) in PASSWORDS {
            let address = match key {
                "bus" => &mut settings.bus,
                "cache" => &mut settings.cache,
                _ => &mut settings.store,
            };
            if let Some(password) = password(&env, variable)? {
                *address = with_password(address, &password)
                    .with_context(|| format!("{variable} is set, but '{key}' names no user"))?;
            }
        }
        Ok(Self {
            settings,
            figment,
            env,
        })
    }

    /// Every setting with its value, secrets blotted out, and where it comes from.
    pub(crate) fn origins(&self) -> anyhow::Result<Vec<(String, String, String)>> {
        let values: Value = self
            .figment
            .extract()
            .map_err(|e| anyhow::anyhow!(explain(&e)))?;
        let mut rows = Vec::new();
        flatten("", &values, &mut rows);
        Ok(rows
            .into_iter()
            .map(|(key, value)| {
                let origin = self.figment.find_metadata(&key).map_or_else(
                    || "default".to_owned(),
                    |m| match &m.source {
                        Some(Source::Code(_)) => "default".to_owned(),
                        Some(source) => source.to_string(),
                        None => m.name.to_string(),
                    },
                );
                (key, redact(&value), origin)
            })
            .collect())
    }

    /// The keys of language models, from the environment, `.env`, or the files that they name.
    ///
    /// # Errors
    /// A key that can't be read or used; the message never holds one.
    pub(crate) fn keys(&self) -> anyhow::Result<Keys> {
        Ok(Keys::from_lookup(|name| {
            self.env.get(name).map(|(value, _)| value.clone())
        })?)
    }

    /// Where a variable was set.
    pub(crate) fn origin_of(&self, variable: &str) -> &'static str {
        self.env
            .get(variable)
            .map_or("nowhere", |(_, origin)| origin)
    }

    /// Variables that begin like ours and mean nothing.
    pub(crate) fn unknown_variables(&self) -> Vec<String> {
        let mut known = Vec::new();
        if let Ok(values) = self.figment.extract::<Value>() {
            flatten("", &values, &mut known);
        }
        self.env
            .keys()
            .filter(|name| {
                setting_of(name).is_some_and(|key| {
                    !known.iter().any(|(k, _)| *k == key) && !UNSET.contains(&key.as_str())
                })
            })
            .cloned()
            .collect()
    }
}

impl Settings {
    fn defaults(env: &BTreeMap<String, (String, &'static str)>) -> Self {
        let var = |name: &str| {
            env.get(name)
                .map(|(v, _)| v.as_str())
                .filter(|v| !v.is_empty())
        };
        let data_dir = match (var("XDG_DATA_HOME"), var("HOME")) {
            (Some(data), _) => Path::new(data).join("parlor"),
            (None, Some(home)) => Path::new(home).join(".local/share/parlor"),
            (None, None) => PathBuf::from("parlor-data"),
        };
        let load = parlor_roles::character::Load::default();
        let llm = parlor_dialect::llm::ClientOptions::default();
        Self {
            bus: "embedded".into(),
            store: "sqlite".into(),
            cache: "memory".into(),
            llm: crate::models::AUTO.into(),
            llm_timeout: Pace::new(llm.timeout),
            llm_attempts_max: llm.attempts_max,
            llm_concurrency_max: llm.concurrency_max,
            llm_endpoints: Vec::new(),
            data_dir,
            pace: None,
            seed: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            auth_addr: None,
            characters_addr: None,
            chat_addr: None,
            deliveries: SocketAddr::from(([127, 0, 0, 1], 0)),
            deliveries_at: None,
            allowed_hosts: Vec::new(),
            ops: Ops::Loopback,
            web: true,
            // The libraries of the buses report what the buses handle themselves.
            log: "warn,lapin=off,rdkafka=off,librdkafka=off".into(),
            log_format: LogFormat::Text,
            limits: Limits {
                message_bytes: 10_000,
                body_bytes: 1 << 20,
                lines_per_minute: 120,
                connections_per_person: 50,
            },
            tuning: Tuning {
                prefetch: load.prefetch,
                batch: load.batch_max,
                lanes: load.lanes,
                store_connections: 8,
            },
        }
    }
}

/// The environment, on top of `.env` in the working directory; an empty variable counts as unset.
fn environment() -> anyhow::Result<BTreeMap<String, (String, &'static str)>> {
    let mut env = BTreeMap::new();
    if Path::new(".env").is_file() {
        for pair in dotenvy::from_path_iter(".env").context(".env can't be read")? {
            let (name, value) = pair.context(".env has a line that is not NAME=value")?;
            env.insert(name, (value, ".env"));
        }
    }
    for (name, value) in std::env::vars_os() {
        if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) {
            env.insert(name, (value, "the environment"));
        }
    }
    env.retain(|_, (value, _)| !value.is_empty());
    Ok(env)
}

/// A password, from its variable or from the file that the variable with `_FILE` names.
fn password(
    env: &BTreeMap<String, (String, &'static str)>,
    variable: &str,
) -> anyhow::Result<Option<String>> {
    let value = |name: &str| env.get(name).map(|(value, _)| value.clone());
    if let Some(password) = value(variable) {
        return Ok(Some(password));
    }
    let named = format!("{variable}_FILE");
    let Some(file) = value(&named) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&file)
        .with_context(|| format!("{named}: '{file}' can't be read"))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        anyhow::bail!("{named}: '{file}' is empty");
    }
    Ok(Some(password.to_owned()))
}

/// An address with this password for its user; one that has a password keeps it. `None` for an
/// address without a user.
fn with_password(address: &str, password: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let (user, rest) = rest.split_once('@')?;
    if user.is_empty() || user.contains('/') {
        return None;
    }
    if user.contains(':') {
        return Some(address.to_owned());
    }
    let mut escaped = String::new();
    for byte in password.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(format!("{scheme}://{user}:{escaped}@{rest}"))
}

/// The cache that `REDIS_HOST` and `REDIS_PORT` name.
fn cache_of(env: &BTreeMap<String, (String, &'static str)>) -> Option<String> {
    let (host, _) = env.get("REDIS_HOST")?;
    let port = env.get("REDIS_PORT").map_or("6379", |(port, _)| port);
    Some(format!("redis://{host}:{port}"))
}

fn is_default(metadata: &Metadata) -> bool {
    matches!(metadata.source, Some(Source::Code(_)))
}

/// `PARLOR_LIMITS__BODY_BYTES` → `limits.body_bytes`.
fn setting_of(variable: &str) -> Option<String> {
    let special = NOT_SETTINGS.contains(&variable)
        || PASSWORDS
            .iter()
            .any(|(_, name)| variable.trim_end_matches("_FILE") == *name)
        || NOT_SETTINGS_PREFIX
            .iter()
            .any(|prefix| variable.starts_with(prefix));
    let key = variable.strip_prefix("PARLOR_").filter(|_| !special)?;
    Some(key.to_lowercase().replace("__", "."))
}

fn flags(args: &SettingsArgs) -> Layer {
    let mut layer = Layer {
        name: "flag".into(),
        values: Dict::new(),
    };
    let mut set = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            layer.values.insert(key.to_owned(), Value::from(value));
        }
    };
    set("bus", args.bus.clone());
    set("store", args.store.clone());
    set("cache", args.cache.clone());
    set("llm", args.llm.clone());
    set(
        "data_dir",
        args.data_dir.as_ref().map(|d| d.display().to_string()),
    );
    set("pace", args.pace.clone());
    set("listen", args.listen.map(|a| a.to_string()));
    set("auth_addr", args.auth_addr.clone());
    set("characters_addr", args.characters_addr.clone());
    set("chat_addr", args.chat_addr.clone());
    set("ops", args.ops.map(|o| format!("{o:?}").to_lowercase()));
    set("log", args.log.clone());
    set(
        "log_format",
        args.log_format.map(|f| format!("{f:?}").to_lowercase()),
    );
    if args.no_web {
        layer.values.insert("web".into(), Value::from(false));
    }
    if let Some(seed) = args.seed {
        layer.values.insert("seed".into(), Value::from(seed));
    }
    layer
}

/// One layer of values with a name that people understand.
struct Layer {
    name: String,
    values: Dict,
}

impl Layer {
    /// A single value, given as text: read as TOML where that works (numbers, lists), else as it is.
    fn one(name: &str, key: &str, value: &str) -> Self {
        let parsed = match key {
            "seed"
            | "limits.message_bytes"
            | "limits.body_bytes"
            | "limits.lines_per_minute"
            | "limits.connections_per_person"
            | "tuning.prefetch"
            | "tuning.batch"
            | "tuning.lanes"
            | "tuning.store_connections"
            | "llm_attempts_max"
            | "llm_concurrency_max" => value
                .parse::<u64>()
                .map_or_else(|_| Value::from(value), Value::from),
            "web" => value
                .parse::<bool>()
                .map_or_else(|_| Value::from(value), Value::from),
            "allowed_hosts" | "llm_endpoints" => Value::from(
                value
                    .split(',')
                    .map(str::trim)
                    .filter(|h| !h.is_empty())
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            ),
            _ => Value::from(value),
        };
        let mut keys: Vec<&str> = key.split('.').collect();
        let last = keys.pop().unwrap_or(key);
        let mut values = Dict::from([(last.to_owned(), parsed)]);
        for key in keys.into_iter().rev() {
            values = Dict::from([(key.to_owned(), Value::from(values))]);
        }
        Self {
            name: name.to_owned(),
            values,
        }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

fn explain(error: &figment::Error) -> String {
    let messages: Vec<_> = error
        .clone()
        .into_iter()
        .map(|e| {
            let key = e.path.join(".");
            let origin = e.metadata.as_ref().map(|m| match &m.source {
                Some(source) => source.to_string(),
                None => m.name.to_string(),
            });
            let place = match (key.is_empty(), origin) {
                (false, Some(origin)) => format!("setting '{key}' ({origin}): "),
                (false, None) => format!("setting '{key}': "),
                (true, Some(origin)) => format!("{origin}: "),
                (true, None) => String::new(),
            };
            format!("{place}{}", redact(&e.kind.to_string()))
        })
        .collect();
    messages.join("\n")
}

fn flatten(prefix: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    if let Some(dict) = value.as_dict() {
        for (key, value) in dict {
            let key = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            flatten(&key, value, rows);
        }
    } else {
        let text = serde_json::to_value(value).map_or_else(
            |_| String::new(),
            |json| match json {
                serde_json::Value::String(text) => text,
                other => other.to_string(),
            },
        );
        rows.push((prefix.to_owned(), text));
    }
}

/// A URL without its passwords: that of its user, and those among its settings.
pub(crate) fn redact(text: &str) -> String {
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let address = redact_user(address);
    if query.is_empty() {
        return address;
    }
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    format!("{address}?{}", shown.collect::<Vec<_>>().join("&"))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token", "pem"]
        .iter()
        .any(|word| name.contains(word))
}

fn redact_user(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    let Some((user, host)) = authority.rsplit_once('@') else {
        return text.to_owned();
    };
    let user = user
        .split_once(':')
        .map_or(user.to_owned(), |(name, _)| format!("{name}:***"));
    format!("{scheme}://{user}@{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        assert_eq!(
            redact("postgres://a:b@h:1/d?x=y"),
            "postgres://a:***@h:1/d?x=y"
        );
        assert_eq!(redact("amqp://a:p@ss@h"), "amqp://a:***@h");
        assert_eq!(redact("amqp://h/%2f"), "amqp://h/%2f");
        assert_eq!(redact("embedded"), "embedded");
        assert_eq!(
            redact("kafka://a:b@h:1,i:2?sasl.password=x&ssl.key.password=y&partitions=3"),
            "kafka://a:***@h:1,i:2?sasl.password=***&ssl.key.password=***&partitions=3"
        );
    }

    #[test]
    fn a_password_that_is_kept_apart_goes_into_its_address() {
        let put = |address| with_password(address, "p@ss:w/rd");
        assert_eq!(
            put("postgres://a@h:1/d?x=y").unwrap(),
            "postgres://a:p%40ss%3Aw%2Frd@h:1/d?x=y"
        );
        assert_eq!(put("amqp://a:own@h").unwrap(), "amqp://a:own@h");
        assert_eq!(
            put("redis://a@h/0").unwrap(),
            "redis://a:p%40ss%3Aw%2Frd@h/0"
        );
        for nobody in ["embedded", "amqp://h", "amqp://@h", "kafka://h:1/x@y"] {
            assert_eq!(put(nobody), None, "{nobody}");
        }
        for (_, variable) in PASSWORDS {
            assert_eq!(setting_of(variable), None);
            assert_eq!(setting_of(&format!("{variable}_FILE")), None);
        }
    }

    #[test]
    fn variables_name_nested_settings() {
        assert_eq!(
            setting_of("PARLOR_LIMITS__BODY_BYTES").unwrap(),
            "limits.body_bytes"
        );
        assert_eq!(setting_of("PARLOR_TEST_AMQP_URL"), None);
        assert_eq!(setting_of("HOME"), None);
    }
}
