//! A world of its own for every test.

use crate::fresh_name;
use std::path::{Path, PathBuf};

/// The cast of every test world. Chandler makes the asides.
const CAST: [&str; 4] = ["Ross", "Rachel", "Joey", "Chandler"];

/// A small world like Friends, with names on the bus that nobody else uses.
#[derive(Debug, Clone)]
pub struct TestWorld {
    /// Its slug.
    pub name: String,
    /// What `parlor up` is given: a file, or the name of a bundled world.
    pub source: String,
    /// Its exchange.
    pub exchange: String,
    /// What comes before a character's name in the name of a queue.
    pub queue_prefix: String,
}

impl TestWorld {
    /// Writes a world into `dir` whose characters gossip with this probability per line heard.
    ///
    /// # Panics
    /// The file can't be written.
    #[must_use]
    pub fn write(dir: &Path, gossip: f64) -> Self {
        let name = format!("t-{}", fresh_name());
        let file: PathBuf = dir.join(format!("{name}.toml"));
        std::fs::write(&file, text(&name, gossip)).expect("a test can write into its directory");
        Self {
            exchange: format!("{name}-exchange"),
            queue_prefix: format!("{name}-q-"),
            source: file.display().to_string(),
            name,
        }
    }

    /// The bundled world, whose names on the bus are fixed.
    #[must_use]
    pub fn friends() -> Self {
        Self {
            name: "friends".to_owned(),
            source: "friends".to_owned(),
            exchange: "friends-exchange".to_owned(),
            queue_prefix: "q-".to_owned(),
        }
    }

    /// Writes a world into `dir` whose characters people talk with.
    ///
    /// # Panics
    /// The file can't be written.
    #[must_use]
    pub fn for_people(dir: &Path) -> Self {
        let name = format!("t-{}", fresh_name());
        let file: PathBuf = dir.join(format!("{name}.toml"));
        std::fs::write(&file, people(&name)).expect("a test can write into its directory");
        Self {
            exchange: format!("{name}-exchange"),
            queue_prefix: format!("{name}-"),
            source: file.display().to_string(),
            name,
        }
    }

    /// A bundled world.
    #[must_use]
    pub fn bundled(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            source: name.to_owned(),
            exchange: format!("{name}-exchange"),
            queue_prefix: String::new(),
        }
    }

    /// Writes a world into `dir` with seven places, six characters at home in each, who travel. The
    /// slugs of its places begin with its name.
    ///
    /// # Panics
    /// The file can't be written.
    #[must_use]
    pub fn journeys(dir: &Path) -> Self {
        let name = format!("t-{}", fresh_name());
        let file: PathBuf = dir.join(format!("{name}.toml"));
        std::fs::write(&file, journeys(&name)).expect("a test can write into its directory");
        Self {
            exchange: format!("{name}-exchange"),
            queue_prefix: String::new(),
            source: file.display().to_string(),
            name,
        }
    }

    /// Writes a world into `dir` to which bots come: who is silent for four seconds is gone.
    ///
    /// # Panics
    /// The file can't be written.
    #[must_use]
    pub fn of_bots(dir: &Path, routing: &str) -> Self {
        let name = format!("t-{}", fresh_name());
        let file: PathBuf = dir.join(format!("{name}.toml"));
        std::fs::write(&file, bots(&name, routing)).expect("a test can write into its directory");
        Self {
            exchange: format!("{name}-exchange"),
            queue_prefix: format!("{name}."),
            source: file.display().to_string(),
            name,
        }
    }

    /// Display names.
    #[must_use]
    pub fn cast(&self) -> [&'static str; 4] {
        CAST
    }

    /// A character's queue.
    #[must_use]
    pub fn queue(&self, name: &str) -> String {
        format!("{}{name}", self.queue_prefix)
    }

    /// The queue of dead letters.
    #[must_use]
    pub fn dead_letters(&self) -> String {
        format!("{}-dead-letters", self.name)
    }
}

fn people(name: &str) -> String {
    format!(
        r##"[world]
name = "{name}"
access = "session"
pace = "0"

[routing]
inbox = "shared"
exchange = {{ name = "{name}-exchange", type = "direct" }}
queue = "{name}-user"
key = "{name}-user"
answers = "{name}-ai"

[memory]
window = 10

[dialects.talk]
kind = "grammar"

[dialects.talk.rules]
open = ["Hello, #you#."]
reply = ["#keyword.capitalize#, you say.", "Go on, #you#."]

[[characters]]
name = "Tony Stark"
dialect = "talk"

[[characters]]
name = "Ines"
dialect = "talk"
"##
    )
}

fn bots(name: &str, routing: &str) -> String {
    format!(
        r#"[world]
name = "{name}"
pace = "50ms"

[routing]
exchange = {{ name = "{name}-exchange", type = "direct" }}
{routing}

[mechanics.bots]
count = 5
opens_per_minute = 120.0
bored = 0.2
lease_seconds = 4
patience_seconds = 8

[dialects.gibberish]
kind = "gibberish"
[dialects.plain]
kind = "grammar"
[dialects.plain.rules]
open = ["Plainly, #you#."]
reply = ["Plainly so, #you#."]
"#
    )
}

fn journeys(name: &str) -> String {
    let names = [
        "hall", "library", "hut", "garden", "pitch", "town", "station",
    ];
    let places: String = names
        .iter()
        .map(|place| format!("[[places]]\nname = \"{place}\"\nslug = \"{name}-{place}\"\n"))
        .collect();
    let people: String = (0..42)
        .map(|n| {
            let home = names[n % names.len()];
            let friend = (n + 7) % 42;
            format!(
                "[[characters]]\nname = \"P{n}\"\nplace = \"{home}\"\nfriends = [\"p{friend}\"]\n"
            )
        })
        .collect();
    format!(
        "[world]\nname = \"{name}\"\n[routing]\ninbox = \"place\"\n\
         exchange = {{ name = \"{name}-exchange\", type = \"direct\" }}\n\
         [mechanics.travel]\ngroups = 6\n{places}{people}"
    )
}

fn text(name: &str, gossip: f64) -> String {
    let cast: String = CAST
        .iter()
        .map(|who| format!("\n[[characters]]\nname = \"{who}\"\ndialect = \"talk\"\n"))
        .collect();
    format!(
        r##"[world]
name = "{name}"
title = "Test"
about = "Four who talk."
access = "open"

[trigger]
start = "http"
aliases = ["/start-convo-bro"]

[routing]
inbox = "character"
exchange = {{ name = "{name}-exchange", type = "direct" }}
queue = "{{world}}-q-{{Name}}"
key = "{{Name}}"

[memory]
window = 5

[mechanics.exchange_limit]
max = 10

[mechanics.gossip]
probability = {gossip:?}
anger_boost = 2.0

[mechanics.aside]
by = "chandler"
probability = 0.25

[dialects.talk]
kind = "grammar"

[dialects.talk.rules]
open = ["Hello, #you#. Have you seen the #thing#?"]
reply = ["The #thing#? That was mine, #you#.", "#keyword.capitalize#, you say. And the #thing#?"]
thing = ["lamp", "kettle", "umbrella", "piano"]
{cast}"##
    )
}
