//! Which model: `gemini:gemini-3-flash`, `openai:MODEL@http://host/v1`.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;
use serde::{Deserialize, Serialize};

/// Characters that a model's name has at most.
const MODEL_CHARS_MAX: usize = 200;

/// Bytes that an address has at most.
const URL_BYTES_MAX: usize = 500;

/// Whose API a model is asked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Provider {
    /// Google's Gemini API.
    Gemini,
    /// OpenAI's chat completions, and every server that speaks them.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Ollama's own API.
    Ollama,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Self; 4] = [Self::Gemini, Self::OpenAi, Self::Anthropic, Self::Ollama];

    /// The word for it in a [`ModelSpec`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
        }
    }

    /// The environment variable that its key comes from; with `_FILE` added, one that names a file.
    #[must_use]
    pub const fn key_variable(self) -> &'static str {
        match self {
            Self::Gemini => "GEMINI_API_KEY",
            Self::OpenAi => "OPENAI_API_KEY",
            Self::Anthropic => "ANTHROPIC_API_KEY",
            Self::Ollama => "OLLAMA_API_KEY",
        }
    }

    /// Where it is, unless a spec says otherwise.
    const fn home(self) -> &'static str {
        match self {
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com/v1",
            Self::Ollama => "http://127.0.0.1:11434",
        }
    }

    /// The path its API has where an address names none.
    const fn path(self) -> &'static str {
        match self {
            Self::Gemini => "/v1beta",
            Self::OpenAi | Self::Anthropic => "/v1",
            Self::Ollama => "",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A model as settings and world files name it: `none`, or `PROVIDER:MODEL[@URL]`.
///
/// Reading what [`Display`](fmt::Display) wrote gives the same spec.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ModelSpec {
    /// No model: dialects of kind `llm` fall back.
    #[default]
    None,
    /// This one.
    Named(NamedModel),
}

/// A model of a provider, at its home or at another address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamedModel {
    provider: Provider,
    model: String,
    /// Without the slash at the end.
    url: Option<String>,
}

/// Why a text names no model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Neither `none` nor `PROVIDER:MODEL`.
    #[error(
        "'{0}' names no model; write none, gemini:MODEL, openai:MODEL, anthropic:MODEL or \
         ollama:MODEL, and where it is not at the provider's own address, @http://host after it"
    )]
    Form(String),
    /// Not a provider.
    #[error("there is no provider '{0}'; the providers are gemini, openai, anthropic and ollama")]
    Provider(String),
    /// Not a model's name.
    #[error("'{0}' is no model's name: {1}")]
    Model(String, &'static str),
    /// Not an address. The address is not repeated: it may hold a password.
    #[error("the address after @ {0}")]
    Url(String),
}

impl ModelSpec {
    /// The model, unless there is none.
    #[must_use]
    pub fn named(&self) -> Option<&NamedModel> {
        match self {
            Self::None => None,
            Self::Named(named) => Some(named),
        }
    }

    /// True for `none`.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl NamedModel {
    /// Whose API it is asked through.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// The model's name, as the provider knows it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The address that the spec names, if it names one.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Provider and model, without the address: `gemini:gemini-3-flash`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.provider, self.model)
    }

    /// What all its calls begin with: the named address or the provider's own, without a slash at
    /// the end. An address without a path gets the path that the provider's API has.
    #[must_use]
    pub fn base(&self) -> String {
        let Some(url) = &self.url else {
            return self.provider.home().to_owned();
        };
        let bare = url
            .split_once("://")
            .is_some_and(|(_, rest)| !rest.contains('/'));
        if bare {
            format!("{url}{}", self.provider.path())
        } else {
            url.clone()
        }
    }

    /// Host and port of [`NamedModel::base`], for messages and metrics.
    #[must_use]
    pub fn host(&self) -> String {
        let base = self.base();
        let rest = base
            .split_once("://")
            .map_or(base.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest).to_owned()
    }
}

impl FromStr for ModelSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let text = text.trim();
        if text == "none" {
            return Ok(Self::None);
        }
        let (name, url) = split_url(text)?;
        let (provider, model) = name
            .split_once(':')
            .ok_or_else(|| SpecError::Form(shown(name)))?;
        let provider = Provider::ALL
            .into_iter()
            .find(|known| known.as_str() == provider)
            .ok_or_else(|| SpecError::Provider(shown(provider)))?;
        check_model(provider, model)?;
        Ok(Self::Named(NamedModel {
            provider,
            model: model.to_owned(),
            url: url.map(check_url).transpose()?,
        }))
    }
}

