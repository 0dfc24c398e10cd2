//! People who talk with characters: memory of open sessions, how soon they hear, and how many lines the
//! whole way carries.
//!
//! The measured world is Companions with `parlor up --split` on RabbitMQ, PostgreSQL and Redis; people
//! connect to its chat-ws, from this process. Beside it stands a bare echo server on axum, in a process
//! of its own, to which the same client says the same lines.

use crate::raw::amqp::RawBroker;
use crate::raw::echo::Echo;
use crate::report::{Figure, Report, Target};
use crate::setting::{Servers, Setting, Stageplay, up_args};
use anyhow::{Context, bail, ensure};
use futures::stream::{self, StreamExt, TryStreamExt};
use futures::{FutureExt, SinkExt};
use parlor_sandbox::process::{RunningServer, address_in, rss_bytes};
use parlor_sandbox::{Samples, Scenario, ServerProcess};
use reqwest::Client;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use toml::{Table, Value as Toml};

/// Roles that must be there before anybody comes.
const ROLES: [&str; 5] = ["gateway", "auth", "chat-ws", "mind", "dispatcher"];
/// Accounts that all the sessions belong to.
const ACCOUNTS: usize = 20;
/// People who connect, or say their first line, at the same time.
const AT_ONCE: usize = 100;
/// Sessions before memory is looked at, so that what a process takes once is not counted.
const WARM_UP: usize = 200;
/// Lines a second, by how many people, for how long.
const RATE: usize = 500;
const TALKERS: usize = 1_000;
const TALK: Duration = Duration::from_secs(10);
/// People who say the next line as soon as they are answered.
const EAGER: usize = 256;
/// Size of a bare body: about that of a line on the bus.
const BODY_BYTES: usize = 450;
/// Messages of the bare two hops.
const BARE: usize = 30_000;
/// How long a frame may take.
const PATIENCE: Duration = Duration::from_secs(60);
const PASSWORD: &str = "four kettles under the stairs";
const SAID: &str = "I have been thinking about the weather on the mountain.";

/// Percentiles of each round, in milliseconds.
#[derive(Default)]
struct Times {
    p50: Vec<f64>,
    p99: Vec<f64>,
}

impl Times {
    fn add(&mut self, times: Vec<Duration>) {
        let samples: Samples = times.into_iter().collect();
        self.p50.push(samples.quantile(0.5));
        self.p99.push(samples.quantile(0.99));
    }

    fn tell(&self, report: &mut Report, name: &str, p99_max_ms: Option<f64>) {
        report.add(Figure::new(format!("{name}, p50"), "ms", spread(&self.p50)));
        let p99 = Figure::new(format!("{name}, p99"), "ms", spread(&self.p99));
        report.add(match p99_max_ms {
            Some(most) => p99.target(Target::AtMost(most)),
            None => p99,
        });
    }
}

fn spread(values: &[f64]) -> parlor_sandbox::Spread {
    values.iter().copied().collect::<Samples>().spread()
}

/// Figures of all rounds.
#[derive(Default)]
struct Rounds {
    bare_kb: Vec<f64>,
    open_kb: Vec<f64>,
    answered_kb: Vec<f64>,
    bare_echo: Times,
    echo: Times,
    answer: Times,
    bare_hops: Vec<f64>,
    lines: Vec<f64>,
    share: Vec<f64>,
}

/// Measures it.
pub(crate) async fn measure(
    setting: &Setting,
    report: &mut Report,
    sessions: u32,
) -> anyhow::Result<()> {
    let sessions = usize::try_from(sessions)?;
    let cache = std::env::var("PARLOR_TEST_REDIS_URL")
        .context("PARLOR_TEST_REDIS_URL is not set: use bench/run")?;
    let servers = setting.servers("companions").await?;
    let mut rounds = Rounds::default();
    for round in 0..setting.rounds {
        let bare = bare(sessions).await?;
        rounds.bare_kb.push(bare.0);
        rounds.bare_echo.add(bare.1);

        let play = companions(setting, &format!("talk{round}"))?;
        let house = House::up(setting, &servers, &play, &cache).await?;
        let (echoes, answers) = house.steady().await?;
        rounds.echo.add(echoes);
        rounds.answer.add(answers);
        let name = setting.name(&format!("c{round}"));
        let broker = RawBroker::open(&servers, &name, BODY_BYTES).await?;
        let hops = broker.two_hops_per_s(BARE).await;
        broker.close().await?;
        let (hops, lines) = (hops?, house.eager().await?);
        rounds.bare_hops.push(hops);
        rounds.lines.push(lines);
        rounds.share.push(lines / hops);
        house.down(&servers, &play).await?;

        // Another house: thousands who leave keep the first one busy.
        let play = companions(setting, &format!("crowd{round}"))?;
        let house = House::up(setting, &servers, &play, &cache).await?;
        let (open, answered) = house.crowd(sessions).await?;
        rounds.open_kb.push(open);
        rounds.answered_kb.push(answered);
        house.down(&servers, &play).await?;
    }
    servers.end().await?;
    rounds.tell(report, sessions);
    Ok(())
}

