//! Shapes: from the crate's to ours, in degrees and within their limits.

use cql2::Expr;
use serde_json::Value;

use super::{validity, words};
use crate::{
    query::{
        Geometry, Position, Relation,
        parse::{both, condition::Mistake},
    },
    text::Bilingual,
};

/// The most positions of all shapes of one filter: each record that may lie there is compared with all of them.
pub(super) const MAX_POSITIONS: usize = 1_000;

/// The shape that stands here; `None` where something else does. Its positions are added to those `counted` so far.
///
/// # Errors
/// For a shape that there cannot be on earth, one that is not valid, and one that does not go with the relation.
pub(super) fn read(tree: &Expr, relation: Relation, counted: &mut usize) -> Result<Option<Geometry>, Mistake> {
    let geometry = match tree {
        Expr::Geometry(geometry) => {
            let json = serde_json::to_value(geometry).map_err(|_| broken())?;
            let shape = shape(&json, counted)?;
            validity::check(&shape)?;
            shape
        }
        Expr::BBox { bbox } => rectangle(bbox)?,
        Expr::Operation { op, args } if op == words::GROUP && args.len() == 1 => {
            return read(&args[0], relation, counted);
        }
        _ => return Ok(None),
    };
    if matches!(geometry, Geometry::Collection(_)) && relation != Relation::Intersects {
        let message = both(
            "GEOMETRYCOLLECTION が使えるのは S_INTERSECTS と S_DISJOINT だけです。",
            "GEOMETRYCOLLECTION goes with S_INTERSECTS and S_DISJOINT only.",
        );
        let hint = both("MULTIPOLYGON などにしてください。", "Use MULTIPOLYGON or another of one kind.");
        return Err((message, Some(hint)));
    }
    Ok(Some(geometry))
}

fn shape(json: &Value, count: &mut usize) -> Result<Geometry, Mistake> {
    let coordinates = &json["coordinates"];
    let geometry = match json["type"].as_str().unwrap_or_default() {
        "Point" => Geometry::Points(vec![position(coordinates, count)?]),
        "MultiPoint" => Geometry::Points(list(coordinates, &mut |item| position(item, count))?),
        "LineString" => Geometry::Lines(vec![line(coordinates, count)?]),
        "MultiLineString" => Geometry::Lines(list(coordinates, &mut |item| line(item, count))?),
        "Polygon" => Geometry::Polygons(vec![polygon(coordinates, count)?]),
        "MultiPolygon" => Geometry::Polygons(list(coordinates, &mut |item| polygon(item, count))?),
        "GeometryCollection" => {
            Geometry::Collection(list(&json["geometries"], &mut |item| match shape(item, count)? {
                Geometry::Collection(_) => Err(broken()),
                member => Ok(member),
            })?)
        }
        _ => return Err(broken()),
    };
    Ok(geometry)
}

/// A list that is not empty.
fn list<T>(json: &Value, read: &mut dyn FnMut(&Value) -> Result<T, Mistake>) -> Result<Vec<T>, Mistake> {
    let items = json.as_array().filter(|items| !items.is_empty()).ok_or_else(broken)?;
    items.iter().map(read).collect()
}

fn polygon(json: &Value, count: &mut usize) -> Result<Vec<Vec<Position>>, Mistake> {
    list(json, &mut |item| {
        let ring = list(item, &mut |item| position(item, count))?;
        if ring.len() >= 4 && ring.first() == ring.last() {
            return Ok(ring);
        }
        let message = both(
            "filter の POLYGON が閉じていません。点は四つ以上で、最後の点は最初の点と同じにします。",
            "A POLYGON in the filter is not closed: it needs four positions or more, the last equal to the first.",
        );
        Err((message, Some(example())))
    })
}

fn line(json: &Value, count: &mut usize) -> Result<Vec<Position>, Mistake> {
    let line = list(json, &mut |item| position(item, count))?;
    if line.len() >= 2 {
        return Ok(line);
    }
    let message = both(
        "filter の LINESTRING には点が二つ以上必要です。",
        "A LINESTRING in the filter needs two positions or more.",
    );
    Err((message, Some(example())))
}

