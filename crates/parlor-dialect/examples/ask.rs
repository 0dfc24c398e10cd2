//! Asks a language model one thing, as a character's line is asked for: a way to see whether a
//! provider, a key and an address are right.
//!
//! ```sh
//! cargo run -p parlor-dialect --example ask -- openai:gpt-4o@http://127.0.0.1:8080/v1 "hello"
//! cargo run -p parlor-dialect --example ask -- --stream ollama:llama3.2 "hello"
//! cargo run -p parlor-dialect --example ask -- --decide gemini:gemini-3-flash "Tea or coffee?"
//! ```

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use parlor_dialect::llm::decide::Decider;
use parlor_dialect::llm::model::{Model, Request, Turn, TurnRole};
use parlor_dialect::llm::{Client, ClientOptions, Keys, ModelSpec};
use parlor_model::{Dice, SystemClock};
use parlor_ports::mind::{Mind, Question};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let mut has = |flag: &str| {
        let before = words.len();
        words.retain(|word| word != flag);
        words.len() < before
    };
    let (stream, decide) = (has("--stream"), has("--decide"));
    let [spec, text] = words.as_slice() else {
        eprintln!("usage: ask [--stream | --decide] PROVIDER:MODEL[@URL] TEXT");
        return ExitCode::from(2);
    };
    let done = match model(spec) {
        Ok(model) if decide => choose(model, text).await,
        Ok(model) => ask(&*model, text, stream).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn model(spec: &str) -> Result<Arc<dyn Model>, String> {
    let spec: ModelSpec = spec.parse().map_err(|error| format!("{error}"))?;
    let keys = Keys::from_lookup(|name| std::env::var(name).ok()).map_err(|e| e.to_string())?;
    let dice = Dice::new(1, uuid::Uuid::nil());
    let options = ClientOptions::default();
    Client::build(&spec, &keys, &options, Arc::new(SystemClock), dice).map_err(|e| e.to_string())
}

async fn ask(model: &dyn Model, text: &str, stream: bool) -> Result<(), String> {
    let request = Request {
        system: "You are a character in a play. Answer with one short line.".to_owned(),
        turns: vec![Turn {
            role: TurnRole::User,
            name: None,
            text: text.to_owned(),
        }],
        tokens_out_max: 80,
        temperature: Some(0.7),
        ..Request::default()
    };
    let (sender, mut receiver) = mpsc::channel(64);
    let printer = tokio::spawn(async move {
        while let Some(piece) = receiver.recv().await {
            print!("[{piece}]");
            // A terminal that is gone is no reason to stop.
            let _ = std::io::stdout().flush();
        }
        println!();
    });
    let completion = model.complete(&request, stream.then_some(&sender)).await;
    drop(sender);
    // The printer ends with the channel.
    let _ = printer.await;
    match completion {
        Ok(done) => {
            println!("{}", done.text);
            println!(
                "{}: {} tokens in, {} out, {} attempts, {:?}",
                model.name(),
                done.tokens_in,
                done.tokens_out,
                done.attempts,
                done.elapsed
            );
            Ok(())
        }
        Err(error) => Err(format!("{}: {error}", error.kind)),
    }
}

async fn choose(model: Arc<dyn Model>, text: &str) -> Result<(), String> {
    let schema = serde_json::json!({
        "type": "object", "additionalProperties": false, "required": ["choice"],
        "properties": {"choice": {"type": "string"}},
    });
    let setting = "You choose for Ross. There is tea and there is coffee.";
    let question = Question::new("choice", setting, text, schema)
        .only("/choice", vec!["tea".to_owned(), "coffee".to_owned()]);
    let decision = Decider::new(model, 60).decide(&question).await;
    println!("{}", decision.map_err(|undecided| undecided.to_string())?);
    Ok(())
}
