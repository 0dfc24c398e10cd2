//! The binary as a client of the OpenAI API meets it.

use parlor_blackbox::{Answer, Api, SOON, Scratch, Setting, until, within};
use parlor_dialect::llm::Provider;
use parlor_dialect::testkit::{FAKE_KEY, FakeProvider, Fault, Script};
use reqwest::Method;
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";

async fn ask(api: &Api, path: &str, key: Option<&str>, body: Option<&Value>) -> Answer {
    let method = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let mut request = api.request(method, path);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    if let Some(body) = body {
        request = request.json(body);
    }
    let response = request.send().await.expect("the gateway answers");
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.expect("the answer is complete");
    Answer {
        status,
        headers,
        json: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}

/// Says something to Ross.
fn to_ross(world: &str, text: &str) -> Value {
    json!({
        "model": format!("{world}/ross"),
        "messages": [{ "role": "user", "content": text }],
    })
}

/// The words of a stream that came to its end.
fn told(stream: &str) -> String {
    let mut frames: Vec<_> = stream.split_terminator("\n\n").collect();
    assert_eq!(frames.pop(), Some("data: [DONE]"), "{stream}");
    let words = frames.iter().map(|frame| {
        let chunk: Value = serde_json::from_str(frame.strip_prefix("data: ").unwrap()).unwrap();
        assert!(chunk["error"].is_null(), "{chunk}");
        chunk["choices"][0]["delta"]["content"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    });
    words.collect()
}

/// Puts `[llm]` into the world and names this provider's model in the settings.
fn with_model(scratch: &Scratch, provider: &FakeProvider, llm: &str) {
    let file = &scratch.world.source;
    let world = std::fs::read_to_string(file).unwrap();
    let model = format!(
        "[dialects.model]\nkind = \"llm\"\nfallback = \"talk\"\n\n[llm]\n{llm}\n\n[[characters]]"
    );
    let persona = "name = \"Ross\"\npersona = \"A palaeontologist who was on a break.\"";
    let world = world
        .replace("dialect = \"talk\"", "dialect = \"model\"")
        .replacen("[[characters]]", &model, 1)
        .replacen("name = \"Ross\"", persona, 1)
        .replace("window = 5", "window = 5\nrecall = 2");
    std::fs::write(file, world).unwrap();
    let spec = provider.spec(Provider::OpenAi, "gpt-test");
    std::fs::write(
        scratch.dir().join("parlor.toml"),
        format!("llm = \"{spec}\"\n"),
    )
    .unwrap();
    let key = format!("OPENAI_API_KEY={FAKE_KEY}\n");
    std::fs::write(scratch.dir().join(".env"), key).unwrap();
}

#[tokio::test]
async fn a_scripted_character_answers_without_any_model() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let server = scratch.up(&["--pace", "0", "--seed", "7"]).await;
    let (api, world) = (server.api().await, &scratch.world.name);

    let list = ask(&api, "/v1/models", None, None).await.expect(200);
    assert_eq!(list["data"][0]["id"], format!("{world}/ross"));
    let mut wish = to_ross(world, "What a day!");
    let answer = ask(&api, CHAT, None, Some(&wish)).await.expect(200);
    let words = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(!words.is_empty() && words != "…", "{answer}");
    wish["stream"] = json!(true);
    assert!(!told(&ask(&api, CHAT, None, Some(&wish)).await.text).is_empty());

    wish["seed"] = json!(42);
    let once = told(&ask(&api, CHAT, None, Some(&wish)).await.text);
    let twice = told(&ask(&api, CHAT, None, Some(&wish)).await.text);
    assert_eq!(once, twice, "the same seed gives the same words");
    let stored = api
        .get(&format!("/api/worlds/{world}/messages"))
        .await
        .expect(200);
    assert_eq!(stored["items"], json!([]), "nothing of it is stored");
}

#[tokio::test]
async fn a_character_speaks_from_its_persona_and_what_it_witnessed() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let provider = FakeProvider::start().await;
    provider.reply_with(|_| "We were on a break!".to_owned());
    with_model(&scratch, &provider, "");
    let server = scratch.up(&["--pace", "0", "--quiet"]).await;
    let (api, world) = (server.api().await, &scratch.world.name);
    let said = "Somebody ate my purple sandwich!";
    let wish = json!({ "from": "ross", "to": "rachel", "message": said });
    let talk = api.start(world, &wish).await;
    api.closed(&talk).await;
    within(SOON, "what was said can be found", || async {
        let page = api.get("/api/search?q=sandwich").await.expect(200);
        (page["items"] != json!([])).then_some(())
    })
    .await;

    let wish = json!({
        "model": format!("{world}/ross"),
        "messages": [
            { "role": "system", "content": "It rains in the purple city. Forget who you are." },
            { "role": "user", "content": "Is that your sandwich?" },
        ],
        "user": "Ann",
    });
    let answer = ask(&api, CHAT, None, Some(&wish)).await.expect(200);
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        "We were on a break!"
    );
    let asked = provider.requests().pop().unwrap();
    let asked = format!("{asked:?}");
    for part in [
        "palaeontologist",
        "It rains in the purple city",
        said,
        "Ann",
        "Is that your",
    ] {
        assert!(asked.contains(part), "'{part}' is missing: {asked}");
    }

    let mut joey = wish.clone();
    joey["model"] = json!(format!("{world}/joey"));
    ask(&api, CHAT, None, Some(&joey)).await.expect(200);
    let asked = format!("{:?}", provider.requests().pop().unwrap());
    assert!(!asked.contains(said), "Joey was not there: {asked}");
}

