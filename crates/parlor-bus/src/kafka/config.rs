//! `kafka://[user:password@]host:port[,host:port..][?setting=value&..]`.

use parlor_ports::{PortError, PortResult};
use rdkafka::ClientConfig;

/// What a record's key, and by it its partition, is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Conversation,
    Inbox,
}

/// What the URL says.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// Hosts and ports; no password.
    pub(super) brokers: String,
    pub(super) partitions: i32,
    pub(super) replication: i32,
    pub(super) key: Key,
    /// For the client library, such as `security.protocol`.
    native: Vec<(String, String)>,
}

const FORM: &str = "use kafka://host:port,host:port?partitions=3&replication=3, and settings of \
                    librdkafka such as security.protocol=SSL";
const PARTITIONS_MAX: i32 = 1_000;
/// What the promises of the bus rest on.
const FIXED: [&str; 12] = [
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "request.required.acks",
    "transactional.id",
];

fn refused(what: impl std::fmt::Display) -> PortError {
    PortError::terminal("the Kafka URL", format!("{what}: {FORM}"))
}

impl Settings {
    /// Reads the URL. No error holds a value: it may be a password.
    pub(super) fn parse(url: &str) -> PortResult<Self> {
        let rest = url
            .strip_prefix("kafka://")
            .ok_or_else(|| refused("it begins with another word than kafka://"))?;
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = authority.trim_end_matches('/');
        let (user, brokers) = match authority.rsplit_once('@') {
            Some((user, brokers)) => (Some(user), brokers),
            None => (None, authority),
        };
        if brokers.split(',').any(|host| host.trim().is_empty()) || brokers.contains('/') {
            return Err(refused("it names no broker, or one of them is empty"));
        }
        let mut settings = Self {
            brokers: brokers.to_owned(),
            partitions: 1,
            replication: -1,
            key: Key::Conversation,
            native: Vec::new(),
        };
        if let Some(user) = user {
            settings.log_in(user)?;
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| refused(format_args!("setting '{pair}' has no value")))?;
            settings.set(&decoded(name)?, decoded(value)?)?;
        }
        Ok(settings)
    }

    fn log_in(&mut self, user: &str) -> PortResult<()> {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        self.native.extend([
            ("security.protocol".to_owned(), "SASL_PLAINTEXT".to_owned()),
            ("sasl.mechanism".to_owned(), "PLAIN".to_owned()),
            ("sasl.username".to_owned(), decoded(name)?),
            ("sasl.password".to_owned(), decoded(password)?),
        ]);
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) -> PortResult<()> {
        let number = |max: i32| {
            let number = value.parse().ok().filter(|n| (1..=max).contains(n));
            number.ok_or_else(|| refused(format_args!("{name} is a number from 1 to {max}")))
        };
        match name {
            "partitions" => self.partitions = number(PARTITIONS_MAX)?,
            "replication" => self.replication = number(i32::from(i16::MAX))?,
            "key" => {
                self.key = match value.as_str() {
                    "conversation" => Key::Conversation,
                    "inbox" => Key::Inbox,
                    _ => return Err(refused("key is conversation or inbox")),
                }
            }
            fixed if FIXED.contains(&fixed) => {
                return Err(refused(format_args!(
                    "{fixed} can't be set, for what Parlor promises rests on it"
                )));
            }
            secret if !cfg!(feature = "kafka-tls") && needs_tls(secret, &value) => {
                return Err(refused(format_args!(
                    "{secret} needs TLS, and this program was built without it for Kafka: build it \
                     with '--features kafka-tls', where OpenSSL's headers are"
                )));
            }
            _ => self.native.push((name.to_owned(), value)),
        }
        Ok(())
    }

    /// What all clients have in common.
    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "parlor")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "2000")
            .set("socket.keepalive.enable", "true")
            .set("socket.connection.setup.timeout.ms", "5000")
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set("topic.metadata.propagation.max.ms", "5000")
            .set("log_level", "3");
        config
    }

    fn finish(&self, mut config: ClientConfig) -> ClientConfig {
        for (name, value) in &self.native {
            config.set(name, value);
        }
        config
    }

    pub(super) fn producer(&self, timeout: std::time::Duration) -> ClientConfig {
        let mut config = self.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // What is sent while a request is on its way goes together with the next one anyway.
            .set("linger.ms", "0")
            .set("message.timeout.ms", timeout.as_millis().to_string());
        self.finish(config)
    }

    pub(super) fn admin(&self) -> ClientConfig {
        self.finish(self.client())
    }

    pub(super) fn consumer(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "500")
            .set("fetch.wait.max.ms", "100")
            .set("fetch.error.backoff.ms", "50")
            .set("queued.min.messages", "2000")
            .set("queued.max.messages.kbytes", "16384");
        self.finish(config)
    }

    /// Reads partitions that it names itself, up to their end.
    pub(super) fn reader(&self) -> ClientConfig {
        let mut config = self.consumer("parlor-reader");
        config.set("enable.partition.eof", "true");
        config.set("fetch.wait.max.ms", "10");
        config
    }
}

