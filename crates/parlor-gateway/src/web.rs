//! The web page, from memory: built by `make web`, held by the binary, served beneath everything
//! else.
//!
//! Whatever has a name with a hash in it never changes and is kept by browsers for good; the page
//! itself is asked for each time. Addresses inside the page (`/ops`, `/worlds/friends`) get the page,
//! which reads the address; anything under `/api` never does.

use crate::observe::Route;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// A file of the page, as it is and compressed.
struct File {
    /// With a slash before it.
    path: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

const PAGE: &str = "/index.html";
/// Files under it have a hash of what they hold in their names.
const HASHED: &str = "/assets/";
/// What programs ask; a page there would only mislead them.
const NEVER: [&str; 6] = [
    "/api",
    "/docs",
    "/openapi.json",
    "/health",
    "/ready",
    "/metrics",
];
const KEPT: &str = "public, max-age=31536000, immutable";
const ASKED_EACH_TIME: &str = "no-cache";
/// Only what comes from here is run, shown or asked; scripts put markup into the page through one
/// named policy, that of the library which makes it, and start their worker through another. Pictures of faces are drawn as `data:`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     worker-src 'self'; trusted-types svelte-trusted-html parlor-worker";
/// What is shown where the binary was built without the page.
const PLAIN: &str = include_str!("web/plain.html");

/// Answers with the page, or a file of it, where nothing else is at that path.
pub(crate) async fn page_beneath(request: Request, next: Next) -> Response {
    let wanted = Wanted::of(&request);
    let response = next.run(request).await;
    let taken = response.status() != StatusCode::NOT_FOUND
        || response.extensions().get::<Route>().is_some();
    if taken {
        return response;
    }
    let Some((mut found, route)) = wanted.and_then(|wanted| wanted.answer()) else {
        return response;
    };
    found.extensions_mut().insert(Route(route));
    found
}

/// What a browser asks for.
struct Wanted {
    path: String,
    is_head: bool,
    wants_page: bool,
    encodings: Encodings,
    if_none_match: Option<HeaderValue>,
}

#[derive(Clone, Copy)]
struct Encodings {
    brotli: bool,
    gzip: bool,
}

impl Wanted {
    /// Nothing of the page is sent to, or is under an address of the API.
    fn of(request: &Request) -> Option<Self> {
        let is_head = request.method() == Method::HEAD;
        if !is_head && request.method() != Method::GET {
            return None;
        }
        if is_for_programs(request.uri()) {
            return None;
        }
        let headers = request.headers();
        Some(Self {
            path: request.uri().path().to_owned(),
            is_head,
            wants_page: holds(headers, &header::ACCEPT, "text/html"),
            encodings: Encodings {
                brotli: holds(headers, &header::ACCEPT_ENCODING, "br"),
                gzip: holds(headers, &header::ACCEPT_ENCODING, "gzip"),
            },
            if_none_match: headers.get(header::IF_NONE_MATCH).cloned(),
        })
    }

    fn answer(&self) -> Option<(Response, &'static str)> {
        if self.path != PAGE
            && let Some(entry) = TABLE.get(self.path.as_str())
        {
            return Some((self.file(entry), "asset"));
        }
        let is_asset = self.path.starts_with(HASHED);
        if !self.wants_page || is_asset {
            return None;
        }
        let response = match TABLE.get(PAGE) {
            Some(entry) => self.file(entry),
            None => plain(),
        };
        Some((response, "page"))
    }

    fn file(&self, entry: &Entry) -> Response {
        let caching = if entry.file.path.starts_with(HASHED) {
            KEPT
        } else {
            ASKED_EACH_TIME
        };
        let (bytes, encoding) = entry.file.encoded(self.encodings);
        let mut response = if self.if_none_match.as_ref() == Some(&entry.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let body = if self.is_head { &[] } else { bytes };
            let mut response = Body::from(Bytes::from_static(body)).into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static(content_type(entry.file.path)),
            );
            if let Some(encoding) = encoding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::ETAG, entry.tag.clone());
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        );
        response
    }
}

fn is_for_programs(uri: &Uri) -> bool {
    let path = uri.path();
    NEVER.iter().any(|prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Whether a list in a header names a value and does not give it the weight zero.
fn holds(headers: &HeaderMap, name: &header::HeaderName, value: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            parts.next() == Some(value) && !parts.any(|part| matches!(part, "q=0" | "q=0.0"))
        })
}

fn plain() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, ASKED_EACH_TIME),
    ];
    (headers, PLAIN).into_response()
}

/// A file with what is worked out once.
struct Entry {
    file: &'static File,
    tag: HeaderValue,
}

static TABLE: LazyLock<HashMap<&'static str, Entry>> = LazyLock::new(|| {
    let entry = |file: &'static File| {
        let digest = Sha256::digest(file.plain);
        let tag: String = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let tag = HeaderValue::from_str(&format!("W/\"{tag}\""))
            .expect("hexadecimal digits and quotes are a header's value");
        (file.path, Entry { file, tag })
    };
    FILES.iter().map(entry).collect()
});

impl File {
    fn encoded(&self, accepted: Encodings) -> (&'static [u8], Option<&'static str>) {
        match (self.brotli, self.gzip) {
            (Some(bytes), _) if accepted.brotli => (bytes, Some("br")),
            (_, Some(bytes)) if accepted.gzip => (bytes, Some("gzip")),
            _ => (self.plain, None),
        }
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &str) -> Uri {
        path.parse().unwrap()
    }

    #[test]
    fn addresses_of_the_api_are_for_programs() {
        for path in ["/api", "/api/worlds", "/docs/", "/openapi.json", "/metrics"] {
            assert!(is_for_programs(&uri(path)), "{path}");
        }
        for path in ["/", "/ops", "/apiary", "/worlds/api", "/conversations/1"] {
            assert!(!is_for_programs(&uri(path)), "{path}");
        }
    }

    #[test]
    fn an_encoding_of_weight_zero_is_not_accepted() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("gzip;q=0.8, br;q=0, zstd"),
        );
        assert!(holds(&headers, &header::ACCEPT_ENCODING, "gzip"));
        assert!(!holds(&headers, &header::ACCEPT_ENCODING, "br"));
        assert!(!holds(&headers, &header::ACCEPT_ENCODING, "deflate"));
    }

    #[test]
    fn a_file_is_sent_in_the_best_form_that_is_accepted() {
        let file = File {
            path: "/assets/a.js",
            plain: b"plain",
            brotli: Some(b"br"),
            gzip: Some(b"gz"),
        };
        let with = |brotli, gzip| file.encoded(Encodings { brotli, gzip }).1;
        assert_eq!(with(true, true), Some("br"));
        assert_eq!(with(false, true), Some("gzip"));
        assert_eq!(with(false, false), None);
    }
}
