//! Who asks: tokens, cookies, and what is refused.

use crate::house::{House, noon};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::routing::{any, get};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use parlor_gateway::auth::{GrantToken, Signer, SigningKey};
use parlor_gateway::{Admin, Auth, Person};
use parlor_model::account::{Account, AccountRole, Username};
use parlor_model::{AccountId, ManualClock};
use parlor_ports::accounts::{AccountStore, Grant, GrantKind, PasswordHash};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use uuid::Uuid;

const TOM: AccountId = AccountId(Uuid::from_u128(0x70));
const LIFE: TimeDelta = TimeDelta::minutes(15);

/// A server with one account, whose keys are published.
struct Hall {
    house: Arc<House>,
    signer: Signer,
    router: Router,
    clock: Arc<ManualClock>,
    account: Account,
}

async fn hall(role: AccountRole) -> Hall {
    let house = Arc::new(House::default());
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::load_or_make(directory.path()).unwrap();
    let signer = Signer::new(key, LIFE);
    house.publish_key(signer.public(), noon()).await.unwrap();
    let account = Account {
        id: TOM,
        username: Username::new("tom").unwrap(),
        name: "Tom".to_owned(),
        role,
        coins: 0,
        created_at: noon(),
        last_login_at: None,
    };
    let hash = PasswordHash("$".to_owned());
    house.create_account(&account, &hash).await.unwrap();
    let clock = Arc::new(ManualClock::new(noon()));
    let maybe = |person: Option<Person>| async move {
        person.map_or_else(|| "nobody".to_owned(), |person| person.username.to_string())
    };
    let router = Router::new()
        .route(
            "/mine",
            any(|person: Person| async move { person.account.to_string() }),
        )
        .route("/maybe", get(maybe))
        .route(
            "/admin",
            get(|admin: Admin| async move { admin.0.username.to_string() }),
        )
        .with_state(Auth::new(house.clone(), clock.clone()));
    Hall {
        house,
        signer,
        router,
        clock,
        account,
    }
}

impl Hall {
    fn token(&self) -> String {
        self.signer
            .sign(&self.account, Uuid::nil(), Uuid::nil(), noon())
    }

    async fn cookie(&self) -> GrantToken {
        let grant = Grant {
            id: Uuid::from_u128(5),
            account: TOM,
            kind: GrantKind::Cookie,
            created_at: noon(),
            expires_at: noon() + TimeDelta::days(1),
        };
        let token = GrantToken::random(grant.id).unwrap();
        let kept = self.house.grant(&grant, &token.digest(), noon()).await;
        assert_eq!(kept, Ok(true));
        token
    }