impl Rounds {
    fn tell(&self, report: &mut Report, sessions: usize) {
        let name = format!("{sessions} sessions open: memory of each");
        let mut add = |name: String, unit, values: &[f64], target: Option<Target>| {
            let figure = Figure::new(name, unit, spread(values));
            report.add(match target {
                Some(target) => figure.target(target),
                None => figure,
            });
        };
        add(format!("bare axum echo, {name}"), "kB", &self.bare_kb, None);
        let most = Some(Target::AtMost(15.0));
        add(format!("chat-ws, {name}"), "kB", &self.open_kb, most);
        let name = format!("{name}, once all were answered");
        add(format!("chat-ws, {name}"), "kB", &self.answered_kb, most);
        let at = format!("{RATE} lines/s, {TALKERS} people");
        self.bare_echo
            .tell(report, &format!("bare axum echo at {at}"), None);
        self.echo.tell(report, &format!("echo at {at}"), Some(10.0));
        self.answer.tell(
            report,
            &format!("line to the character's answer at {at}"),
            Some(50.0),
        );
        let name = "bare broker: publish, pass on, consume";
        report.add(Figure::new(name, "lines/s", spread(&self.bare_hops)));
        let name = format!("lines answered, {EAGER} people who wait for nothing else");
        report.add(Figure::new(name.clone(), "lines/s", spread(&self.lines)));
        report.add(Figure::new(
            format!("{name} ÷ bare broker"),
            "",
            spread(&self.share),
        ));
    }
}

/// Companions under a name of their own.
fn companions(setting: &Setting, part: &str) -> anyhow::Result<Stageplay> {
    let name = setting.name(part);
    let scenario = Scenario::bundled("companions")?.named(&name).with(|file| {
        if let Some(routing) = file.get_mut("routing").and_then(Toml::as_table_mut) {
            for (key, part) in [("queue", "user"), ("key", "user"), ("answers", "ai")] {
                let routing: &mut Table = routing;
                routing.insert(key.into(), format!("{name}.{part}.msg").into());
            }
        }
    });
    let dir = tempfile::tempdir()?;
    // Everybody is one of a few accounts here.
    let settings =
        "llm = \"none\"\n[limits]\nlines_per_minute = 100000000\nconnections_per_person = 100000\n";
    std::fs::write(dir.path().join("parlor.toml"), settings)?;
    Ok(Stageplay {
        world: scenario.world()?,
        file: scenario.write(dir.path())?,
        dir,
    })
}

/// Memory of each connection, in kB, and how soon a line came back.
async fn bare(sessions: usize) -> anyhow::Result<(f64, Vec<Duration>)> {
    let echo = Echo::start().await?;
    let request =
        || -> anyhow::Result<_> { Ok(format!("ws://{}/", echo.address).into_client_request()?) };
    let connect = |_| async { Socket::connect(echo.address, request()?).await };
    let warm: Vec<_> = many(WARM_UP, connect).await?;
    let before = rss_bytes(echo.pid()?)?;
    let mut open: Vec<_> = many(sessions, connect).await?;
    let kb = kb_each(before, rss_bytes(echo.pid()?)?, sessions);
    drop(warm);
    open.truncate(TALKERS);
    let times = at_a_rate(open, |socket| {
        async move {
            let sent = Instant::now();
            socket.send(json!({ "content": SAID }).to_string()).await?;
            socket.next().await?;
            Ok(sent.elapsed())
        }
        .boxed()
    })
    .await?;
    Ok((kb, times))
}

