//! Waiting: for a condition, never for a while.

use std::future::Future;
use std::time::{Duration, Instant};

/// Long enough for anything that should happen soon, on a busy machine too.
pub const SOON: Duration = Duration::from_secs(30);
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Looks until `probe` finds something.
///
/// # Panics
/// It found nothing within the time; `what` says what was missing.
pub async fn within<T, F: Future<Output = Option<T>>>(
    time: Duration,
    what: &str,
    mut probe: impl FnMut() -> F,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(started.elapsed() < time, "not within {time:?}: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Looks for half a minute at most until `probe` is true.
///
/// # Panics
/// It stayed false.
pub async fn until<F: Future<Output = bool>>(what: &str, mut probe: impl FnMut() -> F) {
    within(SOON, what, || {
        let looked = probe();
        async move { looked.await.then_some(()) }
    })
    .await;
}
