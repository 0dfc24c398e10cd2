//! Checks names on the bus and paths on the web.

use super::cast::Cast;
use super::findings::{Findings, shorten};
use super::meaning::Meaning;
use crate::name::Slug;
use crate::world::file::RoutingTable;
use crate::world::{Character, ExchangeKind, InboxKind, Place, Routing, Template};
use std::collections::HashMap;

/// Longest name of a queue or key, in bytes (AMQP 0-9-1, short string).
const NAME_BYTES_MAX: usize = 255;
/// Longest name of an exchange, in bytes; leaves room for what is derived from it.
const EXCHANGE_BYTES_MAX: usize = 120;
/// Longest alias, in bytes.
const ALIAS_BYTES_MAX: usize = 200;
/// Paths of the server itself.
const RESERVED_PATHS: [&str; 8] = [
    "/health",
    "/ready",
    "/metrics",
    "/api",
    "/docs",
    "/openapi.json",
    "/reset",
    "/states",
];

/// Checks `[routing]`; `None` when something without a default is wrong.
pub(super) fn routing(
    meaning: &Meaning<'_>,
    table: &RoutingTable,
    world: Option<&Slug>,
    cast: &Cast,
    findings: &mut Findings,
) -> Option<Routing> {
    let exchange = exchange(meaning, table.exchange.name.as_deref(), findings);
    kinds(meaning, table, findings);
    let templates = Templates {
        meaning,
        inbox: table.inbox,
    };
    let (queue, key) = match table.inbox {
        InboxKind::Place => ("{place}-messages", "{place}"),
        _ => ("{world}.{slug}", "{slug}"),
    };
    let queue = templates.check("queue", table.queue.as_deref(), queue, findings);
    let key = templates.check("key", table.key.as_deref(), key, findings);
    answers(meaning, table, findings);
    let world = world?;
    let routing = Routing {
        inbox: table.inbox,
        exchange: exchange.unwrap_or_else(|| format!("{world}-exchange")),
        exchange_kind: table.exchange.kind,
        queue: queue?,
        key: key?,
        answers: table.answers.clone(),
    };
    let is_own = routing.queue.uses("Name") || routing.queue.uses("slug");
    if routing.inbox == InboxKind::Character && is_own {
        inboxes(meaning, &routing, world, cast, findings);
    }
    Some(routing)
}

/// Combinations that the schema allows and that can't work.
fn kinds(meaning: &Meaning<'_>, table: &RoutingTable, findings: &mut Findings) {
    if table.inbox == InboxKind::Conversation {
        findings.add(meaning.at("/routing/inbox"), || {
            (
                "this program has no inboxes of that kind".to_owned(),
                "use \"character\", \"place\" or \"shared\"".to_owned(),
            )
        });
    }
    let is_apart = matches!(table.inbox, InboxKind::Character | InboxKind::Place);
    if is_apart && table.exchange.kind == ExchangeKind::Fanout {
        findings.add(meaning.at("/routing/exchange/type"), || {
            (
                "a fanout exchange would hand every message to everybody".to_owned(),
                "use \"direct\" or \"topic\", or inbox = \"shared\"".to_owned(),
            )
        });
    }
}

/// Checks the inbox of answers.
fn answers(meaning: &Meaning<'_>, table: &RoutingTable, findings: &mut Findings) {
    let Some(name) = &table.answers else {
        return;
    };
    let at = meaning.at("/routing/answers");
    if let Some(wrong) = reserved(name) {
        findings.add(at, || format!("'answers' {wrong}"));
    }
    if name.chars().any(char::is_control) {
        findings.add(at, || "'answers' has a control character".to_owned());
    }
    if table.inbox != InboxKind::Shared {
        findings.add(at, || {
            (
                "people can only write to an inbox that all characters share".to_owned(),
                "set inbox = \"shared\"".to_owned(),
            )
        });
    }
    if table.queue.as_deref() == Some(name) {
        findings.add(at, || {
            "answers need an inbox of their own: 'queue' has this name".to_owned()
        });
    }
}

