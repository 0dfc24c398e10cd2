//! People sign up, in and out, and nobody passes for another.

use parlor_blackbox::{Answer, Api, SOON, Scratch, Server, Setting, within};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

const PASSWORD: &str = "two wet umbrellas";

async fn register(api: &Api, username: &str) -> Answer {
    let wish = json!({"username": username, "name": "Marla Quince", "password": PASSWORD});
    Api::send(api.request(Method::POST, "/register").json(&wish)).await
}

async fn login(api: &Api, username: &str) -> Answer {
    let request = api.request(Method::POST, "/login");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let form = format!("username={username}&password=two+wet+umbrellas");
    Api::send(request.body(form)).await
}

async fn me(api: &Api, token: &str) -> Answer {
    Api::send(api.request(Method::GET, "/me").bearer_auth(token)).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_newcomer_signs_up_and_in_with_curl_cc36_cc37_cc38() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let mut server = scratch.up(&[]).await;
    let base = server.address().await;
    let curl = async |args: &[&str]| {
        let mut command = tokio::process::Command::new("curl");
        let done = command.arg("-sS").args(args).output().await.unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let account = curl(&[
        "-X",
        "POST",
        &format!("{base}/register"),
        "-H",
        "Content-Type: application/json",
        "-d",
        r#"{"username": "marla", "name": "Marla Quince", "password": "two wet umbrellas"}"#,
    ])
    .await;
    let account: Value = serde_json::from_str(&account).unwrap();
    assert_eq!(account["username"], "marla");
    let tokens = curl(&[
        "-X",
        "POST",
        &format!("{base}/login"),
        "-H",
        "Content-Type: application/x-www-form-urlencoded",
        "-d",
        "username=marla&password=two wet umbrellas",
    ])
    .await;
    let tokens: Value = serde_json::from_str(&tokens).unwrap();
    let token = text(&tokens["access_token"]);
    assert!(token.starts_with("eyJ"), "{token}");
    assert_eq!(tokens["token_type"], "bearer");
    let bearer = format!("Authorization: Bearer {token}");
    let me = curl(&[&format!("{base}/me"), "-H", &bearer]).await;
    let me: Value = serde_json::from_str(&me).unwrap();
    assert_eq!(me["id"], account["id"]);
    let key = scratch.dir().join("data/signing-key.pem");
    let mode = std::fs::metadata(key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.ready().await;
    assert!(!server.log().contains(PASSWORD) && !server.log().contains(&token));
}

#[tokio::test]
async fn a_forged_old_or_unsigned_token_opens_nothing() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    register(&api, "marla").await.expect(201);
    let token = text(&login(&api, "marla").await.expect(200)["access_token"]);
    me(&api, &token).await.expect(200);
    let [head, claims, signature] = parts(&token);
    let none = base64(r#"{"alg":"none","typ":"JWT"}"#);
    let other_claims = base64(
        r#"{"iss":"parlor","aud":"parlor","sub":"00000000-0000-0000-0000-000000000001","username":"root","role":"admin","iat":0,"exp":99999999999,"jti":"00000000-0000-0000-0000-000000000001","sid":"00000000-0000-0000-0000-000000000001"}"#,
    );
    for forged in [
        format!("{none}.{claims}."),
        format!("{none}.{other_claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{other_claims}.{signature}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}.{}", &signature[1..]),
        "x".repeat(5_000),
    ] {
        let answer = me(&api, &forged).await;
        assert_eq!(answer.json["code"], "invalid_token", "{forged}");
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    // A token of another server, with a key of its own.
    let elsewhere = Scratch::new(Setting::Embedded).await;
    let other = elsewhere.up(&[]).await;
    let other = other.api().await;
    register(&other, "marla").await.expect(201);
    let foreign = text(&login(&other, "marla").await.expect(200)["access_token"]);
    assert_eq!(me(&api, &foreign).await.json["code"], "invalid_token");
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

/// Base64 for URLs, without padding.
fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let mut bits = 0_usize;
        for n in 0..3 {
            bits = bits << 8 | usize::from(*chunk.get(n).unwrap_or(&0));
        }
        for n in 0..=chunk.len() {
            encoded.push(char::from(DIGITS[bits >> (18 - 6 * n) & 63]));
        }
    }
    encoded
}

#[tokio::test]
async fn who_signed_in_stays_so_when_the_server_starts_again() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    register(&api, "marla").await.expect(201);
    let tokens = login(&api, "marla").await.expect(200);
    drop(server);
    let server = scratch.up(&[]).await;
    let api = server.api().await;
    me(&api, &text(&tokens["access_token"])).await.expect(200);
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    let refreshed = Api::send(api.request(Method::POST, "/refresh").json(&refresh)).await;
    let next = refreshed.expect(200);
    let again = Api::send(api.request(Method::POST, "/refresh").json(&refresh)).await;
    assert_eq!(again.json["code"], "invalid_refresh_token");
    let next = json!({"refresh_token": next["refresh_token"]});
    let ended = Api::send(api.request(Method::POST, "/refresh").json(&next)).await;
    assert_eq!(ended.json["code"], "invalid_refresh_token");
}

#[tokio::test]
async fn a_role_of_its_own_signs_people_in_and_others_check_without_it() {
    let scratch = Scratch::new(Setting::Shared).await;
    let auth = scratch.role("auth", &[]).await;
    let own = auth.api().await;
    assert_eq!(own.get("/health").await.expect(200)["role"], "auth");
    let address = own.base.trim_start_matches("http://").to_owned();
    let mut gateway = run(&scratch, "gateway", "127.0.0.1:0", Some(&address));
    gateway.ready().await;
    let api = gateway.api().await;
    register(&api, "marla").await.expect(201);
    assert_eq!(register(&own, "Marla").await.json["code"], "username_taken");
    let tokens = login(&api, "marla").await.expect(200);
    let token = text(&tokens["access_token"]);
    me(&api, &token).await.expect(200);
    assert_eq!(own.get("/me").await.status, 404, "it is no gateway");
    let keys = api.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys, own.get("/.well-known/jwks.json").await.expect(200));
    assert_eq!(keys["keys"][0]["alg"], "EdDSA");
    let wish = json!({"username": "marla", "password": PASSWORD});
    let page = Api::send(api.request(Method::POST, "/session").json(&wish)).await;
    assert!(page.header("set-cookie").contains("HttpOnly"), "{page:?}");

    drop(auth);
    me(&api, &token).await.expect(200);
    let away = login(&api, "marla").await;
    assert_eq!(
        (away.status.as_u16(), &away.json["code"]),
        (503, &json!("unavailable"))
    );

    let _again = run(&scratch, "auth", &address, None);
    within(SOON, "people sign in again", || async {
        (login(&api, "marla").await.status == 200).then_some(())
    })
    .await;
}

