//! Gemini's `generateContent`.

use serde_json::{Value, json};

use super::wire::{Question, Said, Wire, content, event};

pub(super) struct Gemini;

impl Wire for Gemini {
    /// Model and streaming stand in the path; the server fills them in.
    fn question(&self, body: &Value) -> Question {
        let turns = body["contents"].as_array();
        let last = turns.and_then(|turns| turns.iter().rfind(|turn| turn["role"] == "user"));
        Question {
            model: String::new(),
            system: content(body.pointer("/systemInstruction/parts")),
            user: content(last.and_then(|turn| turn.get("parts"))),
            schema: body
                .pointer("/generationConfig/responseJsonSchema")
                .cloned(),
            streamed: false,
        }
    }

    fn whole(&self, said: &Said) -> Value {
        if said.refused {
            return json!({
                "promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": usage(said),
            });
        }
        candidate(said, &said.text, Some("STOP"))
    }

    fn frames(&self, said: &Said) -> Vec<String> {
        if said.refused {
            let mut last = candidate(said, "", Some("SAFETY"));
            last["candidates"][0]["content"] = json!({});
            return vec![event(&last)];
        }
        let mut pieces: Vec<&str> = said.pieces().collect();
        let last = pieces.pop().unwrap_or_default();
        pieces
            .into_iter()
            .map(|piece| event(&candidate(said, piece, None)))
            .chain([event(&candidate(said, last, Some("STOP")))])
            .collect()
    }

    fn error(&self, status: u16) -> Value {
        let (code, word, reason) = match status {
            400 | 401 => (400, "INVALID_ARGUMENT", Some("API_KEY_INVALID")),
            404 => (404, "NOT_FOUND", None),
            429 => (429, "RESOURCE_EXHAUSTED", None),
            503 => (503, "UNAVAILABLE", None),
            other => (other, "INTERNAL", None),
        };
        let details = reason.map(|reason| {
            json!([{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
                "domain": "googleapis.com",
            }])
        });
        json!({"error": {
            "code": code, "message": "It failed.", "status": word,
            "details": details.unwrap_or_else(|| json!([])),
        }})
    }
}

fn candidate(said: &Said, text: &str, finish: Option<&str>) -> Value {
    let parts = if text.is_empty() {
        json!([])
    } else {
        json!([{"text": text}])
    };
    let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
    if let Some(finish) = finish {
        candidate["finishReason"] = json!(finish);
    }
    json!({
        "candidates": [candidate], "usageMetadata": usage(said), "modelVersion": said.model,
    })
}

fn usage(said: &Said) -> Value {
    json!({
        "promptTokenCount": said.tokens_in, "candidatesTokenCount": said.tokens_out,
        "totalTokenCount": said.tokens_in + said.tokens_out,
    })
}