fn exchange(meaning: &Meaning<'_>, name: Option<&str>, findings: &mut Findings) -> Option<String> {
    let name = name?;
    let wrong = if name.len() > EXCHANGE_BYTES_MAX {
        Some(format!("has more than {EXCHANGE_BYTES_MAX} bytes"))
    } else if name.chars().any(char::is_control) {
        Some("has a control character".to_owned())
    } else {
        reserved(name)
    };
    if let Some(wrong) = wrong {
        findings.add(meaning.at("/routing/exchange/name"), || {
            format!("the exchange's name {wrong}")
        });
    }
    Some(name.to_owned())
}

/// Names that a broker keeps for itself.
fn reserved(name: &str) -> Option<String> {
    name.starts_with("amq.")
        .then(|| "begins with 'amq.', which RabbitMQ keeps for itself".to_owned())
}

struct Templates<'a> {
    meaning: &'a Meaning<'a>,
    inbox: InboxKind,
}

impl Templates<'_> {
    fn check(
        &self,
        key: &str,
        text: Option<&str>,
        default: &str,
        findings: &mut Findings,
    ) -> Option<Template> {
        let at = self.meaning.at(&format!("/routing/{key}"));
        let template = Template::new(text.unwrap_or(default))
            .map_err(|error| findings.add(at, || format!("'{key}': {error}")))
            .ok()?;
        if let Some(wrong) = reserved(text.unwrap_or_default()) {
            findings.add(at, || format!("'{key}' {wrong}"));
        }
        match self.inbox {
            InboxKind::Character => self.for_characters(key, &template, at, findings),
            InboxKind::Place => self.for_places(key, &template, at, findings),
            InboxKind::Conversation | InboxKind::Shared => {}
        }
        Some(template)
    }

    /// Each place's name must differ, and only what a place has can be filled in.
    fn for_places(&self, key: &str, template: &Template, at: usize, findings: &mut Findings) {
        if !template.uses("place") {
            findings.add(at, || {
                (
                    format!("'{key}' is the same for every place"),
                    "use {place} in it".to_owned(),
                )
            });
        }
        for placeholder in ["Name", "slug", "a", "b"]
            .into_iter()
            .filter(|name| template.uses(name))
        {
            findings.add(at, || {
                (
                    format!("'{key}' uses {{{placeholder}}}, which an inbox of a place has not"),
                    "use {place} and {world}".to_owned(),
                )
            });
        }
    }

    /// Each character's name must differ, and only what a character has can be filled in.
    fn for_characters(&self, key: &str, template: &Template, at: usize, findings: &mut Findings) {
        if !template.uses("Name") && !template.uses("slug") {
            findings.add(at, || {
                (
                    format!("'{key}' is the same for every character"),
                    "use {Name} or {slug} in it, or set inbox to something else than \"character\""
                        .to_owned(),
                )
            });
        }
        for placeholder in ["place", "a", "b"]
            .into_iter()
            .filter(|name| template.uses(name))
        {
            findings.add(at, || {
                (
                    format!(
                        "'{key}' uses {{{placeholder}}}, which an inbox of a character has not"
                    ),
                    "use {Name}, {slug} and {world}".to_owned(),
                )
            });
        }
    }
}

