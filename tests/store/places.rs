//! Boxes and distances.

use diesel::prelude::*;
use machikura::query::grouping::{Grouping, Key};
use machikura::query::{Area, Expression, Geometry, Position, Query, Relation, Sort, Test};
use machikura::schema::Record;
use machikura::store::records::{self, Scope, groups};
use machikura::store::{Db, StoreError};

use crate::common::*;

fn places(db: &Db) -> (Scope, Vec<(String, f64, f64)>) {
    // A grid around 岡山, finer from north to south than from east to west, and twins at every seventh place.
    let mut points: Vec<(String, f64, f64)> = (0..400)
        .map(|index| {
            let (row, column) = (index / 20, index % 20);
            (format!("P{index:03}"), 34.5 + f64::from(row) * 0.011, 133.8 + f64::from(column) * 0.017)
        })
        .collect();
    let twins: Vec<_> = points.iter().step_by(7).map(|(id, lat, lon)| (format!("{id}b"), *lat, *lon)).collect();
    points.extend(twins);
    let texts: Vec<[String; 3]> =
        points.iter().map(|(id, lat, lon)| [id.clone(), lat.to_string(), lon.to_string()]).collect();
    let mut cells: Vec<Cells> = texts.iter().map(|[id, lat, lon]| [id.as_str(), "点", "", lat, lon, ""]).collect();
    cells.push(["X", "どこか", "", "", "", ""]);
    publish(db, "331007_aed", "places", &cells);
    (scope_of(db, "331007_aed"), points)
}

#[test]
fn boxes_hold_what_is_in_them_borders_included() {
    let (_database, db) = database();
    let (scope, points) = places(&db);
    for (west, south, east, north) in [
        (133.9, 34.55, 134.0, 34.6),
        (133.8, 34.5, 133.8, 34.5),
        (133.8 + 0.017, 34.5, 133.8 + 0.034, 34.511),
        (133.800001, 34.500001, 133.816999, 34.510999),
        (0.0, 0.0, 1.0, 1.0),
    ] {
        let inside = |lat: f64, lon: f64| (west..=east).contains(&lon) && (south..=north).contains(&lat);
        let expected: Vec<String> =
            points.iter().filter(|(_, lat, lon)| inside(*lat, *lon)).map(|(id, ..)| id.clone()).collect();
        let query = Query { area: Some(Area::Box { west, south, east, north }), limit: 1_000, ..all() };
        let page = ask(&db, &scope, &query);
        assert_eq!(ids(&page), expected);
        assert_eq!(page.total, Some(expected.len() as u64));
        let walked = walk(&db, &scope, &Query { limit: 2, ..query });
        assert_eq!(walked.len(), expected.len());
    }
}

/// Distances by PostGIS itself, for every point of every table, and its id.
fn measured(db: &Db, latitude: f64, longitude: f64) -> Vec<(f64, String)> {
    #[derive(QueryableByName)]
    struct Measured {
        #[diesel(sql_type = diesel::sql_types::Double)]
        metres: f64,
        #[diesel(sql_type = diesel::sql_types::Text)]
        record_id: String,
    }
    let sql = format!(
        "SELECT round(ST_Distance(geometry::geography, ST_SetSRID(ST_MakePoint({longitude}, {latitude}), 4326)::geography) \
         * 1000) / 1000 AS metres, record_id FROM records WHERE geometry IS NOT NULL ORDER BY table_id, row_number"
    );
    let rows: Vec<Measured> = db.read_blocking(|c| diesel::sql_query(sql).load(c).map_err(StoreError::from)).unwrap();
    let mut all: Vec<(f64, String)> = rows.into_iter().map(|row| (row.metres, row.record_id)).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    all
}

/// The distances and ids of an answer.
fn pairs(records: &[Record]) -> Vec<(f64, String)> {
    records.iter().map(|one| (one.distance_m.expect("a distance"), one.text(0).into_owned())).collect()
}

