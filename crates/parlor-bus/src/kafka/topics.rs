//! Topics: what was declared, and making it.

use super::core::{ANSWER_MAX, Core};
use super::fault;
use parlor_model::Slug;
use parlor_model::world::Topology;
use parlor_ports::{PortError, PortResult};
use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Topics made by one request.
const AT_ONCE: usize = 500;
const CREATE_MAX: Duration = Duration::from_secs(30);
/// Kafka's limit of a name.
const NAME_BYTES_MAX: usize = 249;

/// Where an inbox belongs.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) world: Slug,
    pub(super) dead_letters: Arc<str>,
    /// The group by which this bus consumes it, if it does.
    group: Option<String>,
}

/// What was declared.
#[derive(Debug, Default)]
pub(super) struct Topics {
    routes: HashMap<String, Route>,
    worlds: BTreeMap<Slug, Topology>,
}

impl Topics {
    fn remember(&mut self, topology: &Topology) {
        let dead_letters: Arc<str> = topology.dead_letters.as_str().into();
        for binding in &topology.inboxes {
            let before = self.routes.remove(&binding.inbox);
            let route = Route {
                world: topology.world.clone(),
                dead_letters: Arc::clone(&dead_letters),
                group: before.and_then(|route| route.group),
            };
            self.routes.insert(binding.inbox.clone(), route);
        }
        match self.worlds.get_mut(&topology.world) {
            Some(known) => {
                let had: HashSet<&str> = known.inboxes.iter().map(|b| b.inbox.as_str()).collect();
                let new = topology.inboxes.iter();
                let new: Vec<_> = new
                    .filter(|b| !had.contains(b.inbox.as_str()))
                    .cloned()
                    .collect();
                known.inboxes.extend(new);
            }
            None => {
                self.worlds.insert(topology.world.clone(), topology.clone());
            }
        }
    }

    /// Forgets inboxes of a world.
    pub(super) fn forget(&mut self, world: &Slug, inboxes: &[String]) {
        for inbox in inboxes {
            self.routes.remove(inbox);
        }
        let gone: HashSet<&String> = inboxes.iter().collect();
        if let Some(known) = self.worlds.get_mut(world) {
            known.inboxes.retain(|b| !gone.contains(&b.inbox));
        }
    }

    pub(super) fn route(&self, inbox: &str) -> Option<&Route> {
        self.routes.get(inbox)
    }

    /// Notes who consumes these.
    pub(super) fn consumed_by(&mut self, inboxes: &[String], group: &str) -> PortResult<()> {
        if let Some(unknown) = inboxes.iter().find(|i| !self.routes.contains_key(*i)) {
            return Err(fault::undeclared(unknown));
        }
        for inbox in inboxes {
            if let Some(route) = self.routes.get_mut(inbox) {
                route.group = Some(group.to_owned());
            }
        }
        Ok(())
    }

    /// The worlds of which this group consumes something.
    pub(super) fn consumed(&self, group: &str) -> Vec<Topology> {
        let ours = |world: &Slug| {
            let mut routes = self.routes.values();
            routes.any(|r| r.world == *world && r.group.as_deref() == Some(group))
        };
        let worlds = self.worlds.iter().filter(|(world, _)| ours(world));
        worlds.map(|(_, topology)| topology.clone()).collect()
    }

    /// The group that consumes an inbox: ours, or else those that other processes go by.
    pub(super) fn groups_of(&self, inbox: &str) -> Vec<String> {
        let route = self.routes.get(inbox);
        if let Some(group) = route.and_then(|route| route.group.clone()) {
            return vec![group];
        }
        let place = inbox.strip_suffix("-messages");
        let place = place.map(|place| format!("{place}-group"));
        let cast = route.map(|route| format!("{}-cast", route.world));
        place.or(cast).into_iter().collect()
    }

    pub(super) fn dead_letters_of(&self, world: &Slug) -> String {
        self.worlds.get(world).map_or_else(
            || format!("{world}.dead-letters"),
            |topology| topology.dead_letters.clone(),
        )
    }
}

