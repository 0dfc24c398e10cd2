//! One attempt: a request through the `genai` crate, a reply out of it.
//!
//! The crate writes the providers' request bodies and reads their replies. Address, key, timeouts
//! and limits are ours, and what it would guess from a model's name is settled here instead.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use futures::{FutureExt, StreamExt};
use genai::ServiceTarget;
use genai::chat::{ChatOptions, ChatResponse, ChatStreamEvent, StopReason, StreamEnd, Usage};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::client::BuildError;
use super::fault::{self, Asked};
use super::http;
use super::keys::Key;
use super::model::{ModelError, ModelFault, Request};
use super::options::ClientOptions;
use super::pieces::Pieces;
use super::spec::{NamedModel, Provider};
use super::wire::{self, Thinking};

/// What one attempt gave.
pub(super) struct Reply {
    pub(super) text: String,
    /// Tokens read and written, where the provider says so.
    pub(super) tokens_in: Option<u64>,
    pub(super) tokens_out: Option<u64>,
}

/// A way to one model.
pub(super) struct Transport {
    model: NamedModel,
    name: String,
    host: String,
    key: Option<Key>,
    genai: genai::Client,
    plain: ServiceTarget,
    streamed: ServiceTarget,
    thinking: Thinking,
    options: ClientOptions,
}

impl Transport {
    pub(super) fn new(
        model: NamedModel,
        key: Option<&Key>,
        options: &ClientOptions,
    ) -> Result<Self, BuildError> {
        let http = http::client(&model, key, options)?;
        let genai = genai::Client::builder()
            .with_reqwest(http)
            .build()
            .map_err(|error| BuildError::Http(error.to_string()))?;
        let (plain, streamed) = wire::addresses(&model);
        Ok(Self {
            name: model.name(),
            host: model.host(),
            key: key.cloned(),
            genai,
            plain: wire::target(&model, plain),
            streamed: wire::target(&model, streamed),
            thinking: wire::thinking(&model),
            options: options.clone(),
            model,
        })
    }

    /// Provider and model.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The model, as the provider knows it.
    pub(super) fn model(&self) -> &str {
        self.model.model()
    }

    pub(super) fn provider(&self) -> Provider {
        self.model.provider()
    }

