//! Whether a shape is valid (OGC 06-103r4, section 6.1). PostGIS would have to mend one that crosses itself, which takes it
//! minutes for some hundred positions and cannot be cancelled: so such a shape is refused, with the place where it is wrong.

use geo::algorithm::validation::{InvalidMultiPolygon, InvalidPolygon, RingRole, Validation};
use geo::{Coord, Intersects, Line, LineString, MultiPolygon, Polygon};

use super::geometry::example;
use crate::{
    query::{
        Geometry, Position,
        parse::{both, condition::Mistake},
    },
    text::Bilingual,
};

/// The most places where the lines of one shape cross: PostGIS works all of them out for each record.
const MAX_CROSSINGS: usize = 1_000;

/// Checks a shape whose positions lie on earth.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn check(geometry: &Geometry) -> Result<(), Mistake> {
    each_part(geometry)?;
    // Those of valid polygons do not cross.
    if matches!(geometry, Geometry::Points(_) | Geometry::Polygons(_)) {
        return Ok(());
    }
    let mut edges = Vec::new();
    add_edges(geometry, &mut edges);
    let meets = |edge: &Line, next: &Line| edge.start != next.end && edge.end != next.start && edge.intersects(next);
    let crossings = edges
        .iter()
        .enumerate()
        .flat_map(|(index, edge)| edges[index + 1..].iter().filter(move |next| meets(edge, next)));
    if crossings.take(MAX_CROSSINGS + 1).count() <= MAX_CROSSINGS {
        return Ok(());
    }
    Err(wrong(both(
        format!("filter の図形の線が互いに何度も交わっています。交わりは {MAX_CROSSINGS} か所までにしてください。"),
        format!("The lines of a shape in the filter cross too often; at most {MAX_CROSSINGS} crossings are allowed."),
    )))
}

fn add_edges(geometry: &Geometry, edges: &mut Vec<Line>) {
    let mut add = |line: &Vec<Position>| edges.extend(line_string(line).lines());
    match geometry {
        Geometry::Points(_) => {}
        Geometry::Lines(lines) => lines.iter().for_each(add),
        Geometry::Polygons(polygons) => polygons.iter().flatten().for_each(&mut add),
        Geometry::Collection(members) => members.iter().for_each(|member| add_edges(member, edges)),
    }
}

fn each_part(geometry: &Geometry) -> Result<(), Mistake> {
    match geometry {
        Geometry::Points(_) => Ok(()),
        Geometry::Lines(lines) => (1..).zip(lines).try_for_each(|(number, line)| {
            let number: usize = number;
            line_string(line).check_validation().map_err(|_| {
                wrong(both(
                    format!("filter の {number} 番目の LINESTRING は、すべての点が同じ場所です。"),
                    format!("All positions of LINESTRING {number} in the filter are the same."),
                ))
            })
        }),
        Geometry::Polygons(polygons) => {
            let shape = MultiPolygon::new(polygons.iter().map(|rings| polygon(rings)).collect());
            shape.check_validation().map_err(|fault| wrong(explained(&shape, &fault)))
        }
        Geometry::Collection(members) => members.iter().try_for_each(each_part),
    }
}

fn line_string(positions: &[Position]) -> LineString {
    positions.iter().map(|position| Coord { x: position.longitude, y: position.latitude }).collect()
}

fn polygon(rings: &[Vec<Position>]) -> Polygon {
    let mut rings = rings.iter().map(|ring| line_string(ring));
    let border = rings.next().unwrap_or_else(|| LineString::new(Vec::new()));
    Polygon::new(border, rings.collect())
}

fn wrong(message: Bilingual) -> Mistake {
    (message, Some(example()))
}

/// What is wrong, and where.
fn explained(shape: &MultiPolygon, fault: &InvalidMultiPolygon) -> Bilingual {
    let (index, fault) = match fault {
        InvalidMultiPolygon::InvalidPolygon(index, fault) => (index.0, fault),
        InvalidMultiPolygon::ElementsOverlaps(one, other) | InvalidMultiPolygon::ElementsTouchOnALine(one, other) => {
            let (one, other) = (one.0 + 1, other.0 + 1);
            return both(
                format!(
                    "filter の MULTIPOLYGON の {one} 番目と {other} 番目の多角形が重なっているか、辺で接しています。一つにまとめてください。"
                ),
                format!(
                    "Polygons {one} and {other} of a MULTIPOLYGON in the filter overlap or share an edge; join them."
                ),
            );
        }
    };
    let (ja, en) = match fault {
        InvalidPolygon::TooFewPointsInRing(role) => {
            let (ja, en) = ring(*role);
            (format!("{ja}に、異なる点が三つ以上ありません"), format!("{en} has fewer than three different positions"))
        }
        InvalidPolygon::SelfIntersection(role) => {
            let (ja, en) = ring(*role);
            let (ja_edges, en_edges) =
                shape.0.get(index).and_then(|polygon| crossing(polygon, *role)).unwrap_or_default();
            (format!("{ja}が{ja_edges}自分自身と交わっています"), format!("{en} crosses or touches itself{en_edges}"))
        }
        InvalidPolygon::NonFiniteCoord(role, place) => {
            let (ja, en) = ring(*role);
            let place = place.0 + 1;
            (format!("{ja}の {place} 番目の点が数ではありません"), format!("position {place} of {en} is no number"))
        }
        InvalidPolygon::InteriorRingNotContainedInExteriorRing(role) => {
            let (ja, en) = ring(*role);
            (format!("{ja}が外側の線の中に収まっていません"), format!("{en} does not lie within the outer ring"))
        }
        InvalidPolygon::IntersectingRingsOnALine(one, other)
        | InvalidPolygon::IntersectingRingsOnAnArea(one, other) => {
            let ((one_ja, one_en), (other_ja, other_en)) = (ring(*one), ring(*other));
            (format!("{one_ja}と{other_ja}が重なっています"), format!("{one_en} and {other_en} overlap"))
        }
    };
    let number = index + 1;
    match shape.0.len() {
        1 => both(format!("filter の POLYGON の{ja}。"), format!("In a POLYGON of the filter, {en}.")),
        _ => both(
            format!("filter の MULTIPOLYGON の {number} 番目の多角形の{ja}。"),
            format!("In polygon {number} of a MULTIPOLYGON of the filter, {en}."),
        ),
    }
}

/// What a ring is called.
fn ring(role: RingRole) -> (String, String) {
    match role {
        RingRole::Exterior => ("外側の線".to_owned(), "the outer ring".to_owned()),
        RingRole::Interior(index) => {
            let number = index + 1;
            (format!("穴（{number} 番目）の線"), format!("hole {number}"))
        }
    }
}

/// The first two edges of a ring that meet although they do not follow one another, by the positions where they begin.
fn crossing(polygon: &Polygon, role: RingRole) -> Option<(String, String)> {
    let ring = match role {
        RingRole::Exterior => polygon.exterior(),
        RingRole::Interior(index) => polygon.interiors().get(index)?,
    };
    let edges: Vec<_> = (1..).zip(ring.lines()).collect();
    let (one, other): (usize, usize) = edges.iter().enumerate().find_map(|(index, (one, edge))| {
        let meets =
            |(_, next): &&(usize, Line)| edge.start != next.end && edge.end != next.start && edge.intersects(next);
        edges[index + 1..].iter().find(meets).map(|(other, _)| (*one, *other))
    })?;
    Some((
        format!("、{one} 番目の点からの辺と {other} 番目の点からの辺で"),
        format!(", where the edges from positions {one} and {other} meet"),
    ))
}
