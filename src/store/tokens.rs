//! Access tokens. Only the SHA-256 of a token is stored; the token itself is shown once, when it is made. It is 256 random
//! bits, so a plain hash is as good as a slow one.

use diesel::dsl::now;
use diesel::prelude::*;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::StoreError;
use super::tables::tokens;
use super::timestamp::Stamp;
use crate::catalog::{AccessRole, TokenHolder};

/// How every token begins, so that one that leaked is known for what it is.
const PREFIX: &str = "mk_";

/// A token that is to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The organization it is for; `None` exactly for operators.
    pub organization: Option<String>,
    /// What it allows.
    pub role: AccessRole,
    /// What it is called.
    pub label: String,
    /// Until when it is good.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token from 32 random bytes, and answers it in clear: `mk_` and 64 hexadecimal digits. It cannot be had again.
///
/// # Errors
/// [`StoreError::UnknownOrganization`], and where the database fails.
pub fn create(
    connection: &mut PgConnection,
    token: &NewToken,
    random: [u8; 32],
) -> Result<(String, TokenHolder), StoreError> {
    let clear = format!("{PREFIX}{}", crate::catalog::Digest(random));
    let row: Row = diesel::insert_into(tokens::table)
        .values((
            tokens::organization_code.eq(&token.organization),
            tokens::role.eq(token.role.as_str()),
            tokens::hash.eq(&hash(&clear)[..]),
            tokens::label.eq(&token.label),
            tokens::expires_at.eq(token.expires_at.map(Stamp)),
        ))
        .returning(Row::as_returning())
        .get_result(connection)
        .map_err(StoreError::from)
        .map_err(|error| match &token.organization {
            Some(code) if error.violates("tokens_organization_code_fkey") => {
                StoreError::UnknownOrganization(code.clone())
            }
            Some(_) | None => error,
        })?;
    Ok((clear, row.into_holder()?))
}

/// The token that is `clear`, unless it has expired or was revoked.
///
/// # Errors
/// Where the database fails.
pub fn authenticate(connection: &mut PgConnection, clear: &str) -> Result<Option<TokenHolder>, StoreError> {
    if !clear.starts_with(PREFIX) {
        return Ok(None);
    }
    let row: Option<Row> = tokens::table
        .filter(tokens::hash.eq(&hash(clear)[..]))
        .filter(tokens::revoked_at.is_null())
        .filter(tokens::expires_at.is_null().or(tokens::expires_at.gt(now)))
        .select(Row::as_select())
        .get_result(connection)
        .optional()?;
    row.map(Row::into_holder).transpose()
}

/// Notes that a token was used; at most once a minute something is written.
///
/// # Errors
/// Where the database fails.
pub fn touch(connection: &mut PgConnection, id: i64, at: Timestamp) -> Result<(), StoreError> {
    let minute_ago = Timestamp::from_second(at.as_second() - 60).unwrap_or(at);
    diesel::update(tokens::table.find(id))
        .filter(tokens::last_used_at.is_null().or(tokens::last_used_at.lt(Stamp(minute_ago))))
        .set(tokens::last_used_at.eq(Stamp(at)))
        .execute(connection)?;
    Ok(())
}

/// The tokens of an organization, or all, newest first; expired and revoked ones too.
///
/// # Errors
/// Where the database fails.
pub fn list(connection: &mut PgConnection, organization: Option<&str>) -> Result<Vec<TokenHolder>, StoreError> {
    let mut query = tokens::table.order(tokens::id.desc()).select(Row::as_select()).into_boxed();
    if let Some(code) = organization {
        query = query.filter(tokens::organization_code.eq(code));
    }
    query.load(connection)?.into_iter().map(Row::into_holder).collect()
}

/// Revokes a token, of this organization if one is named, and answers whether there was one to revoke.
///
/// # Errors
/// Where the database fails.
pub fn revoke(connection: &mut PgConnection, id: i64, organization: Option<&str>) -> Result<bool, StoreError> {
    let mut query = diesel::update(tokens::table)
        .filter(tokens::id.eq(id).and(tokens::revoked_at.is_null()))
        .set(tokens::revoked_at.eq(now))
        .into_boxed();
    if let Some(code) = organization {
        query = query.filter(tokens::organization_code.eq(code));
    }
    Ok(query.execute(connection)? == 1)
}

fn hash(clear: &str) -> [u8; 32] {
    Sha256::digest(clear.as_bytes()).into()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens, check_for_backend(diesel::pg::Pg))]
struct Row {
    id: i64,
    organization_code: Option<String>,
    role: String,
    label: String,
    created_at: Stamp,
    expires_at: Option<Stamp>,
    last_used_at: Option<Stamp>,
    revoked_at: Option<Stamp>,
}

impl Row {
    fn into_holder(self) -> Result<TokenHolder, StoreError> {
        let role = AccessRole::parse(&self.role).ok_or_else(|| StoreError::unreadable("role", &self.role))?;
        Ok(TokenHolder {
            id: self.id,
            organization: self.organization_code,
            role,
            label: self.label,
            created_at: self.created_at.into(),
            expires_at: self.expires_at.map(Timestamp::from),
            last_used_at: self.last_used_at.map(Timestamp::from),
            revoked_at: self.revoked_at.map(Timestamp::from),
        })
    }
}
