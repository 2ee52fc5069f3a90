//! `timestamptz` as [`jiff::Timestamp`], which has no support for diesel of its own.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::data_types::PgTimestamp;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamptz;
use jiff::Timestamp;

/// Microseconds from 1970, the epoch of jiff, to 2000, that of PostgreSQL.
const EPOCH: i64 = 946_684_800_000_000;

/// A timestamp on its way to or from the database.
#[derive(Clone, Copy, Debug, AsExpression, FromSqlRow)]
#[diesel(sql_type = Timestamptz)]
pub struct Stamp(pub Timestamp);

impl FromSql<Timestamptz, Pg> for Stamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Stamp> {
        let PgTimestamp(microseconds) = FromSql::<Timestamptz, Pg>::from_sql(value)?;
        let since_1970 = microseconds.checked_add(EPOCH).ok_or("a timestamp out of range")?;
        Ok(Stamp(Timestamp::from_microsecond(since_1970)?))
    }
}

impl ToSql<Timestamptz, Pg> for Stamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let stamp = PgTimestamp(self.0.as_microsecond() - EPOCH);
        ToSql::<Timestamptz, Pg>::to_sql(&stamp, &mut out.reborrow())
    }
}

impl From<Stamp> for Timestamp {
    fn from(stamp: Stamp) -> Timestamp {
        stamp.0
    }
}
