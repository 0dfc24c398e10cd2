//! Consuming: a member of a group on a thread of its own, as the client library wants to be asked
//! all the time, also while nobody takes what came.

use super::core::{ANSWER_MAX, Core};
use super::lanes::{Commit, Lanes, Place};
use super::settle::KafkaSettler;
use super::wire::Parcel;
use super::{fault, topics};
use async_trait::async_trait;
use parking_lot::{Condvar, Mutex};
use parlor_ports::bus::{Delivery, Settler, SubscribeOptions, Subscription};
use parlor_ports::{PortError, PortResult};
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long the library is asked in vain before anything else is looked at.
const POLL: Duration = Duration::from_millis(20);
/// What is settled is committed together, at most this late.
const COMMIT_EVERY: Duration = Duration::from_millis(20);
/// What may wait here beyond what is handed out.
const WAITING_MAX: usize = 4_096;
const WAITING_BYTES_MAX: usize = 16 * 1_024 * 1_024;
/// While too much waits nothing is taken from the library; after so many pauses the brokers are
/// told to send no more, as the library must be asked again.
const PAUSE: Duration = Duration::from_millis(20);
const PAUSES_MAX: usize = 50;
/// How long work in flight may take to end when its partition goes to another member.
const REVOKE_STEP: Duration = Duration::from_millis(50);
const REVOKE_STEPS: usize = 20;

/// What the thread, the subscription and its settlers share. Never hold `lanes` while calling the
/// library: it calls back.
pub(super) struct Shared {
    pub(super) core: Arc<Core>,
    pub(super) lanes: Mutex<Lanes>,
    /// Something is to be handed out, or the thread has ended.
    pub(super) came: Notify,
    /// Something was taken or settled.
    pub(super) moved: Condvar,
    stop: CancellationToken,
    failed: Mutex<Option<PortError>>,
    /// What stands when the subscription ends.
    last: Mutex<Vec<Commit>>,
    group: String,
}

/// [`parlor_ports::bus::Subscription`] on Kafka.
pub(super) struct KafkaSubscription {
    shared: Arc<Shared>,
}

impl KafkaSubscription {
    pub(super) fn open(core: &Arc<Core>, options: SubscribeOptions) -> PortResult<Self> {
        core.open()?;
        core.topics
            .lock()
            .consumed_by(&options.inboxes, &options.group)?;
        let shared = Arc::new(Shared {
            core: Arc::clone(core),
            lanes: Mutex::new(Lanes::new(core.next_epoch(), options.prefetch)),
            came: Notify::new(),
            moved: Condvar::new(),
            stop: core.closing.child_token(),
            failed: Mutex::new(None),
            last: Mutex::new(Vec::new()),
            group: options.group.clone(),
        });
        let context = Member(Arc::clone(&shared));
        let config = core.settings.consumer(&options.group);
        let consumer: BaseConsumer<Member> = config
            .create_with_context(context)
            .map_err(|error| fault::creating(&error))?;
        let names: Vec<&str> = options.inboxes.iter().map(String::as_str).collect();
        let context = format!("can't consume as '{}'", options.group);
        consumer
            .subscribe(&names)
            .map_err(|error| fault::of(&context, &error))?;
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        let (polling, runtime) = (Arc::clone(&shared), Handle::current());
        std::thread::Builder::new()
            .name("kafka-consumer".to_owned())
            .spawn(move || {
                let _told_when_gone = ended;
                // Dropped before that: it leaves its group.
                let consumer = consumer;
                poll(&polling, &consumer, &runtime);
                finish(&polling, &consumer);
            })
            .map_err(|error| PortError::retryable(&context, error))?;
        core.consuming.spawn(async move {
            let _ = end.await;
        });
        Ok(Self { shared })
    }
}

