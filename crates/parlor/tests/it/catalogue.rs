//! The catalogue, as a person meets it: cards come in, act, and go.

use crate::cli::{dir, parlor, text};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

const COAST: &str = r#"
[world]
name = "coast"
[mechanics.exchange_limit]
max = 10
[[characters]]
name = "Ross"
[[characters]]
name = "Rachel"
"#;
/// No server or conversation takes longer, on a slow machine either.
const DEADLINE: Duration = Duration::from_secs(60);

fn card(name: &str, says: &str) -> String {
    json!({ "spec": "chara_card_v3", "spec_version": "3.0", "data": {
        "name": name, "description": "Keeps the lighthouse.", "personality": "", "scenario": "",
        "first_mes": says, "mes_example": "", "alternate_greetings": [],
        "group_only_greetings": [], "tags": [], "creator": "", "character_version": "",
        "creator_notes": "", "system_prompt": "", "post_history_instructions": "",
        "extensions": { "other/program": { "kept": [1, 2.5, null] } }, "unknown": true,
    }})
    .to_string()
}

fn well(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn coast(dir: &Path) {
    fs::write(dir.join("coast.toml"), COAST).unwrap();
    fs::write(
        dir.join("marla.json"),
        card("Marla Quince", "Mind the step, {{user}}."),
    )
    .unwrap();
}

#[test]
fn a_card_comes_in_is_replaced_and_goes() {
    let dir = dir();
    coast(dir.path());
    let run = |args: &[&str]| parlor(dir.path(), &[args, &["--data-dir", "data"]].concat());
    let import = ["card", "import", "marla.json", "--world", "coast.toml"];

    assert!(well(&run(&import)).starts_with("Marla Quince (marla-quince) is in the catalogue"));
    let again = well(&run(&import));
    assert!(
        again.contains("has been replaced in the catalogue of coast"),
        "{again}"
    );
    let listed: Value =
        serde_json::from_str(&well(&run(&["card", "list", "--world", "coast", "--json"]))).unwrap();
    assert_eq!(listed["slug"], "marla-quince");
    let export = [
        "card",
        "export",
        "marla-quince",
        "--world",
        "coast.toml",
        "--json",
    ];
    let exported: Value = serde_json::from_str(&well(&run(&export))).unwrap();
    let read: Value =
        serde_json::from_str(&card("Marla Quince", "Mind the step, {{user}}.")).unwrap();
    assert_eq!(exported, read);
    let remove = ["card", "remove", "marla-quince", "--world", "coast"];
    well(&run(&remove));
    let gone = run(&remove);
    assert!(!gone.status.success());
    assert!(text(&gone.stderr).contains("there is no 'marla-quince'"));
}

#[test]
fn a_card_with_the_name_of_somebody_of_the_cast_is_refused() {
    let dir = dir();
    coast(dir.path());
    fs::write(dir.path().join("ross.json"), card("ROSS", "Hi.")).unwrap();
    let files = [
        "card",
        "import",
        "ross.json",
        "marla.json",
        "--world",
        "coast.toml",
    ];
    let output = parlor(dir.path(), &[&files[..], &["--data-dir", "data"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("has somebody called 'ROSS' already"),
        "{said}"
    );
    assert!(
        text(&output.stdout).contains("Marla Quince"),
        "the others are kept"
    );
}

/// A server that ends with the test.
struct Server {
    child: Child,
    address: String,
    /// A server whose reader is gone ends.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Server {
    fn start(dir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parlor"))
            .args([
                "up",
                "coast.toml",
                "--no-start",
                "--quiet",
                "--no-web",
                "--pace",
                "0",
            ])
            .args([
                "--seed",
                "7",
                "--listen",
                "127.0.0.1:0",
                "--data-dir",
                "data",
            ])
            .current_dir(dir)
            .env_clear()
            .env("HOME", dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut banner = lines.by_ref().map_while(Result::ok);
        let banner = banner.find(|line| line.contains("http://"));
        let banner = banner.expect("the banner tells the address");
        let address = banner
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let address = address.unwrap().to_owned();
        Self {
            child,
            address,
            _lines: lines,
        }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_character_of_the_catalogue_acts_after_the_next_start() {
    let dir = dir();
    coast(dir.path());
    let import = ["card", "import", "marla.json", "--world", "coast.toml"];
    {
        // Beside a running server, which has the store open.
        let _server = Server::start(dir.path());
        well(&parlor(
            dir.path(),
            &[&import[..], &["--data-dir", "data"]].concat(),
        ));
    }
    let server = Server::start(dir.path());
    let marla = server.ask("GET", "/api/worlds/coast/characters/marla-quince", "");
    assert_eq!(marla["name"], "Marla Quince");
    let wish = r#"{"from":"marla-quince","to":"ross"}"#;
    let started = server.ask("POST", "/api/worlds/coast/conversations", wish);
    let id = started["conversationId"].as_str().unwrap();
    let began = Instant::now();
    let messages = loop {
        let path = format!("/api/conversations/{id}/messages");
        let messages = server.ask("GET", &path, "");
        if messages["items"]
            .as_array()
            .is_some_and(|items| items.len() >= 10)
        {
            break messages;
        }
        assert!(began.elapsed() < DEADLINE, "{messages}");
    };
    assert_eq!(messages["items"][0]["text"], "Mind the step, Ross.");
    assert_eq!(messages["items"][2]["from"], "Marla Quince");
}

#[test]
fn a_world_goes_into_one_file_and_comes_out_of_it_with_its_catalogue() {
    let (here, there) = (dir(), dir());
    coast(here.path());
    let own = [
        COAST,
        "[dialects.banter]\nkind = \"grammar\"\nfile = \"words/banter.json\"\n",
    ];
    fs::create_dir(here.path().join("words")).unwrap();
    fs::write(here.path().join("coast.toml"), own.concat()).unwrap();
    let grammar = r##"{"origin": ["The tide is out."]}"##;
    fs::write(here.path().join("words/banter.json"), grammar).unwrap();
    let data = ["--data-dir", "data"];
    let run = |at: &Path, args: &[&str]| parlor(at, &[args, &data].concat());
    well(&run(
        here.path(),
        &["card", "import", "marla.json", "--world", "coast.toml"],
    ));

    let packed = run(here.path(), &["world", "export", "coast.toml"]);
    assert!(well(&packed).contains("1 files that it names, 1 characters"));
    fs::copy(
        here.path().join("coast.world.zip"),
        there.path().join("coast.world.zip"),
    )
    .unwrap();
    let import = ["world", "import", "coast.world.zip"];
    well(&run(there.path(), &import));

    well(&parlor(there.path(), &["check", "coast/coast.toml"]));
    let said = well(&parlor(
        there.path(),
        &["play", "coast/coast.toml", "--seed", "7"],
    ));
    assert!(said.contains("The tide is out."), "{said}");
    let listed = well(&run(there.path(), &["card", "list", "--world", "coast"]));
    assert!(listed.starts_with("marla-quince"), "{listed}");
    let again = run(there.path(), &import);
    assert!(text(&again.stderr).contains("is there already"));
    well(&run(there.path(), &[&import[..], &["--force"]].concat()));

    fs::write(there.path().join("evil.zip"), b"PK\x05\x06 and nothing").unwrap();
    let refused = run(there.path(), &["world", "import", "evil.zip"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("'evil.zip' can't be imported"));
}
