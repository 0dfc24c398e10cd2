//! What can go wrong, and whether trying again can help.

use parlor_ports::PortError;
use rusqlite::ErrorCode;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite says no.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What was asked for can't be kept.
    #[error("{0}")]
    Refused(String),
    /// It was closed before.
    #[error("the store is closed: open it again")]
    Closed,
    /// The connection can't be had now.
    #[error("{0}")]
    Away(String),
}

/// What a request gives.
pub(crate) type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    /// As an error of the port.
    pub(crate) fn at(&self, doing: &str) -> PortError {
        let context = format!("sqlite: {doing}");
        match self {
            Self::Away(_) => PortError::retryable(&context, self),
            Self::Sqlite(error) if can_pass(error) => PortError::retryable(&context, self),
            Self::Sqlite(error) if is_unmigrated(error) => PortError::terminal(
                &context,
                format_args!("{error}: the tables are not there, start without --no-migrate"),
            ),
            Self::Sqlite(_) | Self::Refused(_) | Self::Closed => {
                PortError::terminal(&context, self)
            }
        }
    }
}

/// Busy with another process, or short of something that an operator can give back.
fn can_pass(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
        )
    )
}

fn is_unmigrated(error: &rusqlite::Error) -> bool {
    error.to_string().starts_with("no such table")
}