/// The running processes.
struct House {
    server: RunningServer,
    chat: SocketAddr,
    chat_pid: u32,
    tokens: Vec<String>,
}

impl House {
    async fn up(
        setting: &Setting,
        servers: &Servers,
        play: &Stageplay,
        cache: &str,
    ) -> anyhow::Result<Self> {
        let mut args = up_args(play);
        args.extend(["--bus".into(), servers.amqp_url.clone()]);
        args.extend(["--store".into(), servers.postgres_url.clone()]);
        args.extend(["--cache".into(), cache.to_owned(), "--split".into()]);
        let mut server = ServerProcess::start(&setting.program, &args, play.dir.path())?;
        let (mut ready, mut pids) = (BTreeMap::new(), BTreeMap::new());
        while !ROLES.iter().all(|role| ready.contains_key(*role)) {
            let (line, _) = server.line(|line| line.starts_with('[')).await?;
            let (role, rest) = line[1..].split_once("] ").unwrap_or_default();
            if let Some(pid) = rest.strip_prefix("started as process ") {
                pids.insert(role.to_owned(), pid.parse()?);
            } else if let Some(address) = address_in(rest).filter(|_| rest.contains(" ready on ")) {
                ready.insert(role.to_owned(), address);
            }
        }
        let gateway = ready.get("gateway").context("the gateway is ready")?;
        Ok(Self {
            server: server.drain(),
            chat: *ready.get("chat-ws").context("chat-ws is ready")?,
            chat_pid: *pids.get("chat-ws").context("chat-ws has a process")?,
            tokens: sign_up(*gateway, play.world.name.as_str()).await?,
        })
    }

    async fn down(self, servers: &Servers, play: &Stageplay) -> anyhow::Result<()> {
        self.server.stop().await?;
        servers.remove(&play.world.topology()).await
    }

    async fn sit_down(&self, n: usize) -> anyhow::Result<Socket> {
        let token = &self.tokens[n % self.tokens.len()];
        let url = format!("ws://{}/ws/tony-stark", self.chat);
        let mut request = url.into_client_request()?;
        let value = HeaderValue::try_from(format!("Bearer {token}"))?;
        request.headers_mut().insert(header::AUTHORIZATION, value);
        let mut socket = Socket::connect(self.chat, request).await?;
        socket.until("connection").await?;
        Ok(socket)
    }

    /// Opens so many sessions, and has each of them answered. Memory of each in kB: open, and answered.
    async fn crowd(&self, sessions: usize) -> anyhow::Result<(f64, f64)> {
        let warm: Vec<_> = many(WARM_UP, |n| self.sit_down(n)).await?;
        let warm: Vec<_> = all_answered(warm).await?;
        let before = rss_bytes(self.chat_pid)?;
        let open: Vec<_> = many(sessions, |n| self.sit_down(n)).await?;
        let open_kb = kb_each(before, rss_bytes(self.chat_pid)?, sessions);
        let open = all_answered(open).await?;
        ensure!(open.len() == sessions, "not everybody was answered");
        let answered_kb = kb_each(before, rss_bytes(self.chat_pid)?, sessions);
        drop(warm);
        Ok((open_kb, answered_kb))
    }

    /// How soon people hear themselves, and the character, at a fixed rate.
    async fn steady(&self) -> anyhow::Result<(Vec<Duration>, Vec<Duration>)> {
        let open: Vec<_> = many(TALKERS, |n| self.sit_down(n)).await?;
        let open = all_answered(open).await?;
        let times = at_a_rate(open, |socket| {
            async move {
                let sent = Instant::now();
                socket.send(json!({ "content": SAID }).to_string()).await?;
                socket.until("echo").await?;
                let echoed = sent.elapsed();
                socket.until("ai_response").await?;
                Ok((echoed, sent.elapsed()))
            }
            .boxed()
        })
        .await?;
        Ok(times.into_iter().unzip())
    }