/// Every character's inbox is their own, and its name is one that a broker takes.
fn inboxes(
    meaning: &Meaning<'_>,
    routing: &Routing,
    world: &Slug,
    cast: &Cast,
    findings: &mut Findings,
) {
    let dead_letters = routing.topology(world, &[]).dead_letters;
    let mut owners: HashMap<String, &str> = HashMap::with_capacity(cast.characters.len());
    owners.insert(dead_letters, "the dead letters");
    for character in &cast.characters {
        let inbox = routing.inbox_of(world, character);
        let longest = inbox.len().max(fill(&routing.key, world, character).len());
        if longest > NAME_BYTES_MAX {
            findings.add(meaning.at("/routing/queue"), || {
                (
                    format!(
                        "the queue or key of '{}' has {longest} bytes, but at most {NAME_BYTES_MAX} fit",
                        shorten(&character.name)
                    ),
                    "use {slug} in the templates, and only once".to_owned(),
                )
            });
        }
        if let Some(other) = owners.insert(inbox, &character.name) {
            findings.add(meaning.at("/routing/queue"), || {
                (
                    format!(
                        "'{}' has the same queue as {}",
                        shorten(&character.name),
                        shorten(other)
                    ),
                    "put a sign like '.' between the parts of the template".to_owned(),
                )
            });
        }
    }
}

/// Every place's inbox is its own, and its name is one that a broker takes.
pub(super) fn of_places(
    meaning: &Meaning<'_>,
    routing: &Routing,
    world: &Slug,
    places: &[Place],
    findings: &mut Findings,
) {
    let dead_letters = routing.topology(world, &[]).dead_letters;
    let mut owners: HashMap<String, &str> = HashMap::with_capacity(places.len());
    owners.insert(dead_letters, "the dead letters");
    for place in places {
        let (inbox, key) = routing.of_place(world, place);
        let inbox = place.queue.clone().unwrap_or(inbox);
        let at = || meaning.at("/routing/queue");
        if inbox.len().max(key.len()) > NAME_BYTES_MAX {
            let name = shorten(&place.name);
            findings.add(at(), || {
                (
                    format!("the queue or key of '{name}' has more than {NAME_BYTES_MAX} bytes"),
                    "use {place} in the templates, and only once".to_owned(),
                )
            });
        }
        if let Some(wrong) = reserved(&inbox) {
            findings.add(at(), || format!("the queue of a place {wrong}"));
        }
        if let Some(other) = owners.insert(inbox, &place.name) {
            let (name, other) = (shorten(&place.name), shorten(other));
            findings.add(at(), || {
                (
                    format!("'{name}' has the same queue as {other}"),
                    "give one of them another: queue = \"..\"".to_owned(),
                )
            });
        }
    }
}

fn fill(template: &Template, world: &Slug, character: &Character) -> String {
    template.fill(&[
        ("Name", &character.name),
        ("slug", character.slug.as_str()),
        ("world", world.as_str()),
    ])
}

/// Checks the paths that start a conversation.
pub(super) fn aliases(
    meaning: &Meaning<'_>,
    aliases: Vec<String>,
    findings: &mut Findings,
) -> Vec<String> {
    for (index, alias) in aliases.iter().enumerate() {
        let twice = aliases.iter().take(index).any(|other| other == alias);
        let wrong = if twice {
            Some("is there twice".to_owned())
        } else {
            wrong_alias(alias)
        };
        if let Some(wrong) = wrong {
            findings.add(meaning.at(&format!("/trigger/aliases/{index}")), || {
                (
                    format!("the alias '{}' {wrong}", shorten(alias)),
                    "write a path of your own, like /start-talking".to_owned(),
                )
            });
        }
    }
    aliases
}

/// What is wrong with an alias, as the end of a sentence. Characters: unreserved ones of RFC 3986.
fn wrong_alias(alias: &str) -> Option<String> {
    let Some(path) = alias.strip_prefix('/') else {
        return Some("does not begin with a slash".to_owned());
    };
    let good = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
    if let Some(odd) = path.chars().find(|c| !good(*c)) {
        let odd = odd.escape_default();
        return Some(format!(
            "has '{odd}': only letters, digits and - . _ ~ / are allowed"
        ));
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("has an empty part".to_owned());
    }
    if alias.len() > ALIAS_BYTES_MAX {
        return Some(format!("has more than {ALIAS_BYTES_MAX} characters"));
    }
    RESERVED_PATHS
        .iter()
        .find(|reserved| {
            alias
                .strip_prefix(**reserved)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .map(|reserved| format!("collides with {reserved}, a path of the server"))
}
