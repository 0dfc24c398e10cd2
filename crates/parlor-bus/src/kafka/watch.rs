//! Depth and consumers of inboxes: how far a group is behind, and who is in it.

use super::core::{ANSWER_MAX, Core};
use super::fault;
use super::offsets::settled_above;
use parking_lot::Mutex;
use parlor_ports::PortResult;
use parlor_ports::bus::InboxStatus;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::metadata::MetadataTopic;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::HashMap;
use std::sync::Arc;

/// With more names than this one question about all topics is cheaper than one about each.
const SINGLY_MAX: usize = 8;
/// Clients that ask for the offsets of a group are kept; each costs a connection.
const OBSERVERS_MAX: usize = 64;

/// A client for each group: Kafka tells a group's offsets only to one that bears its name.
#[derive(Default)]
pub(super) struct Observers(Mutex<HashMap<String, Arc<BaseConsumer>>>);

impl Observers {
    fn of(&self, core: &Core, group: &str) -> Result<Arc<BaseConsumer>, KafkaError> {
        let mut all = self.0.lock();
        if let Some(observer) = all.get(group) {
            return Ok(Arc::clone(observer));
        }
        if all.len() >= OBSERVERS_MAX {
            all.clear();
        }
        let observer: BaseConsumer = core.settings.consumer(group).create()?;
        let observer = Arc::new(observer);
        all.insert(group.to_owned(), Arc::clone(&observer));
        Ok(observer)
    }
}

/// [`parlor_ports::bus::Bus::inboxes`].
pub(super) async fn inboxes(core: &Arc<Core>, names: &[String]) -> PortResult<Vec<InboxStatus>> {
    core.open()?;
    let (asking, names) = (Arc::clone(core), names.to_vec());
    let asked =
        tokio::task::spawn_blocking(move || fault::until_led(|| look(&asking, &names))).await;
    asked
        .unwrap_or(Err(KafkaError::Canceled))
        .map_err(|error| fault::of("can't ask about inboxes", &error))
}

fn look(core: &Core, names: &[String]) -> Result<Vec<InboxStatus>, KafkaError> {
    let partitions = partitions(core, names)?;
    let all = |offset: Offset| -> Result<HashMap<(String, i32), Offset>, KafkaError> {
        let list = list(
            partitions
                .iter()
                .map(|(name, count)| (name.as_str(), *count)),
            offset,
        )?;
        if list.count() == 0 {
            return Ok(HashMap::new());
        }
        let found = core.asker.offsets_for_times(list, ANSWER_MAX)?;
        for element in found.elements() {
            element.error()?;
        }
        Ok(found.to_topic_map())
    };
    let (low, high) = (all(Offset::Beginning)?, all(Offset::End)?);
    let mut by_group: HashMap<String, Vec<(&str, i32)>> = HashMap::new();
    let mut strays = Vec::new();
    for (name, count) in &partitions {
        let groups = core.topics.lock().groups_of(name);
        if groups.is_empty() {
            strays.push((name.as_str(), *count));
        }
        for group in groups {
            by_group.entry(group).or_default().push((name, *count));
        }
    }
    if !strays.is_empty() {
        for group in groups_like_ours(core)? {
            by_group.entry(group).or_default().extend(&strays);
        }
    }
    let mut statuses: HashMap<&str, (u64, u64)> = HashMap::new();
    for (name, count) in &partitions {
        let waiting = (0..*count).map(|partition| {
            let place = (name.clone(), partition);
            number(high.get(&place)).saturating_sub(number(low.get(&place)))
        });
        statuses.insert(name, (waiting.sum(), 0));
    }
    for (group, inboxes) in by_group {
        let behind = behind(core, &group, &inboxes, &low, &high)?;
        for (name, ready) in &behind {
            statuses.entry(name).or_default().0 = *ready;
        }
        let ours =
            |name: &str| behind.contains_key(name) || !strays.iter().any(|(n, _)| *n == name);
        for (name, members) in members(core, &group, &inboxes, ours)? {
            statuses.entry(name).or_default().1 += members;
        }
    }
    let status = |name: &String| {
        let found = statuses.get(name.as_str());
        let (ready, consumers) = found.copied().unwrap_or_default();
        InboxStatus {
            name: name.clone(),
            exists: found.is_some(),
            ready,
            consumers,
        }
    };
    Ok(names.iter().map(status).collect())
}

/// Groups that may consume an inbox of which nothing was declared here, by their names.
fn groups_like_ours(core: &Core) -> Result<Vec<String>, KafkaError> {
    let all = core.asker.fetch_group_list(None, ANSWER_MAX)?;
    let names = all.groups().iter().map(|group| group.name().to_owned());
    let ours = names.filter(|name| name.ends_with("-cast") || name.ends_with("-group"));
    Ok(ours.take(OBSERVERS_MAX / 2).collect())
}

