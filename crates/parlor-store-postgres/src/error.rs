//! Which errors of PostgreSQL are worth another try.

use parlor_ports::PortError;
use sqlx::Error;

/// SQLSTATE classes after which the same call may succeed: connection lost, transaction rolled
/// back (serialization failure, deadlock), out of resources (too many connections, disk full),
/// operator's intervention (shutdown, restart, cancelled statement).
const CLASSES_RETRYABLE: [&str; 4] = ["08", "40", "53", "57"];
/// Single codes of other classes: a lock was not to be had in time; the server is a standby just
/// now.
const CODES_RETRYABLE: [&str; 2] = ["55P03", "25006"];
/// The database was dropped: class 57, yet final.
const DATABASE_DROPPED: &str = "57P04";

/// True when the connection itself is gone, so that its fellows in the pool probably are too.
pub(crate) fn is_disconnect(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::Protocol(_) | Error::WorkerCrashed | Error::BeginFailed => true,
        Error::Database(cause) => cause
            .code()
            .is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
        _ => false,
    }
}

/// The port's view of `error`, met while doing `what` (`"can't commit to PostgreSQL at .."`).
pub(crate) fn port_error(what: &str, error: &Error) -> PortError {
    if is_retryable(error) {
        return PortError::retryable(what, error);
    }
    match remedy(error) {
        Some(remedy) => PortError::terminal(what, format_args!("{error}: {remedy}")),
        None => PortError::terminal(what, error),
    }
}

fn is_retryable(error: &Error) -> bool {
    match error {
        Error::PoolTimedOut => true,
        Error::Database(cause) => cause.code().is_some_and(|code| {
            let code = code.as_ref();
            code != DATABASE_DROPPED
                && (CODES_RETRYABLE.contains(&code)
                    || CLASSES_RETRYABLE
                        .iter()
                        .any(|class| code.starts_with(class)))
        }),
        other => is_disconnect(other),
    }
}

fn remedy(error: &Error) -> Option<&'static str> {
    let code = error.as_database_error()?.code()?;
    match code.as_ref() {
        "42P01" | "42703" | "3F000" => Some(
            "the tables are not there or out of date; start the server once without --no-migrate to make them",
        ),
        "28000" | "28P01" => Some("check user and password in the store's URL"),
        "3D000" | DATABASE_DROPPED => {
            Some("create the database (createdb), or name another one in the store's URL")
        }
        "22021" => Some("leave NUL characters out of texts, which PostgreSQL can't keep"),
        "42501" => {
            Some("grant this user the rights on the schema, or name its owner in the store's URL")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_passes_and_a_wrong_answer_does_not() {
        let lost = Error::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(port_error("can't commit", &lost).is_retryable());
        assert!(port_error("can't commit", &Error::PoolTimedOut).is_retryable());
        assert!(!port_error("can't commit", &Error::RowNotFound).is_retryable());
        assert!(!port_error("can't commit", &Error::PoolClosed).is_retryable());
    }
}
