//! `bbox`, and `lat` / `lon` / `radius`.

use super::{Given, Parameter, both, error::Errors};
use crate::{
    query::Area,
    schema::Schema,
    text::{Bilingual, narrow, trim},
};

/// Metres around a place where nothing is said.
const DEFAULT_RADIUS: f64 = 1_000.0;
/// Half the way round the earth, in metres.
const MAX_RADIUS: f64 = 20_040_000.0;

pub(super) fn read(schema: &Schema, given: &Given, errors: &mut Errors) -> Option<Area> {
    let asked = [Parameter::Bbox, Parameter::Lat, Parameter::Lon, Parameter::Radius];
    let first = asked.into_iter().find(|parameter| given.has(*parameter))?;
    if schema.coordinates().is_none() {
        let message = both("このデータには緯度・経度がありません。", "This data has no latitude and longitude.");
        let value = given.one(first, errors).unwrap_or_default();
        errors.add(first.name(), value, message, None);
        return None;
    }
    let bbox = given.one(Parameter::Bbox, errors);
    let near = near(given, errors);
    match (bbox, near) {
        (Some(text), None) => bounding_box(text, errors),
        (Some(text), Some(_)) => {
            let message = both("bbox と lat・lon は同時に使えません。", "bbox and lat/lon cannot be used together.");
            errors.add(Parameter::Bbox.name(), text, message, None);
            None
        }
        (None, near) => near,
    }
}

fn bounding_box(text: &str, errors: &mut Errors) -> Option<Area> {
    let mut wrong = |ja: &str, en: &str| {
        let hint = both(
            "bbox=西,南,東,北（経度,緯度の順）。例: bbox=133.9,34.6,134.0,34.7",
            "bbox=west,south,east,north (longitude before latitude), such as bbox=133.9,34.6,134.0,34.7",
        );
        errors.add(Parameter::Bbox.name(), text, both(ja, en), Some(hint));
        None
    };
    let numbers: Option<Vec<f64>> = narrow(text).split(',').map(number).collect();
    let Some([west, south, east, north]) = numbers.as_deref() else {
        return wrong("四つの数値が必要です。", "Four numbers are needed.");
    };
    if [west, east].iter().any(|degrees| degrees.abs() > 180.0)
        || [south, north].iter().any(|degrees| degrees.abs() > 90.0)
    {
        return wrong(
            "経度は -180～180、緯度は -90～90 の数値にしてください。",
            "Longitudes lie between -180 and 180, latitudes between -90 and 90.",
        );
    }
    if west > east || south > north {
        return wrong("西は東より、南は北より大きくできません。", "West may not exceed east, nor south north.");
    }
    Some(Area::Box { west: *west, south: *south, east: *east, north: *north })
}

fn near(given: &Given, errors: &mut Errors) -> Option<Area> {
    let [latitude, longitude, radius] =
        [Parameter::Lat, Parameter::Lon, Parameter::Radius].map(|parameter| given.one(parameter, errors));
    if latitude.is_none() && longitude.is_none() && radius.is_none() {
        return None;
    }
    let latitude = degrees(Parameter::Lat, latitude, 90.0, errors);
    let longitude = degrees(Parameter::Lon, longitude, 180.0, errors);
    let radius_m = match radius {
        Some(text) => Some(metres(text, errors)?),
        // The nearest ones, however far, are asked for by saying how many.
        None if given.has(Parameter::Limit) && !given.has(Parameter::GroupBy) && !given.has(Parameter::Aggregate) => {
            None
        }
        None => Some(DEFAULT_RADIUS),
    };
    Some(Area::Near { latitude: latitude?, longitude: longitude?, radius_m })
}

fn degrees(parameter: Parameter, text: Option<&str>, most: f64, errors: &mut Errors) -> Option<f64> {
    let Some(text) = text else {
        let message = both("lat と lon は両方必要です。", "lat and lon are needed together.");
        errors.add(parameter.name(), "", message, Some(place_example()));
        return None;
    };
    let degrees = number(text).filter(|degrees| degrees.abs() <= most);
    if degrees.is_none() {
        let message = both(
            format!("-{most}～{most} の数値（度）にしてください。"),
            format!("Must be a number of degrees between -{most} and {most}."),
        );
        errors.add(parameter.name(), text, message, Some(place_example()));
    }
    degrees
}

fn metres(text: &str, errors: &mut Errors) -> Option<f64> {
    let metres = number(text).filter(|metres| (0.0..=MAX_RADIUS).contains(metres));
    if metres.is_none() {
        let message = both(
            format!("0～{MAX_RADIUS} の数値（メートル）にしてください。"),
            format!("Must be a number of metres between 0 and {MAX_RADIUS}."),
        );
        errors.add(Parameter::Radius.name(), text, message, Some(place_example()));
    }
    metres
}

fn place_example() -> Bilingual {
    both("例: lat=34.6617&lon=133.9350&radius=500", "For example lat=34.6617&lon=133.9350&radius=500")
}

fn number(text: &str) -> Option<f64> {
    narrow(trim(text)).parse().ok().filter(|number: &f64| number.is_finite())
}
