//! Traces, sent to a collector by OTLP over HTTP. Switched on and set up by the variables that
//! OpenTelemetry defines: `OTEL_EXPORTER_OTLP_ENDPOINT` says where to.

use crate::wiring;
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use opentelemetry::trace::{
    Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_otlp::{OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingDecision, ShouldSample, SpanData,
    SpanEvents, SpanLinks, SpanProcessor,
};
use parlor_model::{Clock, SystemClock};
use parlor_ports::trace::{self, Kind, Span, Tracer};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Spans that wait to be sent, where the environment does not say: a few seconds of a busy process.
const WAITING_MAX: usize = 65_536;
/// Spans in one request, where the environment does not say.
const BATCH_MAX: usize = 2_048;
/// How long the end of a process waits for its last spans to be sent.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// Installs the tracer, where the environment names a collector. `service` is what this process is,
/// unless the environment names it.
///
/// # Errors
/// A variable that can't be used.
pub(crate) fn install(service: &str) -> anyhow::Result<()> {
    if !is_wanted() {
        return Ok(());
    }
    if let Some(protocol) = variable("OTEL_EXPORTER_OTLP_PROTOCOL").filter(|protocol| {
        protocol != opentelemetry_otlp::OTEL_EXPORTER_OTLP_PROTOCOL_HTTP_PROTOBUF
    }) {
        bail!(
            "OTEL_EXPORTER_OTLP_PROTOCOL is '{protocol}': traces can only be sent as http/protobuf"
        );
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .build()
        .context("traces can't be sent to where OTEL_EXPORTER_OTLP_ENDPOINT says")?;
    let mut batches = BatchConfigBuilder::default();
    if variable("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
        batches = batches.with_max_queue_size(WAITING_MAX);
    }
    if variable("OTEL_BSP_MAX_EXPORT_BATCH_SIZE").is_none() {
        batches = batches.with_max_export_batch_size(BATCH_MAX);
    }
    let mut processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(batches.build())
        .build();
    processor.set_resource(&resource(service));
    let tracer = Otlp {
        processor,
        sampler: sampler()?,
        scope: InstrumentationScope::builder("parlor")
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    };
    trace::install(Arc::new(tracer));
    Ok(())
}

/// Sends what there is, at the end of the process.
pub(crate) fn close() {
    if let Some(tracer) = trace::tracer() {
        tracer.close();
    }
}

fn is_wanted() -> bool {
    let endpoint = variable(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
        .or_else(|| variable(OTEL_EXPORTER_OTLP_ENDPOINT));
    let disabled = variable("OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"));
    let elsewhere = variable("OTEL_TRACES_EXPORTER").is_some_and(|v| v != "otlp");
    endpoint.is_some() && !disabled && !elsewhere
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Who tells.
fn resource(service: &str) -> Resource {
    let mut resource = Resource::builder();
    if variable("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(service.to_owned());
    }
    resource
        .with_attributes([
            KeyValue::new("service.namespace", "parlor"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", wiring::random_id().to_string()),
            KeyValue::new("process.pid", i64::from(std::process::id())),
        ])
        .build()
}

/// Which traces are kept. All processes decide alike, by the trace's id.
fn sampler() -> anyhow::Result<Sampler> {
    let name = variable("OTEL_TRACES_SAMPLER").unwrap_or_else(|| "always_on".to_owned());
    Ok(match name.trim_start_matches("parentbased_") {
        "always_on" => Sampler::AlwaysOn,
        "always_off" => Sampler::AlwaysOff,
        "traceidratio" => {
            let share = variable("OTEL_TRACES_SAMPLER_ARG").unwrap_or_else(|| "1".to_owned());
            let ratio = share.parse().ok().filter(|r| (0.0..=1.0).contains(r));
            let ratio = ratio.with_context(|| {
                format!("OTEL_TRACES_SAMPLER_ARG is '{share}', expected a share from 0 to 1")
            })?;
            Sampler::TraceIdRatioBased(ratio)
        }
        _ => {
            bail!("OTEL_TRACES_SAMPLER is '{name}', expected always_on, always_off or traceidratio")
        }
    })
}

/// Gives spans to OpenTelemetry's own batches and exporter.
struct Otlp {
    processor: BatchSpanProcessor,
    sampler: Sampler,
    scope: InstrumentationScope,
}

impl Tracer for Otlp {
    fn wants(&self, trace: Uuid) -> bool {
        let trace = TraceId::from_bytes(trace.into_bytes());
        let internal = SpanKind::Internal;
        let sampled = self
            .sampler
            .should_sample(None, trace, "", &internal, &[], &[]);
        sampled.decision == SamplingDecision::RecordAndSample
    }

    fn record(&self, span: Span) {
        self.processor.on_end(self.data(span));
    }

    fn fresh(&self) -> Uuid {
        wiring::random_id()
    }

    fn now(&self) -> DateTime<Utc> {
        SystemClock.now()
    }

    fn close(&self) {
        if let Err(error) = self.processor.shutdown_with_timeout(CLOSE_WITHIN) {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

impl Otlp {
    fn data(&self, span: Span) -> SpanData {
        let mut links = SpanLinks::default();
        links.links.extend(
            span.link
                .map(|(trace, id)| Link::with_context(context(trace, id))),
        );
        let attributes = span.attributes.into_iter();
        SpanData {
            span_context: context(span.trace, span.id),
            parent_span_id: SpanId::from_bytes(span.parent.to_be_bytes()),
            parent_span_is_remote: matches!(span.kind, Kind::Server | Kind::Consumer),
            span_kind: match span.kind {
                Kind::Internal => SpanKind::Internal,
                Kind::Server => SpanKind::Server,
                Kind::Client => SpanKind::Client,
                Kind::Producer => SpanKind::Producer,
                Kind::Consumer => SpanKind::Consumer,
            },
            name: span.name.into(),
            start_time: span.began.into(),
            end_time: (span.began + span.took).into(),
            attributes: attributes
                .map(|(name, value)| KeyValue::new(name, value_of(value)))
                .collect(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links,
            status: span.error.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        }
    }
}

fn value_of(value: trace::Value) -> Value {
    match value {
        trace::Value::Text(text) => text.into(),
        trace::Value::Number(number) => number.into(),
        trace::Value::Flag(flag) => flag.into(),
    }
}

fn context(trace: Uuid, span: u64) -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes(trace.into_bytes()),
        SpanId::from_bytes(span.to_be_bytes()),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    )
}