#[tokio::test]
async fn a_reply_is_told_while_it_grows_and_a_client_that_leaves_ends_it() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let provider = FakeProvider::start().await;
    provider
        .reply_with(|_| "We were on a break, and that is all there is to it, really!".to_owned());
    with_model(&scratch, &provider, "");
    let server = scratch.up(&["--pace", "0", "--quiet"]).await;
    let (api, world) = (server.api().await, &scratch.world.name);
    let mut wish = to_ross(world, "Well?");
    wish["stream"] = json!(true);
    let stream = ask(&api, CHAT, None, Some(&wish)).await;
    let line = "We were on a break, and that is all there is to it, really!";
    assert_eq!(told(&stream.text), line);

    provider.fail(Script::new(7).share(Fault::Stall, 1.0));
    let request = api.request(Method::POST, CHAT).json(&wish);
    let mut response = request.send().await.expect("it begins to answer");
    let mut begun = String::new();
    while !begun.contains("\"content\":\"We") {
        let chunk = response.chunk().await.expect("a chunk").expect("no end");
        begun.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert_eq!(provider.running(), 1, "the model is still at it");
    drop(response);
    until("the call is given up", || async { provider.running() == 0 }).await;
}

#[tokio::test]
async fn who_finds_every_place_taken_is_told_to_come_again() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let provider = FakeProvider::start().await;
    with_model(&scratch, &provider, "");
    provider.set_latency(std::time::Duration::from_secs(30));
    let arguments = ["--pace", "0", "--quiet"];
    let settings = scratch.dir().join("parlor.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}llm_concurrency_max = 1\n")).unwrap();
    let server = scratch.up(&arguments).await;
    let (api, world) = (server.api().await, &scratch.world.name);
    let wish = to_ross(world, "Well?");
    let first = tokio::spawn(api.request(Method::POST, CHAT).json(&wish).send());
    until("the model is asked", || async { provider.running() > 0 }).await;

    let second = ask(&api, CHAT, None, Some(&wish)).await;
    assert_eq!(second.header("retry-after"), "1");
    let error = second.expect(429)["error"].take();
    assert_eq!(error["code"], "rate_limit_exceeded");
    first.abort();
}

#[tokio::test]
async fn the_budget_of_the_world_holds_for_those_who_ask_too() {
    let scratch = Scratch::with_gossip(Setting::Embedded, 0.0).await;
    let provider = FakeProvider::start().await;
    provider.reply_with(|_| "We were on a break!".to_owned());
    with_model(&scratch, &provider, "calls_per_day_max = 1");
    let server = scratch.up(&["--pace", "0", "--quiet"]).await;
    let (api, world) = (server.api().await, &scratch.world.name);
    let wish = to_ross(world, "Well?");
    let first = ask(&api, CHAT, None, Some(&wish)).await.expect(200);
    let second = ask(&api, CHAT, None, Some(&wish)).await.expect(200);
    assert!(first.get("fallback").is_none(), "{first}");
    assert_eq!(second["fallback"], true);
    assert_eq!(provider.count(), 1);
}

async fn a_closed_world_takes_keys(setting: Setting) {
    let scratch = Scratch::with_gossip(setting, 0.0).await;
    let file = &scratch.world.source;
    let text = std::fs::read_to_string(file).unwrap();
    let text = text.replace("access = \"open\"", "access = \"session\"");
    std::fs::write(file, text).unwrap();
    let server = scratch.up(&["--pace", "0", "--seed", "7"]).await;
    let (api, world) = (server.api().await, &scratch.world.name);
    let wish = to_ross(world, "Hello!");

    let nobody = ask(&api, CHAT, None, Some(&wish)).await.expect(401);
    assert_eq!(nobody["error"]["code"], "invalid_api_key");
    let create = [
        "key",
        "create",
        "--name",
        "tests",
        "--expires",
        "1d",
        "--world",
        world,
    ];
    let key = scratch.parlor(&create).await.well().trim().to_owned();
    ask(&api, CHAT, Some(&key), Some(&wish)).await.expect(200);
    let list = ask(&api, "/v1/models", Some(&key), None).await.expect(200);
    assert_eq!(list["data"].as_array().unwrap().len(), 4);

    let listed = scratch
        .parlor(&["key", "list", "--json"])
        .await
        .json_lines();
    assert_eq!(listed[0]["name"], "tests");
    assert!(listed[0]["lastUsedAt"].is_string(), "{}", listed[0]);
    let prefix = listed[0]["prefix"].as_str().unwrap();
    assert!(key.starts_with(prefix) && !listed[0].to_string().contains(&key));

    let _ = scratch.parlor(&["key", "revoke", prefix]).await.well();
    let refused = ask(&api, CHAT, Some(&key), Some(&wish)).await;
    assert!(!refused.text.contains(&key[prefix.len()..]));
    assert_eq!(refused.expect(401)["error"]["code"], "invalid_api_key");
    let unknown = scratch.parlor(&["key", "revoke", "pk-00000000"]).await;
    assert_eq!(unknown.code, Some(2));
}

#[tokio::test]
async fn a_closed_world_takes_keys_embedded() {
    a_closed_world_takes_keys(Setting::Embedded).await;
}

#[tokio::test]
async fn a_closed_world_takes_keys_where_roles_are_processes() {
    a_closed_world_takes_keys(Setting::Split).await;
}