/// Longitude and latitude; heights are passed over, since records have none.
fn position(json: &Value, count: &mut usize) -> Result<Position, Mistake> {
    *count += 1;
    if *count > MAX_POSITIONS {
        let message = both(
            format!("filter の図形の点が多すぎます。全部で {MAX_POSITIONS} 点までにしてください。"),
            format!("The shapes of the filter have too many positions; at most {MAX_POSITIONS} in all are allowed."),
        );
        let hint = both(
            "細かい折れ線は、点を間引いて（簡略化して）ください。",
            "Simplify the border: leave out positions that lie close together.",
        );
        return Err((message, Some(hint)));
    }
    let numbers = json.as_array().filter(|numbers| (2..=4).contains(&numbers.len())).ok_or_else(broken)?;
    let [longitude, latitude] = [&numbers[0], &numbers[1]].map(Value::as_f64);
    checked(longitude.ok_or_else(broken)?, latitude.ok_or_else(broken)?)
}

fn checked(longitude: f64, latitude: f64) -> Result<Position, Mistake> {
    if longitude.abs() <= 180.0 && latitude.abs() <= 90.0 {
        return Ok(Position { longitude, latitude });
    }
    let message = both(
        format!("filter の座標 {longitude} {latitude} は地球上にありません。経度は -180～180、緯度は -90～90 です。"),
        format!(
            "There is no place at {longitude} {latitude}: longitudes lie between -180 and 180, latitudes between -90 and 90."
        ),
    );
    let is_swapped = latitude.abs() <= 180.0 && longitude.abs() <= 90.0;
    let hint = if is_swapped {
        both(
            format!("経度が先です。「{latitude} {longitude}」のことですか。"),
            format!("Longitude comes first. Did you mean {latitude} {longitude}?"),
        )
    } else {
        example()
    };
    Err((message, Some(hint)))
}

/// `BBOX(west, south, east, north)`, or with heights. One without width or height is a line or a point.
fn rectangle(bounds: &[Box<Expr>]) -> Result<Geometry, Mistake> {
    let numbers: Option<Vec<f64>> = bounds.iter().map(|bound| number(bound)).collect();
    let wrong = || words::wrong_arguments("bbox");
    let numbers = numbers.ok_or_else(wrong)?;
    let (west, south, east, north) = match numbers.as_slice() {
        [west, south, east, north] | [west, south, _, east, north, _] => (*west, *south, *east, *north),
        _ => return Err(wrong()),
    };
    let (low, high) = (checked(west, south)?, checked(east, north)?);
    if west > east || south > north {
        let message = both(
            "filter の BBOX で、西は東より、南は北より大きくできません。",
            "In a BBOX of the filter, west may not exceed east, nor south north.",
        );
        let hint = both("BBOX(西, 南, 東, 北) の順です。", "The order is BBOX(west, south, east, north).");
        return Err((message, Some(hint)));
    }
    let corner = |longitude, latitude| Position { longitude, latitude };
    Ok(match (west < east, south < north) {
        (false, false) => Geometry::Points(vec![low]),
        (true, true) => Geometry::Polygons(vec![vec![vec![low, corner(east, south), high, corner(west, north), low]]]),
        _ => Geometry::Lines(vec![vec![low, high]]),
    })
}

fn number(tree: &Expr) -> Option<f64> {
    match tree {
        Expr::Float(number) => Some(*number),
        _ => None,
    }
}

fn broken() -> Mistake {
    (both("filter の図形が読めません。", "A shape in the filter cannot be read."), Some(example()))
}

pub(super) fn example() -> Bilingual {
    both(
        "例: POLYGON((133.9 34.6, 134.0 34.6, 134.0 34.7, 133.9 34.6))（経度 緯度の順）",
        "For example: POLYGON((133.9 34.6, 134.0 34.6, 134.0 34.7, 133.9 34.6)), longitude first",
    )
}
