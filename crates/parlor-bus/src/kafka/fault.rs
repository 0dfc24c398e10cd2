//! What went wrong, for people and for the question whether trying again can help.

use super::core::ANSWER_MAX;
use parlor_ports::PortError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::thread;
use std::time::{Duration, Instant};

/// Pause before a question is put again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What a second try with the same settings can't mend.
fn is_final(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::MessageSizeTooLarge
            | Code::InvalidTopic
            | Code::InvalidPartitions
            | Code::InvalidReplicationFactor
            | Code::PolicyViolation
            | Code::InvalidConfig
    )
}

/// A partition or a group has nobody who answers for it at the moment: it was made just now, or its
/// broker changed.
fn is_passing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::NotLeaderForPartition
            | Code::LeaderNotAvailable
            | Code::ReplicaNotAvailable
            | Code::NotCoordinator
            | Code::CoordinatorNotAvailable
            | Code::CoordinatorLoadInProgress
    )
}

/// Puts a question again for a few seconds while nobody answers for a partition or a group. Blocks.
pub(super) fn until_led<T>(
    mut ask: impl FnMut() -> Result<T, KafkaError>,
) -> Result<T, KafkaError> {
    let until = Instant::now() + ANSWER_MAX;
    loop {
        let asked = ask();
        let code = asked
            .as_ref()
            .err()
            .and_then(KafkaError::rdkafka_error_code);
        let late = Instant::now() >= until;
        if late || !code.is_some_and(is_passing) {
            return asked;
        }
        thread::sleep(AGAIN_AFTER);
    }
}

/// A call failed.
pub(super) fn of(context: &str, error: &KafkaError) -> PortError {
    match error.rdkafka_error_code() {
        Some(code) if is_final(code) => PortError::terminal(context, plain(error)),
        _ => PortError::retryable(context, plain(error)),
    }
}

/// A broker refused a topic.
pub(super) fn of_code(context: &str, code: RDKafkaErrorCode) -> PortError {
    if is_final(code) {
        PortError::terminal(context, code)
    } else {
        PortError::retryable(context, code)
    }
}

/// A client could not be made: a setting is wrong. Its value may be a password and is not shown.
pub(super) fn creating(error: &KafkaError) -> PortError {
    let context = "the settings in the Kafka URL";
    match error {
        KafkaError::ClientConfig(_, _, name, _) => PortError::terminal(
            context,
            format!(
                "'{name}' is not known to librdkafka, or its value is not: see its CONFIGURATION \
                 page for names and values"
            ),
        ),
        other => PortError::terminal(context, plain(other)),
    }
}

fn plain(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        Some(code) => code.to_string(),
        None => error.to_string(),
    }
}

pub(super) fn closed() -> PortError {
    PortError::terminal("Kafka bus", "it is closed: this process is shutting down")
}

pub(super) fn undeclared(inbox: &str) -> PortError {
    PortError::terminal(
        "Kafka bus",
        format!("inbox '{inbox}' is not declared: declare its world first"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_asked_again_and_nothing_else() {
        let mut answers = vec![
            Ok(7),
            Err(KafkaError::OffsetFetch(
                RDKafkaErrorCode::NotLeaderForPartition,
            )),
            Err(KafkaError::MetadataFetch(
                RDKafkaErrorCode::LeaderNotAvailable,
            )),
        ];
        let asked = until_led(|| answers.pop().unwrap());
        assert_eq!(asked, Ok(7));
        let mut count = 0;
        let asked: Result<(), _> = until_led(|| {
            count += 1;
            Err(KafkaError::OffsetFetch(
                RDKafkaErrorCode::TopicAuthorizationFailed,
            ))
        });
        assert!(asked.is_err());
        assert_eq!(count, 1);
    }
}
