//! What went wrong, for people and for the question whether trying again can help.

use lapin::{Error, ErrorKind};
use parlor_ports::PortError;

/// AMQP reply codes.
pub(super) const ACCESS_REFUSED: u16 = 403;
pub(super) const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;
const INVALID_PATH: u16 = 402;
const COMMAND_INVALID: u16 = 503;
const NOT_ALLOWED: u16 = 530;

/// The broker's reply code, when it was the broker who refused.
pub(super) fn code(error: &Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(refusal) => Some(refusal.get_id()),
        _ => None,
    }
}

/// A call on a connection failed: the connection may be back soon.
pub(super) fn passing(context: &str, error: &Error) -> PortError {
    PortError::retryable(context, error)
}

/// Connecting failed. `address` holds no password.
pub(super) fn connecting(address: &str, error: &Error) -> PortError {
    let context = format!("can't connect to RabbitMQ at {address}");
    match code(error) {
        Some(ACCESS_REFUSED) => PortError::terminal(
            &context,
            format!("{error}: check the user name and the password in the URL"),
        ),
        Some(INVALID_PATH | NOT_ALLOWED) => PortError::terminal(
            &context,
            format!(
                "{error}: check the virtual host in the URL (%2f is '/') and the user's rights"
            ),
        ),
        _ => PortError::retryable(
            &context,
            format!("{error}: check that it runs and that host and port are right"),
        ),
    }
}

/// Declaring failed.
pub(super) fn declaring(world: &str, error: &Error) -> PortError {
    let context = format!("can't declare the queues of world '{world}'");
    match code(error) {
        Some(PRECONDITION_FAILED) => PortError::terminal(
            &context,
            format!(
                "{error}: something of that name exists in another form; delete it (rabbitmqctl \
                 delete_queue NAME) or give the world other names in [routing]"
            ),
        ),
        Some(ACCESS_REFUSED) => PortError::terminal(
            &context,
            format!("{error}: the user needs the rights to configure, write and read these names"),
        ),
        Some(COMMAND_INVALID | NOT_ALLOWED) => PortError::terminal(&context, error),
        _ => PortError::retryable(&context, error),
    }
}

pub(super) fn closed() -> PortError {
    PortError::terminal(
        "RabbitMQ bus",
        "it is closed: this process is shutting down",
    )
}