fn number(offset: Option<&Offset>) -> u64 {
    let raw = offset.and_then(|offset| offset.to_raw()).unwrap_or(0);
    u64::try_from(raw).unwrap_or(0)
}

/// How many partitions each of these has; what does not exist is left out.
fn partitions(core: &Core, names: &[String]) -> Result<HashMap<String, i32>, KafkaError> {
    let mut found = HashMap::new();
    let mut note = |topic: &MetadataTopic| {
        let count = i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX);
        if topic.error().is_none() && count > 0 {
            found.insert(topic.name().to_owned(), count);
        }
    };
    if names.len() > SINGLY_MAX {
        let all = core.asker.fetch_metadata(None, ANSWER_MAX)?;
        all.topics().iter().for_each(&mut note);
        found.retain(|name, _| names.contains(name));
    } else {
        for name in names {
            let one = core.asker.fetch_metadata(Some(name), ANSWER_MAX)?;
            one.topics().iter().for_each(&mut note);
        }
    }
    Ok(found)
}

fn list<'a>(
    inboxes: impl Iterator<Item = (&'a str, i32)>,
    offset: Offset,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for (name, count) in inboxes {
        for partition in 0..count {
            list.add_partition_offset(name, partition, offset)?;
        }
    }
    Ok(list)
}

/// How far the group is behind in each inbox of which it has ever committed something.
fn behind<'a>(
    core: &Core,
    group: &str,
    inboxes: &[(&'a str, i32)],
    low: &HashMap<(String, i32), Offset>,
    high: &HashMap<(String, i32), Offset>,
) -> Result<HashMap<&'a str, u64>, KafkaError> {
    let observer = core.observers.of(core, group)?;
    // Takes what the client has to tell; nothing is consumed by it.
    drop(observer.poll(std::time::Duration::ZERO));
    let asked = list(inboxes.iter().copied(), Offset::Invalid)?;
    let committed = observer.committed_offsets(asked, ANSWER_MAX)?;
    let mut behind = HashMap::new();
    for &(name, count) in inboxes {
        let (mut waiting, mut ever) = (0, false);
        for partition in 0..count {
            let place = (name.to_owned(), partition);
            let (low, high) = (number(low.get(&place)), number(high.get(&place)));
            let element = committed.find_partition(name, partition);
            waiting += match element.as_ref().map(|e| (e.offset(), e.metadata())) {
                Some((Offset::Offset(at), metadata)) => {
                    ever = true;
                    let at = u64::try_from(at).unwrap_or(0).max(low);
                    high.saturating_sub(at)
                        .saturating_sub(settled_above(metadata))
                }
                _ => high.saturating_sub(low),
            };
        }
        if ever {
            behind.insert(name, waiting);
        }
    }
    Ok(behind)
}

/// How many members of the group consume each inbox.
fn members<'a>(
    core: &Core,
    group: &str,
    inboxes: &[(&'a str, i32)],
    ours: impl Fn(&str) -> bool,
) -> Result<HashMap<&'a str, u64>, KafkaError> {
    let groups = core.asker.fetch_group_list(Some(group), ANSWER_MAX)?;
    let mut counts = HashMap::new();
    let members = groups.groups().iter().filter(|g| g.name() == group);
    for member in members.flat_map(|group| group.members()) {
        // While the group is being divided anew nothing tells who is to consume what; then all its
        // members count for what it is known to consume.
        let topics = subscribed(member.metadata().unwrap_or_default());
        for &(name, _) in inboxes {
            let told = topics.as_ref().map(|topics| topics.contains(&name));
            if told.unwrap_or_else(|| ours(name)) {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    Ok(counts)
}

/// The topics in a member's metadata (Kafka's `ConsumerProtocolSubscription`).
fn subscribed(metadata: &[u8]) -> Option<Vec<&str>> {
    let (_version, rest) = metadata.split_at_checked(2)?;
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut topics = Vec::new();
    for _ in 0..i32::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let length = usize::try_from(i16::from_be_bytes(*length)).ok()?;
        let (name, after) = after.split_at_checked(length)?;
        topics.push(std::str::from_utf8(name).ok()?);
        rest = after;
    }
    Some(topics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_members_metadata_is_read_and_nothing_spoilt_harms() {
        let metadata = b"\0\x03\0\0\0\x02\0\x01a\0\x02bc\xff\xff\xff\xff";
        assert_eq!(subscribed(metadata), Some(vec!["a", "bc"]));
        for end in 0..13 {
            assert_eq!(subscribed(&metadata[..end]), None, "{end}");
        }
        assert_eq!(subscribed(b"\0\x03\x7f\xff\xff\xff\0\x01a"), None);
    }
}
