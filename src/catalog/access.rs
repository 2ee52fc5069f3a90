//! Who may do what, and who did it.

use jiff::Timestamp;

/// Who acts, for the audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// A token's or user's name.
    pub name: String,
    /// Network address.
    pub address: Option<String>,
}

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessRole {
    /// Publishes the data of one organization.
    Publisher,
    /// Manages one organization: its tokens and data sets.
    Manager,
    /// Runs the server: everything.
    Operator,
}

impl AccessRole {
    /// Every role.
    pub const ALL: [AccessRole; 3] = [AccessRole::Publisher, AccessRole::Manager, AccessRole::Operator];

    /// The word in the API and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            AccessRole::Publisher => "publisher",
            AccessRole::Manager => "manager",
            AccessRole::Operator => "operator",
        }
    }

    /// The role of this word.
    pub fn parse(word: &str) -> Option<AccessRole> {
        AccessRole::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHolder {
    /// The database's own key, and its public id.
    pub id: i64,
    /// The organization it is for; `None` for operators.
    pub organization: Option<String>,
    /// What it allows.
    pub role: AccessRole,
    /// What it is called.
    pub label: String,
    /// Since when it exists.
    pub created_at: Timestamp,
    /// Until when it is good; `None`: until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked, if it is.
    pub revoked_at: Option<Timestamp>,
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its place in the audit.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who, from where.
    pub actor: Actor,
    /// What was done, e.g. `publish`.
    pub action: String,
    /// To which organization.
    pub organization: Option<String>,
    /// To which data set, by its public id.
    pub dataset: Option<String>,
    /// To which version.
    pub version: Option<i32>,
    /// What else is to be known.
    pub detail: serde_json::Value,
}
