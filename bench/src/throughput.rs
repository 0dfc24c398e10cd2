//! Messages per second on RabbitMQ and PostgreSQL, against the bare client.
//!
//! The server is a real process (`parlor up`, or `parlor up --split`). The openings are in the
//! store before the clock starts; then all first speakers are asked at once (this is measured too).
//! The clock stops when the last conversation is closed and its last message is stored.

use crate::raw::amqp::RawBroker;
use crate::report::{Figure, Report, Target};
use crate::setting::{House, Servers, Setting, Stageplay};
use anyhow::ensure;
use parlor_engine::Engine;
use parlor_model::World;
use parlor_ports::bus::Bus;
use parlor_sandbox::{Counts, Openings, Samples, load, scenario};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Conversations that a server has before it is measured.
const WARM_UP: usize = 50;
/// How often the end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Lines of a conversation of the Friends.
const LINES: usize = 10;
/// Messages whose size is looked at.
const SIZED: u32 = 1_000;
/// Size of a body until the first run has told the real one.
const BODY_BYTES: usize = 450;

/// A way to run the Friends.
struct Variant {
    name: &'static str,
    house: House,
    exact: bool,
    messages_per_s: Vec<f64>,
    ratios: Vec<f64>,
    stored: Vec<f64>,
}

/// Measures it.
pub(crate) async fn measure(
    setting: &Setting,
    report: &mut Report,
    conversations: u32,
) -> anyhow::Result<()> {
    let n = usize::try_from(conversations)?;
    let servers = setting.servers("throughput").await?;
    let mut variants = [
        variant(
            "gossip and asides off, one process",
            House::OneProcess,
            true,
        ),
        variant("gossip and asides off, --split", House::Split, true),
        variant(
            "gossip and asides on, one process",
            House::OneProcess,
            false,
        ),
    ];
    let mut body_bytes = BODY_BYTES;
    let mut bare = Vec::new();
    for round in 0..setting.rounds {
        for (v, variant) in variants.iter_mut().enumerate() {
            let baseline = bare_loop(&servers, setting, body_bytes, n * LINES).await?;
            let part = format!("t{round}{v}");
            let play = setting.friends(&part, variant.exact)?;
            let (per_s, counts) = run(setting, &servers, &play, variant.house, n).await?;
            if variant.exact {
                ensure!(
                    counts.lines == (n * LINES) as u64,
                    "not every message is stored: {counts:?}"
                );
            }
            body_bytes = mean_body_bytes(&servers, &play.world).await?;
            servers.remove(&play.world.topology()).await?;
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            variant.stored.push(counts.messages() as f64);
            variant.messages_per_s.push(per_s);
            variant.ratios.push(per_s / baseline);
            bare.push(baseline);
        }
    }
    servers.end().await?;
    tell(report, conversations, body_bytes, bare, variants);
    Ok(())
}

fn variant(name: &'static str, house: House, exact: bool) -> Variant {
    let (messages_per_s, ratios, stored) = Default::default();
    Variant {
        name,
        house,
        exact,
        messages_per_s,
        ratios,
        stored,
    }
}

fn tell(
    report: &mut Report,
    conversations: u32,
    body_bytes: usize,
    bare: Vec<f64>,
    variants: [Variant; 3],
) {
    let spread = |values: Vec<f64>| values.into_iter().collect::<Samples>().spread();
    let name = format!("bare client: publish, confirm, consume, acknowledge ({body_bytes} B)");
    report.add(Figure::new(name, "messages/s", spread(bare)));
    for Variant {
        name,
        messages_per_s,
        ratios,
        stored,
        ..
    } in variants
    {
        let name = format!("RabbitMQ + PostgreSQL, {conversations} conversations, {name}");
        report.add(Figure::new(
            name.clone(),
            "messages/s",
            spread(messages_per_s),
        ));
        report.add(Figure::new(
            format!("{name}: stored"),
            "messages",
            spread(stored),
        ));
        let ratio = Figure::new(format!("{name} ÷ bare client"), "", spread(ratios));
        report.add(ratio.target(Target::AtLeast(0.5)));
    }
}

