//! A catalogue of any size: tables of every municipality and twenty standards, made from the samples of the standards.

use machikura::municipality::Municipality;
use machikura::schema::Kind;
use machikura::standard::Standard;

/// Twenty standards of one table each.
pub const STANDARDS: [&str; 20] = [
    "aed",
    "bicycle_parking",
    "car_park",
    "care_service",
    "cultural_property",
    "educational_institution",
    "evacuation_space",
    "event",
    "fire_hydrant",
    "food_business",
    "hospital",
    "polling_place",
    "population",
    "preschool",
    "public_facility",
    "public_toilet",
    "public_wireless_lan",
    "school_lunch",
    "support_system",
    "tourism",
];

/// A table of so many rows: the rows of the sample in turn, each with an ID, a name, numbers and a place of its own, in this
/// municipality.
pub fn table(standard: &Standard, body: &Municipality, rows: usize) -> Vec<u8> {
    let form = standard.main_table().current();
    let sample = form.sample.as_deref().expect("the standards of this list have samples");
    let mut sample = csv::Reader::from_reader(sample.as_bytes());
    let fields = form.schema.fields();
    let heading = sample.headers().expect("a heading").clone();
    let kinds: Vec<Option<Kind>> =
        heading.iter().map(|name| fields.iter().find(|field| field.name == name).map(|field| field.kind)).collect();
    let samples: Vec<csv::StringRecord> = sample.records().map(|row| row.expect("a row")).collect();
    let code: usize = body.code.parse().expect("a code is a number");
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(&heading).expect("memory");
    for number in 0..rows {
        let sample = &samples[number % samples.len()];
        let cells = heading.iter().zip(sample).zip(&kinds).map(|((name, cell), kind)| {
            cell_of(name, *kind, cell, body, number, code.wrapping_mul(31).wrapping_add(number * 7))
        });
        table.write_record(cells).expect("memory");
    }
    table.into_inner().expect("memory")
}

fn cell_of(name: &str, kind: Option<Kind>, cell: &str, body: &Municipality, number: usize, seed: usize) -> String {
    let (latitude, longitude) = body.centre.unwrap_or((35.0, 135.0));
    let near = |degrees: f64, seed: usize| {
        let off = f64::from(u32::try_from(seed % 100_000).expect("few")) / 1e6 - 0.05;
        format!("{:.6}", degrees + off)
    };
    match (name, kind) {
        ("ID", _) => format!("{:010}", number + 1),
        (_, Some(Kind::Latitude)) => near(latitude, seed.wrapping_mul(7_919)),
        (_, Some(Kind::Longitude)) => near(longitude, seed.wrapping_mul(104_729)),
        (_, Some(Kind::Integer)) if !cell.is_empty() => (cell.parse::<usize>().unwrap_or(0) + seed % 50).to_string(),
        ("地域コード", _) => format!("{:06}", number + 1),
        ("名称" | "イベント名" | "地域名" | "施設名称", _) => {
            format!("{}第{}{cell}", body.municipality, number + 1)
        }
        ("地方公共団体名", _) => body.full_name(),
        _ if name.ends_with("全国地方公共団体コード") && !cell.is_empty() => body.code.clone(),
        _ if name.ends_with("都道府県") && !cell.is_empty() => body.prefecture.clone(),
        _ if name.ends_with("市区町村") && !cell.is_empty() => body.municipality.clone(),
        _ if name.ends_with("番地以下") && !cell.is_empty() => format!("{}-{}", 1 + seed % 30, 1 + seed % 17),
        _ => cell.to_owned(),
    }
}
