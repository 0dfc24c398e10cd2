//! Logs and metrics.

use crate::cli::LogFormat;
use crate::config::Settings;
use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

/// Installs the log. It goes to standard error, so that standard output is free for results.
///
/// # Errors
/// The filter can't be read.
pub(crate) fn logs(settings: &Settings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.log).with_context(|| {
        format!(
            "log filter '{}': write a level (info) or target=level",
            settings.log
        )
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => builder
            .with_ansi(crate::render::colours(&std::io::stderr()))
            .init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}

/// Installs the metrics recorder and gives what renders them.
///
/// # Errors
/// There is one already.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets(&SECONDS)
        .context("the histogram buckets are not empty")?
        .set_buckets_for_metric(
            metrics_exporter_prometheus::Matcher::Full(parlor_ports::metric::BATCH_SIZE.to_owned()),
            &BATCHES,
        )
        .context("the histogram buckets are not empty")?
        .install_recorder()
        .context("the metrics can't be installed")?;
    parlor_ports::metric::describe();
    Ok(handle)
}

const SECONDS: [f64; 14] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];
const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
