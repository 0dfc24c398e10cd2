//! The server.

use std::collections::VecDeque;
use std::future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use futures::StreamExt;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::answer::{answer, failed, models};
use super::fault::{Fault, Script};
use super::wire::{Asked, Said, Wire};
use super::{anthropic::Anthropic, gemini::Gemini, ollama::Ollama, openai::OpenAi};
use crate::llm::{Key, Keys, ModelSpec, Provider};

/// The key that every API of a [`FakeProvider`] takes.
pub const FAKE_KEY: &str = "fake_key_that_must_not_leak";

/// Requests that are kept; older ones are dropped.
const KEPT_MAX: usize = 4_096;

type Speak = Arc<dyn Fn(&Asked) -> String + Send + Sync>;

/// A provider on a port of its own. It ends when it is dropped.
///
/// All four APIs are there at once and want [`FAKE_KEY`], Ollama's only where a key is sent at all.
/// Unless told otherwise it repeats the end of what the user said.
pub struct FakeProvider {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    speak: Mutex<Speak>,
    script: Mutex<Script>,
    next: Mutex<VecDeque<Option<Fault>>>,
    latency: Mutex<Duration>,
    kept: Mutex<VecDeque<Asked>>,
    count: AtomicU64,
    running: AtomicUsize,
    running_max: AtomicUsize,
}

impl FakeProvider {
    /// Starts one on a free port of this machine.
    ///
    /// # Panics
    /// No port can be had.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port can be had");
        let address = listener.local_addr().expect("a bound port has an address");
        let shared = Arc::new(Shared {
            speak: Mutex::new(Arc::new(echo)),
            script: Mutex::default(),
            next: Mutex::default(),
            latency: Mutex::default(),
            kept: Mutex::default(),
            count: AtomicU64::new(0),
            running: AtomicUsize::new(0),
            running_max: AtomicUsize::new(0),
        });
        let app = router(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            // An error says that the listener is gone: so is the server.
            let _ = axum::serve(listener, app).await;
        });
        Self {
            address,
            shared,
            task,
        }
    }

    /// Where an API of it begins, as a [`ModelSpec`] names it.
    #[must_use]
    pub fn url(&self, provider: Provider) -> String {
        let path = match provider {
            Provider::Gemini => "/v1beta",
            Provider::OpenAi | Provider::Anthropic => "/v1",
            Provider::Ollama => "",
        };
        format!("http://{}{path}", self.address)
    }

    /// A model of it.
    ///
    /// # Panics
    /// `model` can't be a model's name.
    #[must_use]
    pub fn spec(&self, provider: Provider, model: &str) -> ModelSpec {
        format!("{provider}:{model}@{}", self.url(provider))
            .parse()
            .expect("a model of the fake provider")
    }

    /// Its key, for every provider.
    ///
    /// # Panics
    /// Never: the key is a good one.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Provider::ALL
            .into_iter()
            .fold(Keys::default(), |keys, provider| {
                let key = Key::new(FAKE_KEY).expect("the fake key is a key");
                keys.with(provider, key, provider.key_variable())
            })
    }

    /// From now on it says what `speak` says.
    pub fn reply_with(&self, speak: impl Fn(&Asked) -> String + Send + Sync + 'static) {
        *self.shared.speak.lock() = Arc::new(speak);
    }

    /// From now on requests fail by this script.
    pub fn fail(&self, script: Script) {
        *self.shared.script.lock() = script;
    }

    /// The next requests fail like this, one after the other (`None`: that one goes well), before
    /// the script has its way again.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.shared.next.lock().extend(faults);
    }

    /// How long every answer takes from now on.
    pub fn set_latency(&self, latency: Duration) {
        *self.shared.latency.lock() = latency;
    }

    /// What it was asked, oldest first: the last 4,096 requests, refused ones included.
    #[must_use]
    pub fn requests(&self) -> Vec<Asked> {
        self.shared.kept.lock().iter().cloned().collect()
    }

    /// How many requests there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// How many requests ran at the same time at most.
    #[must_use]
    pub fn concurrent_max(&self) -> usize {
        self.shared.running_max.load(Ordering::SeqCst)
    }

    /// How many requests run now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.shared.running.load(Ordering::SeqCst)
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn fault(&self, number: u64) -> Option<Fault> {
        match self.next.lock().pop_front() {
            Some(fault) => fault,
            None => self.script.lock().fault(number),
        }
    }

    fn keep(&self, asked: Asked) {
        let mut kept = self.kept.lock();
        if kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(asked);
    }
}

