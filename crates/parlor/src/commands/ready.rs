//! `parlor ready`: whether a server is, for a container's health check, where there is no other
//! program to ask.

use super::say;
use crate::Ended;
use anyhow::Context;
use std::time::Duration;

/// How long it may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Asks the server at `url`, and says what it lacks.
pub(crate) async fn run(url: &str) -> anyhow::Result<Ended> {
    let client = reqwest::Client::builder()
        .timeout(ANSWER_WITHIN)
        .no_proxy()
        .build()?;
    let asked = format!("{}/ready", url.trim_end_matches('/'));
    let answer = client
        .get(&asked)
        .send()
        .await
        .with_context(|| format!("nobody answers at {url}"))?;
    let ready = answer.status().is_success();
    say(&answer.text().await?)?;
    Ok(if ready {
        Ended::Well
    } else {
        Ended::FoundProblems
    })
}