impl TryFrom<String> for ModelSpec {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

impl From<ModelSpec> for String {
    fn from(spec: ModelSpec) -> Self {
        spec.to_string()
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Named(named) => named.fmt(f),
        }
    }
}

impl fmt::Display for NamedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.provider, self.model)?;
        match &self.url {
            Some(url) => write!(f, "@{url}"),
            None => Ok(()),
        }
    }
}

/// The name and, after the first `@`, the address.
fn split_url(text: &str) -> Result<(&str, Option<&str>), SpecError> {
    match text.split_once('@') {
        None => Ok((text, None)),
        Some((name, url)) if url.starts_with("http://") || url.starts_with("https://") => {
            Ok((name, Some(url)))
        }
        Some(_) => Err(SpecError::Url(
            "must begin with http:// or https://".to_owned(),
        )),
    }
}

fn check_model(provider: Provider, model: &str) -> Result<(), SpecError> {
    let wrong = |why| Err(SpecError::Model(shown(model), why));
    if model.is_empty() {
        return wrong("it is empty");
    }
    if model.len() > MODEL_CHARS_MAX {
        return wrong("it is longer than 200 characters");
    }
    let known = |c: char| c.is_ascii_alphanumeric() || "._-+:/".contains(c);
    if !model.chars().all(known) {
        return wrong("a name has letters, digits and . _ - + : / alone");
    }
    // The client library reads `a::b` as a namespace, and Gemini's name is part of a path.
    if model.contains("::") {
        return wrong("it has two colons in a row");
    }
    if provider == Provider::Gemini && model.contains(['/', ':']) {
        return wrong("a Gemini model's name has neither / nor :");
    }
    if model.contains("..") {
        return wrong("it has two dots in a row");
    }
    Ok(())
}

/// The address in its usual form, without a slash at the end.
fn check_url(text: &str) -> Result<String, SpecError> {
    let wrong = |why: &str| SpecError::Url(why.to_owned());
    if text.len() > URL_BYTES_MAX {
        return Err(wrong("is longer than 500 bytes"));
    }
    let url = Url::parse(text).map_err(|error| SpecError::Url(format!("is none: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "must not hold a user or password; a key comes from the environment",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must not have a ? or # part"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// `text` as an error may repeat it.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> NamedModel {
        let spec: ModelSpec = text.parse().unwrap();
        spec.named().unwrap().clone()
    }

    #[test]
    fn every_documented_form_is_read_and_written() {
        for text in [
            "none",
            "gemini:gemini-3-flash",
            "gemini:gemini-3-flash@http://127.0.0.1:8080",
            "openai:gpt-4o",
            "openai:meta-llama/Llama-3.1-8B@http://gpu:8000/v1",
            "ollama:llama3.2:3b",
            "ollama:llama3.2:3b@http://gpu:11434",
            "anthropic:claude-haiku-4-5@https://proxy.example/anthropic/v1",
        ] {
            let spec: ModelSpec = text.parse().unwrap();

            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn an_address_without_a_path_gets_the_providers() {
        assert_eq!(named("openai:m@http://h:1").base(), "http://h:1/v1");
        assert_eq!(named("openai:m@http://h:1/").base(), "http://h:1/v1");
        assert_eq!(named("openai:m@http://h:1/x/").base(), "http://h:1/x");
        assert_eq!(named("gemini:m@http://h:1").base(), "http://h:1/v1beta");
        assert_eq!(named("ollama:m@http://h:1").base(), "http://h:1");
        assert_eq!(named("openai:m@http://h:1/v1").host(), "h:1");
        assert_eq!(named("openai:m").host(), "api.openai.com");
    }

    #[test]
    fn what_names_no_model_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "names no model"),
            ("gpt-4o", "names no model"),
            ("mistral:large", "no provider 'mistral'"),
            ("openai:", "empty"),
            ("openai:a b", "letters, digits"),
            ("openai:a::b", "two colons"),
            ("gemini:../v1/files", "neither / nor :"),
            ("openai:..", "two dots"),
            ("openai:gpt@localhost:8000", "must begin with http"),
            ("openai:gpt@ftp://h", "must begin with http"),
            ("openai:gpt@http://", "is none"),
            ("openai:gpt@http://h/?key=1", "? or #"),
        ] {
            let error = text.parse::<ModelSpec>().unwrap_err().to_string();

            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_key_in_an_address_is_refused_and_not_repeated() {
        let error = "openai:gpt@http://user:sk-secret@h/v1"
            .parse::<ModelSpec>()
            .unwrap_err();

        assert!(!format!("{error} {error:?}").contains("sk-secret"));
        assert!(error.to_string().contains("environment"));
    }
}
