//! A collector of traces: takes what is sent to it by OTLP over HTTP.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use parking_lot::Mutex;
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

/// A span that was told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The service that told it.
    pub service: String,
    /// The process that told it.
    pub pid: String,
    /// Its trace, 32 hexadecimal digits.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// Its parent's id; empty for none.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// Its kind, as OpenTelemetry numbers them.
    pub kind: i32,
    /// Begin and end, in nanoseconds.
    pub times: (u64, u64),
    /// Whether it failed.
    pub failed: bool,
    /// What it was about.
    pub attributes: BTreeMap<String, String>,
    /// Ids of the traces that it is linked with.
    pub links: Vec<String>,
}

/// A server that keeps every span that reaches it.
#[derive(Debug, Clone)]
pub struct Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    pub endpoint: String,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Collector {
    /// Starts one; it ends with the test.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = told.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone()));
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            told,
        }
    }

    /// What was told so far.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().clone()
    }

    /// The spans of a conversation's trace.
    #[must_use]
    pub fn trace(&self, conversation: &str) -> Vec<Told> {
        let trace = conversation.replace('-', "");
        let mut told = self.told();
        told.retain(|span| span.trace == trace);
        told
    }
}

/// Answers one connection's requests.
async fn serve(stream: TcpStream, told: Arc<Mutex<Vec<Told>>>) -> Option<()> {
    let mut stream = BufStream::new(stream);
    loop {
        let mut length = 0;
        let mut first = String::new();
        stream.read_line(&mut first).await.ok().filter(|n| *n > 0)?;
        loop {
            let mut header = String::new();
            stream.read_line(&mut header).await.ok()?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let answer = match ExportTraceServiceRequest::decode(body.as_slice()) {
            Ok(request) if first.starts_with("POST /v1/traces ") => {
                told.lock().extend(spans(request));
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"
            }
            _ => "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.flush().await.ok()?;
    }
}

fn spans(request: ExportTraceServiceRequest) -> Vec<Told> {
    let mut told = Vec::new();
    for resource in request.resource_spans {
        let about = texts(resource.resource.map(|r| r.attributes).unwrap_or_default());
        let scopes = resource.scope_spans.into_iter();
        let spans = scopes.flat_map(|scope| scope.spans);
        told.extend(spans.map(|span| one(&about, span)));
    }
    told
}

fn one(about: &BTreeMap<String, String>, span: Span) -> Told {
    let of = |name: &str| about.get(name).cloned().unwrap_or_default();
    Told {
        service: of("service.name"),
        pid: of("process.pid"),
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name,
        kind: span.kind,
        times: (span.start_time_unix_nano, span.end_time_unix_nano),
        // 2 is an error.
        failed: span.status.is_some_and(|status| status.code == 2),
        attributes: texts(span.attributes),
        links: span.links.iter().map(|link| hex(&link.trace_id)).collect(),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(flag) => flag.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = attributes.into_iter();
    pairs
        .map(|pair| {
            let value = pair.value.and_then(|value| value.value);
            (pair.key, value.map(text).unwrap_or_default())
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