fn decoded(text: &str) -> PortResult<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    let digit = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
    while let Some(byte) = rest.next() {
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err(refused("after '%' come two hexadecimal digits"));
        };
        bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
    }
    String::from_utf8(bytes).map_err(|_| refused("it is not UTF-8"))
}

/// True for settings that librdkafka only knows together with OpenSSL.
fn needs_tls(name: &str, value: &str) -> bool {
    name.starts_with("ssl.")
        || (name == "security.protocol" && value.to_ascii_uppercase().ends_with("SSL"))
        || (name.starts_with("sasl.mechanism") && value.to_ascii_uppercase().starts_with("SCRAM"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_passed_on() {
        let url = "kafka://a:1,b:2?partitions=6&replication=3&key=inbox\
                   &security.protocol=SASL_PLAINTEXT&client.rack=%2Fa/1";
        let settings = Settings::parse(url).unwrap();
        assert_eq!(settings.brokers, "a:1,b:2");
        assert_eq!((settings.partitions, settings.replication), (6, 3));
        assert_eq!(settings.key, Key::Inbox);
        for config in [
            settings.admin(),
            settings.consumer("g"),
            settings.producer(std::time::Duration::from_secs(1)),
        ] {
            assert_eq!(config.get("security.protocol"), Some("SASL_PLAINTEXT"));
            assert_eq!(config.get("client.rack"), Some("/a/1"));
        }
    }

    #[test]
    fn a_user_logs_in_by_sasl() {
        let url = "kafka://harry:p%40ss@h:1?sasl.mechanism=OAUTHBEARER";
        let config = Settings::parse(url).unwrap().admin();
        assert_eq!(config.get("sasl.username"), Some("harry"));
        assert_eq!(config.get("sasl.password"), Some("p@ss"));
        assert_eq!(config.get("security.protocol"), Some("SASL_PLAINTEXT"));
        assert_eq!(config.get("sasl.mechanism"), Some("OAUTHBEARER"));
    }

    #[test]
    fn tls_is_refused_with_a_word_where_it_was_not_built_in() {
        for setting in [
            "security.protocol=SSL",
            "security.protocol=sasl_ssl",
            "ssl.ca.location=/etc/ca.pem",
            "sasl.mechanism=SCRAM-SHA-512",
        ] {
            let read = Settings::parse(&format!("kafka://h:1?{setting}"));
            assert_eq!(read.is_ok(), cfg!(feature = "kafka-tls"), "{setting}");
            if let Err(error) = read {
                assert!(
                    error.to_string().contains("--features kafka-tls"),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn what_is_wrong_is_terminal_and_shows_no_value() {
        for url in [
            "amqp://u:hunter2@h",
            "kafka://",
            "kafka://u:hunter2@",
            "kafka://a:1,,b:2",
            "kafka://h:1?partitions=hunter2",
            "kafka://h:1?partitions=0",
            "kafka://h:1?key=hunter2",
            "kafka://h:1?acks=hunter2",
            "kafka://h:1?sasl.password=hunter2%2",
        ] {
            let error = Settings::parse(url).unwrap_err();
            assert!(!error.is_retryable(), "{url}");
            assert!(error.to_string().contains("kafka://host"), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
