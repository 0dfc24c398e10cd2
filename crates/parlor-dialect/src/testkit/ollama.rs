//! Ollama's chat.

use serde_json::{Value, json};

use super::wire::{Question, Said, Wire, last_of, text_at};

pub(super) struct Ollama;

impl Wire for Ollama {
    fn question(&self, body: &Value) -> Question {
        let messages = body.get("messages");
        Question {
            model: text_at(body, "/model"),
            system: last_of(messages, "system"),
            user: last_of(messages, "user"),
            schema: body.get("format").map(|format| match format {
                Value::String(_) => Value::Null,
                schema => schema.clone(),
            }),
            streamed: body["stream"] != false,
        }
    }

    fn whole(&self, said: &Said) -> Value {
        part(said, if said.refused { "" } else { &said.text }, true)
    }

    fn frames(&self, said: &Said) -> Vec<String> {
        let pieces = said.pieces().filter(|_| !said.refused);
        pieces
            .map(|piece| part(said, piece, false))
            .chain([part(said, "", true)])
            .map(|line| format!("{line}\n"))
            .collect()
    }

    fn stream_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn error(&self, status: u16) -> Value {
        let message = match status {
            401 => "unauthorized",
            404 => "model 'x' not found",
            _ => "it failed",
        };
        json!({"error": message})
    }
}

fn part(said: &Said, text: &str, done: bool) -> Value {
    let mut part = json!({
        "model": said.model, "created_at": "1970-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": text}, "done": done,
    });
    if done {
        part["done_reason"] = json!("stop");
        part["prompt_eval_count"] = json!(said.tokens_in);
        part["eval_count"] = json!(said.tokens_out);
    }
    part
}
