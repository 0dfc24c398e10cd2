//! Companions that talk: runs that are killed, resumed and shared end as one that was left in peace.

use parlor_blackbox::{Answer, Api, Database, Server, command, ended};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PEOPLE: u64 = 1_500;

/// A store of its own with people in it.
pub(crate) struct Town {
    dir: TempDir,
    pub(crate) store: String,
    _database: Option<Database>,
}

impl Town {
    async fn on_sqlite() -> Self {
        Self::with("sqlite".to_owned(), None).await
    }

    async fn on_postgres() -> Self {
        let database = Database::fresh().await;
        Self::with(database.url.clone(), Some(database)).await
    }

    /// So many people in a store that goes with somebody else.
    pub(crate) async fn of(people: u64, store: String) -> Self {
        Self::peopled(people, store, None).await
    }

    async fn with(store: String, database: Option<Database>) -> Self {
        Self::peopled(PEOPLE, store, database).await
    }

    async fn peopled(people: u64, store: String, database: Option<Database>) -> Self {
        let town = Self {
            dir: tempfile::tempdir().unwrap(),
            store,
            _database: database,
        };
        let people = people.to_string();
        let made = town.parlor(&["seed", "chatlings", "--users", &people, "--companions", "6"]);
        let said = ended(made).await.well();
        assert!(said.contains("people with 6 companions"), "{said}");
        town
    }

    pub(crate) fn parlor(&self, args: &[&str]) -> Command {
        self.parlor_in(self.dir.path(), args)
    }

    /// With a data directory of its own.
    pub(crate) fn parlor_at(&self, name: &str, args: &[&str]) -> Command {
        let data = self.dir.path().join(name);
        std::fs::create_dir_all(&data).unwrap();
        self.parlor_in(&data, args)
    }

    fn parlor_in(&self, data: &Path, args: &[&str]) -> Command {
        let mut parlor = command(self.dir.path());
        parlor
            .args(args)
            .arg(format!("--store={}", self.store))
            .arg(format!("--data-dir={}", data.display()))
            .arg("--seed=7");
        parlor
    }

    /// The file of an SQLite store.
    pub(crate) fn database(&self) -> PathBuf {
        let mut files = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        files
            .find(|path| path.extension().is_some_and(|end| end == "db"))
            .expect("a database")
    }

