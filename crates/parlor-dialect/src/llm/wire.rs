//! A request in the words of the `genai` crate, and where it goes.

use genai::adapter::AdapterKind;
use genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatResponseFormat, JsonSpec, ReasoningEffort,
};
use genai::resolver::{AuthData, Endpoint};
use genai::{Headers, ModelIden, ServiceTarget};

use super::model::{Request, TurnRole};
use super::spec::{NamedModel, Provider};

/// Tokens that a model which can't help thinking gets on top of what the reply may have: its
/// thoughts count as output.
const THINKING_TOKENS: u32 = 1_024;

/// How a model is told to think little, and what it costs.
pub(super) struct Thinking {
    effort: ReasoningEffort,
    tokens: u32,
}

/// The options of a request.
pub(super) fn chat_options(
    request: &Request,
    provider: Provider,
    thinking: &Thinking,
) -> ChatOptions {
    let tokens = request.tokens_out_max.saturating_add(thinking.tokens);
    let mut options = ChatOptions::default()
        .with_max_tokens(tokens)
        // Always given, so that `-max` or `-low` at the end of a name stays part of the name.
        .with_reasoning_effort(thinking.effort.clone());
    if let Some(temperature) = request.temperature {
        options = options.with_temperature(temperature);
    }
    if !request.stop.is_empty() {
        options = options.with_stop_sequences(request.stop.clone());
    }
    match (&request.schema, provider) {
        (None, _) => options,
        // The library knows Ollama's JSON mode alone; the schema is in the prompt as well.
        (Some(_), Provider::Ollama) => options.with_response_format(ChatResponseFormat::JsonMode),
        (Some(schema), _) => {
            options.with_response_format(JsonSpec::new(schema.name.clone(), schema.schema.clone()))
        }
    }
}

/// The turns as the library wants them.
pub(super) fn chat_request(request: &Request) -> ChatRequest {
    let messages = request
        .alternating()
        .into_iter()
        .map(|turn| match turn.role {
            TurnRole::User => ChatMessage::user(turn.text),
            TurnRole::Assistant => ChatMessage::assistant(turn.text),
        })
        .collect();
    let chat = ChatRequest::new(messages);
    if request.system.is_empty() {
        chat
    } else {
        chat.with_system(request.system.clone())
    }
}

/// Where a plain and a streamed request go.
pub(super) fn addresses(model: &NamedModel) -> (String, String) {
    let base = model.base();
    let same = |path: &str| (format!("{base}/{path}"), format!("{base}/{path}"));
    match model.provider() {
        Provider::OpenAi => same("chat/completions"),
        Provider::Anthropic => same("messages"),
        Provider::Ollama => same("api/chat"),
        Provider::Gemini => {
            let path = format!("{base}/models/{}", model.model());
            (
                format!("{path}:generateContent"),
                format!("{path}:streamGenerateContent?alt=sse"),
            )
        }
    }
}

/// The whole address is given, with no header of the library's: the key is the HTTP client's.
pub(super) fn target(model: &NamedModel, url: String) -> ServiceTarget {
    let kind = match model.provider() {
        Provider::Gemini => AdapterKind::Gemini,
        Provider::OpenAi => AdapterKind::OpenAI,
        Provider::Anthropic => AdapterKind::Anthropic,
        Provider::Ollama => AdapterKind::Ollama,
    };
    ServiceTarget {
        endpoint: Endpoint::from_owned(format!("{}/", model.base())),
        auth: AuthData::RequestOverride {
            url,
            headers: Headers::default(),
        },
        model: ModelIden::new(kind, model.model()),
    }
}

/// A line of talk needs no long thoughts: as little as the model allows.
pub(super) fn thinking(model: &NamedModel) -> Thinking {
    let name = model.model();
    let is = |part: &str| name.contains(part);
    let (effort, tokens) = match model.provider() {
        Provider::Gemini if is("gemini-3") && is("flash") => (ReasoningEffort::Minimal, 0),
        Provider::Gemini if is("gemini-3") => (ReasoningEffort::Low, THINKING_TOKENS),
        Provider::Gemini if is("2.5-flash") => (ReasoningEffort::Budget(0), 0),
        Provider::Gemini if is("2.5-pro") => (ReasoningEffort::Budget(128), THINKING_TOKENS),
        Provider::OpenAi if model.url().is_none() && is_reasoning_openai(name) => {
            (ReasoningEffort::Low, THINKING_TOKENS)
        }
        // A budget is a word that this API does not know: nothing is sent.
        Provider::OpenAi => (ReasoningEffort::Budget(0), 0),
        Provider::Gemini | Provider::Anthropic => (ReasoningEffort::Zero, 0),
        Provider::Ollama => (ReasoningEffort::Zero, 0),
    };
    Thinking { effort, tokens }
}

fn is_reasoning_openai(name: &str) -> bool {
    ["gpt-5", "gpt-6", "o1", "o3", "o4"]
        .iter()
        .any(|family| name.starts_with(family))
}
