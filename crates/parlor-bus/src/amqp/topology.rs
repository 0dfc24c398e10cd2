//! What was declared: remembered for the next connection, and the way to each inbox.

use super::fault;
use super::wire::{long, short};
use futures::{TryStreamExt, stream};
use lapin::options::{
    ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{FieldTable, MAX_SHORT_STRING_LENGTH, ShortString};
use lapin::{Channel, Connection};
use parlor_model::Slug;
use parlor_model::world::{Binding, ExchangeKind, Topology};
use parlor_ports::{PortError, PortResult};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Declarations on their way at once.
const DECLARING_MAX: usize = 128;

/// How to reach exactly one inbox.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) exchange: ShortString,
    pub(super) key: ShortString,
    /// Where its dead letters go.
    pub(super) dead_letters: ShortString,
}

/// All topologies that were declared through this bus.
#[derive(Debug, Default)]
pub(super) struct Topologies {
    all: Vec<Topology>,
    routes: HashMap<String, Arc<Route>>,
}

impl Topologies {
    pub(super) fn all(&self) -> Vec<Topology> {
        self.all.clone()
    }

    pub(super) fn route(&self, inbox: &str) -> Option<Arc<Route>> {
        self.routes.get(inbox).cloned()
    }

    /// The dead-letter queue of a world, also of one that was not declared here.
    pub(super) fn dead_letters_of(&self, world: &Slug) -> ShortString {
        let known = self.all.iter().find(|t| t.world == *world);
        known.map_or_else(
            || short(&format!("{world}-dead-letters")),
            |t| short(&t.dead_letters),
        )
    }

    pub(super) fn remember(&mut self, topology: &Topology) {
        let same = |t: &&mut Topology| {
            t.world == topology.world
                && t.exchange == topology.exchange
                && t.exchange_kind == topology.exchange_kind
                && t.dead_letters == topology.dead_letters
        };
        if let Some(known) = self.all.iter_mut().find(same) {
            let had: HashSet<(String, String)> = known
                .inboxes
                .iter()
                .map(|b| (b.inbox.clone(), b.key.clone()))
                .collect();
            let new = topology.inboxes.iter();
            let new = new.filter(|b| !had.contains(&(b.inbox.clone(), b.key.clone())));
            known.inboxes.extend(new.cloned());
        } else {
            self.all.push(topology.clone());
        }
        self.routes = routes(&self.all);
    }
}

impl Topologies {
    /// Forgets inboxes of a world.
    pub(super) fn forget(&mut self, world: &Slug, inboxes: &[String]) {
        let gone: HashSet<&String> = inboxes.iter().collect();
        for topology in self.all.iter_mut().filter(|t| t.world == *world) {
            topology.inboxes.retain(|b| !gone.contains(&b.inbox));
        }
        self.routes = routes(&self.all);
    }
}

/// A message reaches its inbox through the world's exchange where the key leads there alone; else
/// (fan-out, patterns, a key that several inboxes share) through the default exchange, by the
/// queue's name.
fn routes(all: &[Topology]) -> HashMap<String, Arc<Route>> {
    let mut users: HashMap<(&str, &str), HashSet<&str>> = HashMap::new();
    let mut shared_exchanges: HashSet<&str> = HashSet::from([""]);
    for topology in all {
        for Binding { inbox, key } in &topology.inboxes {
            users
                .entry((&topology.exchange, key))
                .or_default()
                .insert(inbox);
            let pattern = topology.exchange_kind == ExchangeKind::Topic && key.contains(['*', '#']);
            if pattern || topology.exchange_kind == ExchangeKind::Fanout {
                shared_exchanges.insert(&topology.exchange);
            }
        }
    }
    let mut routes = HashMap::new();
    for topology in all {
        let exchange = topology.exchange.as_str();
        for Binding { inbox, key } in &topology.inboxes {
            let alone = !shared_exchanges.contains(exchange)
                && users
                    .get(&(exchange, key.as_str()))
                    .is_some_and(|who| who.len() == 1);
            let (exchange, key) = if alone { (exchange, key) } else { ("", inbox) };
            let dead_letters = short(&topology.dead_letters);
            let route = Route {
                exchange: short(exchange),
                key: short(key),
                dead_letters,
            };
            routes.insert(inbox.clone(), Arc::new(route));
        }
    }
    routes
}

/// Makes everything of `topology` that is not there.
pub(super) async fn declare(connection: &Connection, topology: &Topology) -> PortResult<()> {
    check_names(topology)?;
    let failed = |error| fault::declaring(topology.world.as_str(), &error);
    let channel = connection.create_channel().await.map_err(failed)?;
    if !topology.exchange.is_empty() {
        let options = ExchangeDeclareOptions {
            durable: true,
            ..Default::default()
        };
        let (name, kind) = (short(&topology.exchange), kind_of(topology.exchange_kind));
        let declared = channel.exchange_declare(name, kind, options, FieldTable::default());
        declared.await.map_err(failed)?;
    }
    let options = QueueDeclareOptions::durable();
    let dead_letters = short(&topology.dead_letters);
    channel
        .queue_declare(dead_letters, options, FieldTable::default())
        .await
        .map_err(failed)?;
    stream::iter(topology.inboxes.iter().map(Ok))
        .try_for_each_concurrent(DECLARING_MAX, |binding| {
            declare_inbox(&channel, topology, binding)
        })
        .await
        .map_err(failed)
}

