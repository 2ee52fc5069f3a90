//! Records around a place, nearest first.
//!
//! The spatial index knows degrees, not metres, and a degree east is shorter than a degree north. So the index first
//! finds as many candidates as are wanted, by degrees; the farthest of them, in metres, is a reach within which the
//! nearest ones must lie; and of all that lie within that reach those are taken that are nearest in metres. The answer is
//! exact, on the spheroid, to the millimetre; what is equally far comes as published.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable};

use super::statement::Statement;
use super::{Row, Scope, filter, places, source};
use crate::catalog::BoundingBox;
use crate::query::{Cursor, Query};
use crate::schema::Schema;
use crate::store::StoreError;

/// Metres in a degree of latitude, at least (110,574 at the equator). A box drawn with it is never too small.
const METRES_PER_DEGREE: f64 = 110_000.0;

/// A place, and how far from it counts.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
    pub radius_m: Option<f64>,
}

impl Place {
    /// The condition that a row lies within the radius, or anywhere.
    pub fn filter(self) -> Statement {
        let Some(radius) = self.radius_m else { return Statement::new("geometry IS NOT NULL") };
        let mut statement = self.within_box(radius);
        statement.push(" AND ST_DWithin(geometry::geography, ").append(self.point()).push("::geography, ");
        statement.double(radius).push(")");
        statement
    }

    /// The condition that a row lies in the box around everything that is within this distance.
    fn within_box(self, metres: f64) -> Statement {
        let BoundingBox { west, south, east, north } = self.box_of(metres);
        let mut statement = Statement::new("geometry && ");
        statement.append(envelope(west, south, east, north));
        statement
    }

    /// The condition, with `AND` before it, that a row lies in such a box, or anywhere.
    fn located(self, metres: Option<f64>) -> Statement {
        let mut statement = Statement::new(" AND ");
        match metres {
            Some(metres) => statement.append(self.within_box(metres)),
            None => statement.push("geometry IS NOT NULL"),
        };
        statement
    }

    /// The order of the index, up to so many.
    fn nearest(self, count: usize) -> Statement {
        let mut statement = Statement::new(" ORDER BY geometry <-> ");
        statement.append(self.point()).push(" LIMIT ").big(count);
        statement
    }

    /// A box around everything that is within this distance.
    pub fn box_of(self, metres: f64) -> BoundingBox {
        let north = metres / METRES_PER_DEGREE;
        let farthest = self.latitude.abs() + north;
        let east = if farthest < 89.9 { north / farthest.to_radians().cos() } else { 180.0 };
        let (west, east) = (self.longitude - east, self.longitude + east);
        // Around a pole or across the antimeridian: all longitudes.
        let (west, east) = if west < -180.0 || east > 180.0 { (-180.0, 180.0) } else { (west, east) };
        let (south, north) = ((self.latitude - north).max(-90.0), (self.latitude + north).min(90.0));
        BoundingBox { west, south, east, north }
    }

    fn point(self) -> Statement {
        let mut statement = Statement::new("ST_SetSRID(ST_MakePoint(");
        statement.double(self.longitude).push(", ").double(self.latitude).push("), 4326)");
        statement
    }

    /// Metres on the spheroid, whole millimetres: such a number survives its way through a cursor unchanged.
    fn distance(self) -> Statement {
        let mut statement = Statement::new("round(ST_Distance(geometry::geography, ");
        statement.append(self.point()).push("::geography) * 1000) / 1000");
        statement
    }
}

/// A rectangle in degrees.
pub fn envelope(west: f64, south: f64, east: f64, north: f64) -> Statement {
    let mut statement = Statement::new("ST_MakeEnvelope(");
    statement.double(west).push(", ").double(south).push(", ").double(east).push(", ").double(north).push(", 4326)");
    statement
}

/// A statement for rows with their distance, up to where they come from.
pub fn select(place: Place) -> Statement {
    let mut statement = Statement::new("SELECT table_id, row_number, \"values\", raw, ");
    statement.append(place.distance()).push(" AS distance FROM ");
    statement
}

/// The rows of a page, nearest first, one more than asked for.
pub fn rows(
    connection: &mut PgConnection,
    schema: &Schema,
    scope: &Scope,
    query: &Query,
    place: Place,
    from: Statement,
) -> Result<Vec<Row>, StoreError> {
    let wanted = query.limit.saturating_add(query.offset).saturating_add(1);
    let mut demanded = filter::of_fields(schema, query);
    if let Some(cursor) = &query.cursor {
        demanded.append(behind(place, cursor));
    }
    let located = |scope: &Scope, area: Option<f64>| {
        let mut rows = from.clone();
        rows.push(" WHERE ").append(scope.filter()).append(demanded.clone()).append(place.located(area));
        rows
    };
    let mut reached = None;
    if source::is_all(scope, query) {
        for some in places::around(scope, place, wanted) {
            let rows = if (2..=FEW).contains(&some.table_count()) {
                of_each(&some, place, &demanded, wanted)
            } else {
                located(&some, place.radius_m)
            };
            reached = reach(connection, place, rows, wanted)?;
            if reached.is_some() {
                break;
            }
        }
    } else {
        reached = reach(connection, place, located(scope, place.radius_m), wanted)?;
    }
    let within = reached.map(|metres| places::within_box(scope, &place.box_of(metres)));
    let mut statement = select(place);
    statement.append(located(within.as_ref().unwrap_or(scope), reached)).push(" AND ").append(place.filter());
    statement.push(" ORDER BY distance, table_id, row_number").page(query);
    statement.lasting_if(super::is_common(query)).rows(connection)
}

/// Up to so many tables each is asked by itself.
const FEW: usize = 64;

/// The nearest rows of each table, by degrees: the index, which begins with the table, goes from near to far in one at a
/// time only.
fn of_each(scope: &Scope, place: Place, demanded: &Statement, wanted: usize) -> Statement {
    let mut rows = Statement::new("unnest(");
    rows.keys(scope.tables().iter().map(|table| table.key).collect());
    rows.push(") AS asked (asked_table), LATERAL (SELECT geometry FROM records WHERE table_id = asked_table");
    rows.append(demanded.clone()).append(place.located(place.radius_m));
    rows.append(place.nearest(wanted)).push(") AS records");
    rows
}

/// A distance within which so many of these rows lie; `None` where there are not so many.
///
/// Of the radius only the box around it is asked for: PostgreSQL can tell how much that leaves, and so whether to go by
/// the index from near to far or to take what is in the box.
fn reach(
    connection: &mut PgConnection,
    place: Place,
    rows: Statement,
    wanted: usize,
) -> Result<Option<f64>, StoreError> {
    let mut statement = Statement::new("SELECT count(*), max(distance) FROM (SELECT ");
    statement.append(place.distance()).push(" AS distance FROM ").append(rows);
    statement.append(place.nearest(wanted)).push(") AS candidates");
    let (count, farthest): (i64, Option<f64>) =
        statement.select::<(BigInt, Nullable<Double>)>().get_result(connection)?;
    let is_enough = usize::try_from(count).is_ok_and(|count| count >= wanted);
    // Distances are rounded; the box must not be smaller for it.
    Ok(farthest.filter(|_| is_enough).map(|metres| metres + 1.0))
}

/// The condition that a row comes after the one where the page before ended.
fn behind(place: Place, cursor: &Cursor) -> Statement {
    let mut statement = Statement::new(" AND (");
    statement.append(place.distance()).push(", table_id, row_number) > (");
    statement.double(cursor.distance.unwrap_or(0.0)).push(", ").key(cursor.table).push(", ");
    statement.integer(cursor.row).push(")");
    statement
}