    /// Writes a file beside the store; gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A store in which nobody is yet.
    pub(crate) fn without_people(store: String) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            store,
            _database: None,
        }
    }

    /// The bundled world, in which they talk every minute; its file.
    pub(crate) fn world_of_every_minute(&self) -> String {
        self.changed_world(&[(r#"["0 6 * * *", "0 18 * * *"]"#, r#"["* * * * *"]"#)])
    }

    /// The bundled world, in which everybody falls out and runs away soon, and is won back at the
    /// second attempt; its file.
    pub(crate) fn touchy_world(&self) -> String {
        self.changed_world(&[
            ("conflict = 0.3 ", "conflict = 0.01 "),
            ("strikes = 3", "strikes = 1"),
            ("chance = 0.10", "chance = 1.0"),
            (
                "odds = { easy = 0.8, normal = 0.5, hard = 0.2 }",
                "odds = { easy = 1.0, normal = 0.0, hard = 1.0 }",
            ),
            ("hard = 50 }", "hard = 40 }"),
            ("chance = 0.02", "chance = 0.0"),
        ])
    }

    pub(crate) fn changed_world(&self, changes: &[(&str, &str)]) -> String {
        let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../worlds");
        let mut world = std::fs::read_to_string(bundled.join("chatlings.toml")).unwrap();
        for (from, to) in changes {
            assert!(world.contains(from), "{from}");
            world = world.replacen(from, to, 1);
        }
        let path = self.dir.path().join("chatlings.toml");
        std::fs::write(&path, world).unwrap();
        let lines = "chatlings.lines.json";
        std::fs::copy(bundled.join(lines), self.dir.path().join(lines)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The summary of a run.
    pub(crate) async fn generate(&self, more: &[&str]) -> Value {
        let args = [&["generate", "chatlings", "--json"], more].concat();
        let out = ended(self.parlor(&args)).await.well();
        serde_json::from_str(out.lines().last().unwrap()).unwrap()
    }

    /// Begins a run and kills it when so many conversations can be seen.
    async fn generate_and_kill(&self, conversations: usize) {
        let mut child = self
            .parlor(&["generate", "chatlings", "--json"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut looks = 0;
        while self.said().await.len() < conversations {
            looks += 1;
            assert!(looks < 600, "the run writes nothing");
            if child.try_wait().unwrap().is_some() {
                break;
            }
        }
        let _ = child.kill();
        child.wait().unwrap();
    }

    /// Every line: which conversation, who, what; not when.
    pub(crate) async fn said(&self) -> Vec<String> {
        let export = self.parlor(&["export", "--world", "chatlings"]);
        let mut lines: Vec<String> = ended(export)
            .await
            .json_lines()
            .iter()
            .map(|line| {
                let field = |name: &str| line[name].to_string();
                [
                    field("conversationId"),
                    field("order"),
                    field("from"),
                    field("text"),
                ]
                .join(" ")
            })
            .collect();
        lines.sort();
        lines
    }
}

impl Town {
    /// Every line with everything that is kept of it.
    async fn said_in_full(&self) -> Vec<String> {
        let export = self.parlor(&["export", "--world", "chatlings"]);
        let lines = ended(export).await.json_lines();
        let mut lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        lines.sort();
        lines
    }
}

pub(crate) fn without_time(summary: &Value) -> Value {
    let mut summary = summary.clone();
    summary["seconds"].take();
    summary
}

/// Two runs, so that the second shows what the first did to moods and bonds.
async fn same_after_a_kill(disturbed: Town, peaceful: Town) {
    let mut lines = 0;
    for _ in 0..2 {
        let whole = peaceful.generate(&["--workers", "1"]).await;
        assert_eq!(whole["accounts"], PEOPLE);
        assert_eq!(whole["conversations"], PEOPLE);
        disturbed.generate_and_kill(lines + 500).await;
        let resumed = disturbed.generate(&["--resume", "--workers", "3"]).await;
        assert_eq!(without_time(&resumed), without_time(&whole));
        let again = disturbed.generate(&["--resume"]).await;
        assert_eq!(
            without_time(&again),
            without_time(&whole),
            "nothing is left to do"
        );
        let (one, other) = (disturbed.said().await, peaceful.said().await);
        assert!(one == other, "{} and {} lines", one.len(), other.len());
        lines = one.len();
    }
}

#[tokio::test]
async fn a_rehearsal_writes_nothing_and_tells_the_same() {
    let town = Town::on_sqlite().await;
    let rehearsed = town.generate(&["--dry-run", "--percent", "20"]).await;
    assert!(town.said().await.is_empty());
    let done = town.generate(&["--percent", "20"]).await;
    let keys: Vec<&str> = done
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let wanted = [
        "run",
        "accounts",
        "conversations",
        "messages",
        "participants",
        "skipped",
        "runaways",
        "seconds",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(without_time(&rehearsed), without_time(&done));
    let skipped = done["skipped"]["not_rolled_out"].as_u64().unwrap();
    assert_eq!(skipped + done["conversations"].as_u64().unwrap(), PEOPLE);
    assert!((1_100..1_300).contains(&skipped), "{skipped}");
}

#[tokio::test]
async fn a_killed_run_on_sqlite_ends_as_an_undisturbed_one() {
    let (disturbed, peaceful) = tokio::join!(Town::on_sqlite(), Town::on_sqlite());
    same_after_a_kill(disturbed, peaceful).await;
}

#[tokio::test]
async fn a_killed_run_on_postgres_ends_as_one_on_sqlite() {
    let (disturbed, peaceful) = tokio::join!(Town::on_postgres(), Town::on_sqlite());
    same_after_a_kill(disturbed, peaceful).await;
}

/// Signs somebody up and in; gives the access token.
pub(crate) async fn signed_in(api: &Api, username: &str) -> String {
    let wish = json!({"username": username, "name": username, "password": "two wet umbrellas"});
    let _ = Api::send(api.request(Method::POST, "/register").json(&wish)).await;
    let login = api
        .request(Method::POST, "/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("username={username}&password=two+wet+umbrellas"));
    let tokens = Api::send(login).await;
    tokens.json["access_token"].as_str().unwrap().to_owned()
}

/// What somebody asks of the room.
pub(crate) struct Asks<'a> {
    pub(crate) api: &'a Api,
    pub(crate) token: String,
}

impl Asks<'_> {
    pub(crate) async fn send(&self, method: Method, path: &str) -> Answer {
        Api::send(self.api.request(method, path).bearer_auth(&self.token)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }
}

#[tokio::test]
async fn a_person_sees_their_own_companions_and_nobody_elses_cl49_to_cl54() {
    let town = Town {
        dir: tempfile::tempdir().unwrap(),
        store: "sqlite".to_owned(),
        _database: None,
    };
    let mut up = town.parlor(&["up", "chatlings", "--quiet", "--listen=127.0.0.1:0"]);
    up.env("PARLOR_LOG", "warn");
    let mut server = Server::start("chatlings", up);
    let api = server.ready().await.api().await;
    let marla = Asks {
        token: signed_in(&api, "marla").await,
        api: &api,
    };
    let joe = Asks {
        token: signed_in(&api, "joe").await,
        api: &api,
    };
    let given = town.parlor(&[
        "seed",
        "chatlings",
        "--account",
        "marla",
        "--companions",
        "5",
    ]);
    let given = ended(given).await.well();
    assert!(given.contains("marla has 5 companions"), "{given}");
    assert_eq!(town.generate(&[]).await["conversations"], 1);
    let talks = marla.get("/api/chatroom/conversations?limit=5").await;
    let talk = &talks["items"][0];
    let id = talk["id"].as_str().unwrap();
    assert!(talk["messages"].as_array().unwrap().len() >= 4);
    assert!(talk["participants"].as_array().unwrap().len() >= 2);
    assert_eq!(
        &marla.get(&format!("/api/chatroom/conversation/{id}")).await,
        talk
    );
    assert_eq!(marla.get("/api/chatroom/unread").await["unread"], 1);
    let read = format!("/api/chatroom/mark-read/{id}");
    assert_eq!(marla.send(Method::POST, &read).await.json["unread"], 0);
    let moods = marla.get("/api/chatroom/moods").await;
    let first = &moods["companions"][0]["creatureId"];
    assert_eq!(moods["companions"].as_array().unwrap().len(), 5);
    let meditate = format!("/api/chatroom/meditate/{}", first.as_str().unwrap());
    let meditates = marla.send(Method::POST, &meditate).await;
    assert_eq!(meditates.json["activity"], "meditating");
    assert_eq!(
        marla.get("/api/chatroom/runaways").await["items"],
        json!([])
    );
    assert_eq!(
        marla.get("/api/notifications").await["nextCursor"],
        Value::Null
    );
    for (method, path) in [
        (Method::GET, format!("/api/chatroom/conversation/{id}")),
        (Method::POST, read),
        (Method::POST, meditate),
        (
            Method::POST,
            format!("/api/chatroom/recover/{}", first.as_str().unwrap()),
        ),
    ] {
        let answer = joe.send(method, &path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.json);
    }
    assert_eq!(
        joe.get("/api/chatroom/conversations").await["items"],
        json!([])
    );
    let begun = joe.send(Method::POST, "/api/chatroom/generate").await;
    assert_eq!(begun.status, 403, "{}", begun.json);
    let nobody = Api::send(api.request(Method::GET, "/api/chatroom/unread")).await;
    assert_eq!(nobody.status, 401, "{}", nobody.json);
}

/// Makes everything that was said three months older: a month that is over.
async fn age(town: &Town) {
    if town.store.starts_with("postgres") {
        use sqlx::Connection;
        let mut connection = sqlx::PgConnection::connect(&town.store).await.unwrap();
        for sql in [
            "UPDATE messages SET created_at = created_at - interval '90 days'",
            "UPDATE conversations SET created_at = created_at - interval '90 days',
                messages_since = messages_since - interval '90 days',
                messages_until = messages_until - interval '90 days'",
        ] {
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
        return;
    }
    let connection = rusqlite::Connection::open(town.database()).unwrap();
    let micros = 90_i64 * 86_400 * 1_000_000;
    for table in ["messages", "conversations"] {
        let sql = format!("UPDATE {table} SET created_at = created_at - {micros}");
        connection.execute(&sql, []).unwrap();
    }
}

/// The first day after the month in which the last of these lines was said.
fn after_the_month_of(lines: &[String]) -> String {
    let times = lines.iter().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["createdAt"].as_str().expect("a time").to_owned()
    });
    let last: chrono::DateTime<chrono::Utc> = times.max().unwrap().parse().unwrap();
    let next = last.date_naive() + chrono::Months::new(1);
    next.format("%Y-%m-01").to_string()
}

async fn a_month_leaves_and_comes_back(town: Town) {
    let _ = town.generate(&["--users", "300"]).await;
    age(&town).await;
    let old = town.said_in_full().await;
    assert!(old.len() > 2_000);
    let _ = town.generate(&["--users", "300"]).await;
    let all = town.said_in_full().await;
    let before = after_the_month_of(&old);
    let archive = town.dir.path().join("archive");
    let dir = archive.to_str().unwrap();
    let command = ["archive", "--before", &before, "--dir", dir];
    let said = ended(town.parlor(&command)).await.well();
    let files: Vec<_> = std::fs::read_dir(&archive)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!((1..=2).contains(&files.len()), "{said}");
    let left = town.said_in_full().await;
    assert_eq!(left.len(), all.len() - old.len());
    assert!(left.iter().all(|line| all.contains(line)));
    let again = ended(town.parlor(&command)).await.well();
    assert!(again.contains("nothing that ended before"), "{again}");
    let future = ["archive", "--before", "2999-01-01", "--dir", dir];
    assert_eq!(ended(town.parlor(&future)).await.code, Some(2));
    for _ in 0..2 {
        for file in &files {
            let restore = ["archive", "--restore", file.to_str().unwrap()];
            let _ = ended(town.parlor(&restore)).await.well();
        }
        assert!(
            town.said_in_full().await == all,
            "as it was, also when it is put back twice"
        );
    }
    let broken = archive.join("broken.gz");
    std::fs::write(&broken, b"not an archive").unwrap();
    let restore = ["archive", "--restore", broken.to_str().unwrap()];
    assert_eq!(ended(town.parlor(&restore)).await.code, Some(2));
    assert_eq!(
        town.generate(&["--users", "300"]).await["conversations"],
        300
    );
}

#[tokio::test]
async fn a_month_is_archived_and_put_back_on_sqlite_cl64() {
    a_month_leaves_and_comes_back(Town::on_sqlite().await).await;
}

#[tokio::test]
async fn a_month_is_archived_and_put_back_on_postgres_cl64() {
    a_month_leaves_and_comes_back(Town::on_postgres().await).await;
}