    /// Asks once, within the time of one attempt and the `left` of the call. The library runs
    /// without a subscriber: it would log replies. A panic in it is a reply that can't be read.
    pub(super) async fn send(
        &self,
        request: &Request,
        pieces: &mut Pieces<'_>,
        left: std::time::Duration,
        now: DateTime<Utc>,
    ) -> Result<Reply, ModelError> {
        let asked = self.asked(now);
        let attempt = async {
            if pieces.wanted() {
                self.stream(request, pieces, &asked).await
            } else {
                self.ask(request, &asked).await
            }
        };
        let guarded = AssertUnwindSafe(attempt)
            .catch_unwind()
            .with_subscriber(NoSubscriber::default());
        match tokio::time::timeout(self.options.timeout.min(left), guarded).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err(asked.error(ModelFault::Garbage, "sent a reply that can't be read")),
            Err(_) => Err(asked.error(ModelFault::Timeout, "did not answer in time")),
        }
    }

    /// An error about this model.
    pub(super) fn error(&self, kind: ModelFault, what: &str, now: DateTime<Utc>) -> ModelError {
        self.asked(now).error(kind, what)
    }

    fn asked(&self, now: DateTime<Utc>) -> Asked<'_> {
        Asked {
            name: &self.name,
            host: &self.host,
            key: self.key.as_ref(),
            now,
        }
    }

    async fn ask(&self, request: &Request, asked: &Asked<'_>) -> Result<Reply, ModelError> {
        // The whole body is kept to tell a filter's refusal from an empty reply.
        let options = wire::chat_options(request, self.provider(), &self.thinking)
            .with_capture_raw_body(true);
        let response = self
            .genai
            .exec_chat(
                self.plain.clone(),
                wire::chat_request(request),
                Some(&options),
            )
            .await
            .map_err(|error| asked.fault(&error))?;
        let body = response.captured_raw_body.as_ref();
        let refused = body.is_some_and(fault::is_refusal);
        let (stop, usage) = (response.stop_reason.clone(), response.usage.clone());
        let text = whole_text(response);
        self.reply(text, stop.as_ref(), refused, &usage, asked)
    }

    async fn stream(
        &self,
        request: &Request,
        pieces: &mut Pieces<'_>,
        asked: &Asked<'_>,
    ) -> Result<Reply, ModelError> {
        let refused = Arc::new(AtomicBool::new(false));
        let options = self.stream_options(request, &refused);
        let mut stream = self
            .genai
            .exec_chat_stream(
                self.streamed.clone(),
                wire::chat_request(request),
                Some(&options),
            )
            .await
            .map_err(|error| asked.fault(&error))?
            .stream;
        let mut text = String::new();
        let mut bytes = 0_usize;
        while let Some(event) = stream.next().await {
            let chunk = match event.map_err(|error| asked.fault(&error))? {
                ChatStreamEvent::Chunk(chunk) => {
                    text.push_str(&chunk.content);
                    pieces.show(&chunk.content);
                    chunk
                }
                ChatStreamEvent::ReasoningChunk(chunk)
                | ChatStreamEvent::ThoughtSignatureChunk(chunk) => chunk,
                ChatStreamEvent::End(end) => {
                    let refused = refused.load(Ordering::Relaxed);
                    return self.streamed_reply(text, &end, refused, asked);
                }
                ChatStreamEvent::Start
                | ChatStreamEvent::Heartbeat
                | ChatStreamEvent::ToolCallChunk(_) => continue,
            };
            bytes = bytes.saturating_add(chunk.content.len());
            if bytes > self.options.reply_bytes_max {
                return Err(too_long(asked));
            }
        }
        Err(broken_off(asked))
    }

    fn streamed_reply(
        &self,
        text: String,
        end: &StreamEnd,
        refused: bool,
        asked: &Asked<'_>,
    ) -> Result<Reply, ModelError> {
        let stop = end.captured_stop_reason.as_ref();
        // Where the stream has no mark for its end, the library makes one up when the connection
        // closes: the reason to stop, or the count of tokens, is then missing.
        let whole = match self.provider() {
            Provider::Gemini => stop.is_some() || refused,
            Provider::Ollama => stop.is_some() || end.captured_usage.is_some(),
            Provider::OpenAi | Provider::Anthropic => true,
        };
        if !whole {
            return Err(broken_off(asked));
        }
        let usage = end.captured_usage.clone().unwrap_or_default();
        self.reply(text, stop, refused, &usage, asked)
    }

    fn reply(
        &self,
        text: String,
        stop: Option<&StopReason>,
        refused: bool,
        usage: &Usage,
        asked: &Asked<'_>,
    ) -> Result<Reply, ModelError> {
        if refused || matches!(stop, Some(StopReason::ContentFilter(_))) {
            return Err(asked.error(ModelFault::Refused, "withheld its reply (content filter)"));
        }
        if text.trim().is_empty() {
            let what = match stop {
                Some(StopReason::MaxTokens(_)) => {
                    "used up its tokens before it said anything; allow longer replies"
                }
                _ => "sent an empty reply",
            };
            return Err(asked.error(ModelFault::Garbage, what));
        }
        if text.len() > self.options.reply_bytes_max {
            return Err(too_long(asked));
        }
        // None at all is what servers say that do not count.
        let tokens = |count: Option<i32>| {
            let count = count.and_then(|count| u64::try_from(count).ok());
            count.filter(|count| *count > 0)
        };
        Ok(Reply {
            text,
            tokens_in: tokens(usage.prompt_tokens),
            tokens_out: tokens(usage.completion_tokens),
        })
    }

    fn stream_options(&self, request: &Request, refused: &Arc<AtomicBool>) -> ChatOptions {
        let refused = Arc::clone(refused);
        // Inside a string of the reply the quotes would be escaped.
        let marks = ["\"blockReason\"", "\"refusal\":\"", "\"refusal\": \""];
        wire::chat_options(request, self.provider(), &self.thinking)
            .with_capture_usage(true)
            .with_stream_header_timeout(self.options.timeout)
            .with_stream_read_timeout(self.options.idle)
            .with_raw_frame_fn(move |_, frame| {
                if marks.iter().any(|mark| frame.data.contains(mark)) {
                    refused.store(true, Ordering::Relaxed);
                }
            })
    }
}

fn broken_off(asked: &Asked<'_>) -> ModelError {
    asked.error(ModelFault::Garbage, "sent a reply that broke off")
}

fn too_long(asked: &Asked<'_>) -> ModelError {
    asked.error(
        ModelFault::Garbage,
        "sent a reply that is too long to be a line",
    )
}

/// All texts of a reply in one.
fn whole_text(response: ChatResponse) -> String {
    response.into_texts().concat()
}
