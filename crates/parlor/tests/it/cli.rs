//! The command line, as a person or a script meets it. No server is needed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Runs the binary in `dir` with nothing of this machine's settings.
pub(crate) fn parlor(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .output()
        .unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_same_seed_prints_the_same_bytes() {
    let dir = dir();
    let play = |seed: &str, format: &str| {
        let args = [
            "play", "friends", "--from", "ross", "--to", "rachel", "--seed", seed, "--format",
            format,
        ];
        let output = parlor(dir.path(), &args);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    for format in ["text", "jsonl"] {
        assert_eq!(play("7", format), play("7", format));
        assert_ne!(play("7", format), play("8", format));
    }
}

#[test]
fn a_play_is_ten_lines_in_order_and_starts_as_asked_fr19() {
    let dir = dir();
    let args = [
        "play", "--from", "ross", "--to", "Rachel", "--seed", "7", "--format", "jsonl",
    ];
    let output = text(&parlor(dir.path(), &args).stdout);
    let messages: Vec<serde_json::Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let duet: Vec<_> = messages
        .iter()
        .filter(|m| m["conversationKind"] == "duet" && m["kind"] == "line")
        .collect();
    let orders: Vec<_> = duet.iter().map(|m| m["order"].as_u64().unwrap()).collect();
    assert_eq!(orders, (1..=10).collect::<Vec<_>>());
    assert_eq!(duet[0]["from"], "Ross");
    assert_eq!(duet[0]["to"], serde_json::json!(["Rachel"]));
}

#[test]
fn a_new_world_passes_the_check_and_plays() {
    let dir = dir();
    assert!(parlor(dir.path(), &["new", "tea-house"]).status.success());
    let check = parlor(dir.path(), &["check", "tea-house.toml"]);
    assert!(check.status.success(), "{}", text(&check.stderr));
    let play = parlor(dir.path(), &["play", "tea-house.toml", "--seed", "1"]);
    assert!(play.status.success(), "{}", text(&play.stderr));
    assert!(text(&play.stdout).lines().count() > 3);
    let again = parlor(dir.path(), &["new", "tea-house"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        text(&again.stderr).contains("--force"),
        "{}",
        text(&again.stderr)
    );
}

#[test]
fn the_bundled_worlds_are_good() {
    let output = parlor(dir().path(), &["check", "friends"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_bad_world_is_reported_whole_with_its_places_and_exit_code_1() {
    let dir = dir();
    let world = r#"[world]
name = "tea"
colour = "green"

[mechanics.gossip]
probabilty = 0.1

[mechanics.exchange_limit]
max = 0

[mechanics.aside]
by = "chandler"
probability = 1.5

[[characters]]
name = "Ann"

[[characters]]
name = "Bo"
"#;
    fs::write(dir.path().join("tea.toml"), world).unwrap();
    let output = parlor(dir.path(), &["check", "tea.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stderr);
    for part in [
        "tea.toml:3:1:",
        "colour",
        "tea.toml:6:1:",
        "probability",
        "tea.toml:9:",
        "tea.toml:12:",
        "chandler",
        "tea.toml:13:",
    ] {
        assert!(report.contains(part), "no '{part}' in:\n{report}");
    }
    let json = parlor(dir.path(), &["check", "tea.toml", "--json"]);
    let problems: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(problems.as_array().unwrap().len(), 5, "{problems:#}");
}

#[test]
fn a_world_cannot_read_files_outside_its_directory() {
    let dir = dir();
    let inside = dir.path().join("worlds");
    fs::create_dir(&inside).unwrap();
    fs::write(dir.path().join("secret.json"), "{}").unwrap();
    std::os::unix::fs::symlink(dir.path().join("secret.json"), inside.join("link.json")).unwrap();
    for file in ["../secret.json", "/etc/passwd", "link.json"] {
        let world = format!(
            "[world]\nname = \"w\"\n[dialects.d]\nkind = \"grammar\"\nfile = \"{file}\"\n[[characters]]\nname = \"A\"\n[[characters]]\nname = \"B\"\n"
        );
        fs::write(inside.join("w.toml"), world).unwrap();
        let output = parlor(&inside, &["check", "w.toml"]);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{file}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains("w.toml:5:"),
            "{file}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn settings_say_where_they_come_from_and_flags_win_fr23_fr25() {
    let dir = dir();
    fs::write(
        dir.path().join(".env"),
        "RABITMQ_URL=amqp://a:secret@one\nPARLOR_PACE=30ms\n",
    )
    .unwrap();
    fs::write(
        dir.path().join("parlor.toml"),
        "log = \"info\"\n[limits]\nmessage_bytes = 500\n",
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(["config", "--json", "--seed", "3"])
        .current_dir(dir.path())
        .env_clear()
        .env("HOME", dir.path())
        .env("DATABASE_URL", "postgresql://b:secret@two/db")
        .env("PARLOR_LIMITS__BODY_BYTES", "4096")
        .env("GEMINI_API_KEY", "very-secret")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert!(!printed.contains("secret"), "{printed}");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&printed).unwrap();
    let row = |key: &str| {
        rows.iter()
            .find(|r| r["key"] == key)
            .unwrap_or_else(|| panic!("{key}"))
    };
    assert_eq!(row("bus")["value"], "amqp://a:***@one");
    assert_eq!(row("bus")["from"], "RABITMQ_URL in .env");
    assert_eq!(row("store")["from"], "DATABASE_URL in the environment");
    assert_eq!(row("pace")["value"], "30ms");
    assert_eq!(row("limits.message_bytes")["value"], "500");
    assert!(
        row("limits.message_bytes")["from"]
            .as_str()
            .unwrap()
            .contains("parlor.toml")
    );
    assert_eq!(row("limits.body_bytes")["value"], "4096");
    assert_eq!(row("seed")["from"], "flag");
    assert_eq!(row("cache")["from"], "default");
    assert_eq!(row("llm key")["value"], "set");
}

#[test]
fn a_wrong_setting_is_named_with_its_origin_and_exit_code_2() {
    let dir = dir();
    for (file, part) in [
        ("pacee = \"1s\"\n", "pacee"),
        ("pace = \"soon\"\n", "'soon' is not a pace"),
        ("listen = 5\n", "listen"),
        ("bus = [\n", "parlor.toml"),
    ] {
        fs::write(dir.path().join("parlor.toml"), file).unwrap();
        let output = parlor(dir.path(), &["config"]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(
            text(&output.stderr).contains(part),
            "{file}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn roles_apart_need_a_shared_bus_and_store() {
    let dir = dir();
    let args = ["run", "relay", "--listen", "127.0.0.1:0"];
    let output = parlor(dir.path(), &args);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--bus amqp://"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_world_that_starts_by_schedule_is_refused_at_start() {
    let dir = dir();
    let world = "[world]\nname = \"w\"\n[trigger]\nstart = \"cron\"\n[schedule]\ncron = [\"0 6 * * *\"]\n\
                 [[characters]]\nname = \"A\"\n[[characters]]\nname = \"B\"\n";
    fs::write(dir.path().join("w.toml"), world).unwrap();
    let output = parlor(dir.path(), &["up", "w.toml", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("[trigger] start"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn the_schema_is_json_schema_and_knows_the_mechanics() {
    let output = parlor(dir().path(), &["schema", "world"]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(schema["$schema"].as_str().unwrap().contains("2020-12"));
    assert!(schema.to_string().contains("anger_boost"));
    let bundled = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../worlds/world.schema.json"
    );
    let bundled: serde_json::Value = serde_json::from_slice(&fs::read(bundled).unwrap()).unwrap();
    assert_eq!(
        schema, bundled,
        "worlds/world.schema.json is out of date: parlor schema world > worlds/world.schema.json"
    );
}

#[test]
fn every_command_has_help_with_examples_and_unknown_words_exit_2() {
    let dir = dir();
    for command in [
        "up",
        "run",
        "play",
        "check",
        "schema",
        "new",
        "watch",
        "doctor",
        "dead-letters",
        "export",
        "completions",
    ] {
        let output = parlor(dir.path(), &[command, "--help"]);
        assert!(output.status.success(), "{command}");
        assert!(
            text(&output.stdout).contains("Example"),
            "{command} has no example"
        );
    }
    assert_eq!(parlor(dir.path(), &["sing"]).status.code(), Some(2));
    assert_eq!(
        parlor(dir.path(), &["play", "nowhere"]).status.code(),
        Some(2)
    );
}

#[test]
fn completions_and_doctor_without_a_server() {
    let dir = dir();
    assert!(text(&parlor(dir.path(), &["completions", "bash"]).stdout).contains("parlor"));
    let doctor = parlor(
        dir.path(),
        &["doctor", "--json", "--url", "http://127.0.0.1:9"],
    );
    assert_eq!(doctor.status.code(), Some(1));
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&doctor.stdout).unwrap();
    let gateway = findings.iter().find(|f| f["check"] == "gateway").unwrap();
    assert_eq!(gateway["ok"], false);
    assert!(gateway["remedy"].as_str().unwrap().contains("parlor up"));
}

/// A world of two whose characters speak through a language model.
const VOICED: &str = r#"[world]
name = "voiced"
[llm]
[dialects.small]
kind = "gibberish"
[dialects.voice]
kind = "llm"
fallback = "small"
[[characters]]
name = "Ann"
dialect = "voice"
[[characters]]
name = "Bo"
dialect = "voice"
[mechanics.exchange_limit]
max = 4
"#;

/// Runs the binary with one more variable.
fn parlor_with(dir: &Path, variable: (&str, &str), args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_parlor"))
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .env(variable.0, variable.1)
        .output()
        .unwrap()
}

#[test]
fn a_key_in_the_environment_does_not_change_a_play() {
    let dir = dir();
    let args = ["play", "friends", "--seed", "7", "--format", "jsonl"];
    let plain = parlor(dir.path(), &args);
    let keyed = parlor_with(dir.path(), ("GEMINI_API_KEY", "not-a-key"), &args);
    assert_eq!(text(&plain.stdout), text(&keyed.stdout));
    assert!(!text(&plain.stdout).contains("\"fallback\":true"));
}

#[test]
fn a_key_is_never_printed_wherever_it_comes_from_fr22() {
    let dir = dir();
    fs::write(dir.path().join("key"), "sk-very-secret\n").unwrap();
    for variable in [
        ("OPENAI_API_KEY", "sk-very-secret"),
        ("OPENAI_API_KEY_FILE", "key"),
    ] {
        for args in [
            &["config"][..],
            &["config", "--json"],
            &["doctor", "--json"],
        ] {
            let output = parlor_with(dir.path(), variable, args);
            let printed = text(&output.stdout) + &text(&output.stderr);
            assert!(!printed.contains("very-secret"), "{args:?}: {printed}");
        }
        let config = text(&parlor_with(dir.path(), variable, &["config"]).stdout);
        assert!(
            config.contains(&format!("{} in the environment", variable.0)),
            "{config}"
        );
    }
}

#[test]
fn a_model_without_its_key_is_refused_at_once_with_the_variable() {
    let dir = dir();
    let output = parlor(dir.path(), &["play", "--llm", "gemini:gemini-3-flash"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("set GEMINI_API_KEY"),
        "{}",
        text(&output.stderr)
    );
    let output = parlor(dir.path(), &["play", "--llm", "gpt-4o"]);
    assert!(
        text(&output.stderr).contains("names no model"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn an_address_in_a_world_file_needs_the_operators_leave() {
    let dir = dir();
    let world = VOICED.replace(
        "[llm]",
        "[llm]\nmodel = \"openai:any@http://127.0.0.1:9/v1\"",
    );
    fs::write(dir.path().join("voiced.toml"), world).unwrap();
    let play = |endpoints: &str| {
        let args = [
            "play",
            "voiced.toml",
            "--llm",
            "ollama:any@http://127.0.0.1:9",
            "--seed",
            "1",
        ];
        parlor_with(dir.path(), ("PARLOR_LLM_ENDPOINTS", endpoints), &args)
    };
    let refused = play("http://elsewhere/v1");
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("llm_endpoints"),
        "{}",
        text(&refused.stderr)
    );
    // Nobody listens there, so the fallback speaks.
    let allowed = play("http://127.0.0.1:9/v1");
    assert!(allowed.status.success(), "{}", text(&allowed.stderr));
    assert!(
        text(&allowed.stdout).contains("(fallback)"),
        "{}",
        text(&allowed.stdout)
    );
}

#[test]
fn a_prompt_needs_a_conversation_of_the_store() {
    let dir = dir();
    let unknown = "5b0e2f3c-6b1e-5c53-9d0b-0d7c1a2f9f10";
    for (id, part) in [
        (unknown, "has no conversation"),
        ("x", "not a conversation's id"),
    ] {
        let output = parlor(dir.path(), &["prompt", id]);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            text(&output.stderr).contains(part),
            "{}",
            text(&output.stderr)
        );
    }
}