#[async_trait]
impl Subscription for KafkaSubscription {
    async fn next(&mut self, max: usize) -> PortResult<Vec<Delivery>> {
        let shared = &self.shared;
        loop {
            shared.core.open()?;
            if let Some(error) = shared.failed.lock().clone() {
                return Err(error);
            }
            let deliveries = shared.lanes.lock().hand_out(max.max(1));
            if !deliveries.is_empty() {
                shared.moved.notify_all();
                return Ok(deliveries);
            }
            tokio::select! {
                () = shared.core.closing.cancelled() => {}
                () = shared.came.notified() => {}
            }
        }
    }

    fn settler(&self) -> Arc<dyn Settler> {
        Arc::new(KafkaSettler {
            shared: Arc::clone(&self.shared),
        })
    }
}

impl Drop for KafkaSubscription {
    fn drop(&mut self) {
        let mut lanes = self.shared.lanes.lock();
        self.shared.last.lock().extend(lanes.last_commits());
        lanes.revoke_all();
        drop(lanes);
        self.shared.stop.cancel();
        self.shared.moved.notify_all();
    }
}

/// Asks the library until the subscription ends.
fn poll(shared: &Shared, consumer: &BaseConsumer<Member>, runtime: &Handle) {
    let mut committed = Instant::now();
    let mut paused = false;
    while !shared.stop.is_cancelled() {
        if is_full(shared, 1) {
            if !wait_for_room(shared) {
                paused |= hold(consumer, true);
            }
        } else if paused && !is_full(shared, 2) {
            paused = !hold(consumer, false);
        }
        match consumer.poll(POLL) {
            None => {}
            Some(Ok(message)) => {
                let place = (Arc::from(message.topic()), message.partition());
                let parcel = Parcel::of(&message);
                shared
                    .lanes
                    .lock()
                    .receive(&place, message.offset(), parcel);
                shared.came.notify_one();
            }
            Some(Err(error)) => {
                if let Err(error) = trouble(shared, &error, runtime) {
                    *shared.failed.lock() = Some(error);
                    shared.came.notify_one();
                    return;
                }
            }
        }
        if committed.elapsed() >= COMMIT_EVERY {
            let commits = shared.lanes.lock().take_commits(None);
            commit(consumer, &commits, CommitMode::Async);
            committed = Instant::now();
        }
    }
}

/// Commits what stands. The consumer leaves its group when it is dropped, after this.
fn finish(shared: &Shared, consumer: &BaseConsumer<Member>) {
    let mut commits = std::mem::take(&mut *shared.last.lock());
    let mut lanes = shared.lanes.lock();
    commits.extend(lanes.last_commits());
    lanes.revoke_all();
    drop(lanes);
    commit(consumer, &commits, CommitMode::Sync);
}

fn is_full(shared: &Shared, part: usize) -> bool {
    let (count, bytes) = shared.lanes.lock().waiting();
    count >= WAITING_MAX / part || bytes >= WAITING_BYTES_MAX / part
}

fn wait_for_room(shared: &Shared) -> bool {
    for _ in 0..PAUSES_MAX {
        if shared.stop.is_cancelled() || !is_full(shared, 1) {
            return true;
        }
        shared.moved.wait_for(&mut shared.lanes.lock(), PAUSE);
    }
    false
}

/// Tells the brokers to send no more, or to go on. False when that could not be told.
fn hold(consumer: &BaseConsumer<Member>, stop: bool) -> bool {
    let told = consumer.assignment().and_then(|all| {
        if stop {
            consumer.pause(&all)
        } else {
            consumer.resume(&all)
        }
    });
    told.is_ok()
}

fn trouble(shared: &Shared, error: &KafkaError, runtime: &Handle) -> PortResult<()> {
    use RDKafkaErrorCode as Code;
    let group = &shared.group;
    match error.rdkafka_error_code() {
        Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => {
            tracing::warn!(bus = "kafka", group, error = %error, "a topic is gone: it is made again");
            let topologies = shared.core.topics.lock().consumed(group);
            for topology in topologies {
                if let Err(error) = runtime.block_on(topics::declare(&shared.core, &topology)) {
                    tracing::warn!(bus = "kafka", group, error = %error, "it could not be made");
                }
            }
            Ok(())
        }
        Some(
            Code::GroupAuthorizationFailed
            | Code::TopicAuthorizationFailed
            | Code::SaslAuthenticationFailed,
        ) => Err(fault::of(&format!("can't consume as '{group}'"), error)),
        _ => {
            tracing::debug!(bus = "kafka", group, error = %error, "consuming goes on");
            Ok(())
        }
    }
}

