//! The binary as a newcomer, an operator and an accident meet it. Every test has a world, a data
//! directory, a database and queue names of its own.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod api;
mod authors;
mod backup;
mod chaos;
mod chatlings;
mod chatter;
mod commands;
mod companions;
mod deploy;
mod doctor;
mod figures;
mod journeys;
mod live;
mod load;
mod model;
mod nasty;
mod newcomers;
mod openai;
mod ops;
mod people;
mod prompt;
mod queues;
mod recall;
mod recovery;
mod restarts;
mod roles;
mod runs;
mod scene;
mod talks;
mod traces;
mod upgrade;

use serde_json::{Value, json};

/// The `order` of each message.
fn orders(messages: &[Value]) -> Vec<u64> {
    messages
        .iter()
        .map(|message| message["order"].as_u64().unwrap())
        .collect()
}

/// A wish for Ross to talk with Rachel.
fn ross_to_rachel() -> Value {
    json!({ "from": "ross", "to": "rachel" })
}