    /// Lines answered in a second when everybody says the next one as soon as they are answered.
    async fn eager(&self) -> anyhow::Result<f64> {
        let open: Vec<_> = many(EAGER, |n| self.sit_down(n)).await?;
        let started = Instant::now();
        let mut people = JoinSet::new();
        for mut socket in open {
            people.spawn(async move {
                let mut answered = 0.0;
                while started.elapsed() < TALK {
                    socket.send(json!({ "content": SAID }).to_string()).await?;
                    socket.until("ai_response").await?;
                    answered += 1.0;
                }
                anyhow::Ok(answered)
            });
        }
        let mut answered = 0.0;
        while let Some(person) = people.join_next().await {
            answered += person??;
        }
        Ok(answered / started.elapsed().as_secs_f64())
    }
}

/// Tokens of some accounts.
async fn sign_up(gateway: SocketAddr, world: &str) -> anyhow::Result<Vec<String>> {
    let client = Client::builder().no_proxy().build()?;
    let mut tokens = Vec::with_capacity(ACCOUNTS);
    for n in 0..ACCOUNTS {
        // Names are one's own in an installation, and rounds share a database.
        let round: String = world
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .skip(5)
            .collect();
        let username = format!("{round}x{n}");
        let body = json!({ "username": username, "name": "Somebody", "password": PASSWORD });
        let made = client.post(format!("http://{gateway}/register"));
        made.json(&body).send().await?.error_for_status()?;
        let form = format!(
            "username={username}&password={}",
            PASSWORD.replace(' ', "+")
        );
        let pair = client
            .post(format!("http://{gateway}/login"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let pair: Value = pair.send().await?.error_for_status()?.json().await?;
        let token = pair["access_token"].as_str();
        tokens.push(token.context("there is a token")?.to_owned());
    }
    Ok(tokens)
}

/// So many, some of them at the same time.
async fn many<T, F>(n: usize, one: impl Fn(usize) -> F) -> anyhow::Result<Vec<T>>
where
    F: Future<Output = anyhow::Result<T>>,
{
    stream::iter(0..n)
        .map(one)
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Each of them says a line and hears the answer.
async fn all_answered(open: Vec<Socket>) -> anyhow::Result<Vec<Socket>> {
    stream::iter(open)
        .map(|mut socket| async move {
            socket.send(json!({ "content": SAID }).to_string()).await?;
            socket.until("ai_response").await?;
            anyhow::Ok(socket)
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// People who say their lines at their times, together [`RATE`] a second, whether others are answered
/// or not.
async fn at_a_rate<T: Send + 'static>(
    open: Vec<Socket>,
    say: impl for<'s> Fn(&'s mut Socket) -> futures::future::BoxFuture<'s, anyhow::Result<T>>
    + Clone
    + Send
    + Sync
    + 'static,
) -> anyhow::Result<Vec<T>> {
    let people = u32::try_from(open.len())?;
    let every = Duration::from_secs(1) * people / u32::try_from(RATE)?;
    let started = tokio::time::Instant::now() + Duration::from_millis(100);
    let mut talking = JoinSet::new();
    for (n, mut socket) in (0u32..).zip(open) {
        let say = say.clone();
        talking.spawn(async move {
            let mut times = Vec::new();
            let mut due = started + every * n / people;
            while due < started + TALK {
                tokio::time::sleep_until(due).await;
                times.push(say(&mut socket).await?);
                due += every;
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(person) = talking.join_next().await {
        times.extend(person??);
    }
    Ok(times)
}

fn kb_each(before: u64, after: u64, n: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (grown, n) = (after.saturating_sub(before) as f64, n as f64);
    grown / n / 1_000.0
}

type Request = tokio_tungstenite::tungstenite::handshake::client::Request;

/// A connection.
struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    async fn connect(address: SocketAddr, request: Request) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Self(socket))
    }

    async fn send(&mut self, text: String) -> anyhow::Result<()> {
        Ok(self.0.send(Message::text(text)).await?)
    }

    async fn next(&mut self) -> anyhow::Result<String> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.0.next()).await;
            match next.context("no frame came")? {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Close(frame))) => bail!("the connection was closed: {frame:?}"),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => bail!("the connection ended"),
            }
        }
    }

    /// Waits for a frame of this type.
    async fn until(&mut self, kind: &str) -> anyhow::Result<()> {
        loop {
            let frame: Value = serde_json::from_str(&self.next().await?)?;
            match frame["type"].as_str() {
                Some(found) if found == kind => return Ok(()),
                Some("error") => bail!("told {frame}"),
                _ => {}
            }
        }
    }
}