/// [`parlor_ports::bus::Bus::declare`].
pub(super) async fn declare(core: &Core, topology: &Topology) -> PortResult<()> {
    core.open()?;
    let context = format!("can't declare the topics of world '{}'", topology.world);
    let mut names: Vec<&str> = topology.inboxes.iter().map(|b| b.inbox.as_str()).collect();
    names.push(&topology.dead_letters);
    for name in &names {
        check_name(&context, name)?;
    }
    let (partitions, replication) = (core.settings.partitions, core.settings.replication);
    let options = AdminOptions::new()
        .request_timeout(Some(CREATE_MAX))
        .operation_timeout(Some(ANSWER_MAX));
    for some in names.chunks(AT_ONCE) {
        let topics: Vec<_> = some
            .iter()
            .map(|name| {
                if *name == topology.dead_letters {
                    // A key for each letter; the newest record of a key tells whether it is there.
                    NewTopic::new(name, 1, TopicReplication::Fixed(replication))
                        .set("cleanup.policy", "compact")
                } else {
                    NewTopic::new(name, partitions, TopicReplication::Fixed(replication))
                }
            })
            .collect();
        let results = core.admin.create_topics(&topics, &options).await;
        for result in results.map_err(|error| fault::of(&context, &error))? {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => {
                    return Err(fault::of_code(&format!("{context}: topic '{name}'"), code));
                }
            }
        }
    }
    core.topics.lock().remember(topology);
    Ok(())
}

/// [`parlor_ports::bus::Bus::remove`].
pub(super) async fn remove(core: &Core, world: &Slug, inboxes: &[String]) -> PortResult<()> {
    core.open()?;
    core.topics.lock().forget(world, inboxes);
    let context = format!("can't delete topics of world '{world}'");
    let options = AdminOptions::new()
        .request_timeout(Some(CREATE_MAX))
        .operation_timeout(Some(ANSWER_MAX));
    for some in inboxes.chunks(AT_ONCE) {
        let names: Vec<&str> = some.iter().map(String::as_str).collect();
        let results = core.admin.delete_topics(&names, &options).await;
        for result in results.map_err(|error| fault::of(&context, &error))? {
            match result {
                Ok(_)
                | Err((
                    _,
                    RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition,
                )) => {}
                Err((name, code)) => {
                    return Err(fault::of_code(&format!("{context}: topic '{name}'"), code));
                }
            }
        }
    }
    Ok(())
}

/// Makes again what is missing of an inbox's world; somebody may have deleted it.
pub(super) async fn declare_again(core: &Core, inbox: &str) -> PortResult<()> {
    let topology = {
        let topics = core.topics.lock();
        let route = topics.route(inbox);
        route.and_then(|route| topics.worlds.get(&route.world).cloned())
    };
    match topology {
        Some(topology) => declare(core, &topology).await,
        None => Err(fault::undeclared(inbox)),
    }
}

fn check_name(context: &str, name: &str) -> PortResult<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let dots = name.chars().all(|c| c == '.');
    if !dots && name.len() <= NAME_BYTES_MAX && name.chars().all(fits) {
        return Ok(());
    }
    let name = &name[..name.floor_char_boundary(NAME_BYTES_MAX)];
    Err(PortError::terminal(
        context,
        format!(
            "'{name}' can't be the name of a topic: use letters, digits, '.', '_' and '-', at most \
             {NAME_BYTES_MAX}; give the world other names in [routing]"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_kafka_would_refuse_are_named() {
        for name in ["", "..", "a b", "ä", "a:b", &"x".repeat(250)] {
            let error = check_name("c", name).unwrap_err();
            assert!(!error.is_retryable());
            assert!(error.to_string().contains("[routing]"), "{error}");
        }
        assert_eq!(check_name("c", "q.Ross_1-x"), Ok(()));
    }
}