fn commit<C: ConsumerContext>(consumer: &BaseConsumer<C>, commits: &[Commit], mode: CommitMode) {
    if commits.is_empty() {
        return;
    }
    let mut list = TopicPartitionList::with_capacity(commits.len());
    for commit in commits {
        let (topic, partition) = &commit.place;
        let mut element = list.add_partition(topic, *partition);
        if let Err(error) = element.set_offset(Offset::Offset(commit.offset)) {
            tracing::error!(bus = "kafka", error = %error, "an offset can't be committed");
            continue;
        }
        if !commit.metadata.is_empty() {
            element.set_metadata(&commit.metadata);
        }
    }
    if let Err(error) = consumer.commit(&list, mode) {
        tracing::debug!(bus = "kafka", error = %error, "a commit failed: some records come again");
    }
}

/// Hears of rebalances; called on the polling thread, inside of `poll`.
pub(super) struct Member(Arc<Shared>);

fn places(list: &TopicPartitionList) -> Vec<Place> {
    let elements = list.elements();
    let place = elements
        .iter()
        .map(|e| (Arc::from(e.topic()), e.partition()));
    place.collect()
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(bus = "kafka", ?level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(bus = "kafka", error = %error, reason, "the client library reports");
    }
}

impl ConsumerContext for Member {
    /// Partitions go: what is out of them gets a moment to be settled, then it is given up, and
    /// comes again to whoever has the partition next.
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else {
            return;
        };
        let going = places(list);
        let shared = &self.0;
        let lost = consumer.assignment_lost();
        let mut lanes = shared.lanes.lock();
        lanes.withhold(&going);
        for _ in 0..REVOKE_STEPS {
            if lost || shared.stop.is_cancelled() || lanes.out_of(&going) == 0 {
                break;
            }
            shared.moved.wait_for(&mut lanes, REVOKE_STEP);
        }
        let given_up = lanes.out_of(&going);
        let mut commits = lanes.take_commits(Some(&going));
        // At the end of the subscription: later they would put back what the next member commits.
        let mut last = shared.last.lock();
        commits.extend(last.extract_if(.., |commit| going.contains(&commit.place)));
        drop(last);
        for place in &going {
            lanes.revoke(place);
        }
        drop(lanes);
        if !lost {
            commit(consumer, &commits, CommitMode::Sync);
        }
        let group = &shared.group;
        tracing::debug!(
            bus = "kafka",
            group,
            partitions = going.len(),
            given_up,
            lost,
            "partitions go to another member"
        );
        shared.came.notify_one();
    }

    /// Partitions come, with what their last owner had settled out of order.
    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else {
            return;
        };
        let coming = places(list);
        if coming.is_empty() {
            return;
        }
        let asked = consumer.committed_offsets((*list).clone(), ANSWER_MAX);
        if let Err(error) = &asked {
            tracing::warn!(bus = "kafka", error = %error, "some records may come twice");
        }
        let mut lanes = self.0.lanes.lock();
        if self.0.stop.is_cancelled() {
            return;
        }
        for place in coming {
            let last = asked.as_ref().ok();
            let last = last.and_then(|all| all.find_partition(&place.0, place.1));
            let metadata = last.as_ref().map_or("", |last| last.metadata());
            lanes.assign(place, metadata);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let elements = offsets.elements();
        let failed = elements
            .iter()
            .filter(|e| result.is_err() || e.error().is_err())
            .map(|e| (e.topic(), e.partition()));
        self.0.lanes.lock().commit_again(failed);
    }
}
