//! The HTTP client that a model is asked with, and its TLS.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;

use super::client::BuildError;
use super::keys::Key;
use super::options::ClientOptions;
use super::spec::{NamedModel, Provider};

/// The version of Anthropic's API that the requests are written for.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Idle connections that are kept to one provider.
const IDLE_CONNECTIONS_MAX: usize = 256;

/// Makes ring the TLS provider of this process, unless one is set already. A binary calls it at its
/// start: every `reqwest` client in it needs one as soon as this crate is part of it.
pub fn install_tls() {
    // An error says that another one is set: that one serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client for `model`. The key is a default header of it, marked as sensitive: nothing above it
/// ever holds the key. Redirects are not followed, so that the key goes nowhere else, and nothing
/// is unpacked, so that a small reply stays small.
pub(super) fn client(
    model: &NamedModel,
    key: Option<&Key>,
    options: &ClientOptions,
) -> Result<reqwest::Client, BuildError> {
    let broken = |error: String| BuildError::Http(error);
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls().map_err(|error| broken(error.to_string()))?)
        .default_headers(headers(model.provider(), key)?)
        .redirect(Policy::none())
        .no_gzip()
        .connect_timeout(options.connect_timeout)
        .tcp_nodelay(true)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .user_agent(concat!("parlor/", env!("CARGO_PKG_VERSION")));
    if is_near(&model.host()) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| broken(error.to_string()))
}

/// Mozilla's roots and ring, as for every other connection of Parlor; the TLS provider of the
/// process is not asked.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn headers(provider: Provider, key: Option<&Key>) -> Result<HeaderMap, BuildError> {
    let mut headers = HeaderMap::new();
    if provider == Provider::Anthropic {
        headers.insert(
            "anthropic-version",
            HeaderValue::from_static(ANTHROPIC_VERSION),
        );
    }
    if let Some(key) = key {
        let (name, text) = match provider {
            Provider::Gemini => ("x-goog-api-key", key.expose().to_owned()),
            Provider::Anthropic => ("x-api-key", key.expose().to_owned()),
            Provider::OpenAi | Provider::Ollama => {
                ("authorization", format!("Bearer {}", key.expose()))
            }
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            BuildError::Http("the key has characters that no header can hold".to_owned())
        })?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// True for this machine: a proxy of the surroundings has no business there.
fn is_near(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.chars().all(|c| c.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_reached_without_a_proxy() {
        for near in [
            "localhost",
            "localhost:80",
            "127.0.0.1:11434",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_near(near), "{near}");
        }
        for far in [
            "gpu:8000",
            "api.openai.com",
            "10.0.0.1:80",
            "localhost.example",
        ] {
            assert!(!is_near(far), "{far}");
        }
    }
}
