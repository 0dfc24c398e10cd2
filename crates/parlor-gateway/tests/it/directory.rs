//! The directory of a house, in which two bots are.

use crate::house::{House, called_from, get, house, noon, post, slug, world};
use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use parlor_gateway::Gateway;
use parlor_model::world::Access;
use parlor_model::{ConversationId, Slug};
use parlor_ports::PortResult;
use parlor_ports::desk::{BotDesk, BotReply, BotRequest, DeskError, KeyHolder};
use parlor_ports::directory::{BotRecord, Directory, Lease, NewBot};
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;

fn record(name: &str, dialect: Option<&str>, key: Option<u8>) -> BotRecord {
    BotRecord {
        name: slug(name),
        host: Uuid::from_u128(9),
        since: noon() - TimeDelta::minutes(5),
        last_seen: noon() - TimeDelta::seconds(2),
        dialect: dialect.map(str::to_owned),
        key_digest: key.map(|byte| vec![byte; 32]),
    }
}

#[async_trait]
impl Directory for House {
    async fn take_in(&self, _: &Slug, _: Lease, bots: &[NewBot]) -> PortResult<Vec<bool>> {
        self.ask()?;
        Ok(bots.iter().map(|bot| bot.name != slug("abc123")).collect())
    }

    async fn renew_lease(&self, _: Lease) -> PortResult<bool> {
        self.ask()?;
        Ok(true)
    }

    async fn let_go(&self, _: &Slug, _: Uuid, names: &[Slug]) -> PortResult<u64> {
        self.ask()?;
        Ok(names.len() as u64)
    }

    async fn sweep_directory(&self, _: DateTime<Utc>) -> PortResult<Vec<(Slug, BotRecord)>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn directory_versions(&self) -> PortResult<Vec<(Slug, u64)>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn bots(
        &self,
        _: &Slug,
        _: DateTime<Utc>,
        after: Option<&Slug>,
        limit: u32,
    ) -> PortResult<Vec<BotRecord>> {
        self.ask()?;
        let all = [
            record("abc123", None, None),
            record("parrot", None, Some(1)),
            record("zoe999", Some("banter"), None),
        ];
        let wanted = all
            .into_iter()
            .filter(|bot| after.is_none_or(|after| bot.name > *after));
        Ok(wanted.take(usize::try_from(limit).unwrap()).collect())
    }

    async fn bot(&self, _: &Slug, name: &Slug, _: DateTime<Utc>) -> PortResult<Option<BotRecord>> {
        self.ask()?;
        Ok((*name == slug("parrot")).then(|| record("parrot", None, Some(1))))
    }

    async fn bots_count(&self, _: &Slug, _: DateTime<Utc>) -> PortResult<u64> {
        self.ask()?;
        Ok(3)
    }

    async fn busy(&self, _: &Slug) -> PortResult<HashMap<String, u32>> {
        self.ask()?;
        Ok(HashMap::from([("parrot".to_owned(), 2)]))
    }

    async fn silent(&self, _: &Slug, _: DateTime<Utc>, _: u32) -> PortResult<Vec<ConversationId>> {
        self.ask()?;
        Ok(Vec::new())
    }
}

#[async_trait]
impl BotDesk for House {
    async fn ask(&self, _: &Slug, request: BotRequest) -> Result<BotReply, DeskError> {
        self.ask()?;
        match request {
            BotRequest::Say { key, .. } if key.is_empty() => Err(DeskError::refused(
                "unknown_key",
                "this key speaks for nobody",
            )),
            BotRequest::Say { conversation, .. } => Ok(BotReply::Said { conversation }),
            _ => Ok(BotReply::Renewed { lease_seconds: 10 }),
        }
    }

    async fn holder(&self, _: &str) -> Result<KeyHolder, DeskError> {
        self.ask()?;
        Err(DeskError::refused(
            "unknown_key",
            "this key speaks for nobody",
        ))
    }
}

#[tokio::test]
async fn the_desk_replies_over_http() {
    let app = app();
    let say = r#"{"type":"say","key":"k","conversation":"00000000-0000-0000-0000-000000000001","text":"Hi"}"#;
    let said = post(&app, "/api/bots", say).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.text);
    assert_eq!(said.json()["type"], "said");
    for (body, status, code) in [
        (
            r#"{"type":"say","conversation":"00000000-0000-0000-0000-000000000001","text":"Hi"}"#,
            401,
            "unknown_key",
        ),
        (r#"{"type":"sing"}"#, 400, "invalid_request"),
        (r#"{"type":"say","text":"Hi"}"#, 400, "invalid_request"),
        (r#"{"type":"renew","keys":"k"}"#, 400, "unknown_field"),
        (r#"{"type":"list","world":"quiet"}"#, 404, "no_bots"),
    ] {
        let answer = post(&app, "/api/bots", body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, code.to_owned()),
            "{body}"
        );
    }
    let nobody = get(&app, "/api/bots/connect?key=k").await;
    assert_eq!(nobody.code(), "unknown_key");
}

/// The router of a house to whose world `bots` come.
fn app() -> Router {
    let (_, options) = house();
    let options = parlor_gateway::GatewayOptions {
        worlds: vec![
            world("quiet", Access::Open, &[]),
            world("bots", Access::Open, &[]),
        ]
        .into(),
        ..options
    };
    called_from(Gateway::new(options).router(), [127, 0, 0, 1])
}

#[tokio::test]
async fn the_directory_tells_who_is_there_rc24() {
    let app = app();
    let answer = get(&app, "/api/directory?limit=2").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let page = answer.json();
    assert_eq!(page["count"], 3);
    assert_eq!(page["nextCursor"], "parrot");
    assert_eq!(
        page["items"][1],
        json!({
            "name": "parrot", "world": "bots", "since": "2027-01-15T07:55:00Z",
            "lastSeen": "2027-01-15T07:59:58Z", "inbox": "q-parrot", "dialect": null, "busy": 2,
            "foreign": true,
        })
    );
    let rest = get(&app, "/api/directory?world=bots&cursor=parrot")
        .await
        .json();
    assert_eq!(rest["items"][0]["name"], "zoe999");
    assert_eq!(rest["nextCursor"], json!(null));
}

#[tokio::test]
async fn a_world_without_bots_has_no_directory() {
    let app = app();
    for (path, status, code) in [
        (
            "/api/directory?world=quiet",
            StatusCode::NOT_FOUND,
            "no_bots",
        ),
        (
            "/api/directory?world=mars",
            StatusCode::NOT_FOUND,
            "unknown_world",
        ),
        (
            "/api/directory?cursor=Not%20one",
            StatusCode::BAD_REQUEST,
            "invalid_cursor",
        ),
    ] {
        let answer = get(&app, path).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code.to_owned()),
            "{path}"
        );
    }
}