async fn bare_loop(
    servers: &Servers,
    setting: &Setting,
    body_bytes: usize,
    n: usize,
) -> anyhow::Result<f64> {
    let broker = RawBroker::open(servers, &setting.name("t"), body_bytes).await?;
    let per_s = broker.messages_per_s(n).await;
    broker.close().await?;
    per_s
}

/// One server's life: warmed up, measured, stopped. Gives messages per second and what is stored.
async fn run(
    setting: &Setting,
    servers: &Servers,
    play: &Stageplay,
    house: House,
    n: usize,
) -> anyhow::Result<(f64, Counts)> {
    let server = setting.up(servers, play, house).await?;
    let bus = servers.bus(&play.world, &setting.clock).await?;
    let engine = Engine::new(play.world.clone(), scenario::SEED, Duration::ZERO)?;
    let run = Run {
        setting,
        servers,
        world: &play.world,
        engine,
        bus,
    };
    run.go(WARM_UP, Uuid::from_u128(1)).await?;
    run.settled().await?;
    let before = load::count(&*servers.store, &play.world.name).await?;
    let took = run.go(n, Uuid::from_u128(2)).await?;
    run.settled().await?;
    let after = load::count(&*servers.store, &play.world.name).await?;
    load::check(&after)?;
    run.bus.close().await;
    server.stop().await?;
    let counts = Counts {
        conversations: after.conversations - before.conversations,
        active: after.active,
        lines_counted: after.lines_counted - before.lines_counted,
        lines: after.lines - before.lines,
        asides: after.asides - before.asides,
    };
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let messages = counts.messages() as f64;
    Ok((messages / took.as_secs_f64(), counts))
}

struct Run<'a> {
    setting: &'a Setting,
    servers: &'a Servers,
    world: &'a Arc<World>,
    engine: Engine,
    bus: Arc<dyn Bus>,
}

impl Run<'_> {
    /// Opens `n` conversations and waits for their end.
    async fn go(&self, n: usize, salt: Uuid) -> anyhow::Result<Duration> {
        let (store, clock) = (&*self.servers.store, &*self.setting.clock);
        let salt = Uuid::new_v5(&self.setting.salt, salt.as_bytes());
        let openings = Openings::write(&self.engine, store, clock, n, salt, false).await?;
        let (started, at) = (std::time::Instant::now(), clock.now());
        openings.release(&*self.bus).await?;
        openings.clear(store).await?;
        load::until_closed(store, &self.world.name, LOOK_EVERY, PATIENCE).await?;
        let took = started.elapsed();
        // Asides may come after the last line.
        self.settled().await?;
        let last = store.world_messages(&self.world.name, None, 1).await?;
        let said = last
            .items
            .first()
            .and_then(|m| (m.created_at - at).to_std().ok());
        Ok(said.map_or(took, |said| said.max(took)))
    }

    /// Waits until nothing is on its way: no row in the outbox, no message in an inbox.
    async fn settled(&self) -> anyhow::Result<()> {
        let inboxes: Vec<_> = self
            .world
            .topology()
            .inboxes
            .into_iter()
            .map(|binding| binding.inbox)
            .collect();
        let deadline = std::time::Instant::now() + PATIENCE;
        let mut quiet = 0;
        while quiet < 3 {
            ensure!(
                std::time::Instant::now() < deadline,
                "inboxes are not empty in {PATIENCE:?}"
            );
            load::until_sent(&*self.servers.store, &self.world.name, PATIENCE).await?;
            let waiting = self
                .bus
                .inboxes(&inboxes)
                .await?
                .iter()
                .any(|inbox| inbox.ready > 0);
            quiet = if waiting { 0 } else { quiet + 1 };
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// Mean size of what is sent for a message: its JSON.
async fn mean_body_bytes(servers: &Servers, world: &World) -> anyhow::Result<usize> {
    let page = servers
        .store
        .world_messages(&world.name, None, SIZED)
        .await?;
    let mut bytes = 0;
    for message in &page.items {
        bytes += serde_json::to_vec(message)?.len();
    }
    Ok(bytes / page.items.len().max(1))
}
