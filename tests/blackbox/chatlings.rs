//! Companions that talk: runs that are killed, resumed and shared end as one that was left in peace.

use parlor_blackbox::{Database, command, ended};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PEOPLE: u64 = 1_500;

/// A store of its own with people in it.
struct Town {
    dir: TempDir,
    store: String,
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

    async fn with(store: String, database: Option<Database>) -> Self {
        let town = Self {
            dir: tempfile::tempdir().unwrap(),
            store,
            _database: database,
        };
        let people = PEOPLE.to_string();
        let made = town.parlor(&["seed", "chatlings", "--users", &people, "--companions", "6"]);
        let said = ended(made).await.well();
        assert!(said.contains("people with 6 companions"), "{said}");
        town
    }

    fn parlor(&self, args: &[&str]) -> Command {
        let mut parlor = command(self.dir.path());
        let data: &Path = self.dir.path();
        parlor
            .args(args)
            .arg(format!("--store={}", self.store))
            .arg(format!("--data-dir={}", data.display()))
            .arg("--seed=7");
        parlor
    }

    /// The summary of a run.
    async fn generate(&self, more: &[&str]) -> Value {
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
    async fn said(&self) -> Vec<String> {
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

fn without_time(summary: &Value) -> Value {
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
