//! What a gateway is given.

use crate::auth::SignInDesk;
use crate::chat::ChatLimits;
use crate::forward::Forward;
use crate::operator::Ops;
use crate::tunnel::Tunnel;
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_model::{Clock, Slug};
use parlor_ports::bus::Bus;
use parlor_ports::chat::Chat;
use parlor_ports::desk::BotDesk;
use parlor_ports::director::Director;
use parlor_ports::parley::Parley;
use parlor_ports::store::Store;
use parlor_ports::worlds::Worlds;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Where new random ids come from, for requests without an `Idempotency-Key`.
pub type Ids = Arc<dyn Fn() -> Uuid + Send + Sync>;

/// Bounds on what callers may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes_max: usize,
    /// Longest text of a message, in bytes.
    pub text_bytes_max: usize,
    /// Longest topic, in bytes.
    pub topic_bytes_max: usize,
    /// Live-event readers at the same time.
    pub live_readers_max: usize,
    /// Silence after which a live-event stream says that it is still there.
    pub live_keep_alive: Duration,
    /// Longest time until a request is answered (a live-event stream: until it begins).
    pub request_time_max: Duration,
    /// Connections of people who talk with characters.
    pub chat: ChatLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 1 << 20,
            text_bytes_max: 10_000,
            topic_bytes_max: 1_000,
            live_readers_max: 1_000,
            live_keep_alive: Duration::from_secs(15),
            request_time_max: Duration::from_secs(30),
            chat: ChatLimits::default(),
        }
    }
}

/// Where people sign up, in and out.
#[derive(Clone)]
pub enum SignIn {
    /// In this process.
    Here(SignInDesk),
    /// In the role `auth`, to which their requests are handed on.
    There(Forward),
}

/// What other roles do, to which a gateway hands requests on.
#[derive(Clone, Default)]
pub struct Elsewhere {
    /// The role `characters`: looks after the characters that people talk with. `None`: the gateway does.
    pub characters: Option<Forward>,
    /// The role `chat-ws`: where people come in. `None`: at [`GatewayOptions::chat`], if anywhere.
    pub chat: Option<Tunnel>,
}

/// What a gateway is given.
#[derive(Clone)]
pub struct GatewayOptions {
    /// The worlds that it shows, the first one being the default of `/api/sync`.
    pub worlds: Worlds,
    /// The language models that worlds speak through, by the world's slug; scripted dialects speak in
    /// worlds that are not here.
    pub models: BTreeMap<Slug, String>,
    /// Where conversations are kept.
    pub store: Arc<dyn Store>,
    /// Only asked whether it is there.
    pub bus: Arc<dyn Bus>,
    /// Carries out what callers wish.
    pub director: Arc<dyn Director>,
    /// Answers those who ask a character outside of any conversation.
    pub parley: Arc<dyn Parley>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Random ids.
    pub ids: Ids,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// Bounds.
    pub limits: Limits,
    /// Whether the web page is shown; else there is the API alone.
    pub web: bool,
    /// Who may stop and start roles, replay and drop dead letters.
    pub ops: Ops,
    /// Host names (without port) under which the gateway may be called, besides `localhost` and
    /// IP addresses. `*` allows every name: only behind a proxy that checks it.
    pub allowed_hosts: Vec<String>,
    /// Where people sign up, in and out.
    pub sign_in: SignIn,
    /// Where people talk with characters; `None`: not here.
    pub chat: Option<Arc<dyn Chat>>,
    /// What other roles do.
    pub elsewhere: Elsewhere,
    /// The desk for bots of programs from outside.
    pub bots: Arc<dyn BotDesk>,
    /// Ends live-event streams and the task behind them.
    pub shutdown: CancellationToken,
}
