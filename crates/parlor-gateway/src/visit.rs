//! A request as a span, where traces are wanted.

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use parlor_ports::trace::{self, Here, Kind, Place, Span, Tracer};
use std::time::Duration;

/// Where probes and Prometheus ask: all day long, and nobody looks for them in a trace.
const UNTRACED: [&str; 4] = ["/health", "/ready", "/live", "/metrics"];

/// A request that is being answered.
pub(crate) struct Visit {
    tracer: &'static dyn Tracer,
    /// What is done for it belongs here.
    pub(crate) here: Here,
    began: DateTime<Utc>,
    /// The caller's own span.
    caller: Option<Place>,
    method: Method,
}

impl Visit {
    /// A request that comes in; `None` where nobody wants to know of it.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        let tracer = trace::tracer()?;
        if UNTRACED.contains(&request.uri().path()) {
            return None;
        }
        let header = request.headers().get("traceparent");
        let caller = header.and_then(|value| Place::parse(value.to_str().ok()?));
        let fresh = tracer.fresh();
        let here = match caller {
            Some(caller) => Here::at(Place {
                trace: caller.trace,
                span: Here::open(fresh).place().span,
            }),
            None => Here::open(fresh),
        };
        Some(Self {
            tracer,
            here,
            began: tracer.now(),
            caller,
            method: request.method().clone(),
        })
    }

    /// It is answered.
    pub(crate) fn end(self, route: &str, status: StatusCode, took: Duration) {
        let Place { trace, span: id } = self.here.place();
        if !self.tracer.wants(trace) {
            return;
        }
        let parent = self.caller.map_or(0, |caller| caller.span);
        let place = Place {
            trace,
            span: parent,
        };
        let name = format!("{} {route}", self.method);
        let mut span = Span::new(place, id, Kind::Server, name)
            .at(self.began, took)
            .with("http.request.method", self.method.as_str())
            .with("http.route", route)
            .with("http.response.status_code", u64::from(status.as_u16()));
        if status.is_server_error() {
            span.error = Some(status.to_string());
        }
        self.tracer.record(span);
    }
}