/// A request that runs, until its answer is sent or given up.
struct Running(Arc<Shared>);

impl Running {
    fn new(shared: &Arc<Shared>) -> Self {
        let now = shared.running.fetch_add(1, Ordering::SeqCst) + 1;
        shared.running_max.fetch_max(now, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(openai))
        .route("/v1/messages", post(anthropic))
        .route("/api/chat", post(ollama))
        .route("/v1beta/models/{call}", post(gemini))
        .route("/v1/models", get(async || axum::Json(models())))
        .with_state(shared)
}

/// Address, headers and body of a request.
type Got = (Uri, HeaderMap, String);

async fn openai(State(shared): State<Arc<Shared>>, got: Got) -> Response {
    serve(shared, Provider::OpenAi, &OpenAi, got, None).await
}

async fn anthropic(State(shared): State<Arc<Shared>>, got: Got) -> Response {
    serve(shared, Provider::Anthropic, &Anthropic, got, None).await
}

async fn ollama(State(shared): State<Arc<Shared>>, got: Got) -> Response {
    serve(shared, Provider::Ollama, &Ollama, got, None).await
}

async fn gemini(State(shared): State<Arc<Shared>>, Path(call): Path<String>, got: Got) -> Response {
    serve(shared, Provider::Gemini, &Gemini, got, Some(call)).await
}

/// Takes a request down and answers it. `call` is Gemini's `MODEL:METHOD`.
async fn serve(
    shared: Arc<Shared>,
    provider: Provider,
    wire: &'static dyn Wire,
    got: Got,
    call: Option<String>,
) -> Response {
    let running = Running::new(&shared);
    let number = shared.count.fetch_add(1, Ordering::SeqCst);
    let Some(asked) = read(provider, wire, got, call.as_deref()) else {
        return failed(wire, 422);
    };
    shared.keep(asked.clone());
    if !has_key(&asked) {
        return failed(wire, 401);
    }
    let fault = shared.fault(number);
    if fault == Some(Fault::Silence) {
        return future::pending().await;
    }
    let latency = *shared.latency.lock();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let speak = Arc::clone(&shared.speak.lock());
    let response = answer(wire, &asked, said(&asked, speak(&asked)), fault.as_ref());
    // It runs until the last byte is sent.
    response.map(|body| {
        Body::from_stream(body.into_data_stream().map(move |chunk| {
            let _ = &running;
            chunk
        }))
    })
}

/// A request as it is kept; nothing if its body is not JSON.
fn read(
    provider: Provider,
    wire: &dyn Wire,
    (uri, headers, body): Got,
    call: Option<&str>,
) -> Option<Asked> {
    let body: Value = serde_json::from_str(&body).ok()?;
    let mut question = wire.question(&body);
    if let Some((model, method)) = call.and_then(|call| call.split_once(':')) {
        model.clone_into(&mut question.model);
        question.streamed = method == "streamGenerateContent";
    }
    Some(Asked {
        provider,
        path: uri.to_string(),
        headers: readable(&headers),
        body,
        model: question.model,
        system: question.system,
        user: question.user,
        schema: question.schema,
        streamed: question.streamed,
    })
}

fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}

fn has_key(asked: &Asked) -> bool {
    let bearer = |name| {
        let value = asked.header(name)?;
        value.strip_prefix("Bearer ")
    };
    match asked.provider {
        Provider::OpenAi => bearer("authorization") == Some(FAKE_KEY),
        Provider::Anthropic => asked.header("x-api-key") == Some(FAKE_KEY),
        Provider::Gemini => asked.header("x-goog-api-key") == Some(FAKE_KEY),
        Provider::Ollama => bearer("authorization").is_none_or(|key| key == FAKE_KEY),
    }
}

fn said(asked: &Asked, text: String) -> Said {
    let words = |text: &str| text.split_whitespace().count();
    Said {
        model: asked.model.clone(),
        refused: false,
        tokens_in: words(&asked.system) + words(&asked.user),
        tokens_out: words(&text),
        text,
    }
}

/// The end of what was said, as a question.
fn echo(asked: &Asked) -> String {
    let words: Vec<&str> = asked.user.split_whitespace().collect();
    let last = &words[words.len().saturating_sub(8)..];
    format!("You said {}?", last.join(" "))
}