    /// The status, and the code of a problem or the text.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, String) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let challenged = answer.headers().contains_key("www-authenticate");
        assert_eq!(challenged, status == StatusCode::UNAUTHORIZED);
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        match serde_json::from_str::<Value>(&text) {
            Ok(problem) if problem.is_object() => {
                (status, problem["code"].as_str().unwrap().to_owned())
            }
            _ => (status, text),
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
        self.ask(Method::GET, path, headers).await
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

fn refused(code: &str) -> (StatusCode, String) {
    (StatusCode::UNAUTHORIZED, code.to_owned())
}

#[tokio::test]
async fn a_token_tells_who_asks_and_nothing_is_nobody() {
    let hall = hall(AccountRole::User).await;
    let token = bearer(&hall.token());
    let mine = hall.get("/mine", &[("authorization", &token)]).await;
    assert_eq!(mine, (StatusCode::OK, TOM.to_string()));
    assert_eq!(hall.get("/mine", &[]).await, refused("sign_in_required"));
    assert_eq!(hall.get("/maybe", &[]).await.1, "nobody");
    let maybe = hall.get("/maybe", &[("authorization", &token)]).await;
    assert_eq!(maybe.1, "tom");
}

#[tokio::test]
async fn a_wrong_or_old_token_is_refused_also_where_nobody_is_needed() {
    let hall = hall(AccountRole::User).await;
    let token = bearer(&hall.token());
    for path in ["/mine", "/maybe"] {
        for wrong in ["Bearer x", "Bearer a.b.c", &token[..token.len() - 2]] {
            let answer = hall.get(path, &[("authorization", wrong)]).await;
            assert_eq!(answer, refused("invalid_token"), "{wrong}");
        }
    }
    hall.clock.set(noon() + LIFE);
    let old = hall.get("/mine", &[("authorization", &token)]).await;
    assert_eq!(old, refused("invalid_token"));
}

#[tokio::test]
async fn a_key_that_was_published_later_is_found() {
    let hall = hall(AccountRole::User).await;
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::load_or_make(directory.path()).unwrap();
    let other = Signer::new(key, LIFE);
    hall.house
        .publish_key(other.public(), noon())
        .await
        .unwrap();
    let token = bearer(&other.sign(&hall.account, Uuid::nil(), Uuid::nil(), noon()));
    let mine = hall.get("/mine", &[("authorization", &token)]).await;
    assert_eq!(mine.0, StatusCode::OK);
}

#[tokio::test]
async fn a_cookie_tells_who_asks_and_changes_nothing_without_the_pages_token() {
    let hall = hall(AccountRole::User).await;
    let token = hall.cookie().await;
    let csrf = token.csrf();
    let cookie = format!("other=1; parlor_session={}; x", token.reveal());
    let cookie = ("cookie", cookie.as_str());
    assert_eq!(hall.get("/mine", &[cookie]).await.0, StatusCode::OK);
    let ask = async |headers: &[_]| hall.ask(Method::POST, "/mine", headers).await;
    let forbidden = (StatusCode::FORBIDDEN, "csrf".to_owned());
    assert_eq!(ask(&[cookie]).await, forbidden);
    assert_eq!(ask(&[cookie, ("x-parlor-csrf", "x")]).await, forbidden);
    assert_eq!(
        ask(&[cookie, ("x-parlor-csrf", &csrf)]).await.0,
        StatusCode::OK
    );
    hall.house.revoke_grant(token.id()).await.unwrap();
    assert_eq!(
        hall.get("/mine", &[cookie]).await,
        refused("sign_in_required")
    );
}

#[tokio::test]
async fn a_cookie_opens_a_socket_only_for_a_page_of_this_server() {
    let hall = hall(AccountRole::User).await;
    let cookie = format!("parlor_session={}", hall.cookie().await.reveal());
    let ask = async |origin: &str| {
        let headers = [
            ("cookie", cookie.as_str()),
            ("upgrade", "websocket"),
            ("host", "localhost:8000"),
            ("origin", origin),
        ];
        hall.get("/mine", &headers).await.0
    };
    assert_eq!(ask("http://localhost:8000").await, StatusCode::OK);
    for other in ["http://localhost:9000", "http://evil.example", "null", ""] {
        assert_eq!(ask(other).await, StatusCode::FORBIDDEN, "{other}");
    }
}

#[tokio::test]
async fn a_guessed_cookie_is_nobodys() {
    let hall = hall(AccountRole::User).await;
    let token = hall.cookie().await;
    let guessed = GrantToken::random(token.id()).unwrap();
    let cookie = format!("parlor_session={}", guessed.reveal());
    let answer = hall.get("/mine", &[("cookie", &cookie)]).await;
    assert_eq!(answer, refused("sign_in_required"));
}

#[tokio::test]
async fn only_an_administrator_is_one_and_only_as_long_as_the_account_says_so() {
    let hall = hall(AccountRole::Admin).await;
    let token = bearer(&hall.token());
    let ask = async || hall.get("/admin", &[("authorization", &token)]).await;
    assert_eq!(ask().await, (StatusCode::OK, "tom".to_owned()));
    assert_eq!(hall.get("/admin", &[]).await, refused("sign_in_required"));
    hall.house.set_role(TOM, AccountRole::User).await.unwrap();
    assert_eq!(ask().await, (StatusCode::FORBIDDEN, "not_admin".to_owned()));
    hall.house.delete_account(TOM).await.unwrap();
    assert_eq!(ask().await, refused("invalid_token"));
}
