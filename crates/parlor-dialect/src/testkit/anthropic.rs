//! Anthropic's messages.

use serde_json::{Value, json};

use super::wire::{Question, Said, Wire, content, last_of, text_at};

pub(super) struct Anthropic;

impl Wire for Anthropic {
    fn question(&self, body: &Value) -> Question {
        Question {
            model: text_at(body, "/model"),
            system: content(body.get("system")),
            user: last_of(body.get("messages"), "user"),
            schema: body.pointer("/output_config/format/schema").cloned(),
            streamed: body["stream"] == true,
        }
    }

    fn whole(&self, said: &Said) -> Value {
        let blocks = if said.refused || said.text.is_empty() {
            json!([])
        } else {
            json!([{"type": "text", "text": said.text}])
        };
        json!({
            "id": "msg_fake", "type": "message", "role": "assistant", "model": said.model,
            "content": blocks, "stop_reason": stop(said), "stop_sequence": null,
            "usage": {"input_tokens": said.tokens_in, "output_tokens": said.tokens_out},
        })
    }

    fn frames(&self, said: &Said) -> Vec<String> {
        let mut frames = vec![
            named(&json!({"type": "message_start", "message": {
                "id": "msg_fake", "type": "message", "role": "assistant", "model": said.model,
                "content": [], "stop_reason": null, "stop_sequence": null,
                "usage": {"input_tokens": said.tokens_in, "output_tokens": 1},
            }})),
            named(&json!({"type": "content_block_start", "index": 0,
                "content_block": {"type": "text", "text": ""}})),
            named(&json!({"type": "ping"})),
        ];
        if !said.refused {
            frames.extend(said.pieces().map(|piece| {
                named(&json!({"type": "content_block_delta", "index": 0,
                    "delta": {"type": "text_delta", "text": piece}}))
            }));
        }
        frames.push(named(&json!({"type": "content_block_stop", "index": 0})));
        frames.push(named(&json!({"type": "message_delta",
            "delta": {"stop_reason": stop(said), "stop_sequence": null},
            "usage": {"output_tokens": said.tokens_out}})));
        frames.push(named(&json!({"type": "message_stop"})));
        frames
    }

    fn error(&self, status: u16) -> Value {
        let kind = match status {
            400 => "invalid_request_error",
            401 => "authentication_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            _ => "api_error",
        };
        json!({"type": "error", "error": {"type": kind, "message": "It failed."}})
    }
}

fn stop(said: &Said) -> &'static str {
    if said.refused { "refusal" } else { "end_turn" }
}

/// An event whose name is its data's type.
fn named(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", text_at(data, "/type"))
}
