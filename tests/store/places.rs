//! Boxes and distances.

use diesel::prelude::*;
use machikura::query::{Area, Query, Sort};
use machikura::schema::Record;
use machikura::store::records::Scope;
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

/// Distances by PostGIS itself, for every point.
fn measured(db: &Db, latitude: f64, longitude: f64) -> Vec<(f64, i32)> {
    #[derive(QueryableByName)]
    struct Measured {
        #[diesel(sql_type = diesel::sql_types::Double)]
        metres: f64,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        row_number: i32,
    }
    let sql = format!(
        "SELECT round(ST_Distance(geometry::geography, ST_SetSRID(ST_MakePoint({longitude}, {latitude}), 4326)::geography) \
         * 1000) / 1000 AS metres, row_number FROM records WHERE geometry IS NOT NULL"
    );
    let rows: Vec<Measured> = db.read_blocking(|c| diesel::sql_query(sql).load(c).map_err(StoreError::from)).unwrap();
    let mut all: Vec<(f64, i32)> = rows.into_iter().map(|row| (row.metres, row.row_number)).collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    all
}

#[test]
fn the_nearest_come_first_exactly() {
    let (_database, db) = database();
    let (scope, points) = places(&db);
    for (latitude, longitude) in
        [(34.6, 133.95), (34.5, 133.8), (34.61, 133.962), (36.0, 140.0), (89.99, 10.0), (0.0, 179.99)]
    {
        let truth = measured(&db, latitude, longitude);
        for radius_m in [None, Some(500.0), Some(3_000.0), Some(30_000.0), Some(2.0e7)] {
            let reach = radius_m.unwrap_or(f64::INFINITY);
            let expected: Vec<(f64, String)> = truth
                .iter()
                .filter(|(metres, _)| *metres <= reach)
                .map(|(metres, row)| (*metres, points[usize::try_from(*row).unwrap() - 1].0.clone()))
                .collect();
            let area = Some(Area::Near { latitude, longitude, radius_m });
            let pairs = |records: &[Record]| -> Vec<(f64, String)> {
                records.iter().map(|one| (one.distance_m.expect("a distance"), one.text(0).into_owned())).collect()
            };
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