/// Deletes queues, with what is in them.
pub(super) async fn delete(connection: &Connection, inboxes: &[String]) -> PortResult<()> {
    let failed = |error| fault::passing("can't delete queues", &error);
    let channel = connection.create_channel().await.map_err(failed)?;
    stream::iter(inboxes.iter().map(Ok))
        .try_for_each_concurrent(DECLARING_MAX, |inbox| {
            let deleted = channel.queue_delete(short(inbox), QueueDeleteOptions::default());
            async { deleted.await.map(|_| ()) }
        })
        .await
        .map_err(failed)
}

async fn declare_inbox(
    channel: &Channel,
    topology: &Topology,
    binding: &Binding,
) -> lapin::Result<()> {
    // What somebody else's consumer rejects lands in the dead letters too.
    let mut arguments = FieldTable::default();
    arguments.insert(short("x-dead-letter-exchange"), long(""));
    arguments.insert(
        short("x-dead-letter-routing-key"),
        long(topology.dead_letters.clone()),
    );
    let queue = short(&binding.inbox);
    channel
        .queue_declare(queue.clone(), QueueDeclareOptions::durable(), arguments)
        .await?;
    if topology.exchange.is_empty() {
        return Ok(());
    }
    let (exchange, key) = (short(&topology.exchange), short(&binding.key));
    channel
        .queue_bind(
            queue,
            exchange,
            key,
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
}

fn check_names(topology: &Topology) -> PortResult<()> {
    let inboxes = topology.inboxes.iter().flat_map(|b| [&b.inbox, &b.key]);
    let too_long = inboxes
        .chain([&topology.exchange, &topology.dead_letters])
        .find(|name| name.len() > MAX_SHORT_STRING_LENGTH);
    too_long.map_or(Ok(()), |name| {
        let context = format!("can't declare the queues of world '{}'", topology.world);
        let start: String = name.chars().take(60).collect();
        let mend = format!(
            "'{start}..' has {} bytes, AMQP allows {MAX_SHORT_STRING_LENGTH}",
            name.len()
        );
        Err(PortError::terminal(
            &context,
            format!("{mend}: shorten the template in [routing]"),
        ))
    })
}

fn kind_of(kind: ExchangeKind) -> lapin::ExchangeKind {
    match kind {
        ExchangeKind::Direct => lapin::ExchangeKind::Direct,
        ExchangeKind::Topic => lapin::ExchangeKind::Topic,
        ExchangeKind::Fanout => lapin::ExchangeKind::Fanout,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology(kind: ExchangeKind, bindings: &[(&str, &str)]) -> Topology {
        let bind = |(inbox, key): &(&str, &str)| Binding {
            inbox: (*inbox).into(),
            key: (*key).into(),
        };
        Topology {
            world: Slug::new("friends").unwrap(),
            exchange: "friends-exchange".into(),
            exchange_kind: kind,
            inboxes: bindings.iter().map(bind).collect(),
            dead_letters: "friends-dead-letters".into(),
        }
    }

    fn way(kind: ExchangeKind, bindings: &[(&str, &str)], inbox: &str) -> (String, String) {
        let mut all = Topologies::default();
        all.remember(&topology(kind, bindings));
        let route = all.route(inbox).unwrap();
        (route.exchange.to_string(), route.key.to_string())
    }

    #[test]
    fn a_message_goes_through_the_worlds_exchange_with_the_characters_key_fr6_fr8() {
        let two = [("q-Ross", "Ross"), ("q-Joey", "Joey")];
        let expected = ("friends-exchange".to_owned(), "Ross".to_owned());
        assert_eq!(way(ExchangeKind::Direct, &two, "q-Ross"), expected);
        assert_eq!(way(ExchangeKind::Topic, &two, "q-Ross"), expected);
    }

    #[test]
    fn a_key_that_leads_elsewhere_too_is_not_used_fr8() {
        let by_name = (String::new(), "q-Ross".to_owned());
        let two = [("q-Ross", "Ross"), ("q-Joey", "Joey")];
        assert_eq!(way(ExchangeKind::Fanout, &two, "q-Ross"), by_name);
        let same = [("q-Ross", "all"), ("q-Joey", "all")];
        assert_eq!(way(ExchangeKind::Direct, &same, "q-Ross"), by_name);
        let pattern = [("q-Ross", "Ross"), ("q-Joey", "#")];
        assert_eq!(way(ExchangeKind::Topic, &pattern, "q-Ross"), by_name);
    }

    #[test]
    fn declaring_more_of_a_world_keeps_what_was_there() {
        let mut all = Topologies::default();
        all.remember(&topology(ExchangeKind::Direct, &[("q-Ross", "Ross")]));
        all.remember(&topology(ExchangeKind::Direct, &[("q-Joey", "Joey")]));
        assert_eq!(all.all().len(), 1);
        assert!(all.route("q-Ross").is_some() && all.route("q-Joey").is_some());
    }
}
