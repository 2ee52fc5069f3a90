//! Uploaded files, byte for byte, under their SHA-256. Each is stored once, in pieces of 1 MiB, so that neither writing
//! nor reading one needs more memory than that.

use std::io::{Read, Write};

use diesel::dsl::sum;
use diesel::prelude::*;
use sha2::{Digest as _, Sha256};

use super::StoreError;
use super::tables::files;
use crate::catalog::Digest;

/// Bytes in every piece but the last.
pub const PIECE: usize = 1 << 20;

diesel::define_sql_function! {
    /// How many bytes, without reading them.
    fn octet_length(content: diesel::sql_types::Binary) -> diesel::sql_types::Integer;
}

/// Stores a file, unless it is stored already, and answers how many bytes it has.
///
/// # Errors
/// [`StoreError::Io`] where it cannot be read, [`StoreError::WrongDigest`] where its bytes are others than `sha256` says,
/// and where the database fails. The transaction must then be given up.
pub fn put(connection: &mut PgConnection, sha256: Digest, reader: &mut dyn Read) -> Result<u64, StoreError> {
    if let Some(bytes) = size(connection, sha256)? {
        return Ok(bytes);
    }
    let mut hash = Sha256::new();
    let mut bytes = 0;
    for number in 0.. {
        let mut content = Vec::new();
        let limit = u64::try_from(PIECE).expect("a piece is small");
        Read::take(&mut *reader, limit).read_to_end(&mut content)?;
        if content.is_empty() && number > 0 {
            break;
        }
        hash.update(&content);
        bytes += u64::try_from(content.len()).expect("a piece is small");
        let is_last = content.len() < PIECE;
        diesel::insert_into(files::table)
            .values((files::sha256.eq(&sha256.0[..]), files::number.eq(number), files::content.eq(content)))
            // Somebody else stores the same file at this moment.
            .on_conflict_do_nothing()
            .execute(connection)?;
        if is_last {
            break;
        }
    }
    let found: [u8; 32] = hash.finalize().into();
    if found == sha256.0 { Ok(bytes) } else { Err(StoreError::WrongDigest(sha256)) }
}

/// How many bytes a file has; `None` where it is not stored.
///
/// # Errors
/// Where the database fails.
pub fn size(connection: &mut PgConnection, sha256: Digest) -> Result<Option<u64>, StoreError> {
    let bytes: Option<i64> = files::table
        .filter(files::sha256.eq(&sha256.0[..]))
        .select(sum(octet_length(files::content)))
        .get_result(connection)?;
    Ok(bytes.map(|bytes| u64::try_from(bytes).expect("a length is not negative")))
}

/// One piece of a file, the first is 0; `None` behind its end. The byte at `n` is in piece `n / PIECE`.
///
/// # Errors
/// Where the database fails.
pub fn piece(connection: &mut PgConnection, sha256: Digest, number: i32) -> Result<Option<Vec<u8>>, StoreError> {
    let content = files::table
        .filter(files::sha256.eq(&sha256.0[..]).and(files::number.eq(number)))
        .select(files::content)
        .get_result(connection)
        .optional()?;
    Ok(content)
}

/// Writes a whole file out, a piece at a time, and answers how many bytes it has; `None` where it is not stored.
///
/// # Errors
/// [`StoreError::Io`] where it cannot be written, and where the database fails.
pub fn get(connection: &mut PgConnection, sha256: Digest, out: &mut dyn Write) -> Result<Option<u64>, StoreError> {
    let mut bytes = None;
    for number in 0.. {
        let Some(content) = piece(connection, sha256, number)? else { break };
        out.write_all(&content)?;
        *bytes.get_or_insert(0) += u64::try_from(content.len()).expect("a piece is small");
        if content.len() < PIECE {
            break;
        }
    }
    Ok(bytes)
}
