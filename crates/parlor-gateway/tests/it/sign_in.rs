//! Signing up, in and out, over HTTP.

use crate::house::{Answer, app, get, post, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use parlor_gateway::auth::{TokenError, Verifier};
use parlor_ports::accounts::{AccountStore, PublicKey};
use serde_json::{Value, json};

const PASSWORD: &str = "two wet umbrellas";

async fn registered(app: &Router, username: &str) -> Value {
    let wish = json!({"username": username, "name": "Marla Quince", "password": PASSWORD});
    let answer = post(app, "/register", &wish.to_string()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

async fn form(app: &Router, path: &str, body: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    send(app, request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn tokens(app: &Router, username: &str) -> Value {
    let body = format!("username={username}&password=two+wet+umbrellas");
    let answer = form(app, "/login", &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

async fn ask(app: &Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(app, request.body(Body::empty()).unwrap()).await
}

fn bearer(tokens: &Value) -> String {
    format!("Bearer {}", tokens["access_token"].as_str().unwrap())
}

async fn refresh(app: &Router, tokens: &Value) -> Answer {
    let body = json!({"refresh_token": tokens["refresh_token"]});
    post(app, "/refresh", &body.to_string()).await
}

#[tokio::test]
async fn somebody_signs_up_and_in_and_asks_who_they_are_cc36_cc39() {
    let (_, app) = app();
    let account = registered(&app, "Marla").await;
    assert_eq!(account["username"], "Marla");
    assert_eq!(account["role"], "user");
    let answer = form(
        &app,
        "/login",
        "username=marla&password=two%20wet%20umbrellas",
    )
    .await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.json();
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 900);
    let me = ask(
        &app,
        Method::GET,
        "/me",
        &[("authorization", &bearer(&tokens))],
    )
    .await;
    assert_eq!(me.json()["id"], account["id"]);
    assert!(me.json()["lastLoginAt"].is_string());
    assert_eq!(get(&app, "/me").await.code(), "sign_in_required");
}

#[tokio::test]
async fn a_username_is_taken_in_whatever_case() {
    let (_, app) = app();
    registered(&app, "marla").await;
    let wish = json!({"username": "MARLA", "password": PASSWORD}).to_string();
    let answer = post(&app, "/register", &wish).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::CONFLICT, "username_taken".into())
    );
}

#[tokio::test]
async fn what_is_no_account_is_refused_and_the_password_is_not_repeated() {
    let (_, app) = app();
    for (username, name, password, code) in [
        ("m", "Marla", PASSWORD, "invalid_username"),
        ("marla quince", "Marla", PASSWORD, "invalid_username"),
        ("marla", "Mar\nla", PASSWORD, "invalid_name"),
        ("marla", "Marla", "qwertyuiop", "weak_password"),
        ("marla", "Marla", "short", "weak_password"),
        ("marla1234", "Marla", "Marla1234", "weak_password"),
    ] {
        let wish = json!({"username": username, "name": name, "password": password});
        let answer = post(&app, "/register", &wish.to_string()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.code(), code);
        assert!(!answer.text.contains(password), "{}", answer.text);
    }
    let answer = post(&app, "/register", r#"{"usernam":"x"}"#).await;
    assert_eq!(answer.json()["didYouMean"], "username");
    let long = format!(r#"{{"password":"{}"}}"#, "x".repeat(20_000));
    assert_eq!(
        post(&app, "/register", &long).await.code(),
        "body_too_large"
    );
}

#[tokio::test]
async fn a_wrong_password_and_a_stranger_are_answered_alike() {
    let (_, app) = app();
    registered(&app, "marla").await;
    let mut answers = Vec::new();
    for username in ["marla", "nobody", "%00", ""] {
        let body = format!("username={username}&password=wrong-password");
        let answer = form(&app, "/login", &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn guessing_has_to_wait_whether_there_is_an_account_or_not() {
    let (_, app) = app();
    registered(&app, "marla").await;
    for username in ["marla", "nobody"] {
        let guess = format!("username={username}&password=wrong-password");
        for _ in 0..5 {
            assert_eq!(
                form(&app, "/login", &guess).await.status,
                StatusCode::UNAUTHORIZED
            );
        }
        let right = format!("username={username}&password=two+wet+umbrellas");
        for path in ["/login", "/token", "/session"] {
            let answer = form(&app, path, &right).await;
            assert_eq!(answer.code(), "too_many_tries");
            assert_eq!(answer.header("retry-after"), "2");
        }
    }
}

#[tokio::test]
async fn the_password_grant_is_read_as_clients_send_it() {
    let (_, app) = app();
    registered(&app, "marla").await;
    let rest = "grant_type=password&scope=&client_id=&client_secret=";
    let body = format!("username=marla&password=two+wet+umbrellas&{rest}");
    let tokens = form(&app, "/token", &body).await.json();
    let token = tokens["refresh_token"].as_str().unwrap();
    let again = format!("grant_type=refresh_token&refresh_token={token}");
    assert_eq!(form(&app, "/token", &again).await.status, StatusCode::OK);
    let other = form(&app, "/token", "grant_type=client_credentials").await;
    assert_eq!(other.code(), "unsupported_grant_type");
    let twice = form(&app, "/token", "username=a&username=b").await;
    assert_eq!(twice.code(), "invalid_form");
    let json = json!({"username": "marla", "password": PASSWORD}).to_string();
    assert_eq!(post(&app, "/login", &json).await.status, StatusCode::OK);
    let text = Request::post("/login").header("content-type", "text/plain");
    let text = send(&app, text.body(Body::from("x")).unwrap()).await;
    assert_eq!(text.code(), "not_json");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_an_old_one_ends_it_for_both() {
    let (_, app) = app();
    registered(&app, "marla").await;
    let (first, other) = (tokens(&app, "marla").await, tokens(&app, "marla").await);
    let second = refresh(&app, &first).await;
    assert_eq!(second.status, StatusCode::OK);
    let second = second.json();
    assert_ne!(second["access_token"], first["access_token"]);
    assert_eq!(refresh(&app, &first).await.code(), "invalid_refresh_token");
    assert_eq!(refresh(&app, &second).await.code(), "invalid_refresh_token");
    assert_eq!(refresh(&app, &other).await.status, StatusCode::OK);
    for wrong in ["", "x", second["access_token"].as_str().unwrap()] {
        let answer = refresh(&app, &json!({"refresh_token": wrong})).await;
        assert_eq!(answer.code(), "invalid_refresh_token");
    }
}

#[tokio::test]
async fn signing_out_ends_the_refresh_token() {
    let (_, app) = app();
    registered(&app, "marla").await;
    let by_token = tokens(&app, "marla").await;
    let body = json!({"refresh_token": by_token["refresh_token"]}).to_string();
    assert_eq!(
        post(&app, "/logout", &body).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        refresh(&app, &by_token).await.code(),
        "invalid_refresh_token"
    );
    assert_eq!(
        post(&app, "/logout", &body).await.status,
        StatusCode::NO_CONTENT
    );
    let by_access = tokens(&app, "marla").await;
    let header = bearer(&by_access);
    let out = ask(&app, Method::POST, "/logout", &[("authorization", &header)]).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(
        refresh(&app, &by_access).await.code(),
        "invalid_refresh_token"
    );
}

#[tokio::test]
async fn a_page_signs_in_by_a_cookie_that_no_script_reads() {
    let (_, app) = app();
    registered(&app, "marla").await;
    let nobody = get(&app, "/session").await.json();
    assert_eq!(nobody, json!({"account": null, "csrf": null}));
    let body = json!({"username": "marla", "password": PASSWORD}).to_string();
    let answer = post(&app, "/session", &body).await;
    let set = answer.header("set-cookie").to_owned();
    assert!(
        set.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"),
        "{set}"
    );
    let cookie = set.split(';').next().unwrap();
    let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
    let cookie = ("cookie", cookie);
    let session = ask(&app, Method::GET, "/session", &[cookie]).await.json();
    assert_eq!(session["account"]["username"], "marla");
    assert_eq!(session["csrf"], csrf);
    assert_eq!(
        ask(&app, Method::GET, "/me", &[cookie]).await.status,
        StatusCode::OK
    );
    for path in ["/me", "/logout"] {
        let method = if path == "/me" {
            Method::DELETE
        } else {
            Method::POST
        };
        assert_eq!(
            ask(&app, method, path, &[cookie]).await.code(),
            "csrf",
            "{path}"
        );
    }
    let csrf = ("x-parlor-csrf", csrf.as_str());
    let out = ask(&app, Method::POST, "/logout", &[cookie, csrf]).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(
        ask(&app, Method::GET, "/me", &[cookie]).await.code(),
        "sign_in_required"
    );
}

#[tokio::test]
async fn over_tls_the_cookie_stays_there_and_other_sites_may_not_ask() {
    let (_, app) = app();
    registered(&app, "marla").await;
    let body = json!({"username": "marla", "password": PASSWORD}).to_string();
    let sign_in = async |headers: [(&str, &str); 2]| {
        let mut request = Request::post("/session").header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        send(&app, request.body(Body::from(body.clone())).unwrap()).await
    };
    let host = ("host", "parlor.example");
    let secure = sign_in([host, ("origin", "https://parlor.example")]).await;
    assert!(secure.header("set-cookie").ends_with("; Secure"));
    assert_eq!(secure.header("access-control-allow-origin"), "");
    let strange = sign_in([host, ("origin", "https://evil.example")]).await;
    assert_eq!(strange.code(), "cross_site");
}

#[tokio::test]
async fn everything_of_a_person_is_exported_and_goes() {
    let (house, app) = app();
    let account = registered(&app, "marla").await;
    let tokens = tokens(&app, "marla").await;
    let id = account["id"].as_str().unwrap().parse().unwrap();
    house
        .pay(id, 7, "gift", crate::house::noon())
        .await
        .unwrap();
    let header = bearer(&tokens);
    let header = [("authorization", header.as_str())];
    let export = ask(&app, Method::GET, "/me/export", &header).await;
    assert!(
        export
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(export.json()["account"]["coins"], 7);
    assert_eq!(export.json()["signIns"][0]["kind"], "program");
    assert_eq!(export.json()["payments"][0]["key"], "gift");
    assert_eq!(export.json()["companions"], json!([]));
    let lines = &export.json()["sessions"][0]["lines"];
    assert_eq!(lines[0]["content"], "Hi.");
    assert!(!export.text.contains("argon2"), "{}", export.text);
    let gone = ask(&app, Method::DELETE, "/me", &header).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    for path in ["/me", "/me/export"] {
        assert_eq!(
            ask(&app, Method::GET, path, &header).await.code(),
            "invalid_token"
        );
    }
    assert_eq!(
        ask(&app, Method::DELETE, "/me", &header).await.code(),
        "invalid_token"
    );
    assert_eq!(refresh(&app, &tokens).await.code(), "invalid_refresh_token");
    registered(&app, "marla").await;
}

#[tokio::test]
async fn a_token_is_checked_by_the_published_keys_alone() {
    use base64::Engine;
    let (_, app) = app();
    registered(&app, "marla").await;
    let tokens = tokens(&app, "marla").await;
    let token = tokens["access_token"].as_str().unwrap();
    let set = get(&app, "/.well-known/jwks.json").await.json();
    let x = set["keys"][0]["x"].as_str().unwrap();
    let x = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(x)
        .unwrap();
    let verifier = Verifier::of(&[PublicKey(x.try_into().unwrap())]);
    let person = verifier.verify(token, crate::house::noon()).unwrap();
    assert_eq!(person.username.as_str(), "marla");
    let nobodys = Verifier::of(&[]).verify(token, crate::house::noon());
    assert_eq!(nobodys, Err(TokenError::UnknownKey));
}

#[tokio::test]
async fn a_token_is_looked_at() {
    let (_, app) = app();
    let account = registered(&app, "marla").await;
    let tokens = tokens(&app, "marla").await;
    let body = json!({"token": tokens["access_token"]}).to_string();
    let by_body = post(&app, "/validate", &body).await.json();
    let header = bearer(&tokens);
    let by_header = ask(
        &app,
        Method::POST,
        "/validate",
        &[("authorization", &header)],
    )
    .await;
    assert_eq!(by_body, by_header.json());
    assert_eq!(by_body["valid"], true);
    assert_eq!(by_body["sub"], account["id"]);
    for wrong in [json!({}), json!({"token": "a.b.c"})] {
        let answer = post(&app, "/validate", &wrong.to_string()).await;
        assert_eq!(answer.code(), "invalid_token");
    }
}

#[tokio::test]
async fn signing_in_waits_for_the_store_with_a_problem() {
    let (house, app) = app();
    registered(&app, "marla").await;
    house.set_away(true);
    let answer = form(&app, "/login", "username=marla&password=two+wet+umbrellas").await;
    assert_eq!(answer.code(), "unavailable");
    house.set_away(false);
    tokens(&app, "marla").await;
}
