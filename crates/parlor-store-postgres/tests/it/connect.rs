//! Connecting, and what is said when that fails.

use crate::place::{Place, server_url};
use parlor_model::SystemClock;
use parlor_ports::PortError;
use parlor_ports::store::{StepStore, Upkeep};
use parlor_store_postgres::{PostgresOptions, PostgresStore};
use std::sync::Arc;

async fn refused(url: &str, options: PostgresOptions) -> PortError {
    match PostgresStore::connect(url, options, Arc::new(SystemClock)).await {
        Ok(_) => panic!("connected to {url}"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_worth_another_try_and_the_password_is_not_shown() {
    let error = refused(
        "postgres://ross:s3cret@127.0.0.1:9/friends",
        PostgresOptions::default(),
    )
    .await;
    assert!(error.is_retryable(), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("127.0.0.1:9/friends") && !text.contains("s3cret"),
        "{text}"
    );
}

#[tokio::test]
async fn a_wrong_url_or_database_or_schema_is_final_and_says_what_to_do() {
    let wrong_url = refused(
        "postgres://ross:s3cret@host:port/friends",
        PostgresOptions::default(),
    )
    .await;
    assert!(!wrong_url.is_retryable(), "{wrong_url}");
    assert!(!wrong_url.to_string().contains("s3cret"), "{wrong_url}");

    let mut url = server_url();
    url.truncate(url.rfind('/').unwrap());
    let no_database = refused(
        &format!("{url}/nobody_made_this"),
        PostgresOptions::default(),
    )
    .await;
    assert!(
        !no_database.is_retryable() && no_database.to_string().contains("createdb"),
        "{no_database}"
    );

    let options = PostgresOptions {
        schema: Some("x; drop".to_owned()),
        ..PostgresOptions::default()
    };
    let bad_schema = refused(&server_url(), options).await;
    assert!(
        !bad_schema.is_retryable() && bad_schema.to_string().contains("schema name"),
        "{bad_schema}"
    );
}

#[tokio::test]
async fn without_its_tables_a_store_says_how_to_make_them() {
    let place = Place::new();
    let store = place.store().await;
    let talk = crate::fixture::conversation(1);

    let error = store
        .commit(vec![crate::fixture::open(&talk)])
        .await
        .unwrap_err();

    assert!(
        !error.is_retryable() && error.to_string().contains("--no-migrate"),
        "{error}"
    );
    assert_eq!(store.ping().await, Ok(()), "the server itself is there");
    store.close().await;
}
