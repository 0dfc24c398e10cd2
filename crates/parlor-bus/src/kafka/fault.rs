//! What went wrong, for people and for the question whether trying again can help.

use parlor_ports::PortError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

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