#[test]
fn the_nearest_come_first_exactly() {
    let (_database, db) = database();
    let (scope, _) = places(&db);
    for (latitude, longitude) in
        [(34.6, 133.95), (34.5, 133.8), (34.61, 133.962), (36.0, 140.0), (89.99, 10.0), (0.0, 179.99)]
    {
        let truth = measured(&db, latitude, longitude);
        for radius_m in [None, Some(500.0), Some(3_000.0), Some(30_000.0), Some(2.0e7)] {
            let reach = radius_m.unwrap_or(f64::INFINITY);
            let expected: Vec<(f64, String)> = truth.iter().filter(|(metres, _)| *metres <= reach).cloned().collect();
            let area = Some(Area::Near { latitude, longitude, radius_m });
            let page = ask(&db, &scope, &Query { area, limit: 1_000, ..all() });
            assert_eq!(pairs(&page.records), expected);
            assert_eq!(page.total, Some(expected.len() as u64));
            for limit in [1, 13, 100] {
                let page = ask(&db, &scope, &Query { area, limit, offset: 3, ..all() });
                let wanted: Vec<_> = expected.iter().skip(3).take(limit).cloned().collect();
                assert_eq!(pairs(&page.records), wanted, "{limit} around {latitude} {longitude} within {radius_m:?}");
            }
            let walked = walk(&db, &scope, &Query { area, limit: 37, ..all() });
            assert_eq!(pairs(&walked), expected, "a walk");
        }
    }
    let area = Some(Area::Near { latitude: 34.6, longitude: 133.95, radius_m: Some(3_000.0) });
    let sort = vec![Sort { field: 0, descending: true }];
    let sorted = walk(&db, &scope, &Query { area, sort, limit: 5, ..all() });
    assert!(sorted.windows(2).all(|pair| pair[0].text(0) > pair[1].text(0)));
    assert!(sorted.iter().all(|record| record.distance_m.is_some_and(|metres| metres <= 3_000.0)));
}

/// Thirty organizations along the country, each with records around its own centre: some with one that lies far away, on
/// the wrong side of the world, or nowhere, and some with nothing that lies anywhere.
fn country(db: &Db) -> Scope {
    let codes: Vec<String> = (0..30).map(|index| format!("4{index:05}")).collect();
    add_organizations(db, &codes.iter().map(String::as_str).collect::<Vec<_>>());
    for (index, code) in (0_u8..).zip(&codes) {
        let (north, east) = (33.0 + f64::from(index) * 0.2, 130.0 + f64::from(index) * 0.25);
        let mut cells: Vec<[String; 3]> = (0_u8..7)
            .map(|row| {
                let of = |degrees: f64, step: u8| format!("{:.4}", degrees + f64::from(row * step % 7) * 0.013);
                [format!("{code}-{row}"), of(north, 3), of(east, 5)]
            })
            .collect();
        let id = |name: &str| format!("{code}-{name}");
        match index % 6 {
            1 => cells.push([id("far"), "45.5".into(), "141.9".into()]),
            2 => cells.push([id("wrong"), "-34.6".into(), "-133.9".into()]),
            3 => cells.push([id("nowhere"), String::new(), String::new()]),
            4 => cells.iter_mut().for_each(|cell| (cell[1], cell[2]) = (String::new(), String::new())),
            _ => {}
        }
        let name = if index == 23 { "珍" } else { "点" };
        let cells: Vec<Cells> = cells.iter().map(|[id, lat, lon]| [id.as_str(), name, "", lat, lon, ""]).collect();
        publish(db, &format!("{code}_aed"), code, &cells);
    }
    db.read_blocking(|c| Scope::across(c, "aed", "aed", None)).unwrap()
}

