//! The documented shapes of an answer: whole, and in chunks.

use super::cut::Finish;
use bytes::Bytes;
use parlor_model::card::lore::tokens;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// Tells clients which program answers.
const FINGERPRINT: &str = concat!("parlor-", env!("CARGO_PKG_VERSION"));

/// What was read and written, about.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
}

impl Usage {
    pub(super) fn of(prompt_tokens: usize, shown: &str) -> Self {
        let completion_tokens = tokens(shown);
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens + completion_tokens,
        }
    }
}

/// What every part of one answer says.
#[derive(Debug, Clone)]
pub(super) struct Head {
    id: String,
    created: i64,
    model: String,
    /// Chunks tell of the usage, if only that it is not known yet.
    usage_in_chunks: bool,
}

impl Head {
    pub(super) fn new(id: Uuid, created: i64, model: String, usage_in_chunks: bool) -> Self {
        Self {
            id: format!("chatcmpl-{}", id.simple()),
            created,
            model,
            usage_in_chunks,
        }
    }

    fn object(&self, object: &str, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": object,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
        })
    }

    /// The whole answer. `fallback` is a field of ours, there only where it is true.
    pub(super) fn whole(&self, text: &str, finish: Finish, usage: Usage, fallback: bool) -> Value {
        let choices = json!([{
            "index": 0,
            "message": { "role": "assistant", "content": text, "refusal": null },
            "logprobs": null,
            "finish_reason": finish.name(),
        }]);
        let mut whole = self.object("chat.completion", choices);
        whole["usage"] = json!(usage);
        if fallback {
            whole["fallback"] = json!(true);
        }
        whole
    }

    /// The chunk that comes before the words.
    pub(super) fn first(&self) -> Bytes {
        self.chunk(
            json!({ "role": "assistant", "content": "", "refusal": null }),
            None,
            false,
        )
    }

    /// A chunk of words.
    pub(super) fn words(&self, text: &str) -> Bytes {
        self.chunk(json!({ "content": text }), None, false)
    }

    /// The chunk that says why the line ends.
    pub(super) fn last(&self, finish: Finish, fallback: bool) -> Bytes {
        self.chunk(json!({}), Some(finish), fallback)
    }

    /// The chunk behind the last one, for those who asked for it.
    pub(super) fn usage(&self, usage: Usage) -> Option<Bytes> {
        self.usage_in_chunks.then(|| {
            let mut chunk = self.object("chat.completion.chunk", json!([]));
            chunk["usage"] = json!(usage);
            frame(&chunk)
        })
    }

    fn chunk(&self, delta: Value, finish: Option<Finish>, fallback: bool) -> Bytes {
        let choices = json!([{
            "index": 0,
            "delta": delta,
            "logprobs": null,
            "finish_reason": finish.map(Finish::name),
        }]);
        let mut chunk = self.object("chat.completion.chunk", choices);
        if self.usage_in_chunks {
            chunk["usage"] = Value::Null;
        }
        if fallback {
            chunk["fallback"] = json!(true);
        }
        frame(&chunk)
    }
}

/// The end of a stream.
pub(super) fn done() -> Bytes {
    Bytes::from_static(b"data: [DONE]\n\n")
}

/// One server-sent event.
pub(super) fn frame(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}
