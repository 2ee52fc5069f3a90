//! Which tables of a scope have records at a place. Of each table the box around its records is known, so that of the
//! tables of a thousand organizations only those are asked that lie there.

use std::borrow::Cow;

use super::Scope;
use super::near::Place;
use super::scope::Table;
use crate::catalog::BoundingBox;
use crate::query::{Area, Expression, Geometry, Position, Query};

/// The tables that may have records where a question asks for them; all, where it says nothing of places.
pub fn within<'s>(scope: &'s Scope, query: &Query) -> Cow<'s, Scope> {
    let of_area = query.area.as_ref().and_then(box_of_area);
    let of_filter = query.filter.as_ref().and_then(box_of_filter);
    let boxes = of_area.into_iter().chain(of_filter);
    boxes.fold(Cow::Borrowed(scope), |scope, area| Cow::Owned(within_box(&scope, &area)))
}

fn box_of_area(area: &Area) -> Option<BoundingBox> {
    match *area {
        Area::Near { radius_m: None, .. } => None,
        Area::Box { west, south, east, north } => Some(BoundingBox { west, south, east, north }),
        Area::Near { latitude, longitude, radius_m: Some(metres) } => {
            Some(Place { latitude, longitude, radius_m: Some(metres) }.box_of(metres))
        }
    }
}

/// A box in which every record lies that passes a filter; `None`: it may lie anywhere.
fn box_of_filter(filter: &Expression) -> Option<BoundingBox> {
    match filter {
        Expression::And(parts) => parts.iter().find_map(box_of_filter),
        // However a place and a shape stand to one another, they meet; only that they do not is another matter.
        Expression::Spatial { geometry, negated: false, .. } => box_around(geometry),
        _ => None,
    }
}

fn box_around(geometry: &Geometry) -> Option<BoundingBox> {
    let positions = |positions: &[Position]| {
        let points = positions.iter().map(|position| BoundingBox::of_point(position.longitude, position.latitude));
        points.reduce(BoundingBox::with)
    };
    match geometry {
        Geometry::Points(points) => positions(points),
        Geometry::Lines(lines) => lines.iter().filter_map(|line| positions(line)).reduce(BoundingBox::with),
        Geometry::Polygons(polygons) => {
            polygons.iter().flatten().filter_map(|ring| positions(ring)).reduce(BoundingBox::with)
        }
        Geometry::Collection(members) => members.iter().filter_map(box_around).reduce(BoundingBox::with),
    }
}

/// The tables that may have records in a box.
pub fn within_box(scope: &Scope, area: &BoundingBox) -> Scope {
    let tables = scope.tables().iter().filter(|table| table.bounds.is_some_and(|bounds| bounds.meets(area)));
    scope.with(tables.cloned().collect())
}

/// More and more tables, the nearest first and in the end all: whoever looks for so many records around a place may find
/// them in the first ones.
pub fn around(scope: &Scope, place: Place, wanted: usize) -> impl Iterator<Item = Scope> {
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let mut tables: Vec<&Table> = scope.tables().iter().collect();
    // By its farthest corner: a table that has a single record far away is no near one.
    tables.sort_by(|one, other| farthest(one, place).total_cmp(&farthest(other, place)));
    let mut located = 0_u64;
    let enough = tables.iter().take_while(|table| {
        let is_needed = located < wanted;
        located = located.saturating_add(table.located);
        is_needed
    });
    let first = enough.count().max(FEWEST);
    let mut counts = vec![first, first.saturating_mul(GROWTH), tables.len()];
    counts.iter_mut().for_each(|count| *count = tables.len().min(*count));
    counts.dedup();
    counts.into_iter().map(move |count| {
        let mut tables: Vec<Table> = tables[..count].iter().map(|table| (*table).clone()).collect();
        tables.sort_by_key(|table| table.key);
        scope.with(tables)
    })
}

/// Of more tables it is hardly known better how far it can be, and each costs as much as the first.
const FEWEST: usize = 2;
/// How many times as many are asked where those were not enough.
const GROWTH: usize = 8;

/// How far the farthest corner of the box around a table's records is from a place: about, and squared.
fn farthest(table: &Table, place: Place) -> f64 {
    let Some(bounds) = table.bounds else { return f64::INFINITY };
    let east = (bounds.west - place.longitude).abs().max((bounds.east - place.longitude).abs());
    let north = (bounds.south - place.latitude).abs().max((bounds.north - place.latitude).abs());
    (east * place.latitude.to_radians().cos()).powi(2) + north.powi(2)
}