#[test]
fn which_tables_are_asked_makes_no_difference() {
    let (_database, db) = database();
    let scope = country(&db);
    assert_eq!(scope.table_count(), 30);
    for (latitude, longitude) in [(35.03, 132.52), (33.0, 130.0), (45.5, 141.9), (-34.6, -133.9), (20.0, 150.0)] {
        let truth = measured(&db, latitude, longitude);
        for radius_m in [None, Some(2_000.0), Some(60_000.0), Some(2.0e7)] {
            let reach = radius_m.unwrap_or(f64::INFINITY);
            let expected: Vec<(f64, String)> = truth.iter().filter(|(metres, _)| *metres <= reach).cloned().collect();
            let query = Query { area: Some(Area::Near { latitude, longitude, radius_m }), ..all() };
            for limit in [1, 5, 40, 1_000] {
                let page = ask(&db, &scope, &Query { limit, ..query.clone() });
                assert_eq!(pairs(&page.records), expected[..limit.min(expected.len())], "{limit} within {radius_m:?}");
                assert_eq!(page.total, Some(expected.len() as u64));
            }
            assert_eq!(pairs(&walk(&db, &scope, &Query { limit: 11, ..query.clone() })), expected);
            // What only a table that may be far away has.
            let rare: Vec<_> = expected.iter().filter(|(_, id)| id.starts_with("400023")).cloned().collect();
            let conditions = with(NAME, Test::In { values: vec![text("珍")], null: false }).conditions;
            let page = ask(&db, &scope, &Query { conditions, limit: 3, ..query });
            assert_eq!(
                (pairs(&page.records).as_slice(), page.total),
                (&rare[..3.min(rare.len())], Some(rare.len() as u64))
            );
        }
        let (west, south, east, north) = (longitude - 0.3, latitude - 0.3, longitude + 0.3, latitude + 0.3);
        let query = Query { area: Some(Area::Box { west, south, east, north }), limit: 1_000, ..all() };
        let page = ask(&db, &scope, &query);
        let mut found = ids(&page);
        found.sort();
        let inside = |record: &Record| {
            let degrees = |field: usize| record.text(field).parse::<f64>().ok();
            degrees(3).is_some_and(|lat| (south..=north).contains(&lat))
                && degrees(4).is_some_and(|lon| (west..=east).contains(&lon))
        };
        let whole = ask(&db, &scope, &Query { limit: 1_000, ..all() });
        let mut expected: Vec<String> =
            whole.records.iter().filter(|record| inside(record)).map(|record| record.text(0).into_owned()).collect();
        expected.sort();
        assert_eq!(found, expected);
        let counted = db.read_blocking(|c| records::count(c, &schema(), &scope, &query)).unwrap();
        assert_eq!(counted, expected.len() as u64);
        // The same box as a shape, and all that lies outside of it.
        let place = |longitude, latitude| Position { longitude, latitude };
        let ring = [(west, south), (east, south), (east, north), (west, north), (west, south)];
        let ring = ring.map(|(longitude, latitude)| place(longitude, latitude)).to_vec();
        let mut both = Vec::new();
        for negated in [false, true] {
            let (relation, geometry) = (Relation::Intersects, Geometry::Polygons(vec![vec![ring.clone()]]));
            let shape = Expression::Spatial { relation, geometry, negated };
            let filter = Expression::all(vec![Expression::Located(true), shape]);
            let page = ask(&db, &scope, &Query { filter: Some(filter), limit: 1_000, ..all() });
            let mut found = ids(&page);
            found.sort();
            assert!(negated || found == expected, "{found:?} instead of {expected:?}");
            both.extend(found);
        }
        both.sort();
        let mut located: Vec<String> = truth.iter().map(|(_, id)| id.clone()).collect();
        located.sort();
        assert_eq!(both, located);
        let grouping = Grouping::counts_of(Key::Dataset);
        let page = db.read_blocking(|c| groups::page(c, &schema(), &scope, &query, &grouping)).unwrap();
        let counted: u64 = page.records.iter().map(|record| record.token(1).parse::<u64>().expect("a count")).sum();
        assert_eq!(counted, expected.len() as u64);
    }
}