/// Runs a role that listens here, and is told in its environment where people sign in.
fn run(scratch: &Scratch, role: &str, listen: &str, auth: Option<&str>) -> Server {
    let mut command = parlor_blackbox::command(&scratch.dir());
    command.args([
        "run",
        role,
        "--world",
        &scratch.world.source,
        "--listen",
        listen,
    ]);
    command.args(scratch.flags());
    command.envs(auth.map(|address| ("AUTH_SVC_ADDR", address)));
    Server::start(&format!("parlor run {role}"), command)
}

#[tokio::test]
async fn a_server_in_roles_signs_people_in() {
    let scratch = Scratch::new(Setting::Split).await;
    let server: Server = scratch.up(&[]).await;
    server.roles_ready(&["auth"]).await;
    let api = server.api().await;
    register(&api, "marla").await.expect(201);
    let token = text(&login(&api, "marla").await.expect(200)["access_token"]);
    me(&api, &token).await.expect(200);
}

#[tokio::test]
async fn an_administrator_is_made_on_the_command_line() {
    let scratch = Scratch::new(Setting::Embedded).await;
    let create = |args: &[&str], password: &str| {
        let mut command = parlor_blackbox::command(&scratch.dir());
        command.args(["account"]).args(args).args(scratch.flags());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may have ended before it reads.
        let _ = writeln!(child.stdin.take().unwrap(), "{password}");
        child.wait_with_output().unwrap()
    };
    let made = create(&["create", "marla", "--admin", "--json"], PASSWORD);
    assert!(made.status.success(), "{made:?}");
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(made["role"], "admin");
    let weak = create(&["create", "joey"], "qwertyuiop");
    assert_eq!(weak.status.code(), Some(2));
    let weak = String::from_utf8(weak.stderr).unwrap();
    assert!(
        weak.contains("everybody tries first") && !weak.contains("qwertyuiop"),
        "{weak}"
    );
    let taken = create(&["create", "MARLA"], PASSWORD);
    assert_eq!(taken.status.code(), Some(2));

    let server = scratch.up(&[]).await;
    let api = server.api().await;
    let tokens = login(&api, "marla").await.expect(200);
    let changed = create(&["password", "marla"], "three dry umbrellas");
    assert!(changed.status.success(), "{changed:?}");
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    let refreshed = Api::send(api.request(Method::POST, "/refresh").json(&refresh)).await;
    assert_eq!(refreshed.json["code"], "invalid_refresh_token");
    assert_eq!(login(&api, "marla").await.json["code"], "wrong_credentials");

    let listed = scratch.parlor(&["account", "list"]).await;
    assert!(listed.out.contains("marla  admin"), "{}", listed.out);
    let demoted = scratch
        .parlor(&["account", "promote", "marla", "--undo"])
        .await;
    assert!(demoted.out.contains("marla  user"), "{}", demoted.out);
    let removed = scratch
        .parlor(&["account", "remove", "marla", "--yes"])
        .await;
    assert_eq!(removed.code, Some(0));
    let token = text(&tokens["access_token"]);
    assert_eq!(me(&api, &token).await.json["code"], "invalid_token");
}
