//! Accidents while people talk with characters over a gateway: each of the services is killed, and each of
//! the servers that they need crashes. Nothing is lost, nothing is said twice, the order is kept, and soon
//! everybody is served again. `PARLOR_TEST_PEOPLE=500` makes it a crowd that says 200 lines a second; the
//! counts are printed (`--nocapture`).

use parlor_blackbox::{Api, Database, Instance, Scratch, Server, Signed, Socket};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Accounts whose sessions these are: signing up costs more than talking.
const ACCOUNTS: usize = 20;
/// How often each person says something: 500 of them say 200 lines a second.
const SAY_EVERY: Duration = Duration::from_millis(2_500);
/// A line that has no answer by then is said again.
const PATIENCE: Duration = Duration::from_secs(4);
/// Everybody must be served again by then.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);
/// Between accidents.
const PEACE: Duration = Duration::from_secs(2);
const SERVICES: [&str; 7] = [
    "gateway",
    "auth",
    "characters",
    "chat-ws",
    "mind",
    "dispatcher",
    "relay",
];
const SERVERS: [&str; 3] = ["rabbitmq", "redis", "postgres"];

/// When somebody was served last, in milliseconds since the test began.
#[derive(Default)]
struct Served(AtomicU64);

/// What all share.
struct Hall {
    base: String,
    began: Instant,
    stop: AtomicBool,
    /// Of each person, and at the end of those who look around and sign in.
    served: Vec<Served>,
}

