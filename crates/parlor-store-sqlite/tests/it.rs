//! The store against the suite that every store passes, and what only this one promises.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use parlor_model::{Slug, SystemClock};
use parlor_ports::store::{Store, Upkeep};
use parlor_store_sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use tempfile::TempDir;

async fn open(options: SqliteOptions) -> SqliteStore {
    SqliteStore::open(options, Arc::new(SystemClock))
        .await
        .unwrap()
}

mod in_a_file {
    use super::*;

    async fn make() -> (Arc<dyn Store>, TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let store = open(SqliteOptions::file(
            directory.path().join("made/on/the/way.db"),
        ))
        .await;
        (Arc::new(store), directory)
    }

    parlor_ports::store_conformance!(make);

    /// Each has its own connections and thread, as two processes have.
    async fn make_two() -> ((Arc<dyn Store>, Arc<dyn Store>), TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteOptions::file(directory.path().join("parlor.db"));
        let (one, other) = tokio::join!(open(options.clone()), open(options));
        ((Arc::new(one), Arc::new(other)), directory)
    }

    parlor_ports::store_shared_conformance!(make_two);
}

mod in_memory {
    use super::*;

    async fn make() -> (Arc<dyn Store>, ()) {
        (Arc::new(open(SqliteOptions::memory()).await), ())
    }

    parlor_ports::store_conformance!(make);
}

/// Two handles on one file stand for two processes: each has its own connections and thread.
async fn two() -> (SqliteStore, SqliteStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions::file(directory.path().join("parlor.db"));
    let (one, other) = tokio::join!(open(options.clone()), open(options));
    let (first, second) = tokio::join!(one.migrate(), other.migrate());
    assert_eq!((first, second), (Ok(()), Ok(())));
    (one, other, directory)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_the_same_file_at_once() {
    let (one, other, _directory) = two().await;
    let both = [(one, "one"), (other, "other")].map(|(store, digest)| {
        tokio::spawn(async move {
            let mut answers = Vec::new();
            for n in 0..100 {
                let now = chrono::DateTime::UNIX_EPOCH;
                answers.push(store.remember_key(&format!("key {n}"), digest, now).await);
            }
            (store, answers)
        })
    });
    let [first, second] = both;
    let ((one, first), (other, second)) = (first.await.unwrap(), second.await.unwrap());

    assert!(first.iter().all(Result::is_ok), "{first:?}");
    assert_eq!(first, second, "both have the digest that came first");
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn what_one_process_writes_the_other_reads() {
    let (one, other, _directory) = two().await;
    let world = Slug::new("friends").unwrap();
    one.set_paused(&world, true, chrono::DateTime::UNIX_EPOCH)
        .await
        .unwrap();
    assert_eq!(other.is_paused(&world).await, Ok(true));
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let directory = tempfile::tempdir().unwrap();
    let world = Slug::new("friends").unwrap();
    for synchronous_full in [false, true] {
        let file = directory.path().join(format!("{synchronous_full}.db"));
        let options = SqliteOptions {
            synchronous_full,
            ..SqliteOptions::file(file)
        };
        let store = open(options.clone()).await;
        store.migrate().await.unwrap();
        store
            .set_paused(&world, true, chrono::DateTime::UNIX_EPOCH)
            .await
            .unwrap();
        store.close().await;

        let again = open(options).await;
        assert_eq!(again.pending_migrations().await, Ok(Vec::new()));
        assert_eq!(again.is_paused(&world).await, Ok(true));
        again.close().await;
    }
}

#[tokio::test]
async fn a_closed_store_says_so() {
    for store in [open(SqliteOptions::memory()).await, {
        let directory = tempfile::tempdir().unwrap();
        open(SqliteOptions::file(directory.path().join("parlor.db"))).await
    }] {
        store.close().await;
        store.close().await;
        for error in [
            store.ping().await.unwrap_err(),
            store.migrate().await.unwrap_err(),
        ] {
            assert!(
                !error.is_retryable() && error.to_string().contains("closed"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn a_store_that_is_not_migrated_says_how_to_mend_it() {
    let store = open(SqliteOptions::memory()).await;
    let error = store
        .is_paused(&Slug::new("friends").unwrap())
        .await
        .unwrap_err();
    assert!(
        !error.is_retryable() && error.to_string().contains("--no-migrate"),
        "{error}"
    );
    store.close().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "dear diary, ".repeat(1_000)).unwrap();
    let opened = SqliteStore::open(SqliteOptions::file(&path), Arc::new(SystemClock)).await;
    let error = opened.err().expect("it is not a database");
    assert!(
        !error.is_retryable() && error.to_string().contains("notes.txt"),
        "{error}"
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("dear diary")
    );
}
