//! What the store could not do.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// What the store could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Too many requests work in the database; this one did not get its turn in time.
    #[error("the database is busy")]
    Busy,
    /// The database cannot be reached.
    #[error("the database is not reachable: {0}")]
    Unavailable(String),
    /// A statement took longer than it may.
    #[error("a statement took longer than it may")]
    Timeout,
    /// Another version is current than the one expected.
    #[error("expected version {expected} to be the current one, found {found:?}")]
    PreconditionFailed {
        /// The version that was to be the current one; 0: none.
        expected: i32,
        /// The version that is.
        found: Option<i32>,
    },
    /// Another writer got in between; the same again can succeed.
    #[error("another writer got in between: {0}")]
    Conflict(String),
    /// There is no such organization.
    #[error("there is no organization {0}")]
    UnknownOrganization(String),
    /// There is no such data set or version of it, or none that is published.
    #[error("there is no {0}")]
    UnknownVersion(String),
    /// A record cannot be stored.
    #[error("row {row} cannot be stored: {reason}")]
    InvalidRecord {
        /// Its row number.
        row: i32,
        /// Why.
        reason: &'static str,
    },
    /// The bytes of a file are not those that its SHA-256 says.
    #[error("the bytes of the file do not have the SHA-256 {0}")]
    WrongDigest(crate::catalog::Digest),
    /// Bytes could not be read or written.
    #[error("a file could not be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// The tables of the database could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The work ended in a panic, or the server is stopping.
    #[error("the work was interrupted")]
    Interrupted,
    /// Anything else that the database says.
    #[error("the database failed: {0}")]
    Database(#[source] DieselError),
}

impl StoreError {
    /// A stored word that this program does not know.
    pub(super) fn unreadable(what: &str, word: &str) -> StoreError {
        StoreError::Database(DieselError::DeserializationError(format!("unknown {what} {word}").into()))
    }

    /// Whether this constraint was violated.
    pub(super) fn violates(&self, constraint: &str) -> bool {
        matches!(self, StoreError::Database(DieselError::DatabaseError(_, details))
            if details.constraint_name() == Some(constraint))
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> StoreError {
        // Where the rollback after it fails as well, the commit tells why.
        let error = match error {
            DieselError::RollbackErrorOnCommit { commit_error, .. } => *commit_error,
            error => error,
        };
        match &error {
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, details) => {
                StoreError::Unavailable(details.message().to_owned())
            }
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, details) => {
                StoreError::Conflict(details.message().to_owned())
            }
            DieselError::DatabaseError(DatabaseErrorKind::Unknown, details) => {
                let message = details.message().to_owned();
                from_message(&message, error)
            }
            DieselError::BrokenTransactionManager => StoreError::Unavailable(error.to_string()),
            _ => StoreError::Database(error),
        }
    }
}

type FromMessage = fn(String) -> StoreError;

/// Diesel does not pass on the SQLSTATE, and only a superuser may choose the language of the messages. So the few that
/// matter here are known as PostgreSQL writes them, in English and in Japanese.
const MESSAGES: [(&str, &str, FromMessage); 5] = [
    (
        "canceling statement due to statement timeout",
        "ステートメントのタイムアウトのためステートメントをキャンセルしています",
        |_| StoreError::Timeout,
    ),
    ("terminating connection due to", "接続を終了しています", StoreError::Unavailable),
    // A replica that waits for no reader any longer.
    ("canceling statement due to conflict with recovery", "リカバリで競合が発生したため", StoreError::Unavailable),
    ("deadlock detected", "デッドロックを検出しました", StoreError::Conflict),
    // libpq itself says this where a connection breaks while rows are on their way.
    ("server closed the connection unexpectedly", "サーバーが突然接続を閉じました", StoreError::Unavailable),
];

fn from_message(message: &str, error: DieselError) -> StoreError {
    let known = MESSAGES.iter().find(|(en, ja, _)| message.contains(en) || message.contains(ja));
    match known {
        Some((_, _, make)) => make(message.to_owned()),
        None => StoreError::Database(error),
    }
}
