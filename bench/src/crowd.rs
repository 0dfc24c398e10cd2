//! Memory of very many conversations at once, in one process on the embedded default. With a pause
//! between lines all of them are under way at the same time.

use crate::embedded::Embedded;
use crate::report::{Figure, Report, Target};
use crate::setting::Setting;
use anyhow::ensure;
use parlor_sandbox::{Samples, load};
use std::time::Duration;

/// Pause between lines.
const PACE: Duration = Duration::from_secs(10);
/// Lines of a conversation of the Friends.
const LINES: u64 = 10;
/// How often the end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(600);
const MIB: f64 = 1_048_576.0;

/// Measures it.
pub(crate) async fn measure(
    setting: &Setting,
    report: &mut Report,
    conversations: u32,
) -> anyhow::Result<()> {
    let play = setting.friends("crowd", true)?;
    let house = Embedded::prepare(setting, &play, usize::try_from(conversations)?, PACE).await?;
    let pace = format!("{}s", PACE.as_secs());
    let (server, started) = house.start(setting, &play, &pace).await?;
    let store = house.store(setting).await?;
    load::until_closed(&*store, &play.world.name, LOOK_EVERY, PATIENCE).await?;
    let took = started.elapsed();
    let peak = server.peak_rss_bytes()?;
    let counts = load::count(&*store, &play.world.name).await?;
    load::check(&counts)?;
    ensure!(
        counts.lines == u64::from(conversations) * LINES,
        "not every line is stored: {counts:?}"
    );
    server.stop().await?;
    store.close().await;
    let one = |value: f64| std::iter::once(value).collect::<Samples>().spread();
    let name = format!("{conversations} conversations at once, {PACE:?} between lines");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let peak_mib = peak as f64 / MIB;
    let figure = Figure::new(format!("{name}: peak memory"), "MiB", one(peak_mib));
    report.add(figure.target(Target::AtMost(1024.0)));
    report.add(Figure::new(
        format!("{name}: until all ended"),
        "s",
        one(took.as_secs_f64()),
    ));
    Ok(())
}