impl Hall {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    fn serves(&self, who: usize) {
        self.served[who].0.store(self.now(), Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits until everybody was served after now, and gives how long that took.
    async fn all_served(&self, accident: &str) -> Duration {
        let (from, waiting) = (self.now(), Instant::now());
        loop {
            let left: Vec<usize> = (0..self.served.len())
                .filter(|who| self.served[*who].0.load(Ordering::Relaxed) <= from)
                .collect();
            if left.is_empty() {
                return waiting.elapsed();
            }
            assert!(
                waiting.elapsed() < AGAIN_WITHIN,
                "after {accident} nobody served these within {AGAIN_WITHIN:?}: {left:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Somebody who talks.
struct Person {
    who: usize,
    account: Signed,
    hall: Arc<Hall>,
    session: Option<String>,
    /// The last line that they were told.
    last: Option<(String, u64)>,
    said: u64,
    again: u64,
    connections: u64,
}

impl Person {
    fn id(&self, line: u64) -> Uuid {
        Uuid::from_u128((self.who as u128 + 1) << 64 | u128::from(line))
    }

    async fn connect(&mut self) -> Option<Socket> {
        let mut path = format!("tony-stark?token={}", self.account.token);
        if let Some(session) = &self.session {
            path += &format!("&session={session}");
        }
        if let Some((last, _)) = &self.last {
            path += &format!("&after={last}");
        }
        let connecting = Socket::try_connect(&self.hall.base, &path);
        let mut socket = tokio::time::timeout(PATIENCE, connecting)
            .await
            .ok()?
            .ok()?;
        let hello = tokio::time::timeout(PATIENCE, socket.next()).await.ok()?;
        let hello = hello.ok()?;
        assert_eq!(hello["type"], "connection", "{hello}");
        let session = hello["session_id"].as_str().unwrap();
        assert!(self.session.as_ref().is_none_or(|known| known == session));
        self.session = Some(session.to_owned());
        self.connections += 1;
        Some(socket)
    }

    /// Takes a line; true for the answer to line `n`.
    fn hear(&mut self, frame: &Value, n: u64) -> bool {
        let order = frame["order"].as_u64().unwrap();
        let told = self.last.as_ref().map_or(0, |(_, order)| *order);
        if order <= told {
            // It was said again, and is echoed so.
            assert_eq!(frame["type"], "echo", "told twice: {frame}");
            return false;
        }
        assert_eq!(order, told + 1, "{} missed something: {frame}", self.who);
        self.last = Some((frame["id"].as_str().unwrap().to_owned(), order));
        frame["type"] == "ai_response" && order == 2 * n
    }

    /// Says line `n`, if it was not said before, and waits for its answer. False where the connection is
    /// of no use any more.
    async fn exchange(&mut self, socket: &mut Socket, n: u64) -> bool {
        if self.last.as_ref().is_some_and(|(_, order)| *order >= 2 * n) {
            return true;
        }
        let frame = json!({ "content": format!("line {n}"), "id": self.id(n) });
        if socket.send(frame.to_string()).await.is_err() {
            return false;
        }
        loop {
            let Ok(Ok(frame)) = tokio::time::timeout(PATIENCE, socket.next()).await else {
                return false;
            };
            match frame["type"].as_str().unwrap() {
                "echo" | "ai_response" if self.hear(&frame, n) => return true,
                "echo" | "ai_response" => {}
                "error" => {
                    assert_eq!(frame["code"], "unavailable", "{frame}");
                    return false;
                }
                _ => {}
            }
        }
    }

    /// Talks until all is over; what is being said then is said to its end.
    async fn talk(mut self) -> Self {
        let mut socket = None;
        // Not all at the same moment.
        let share = SAY_EVERY / u32::try_from(self.hall.served.len()).unwrap();
        tokio::time::sleep(share * u32::try_from(self.who).unwrap()).await;
        let mut tick = tokio::time::interval(SAY_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.hall.is_over() {
            tick.tick().await;
            let n = self.said + 1;
            loop {
                if socket.is_none() {
                    socket = self.connect().await;
                }
                if let Some(open) = &mut socket
                    && self.exchange(open, n).await
                {
                    break;
                }
                socket = None;
                self.again += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            self.said = n;
            self.hall.serves(self.who);
        }
        self
    }
}

/// Looks at the gallery and signs in, over and over, one after the other.
async fn look_around(api: Api, ann: Signed, hall: Arc<Hall>, who: usize) {
    while !hall.is_over() {
        let asked = async {
            let request = api.request(Method::GET, "/characters");
            let request = request.bearer_auth(&ann.token).send().await.ok()?;
            let gallery = request.status() == 200;
            let request = api
                .request(Method::POST, "/login")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!(
                    "username={}&password=a+long+walk+by+the+sea+77",
                    ann.username
                ));
            let signed = request.send().await.ok()?.status() == 200;
            (gallery && signed).then_some(())
        };
        let asked = tokio::time::timeout(PATIENCE, asked).await;
        if matches!(asked, Ok(Some(()))) {
            hall.serves(who);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn accidents(hall: &Hall, server: &Server, servers: &[(&str, Instance)]) {
    hall.all_served("the beginning").await;
    for name in SERVICES {
        tokio::time::sleep(PEACE).await;
        server.roles()[name].kill();
        let again = hall.all_served(name).await;
        println!("{name} killed: everybody served again after {again:.1?}");
    }
    for (name, instance) in servers {
        tokio::time::sleep(PEACE).await;
        let away = Instant::now();
        instance.restart(true).await;
        let away = away.elapsed();
        let again = hall.all_served(name).await;
        println!("{name} crashed, away {away:.1?}: everybody served {again:.1?} after it is back");
    }
    tokio::time::sleep(PEACE).await;
}

/// All that a person said is there once, in its order, each with its answer.
async fn is_whole(api: &Api, person: &Person) -> usize {
    let session = person.session.as_ref().unwrap();
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/me/sessions/{session}/messages?limit=200&after={after}");
        let page = person.account.get(api, &path).await.expect(200);
        let page = page["items"].as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        after = last["order"].as_u64().unwrap();
        lines.extend(page);
    }
    let ids: BTreeSet<_> = lines.iter().map(|line| line["id"].to_string()).collect();
    assert_eq!(ids.len(), lines.len());
    assert_eq!(lines.len() as u64, 2 * person.said);
    for (line, order) in lines.iter().zip(1_u64..) {
        assert_eq!(line["order"], order);
        if order % 2 == 1 {
            let n = order.div_ceil(2);
            assert_eq!(line["id"], json!(person.id(n)));
            assert_eq!(
                (&line["role"], &line["content"]),
                (&json!("user"), &json!(format!("line {n}")))
            );
        } else {
            assert_eq!(line["role"], "ai");
        }
    }
    lines.len()
}

#[tokio::test]
async fn nothing_is_lost_or_said_twice_whatever_is_killed() {
    let people: usize = std::env::var("PARLOR_TEST_PEOPLE")
        .map_or(60, |people| people.parse().expect("a number of people"));
    let mut servers = Vec::new();
    for name in SERVERS {
        servers.push((name, Instance::up(&[name]).await));
    }
    let url = |n: usize| servers[n].1.url(servers[n].0).to_owned();
    let database = Database::fresh_on(&url(2)).await;
    let scratch = Scratch::for_people_on(url(0), database).await;
    // What one person may say in a minute is no matter here.
    let settings = "[limits]\nlines_per_minute = 1000000\n";
    std::fs::write(scratch.dir().join("parlor.toml"), settings).unwrap();
    let server = scratch.launch(&["--no-start", "--quiet", "--cache", &url(1)]);
    server.roles_ready(&SERVICES).await;
    let api = Api::new(server.roles()["gateway"].address.clone().unwrap());
    let mut accounts = Vec::new();
    for n in 0..ACCOUNTS {
        accounts.push(Signed::up(&api, &format!("person-{n}")).await);
    }
    let hall = Arc::new(Hall {
        base: api.base.clone(),
        began: Instant::now(),
        stop: AtomicBool::new(false),
        served: (0..=people).map(|_| Served::default()).collect(),
    });
    let talks = (0..people).map(|who| {
        let person = Person {
            who,
            account: accounts[who % ACCOUNTS].clone(),
            hall: hall.clone(),
            session: None,
            last: None,
            said: 0,
            again: 0,
            connections: 0,
        };
        tokio::spawn(person.talk())
    });
    let talks: Vec<_> = talks.collect();
    let looking = look_around(
        Api::new(api.base.clone()),
        accounts[0].clone(),
        hall.clone(),
        people,
    );
    let looking = tokio::spawn(looking);
    accidents(&hall, &server, &servers).await;
    hall.stop.store(true, Ordering::Relaxed);
    looking.await.unwrap();
    let (mut said, mut lines, mut again, mut connections) = (0, 0, 0, 0);
    for talk in talks {
        let person = talk.await.unwrap();
        lines += is_whole(&api, &person).await;
        said += person.said;
        again += person.again;
        connections += person.connections;
    }
    let took = hall.began.elapsed();
    println!(
        "{said} lines of {people} people in {took:.0?}, all answered: {lines} stored, none lost, none \
         twice, all in order; {connections} connections, {again} attempts failed"
    );
}
