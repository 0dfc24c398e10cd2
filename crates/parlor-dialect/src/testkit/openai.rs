//! OpenAI's chat completions.

use serde_json::{Value, json};

use super::wire::{Question, Said, Wire, event, last_of, text_at};

pub(super) struct OpenAi;

impl Wire for OpenAi {
    fn question(&self, body: &Value) -> Question {
        let messages = body.get("messages");
        Question {
            model: text_at(body, "/model"),
            system: last_of(messages, "system"),
            user: last_of(messages, "user"),
            schema: body.pointer("/response_format/json_schema/schema").cloned(),
            streamed: body["stream"] == true,
        }
    }

    fn whole(&self, said: &Said) -> Value {
        let (content, refusal) = if said.refused {
            (Value::Null, json!("I can't help with that."))
        } else {
            (json!(said.text), Value::Null)
        };
        json!({
            "id": "chatcmpl-fake", "object": "chat.completion", "created": 0, "model": said.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
                "logprobs": null,
                "finish_reason": if said.refused { "content_filter" } else { "stop" },
            }],
            "usage": usage(said),
        })
    }

    fn frames(&self, said: &Said) -> Vec<String> {
        let chunk = |delta: Value, finish: Value| {
            event(&json!({
                "id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 0,
                "model": said.model,
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            }))
        };
        let mut frames = vec![chunk(
            json!({"role": "assistant", "content": ""}),
            Value::Null,
        )];
        frames.extend(
            said.pieces()
                .map(|piece| chunk(json!({"content": piece}), Value::Null)),
        );
        let finish = if said.refused {
            "content_filter"
        } else {
            "stop"
        };
        frames.push(chunk(json!({}), json!(finish)));
        frames.push(event(&json!({
            "id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 0,
            "model": said.model, "choices": [], "usage": usage(said),
        })));
        frames.push("data: [DONE]\n\n".to_owned());
        frames
    }

    fn error(&self, status: u16) -> Value {
        let (kind, code) = match status {
            401 => ("invalid_request_error", json!("invalid_api_key")),
            404 => ("invalid_request_error", json!("model_not_found")),
            429 => ("requests", json!("rate_limit_exceeded")),
            400 => ("invalid_request_error", json!("context_length_exceeded")),
            _ => ("server_error", Value::Null),
        };
        json!({"error": {
            "message": format!("Incorrect request, key ({}) or time", super::FAKE_KEY),
            "type": kind, "param": null, "code": code,
        }})
    }
}

fn usage(said: &Said) -> Value {
    json!({
        "prompt_tokens": said.tokens_in, "completion_tokens": said.tokens_out,
        "total_tokens": said.tokens_in + said.tokens_out,
    })
}
