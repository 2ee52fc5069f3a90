//! Files as municipalities really publish them. They lie beside the project and are not part of it; without them the
//! tests say so and pass.

use std::path::{Path, PathBuf};

use machikura::standard::Registry;
use machikura::tabular::Upload;
use machikura::validate::{self, Checked, Request};

struct RealFile {
    path: PathBuf,
    relative: String,
    data_set: String,
}

impl RealFile {
    fn check(&self) -> Checked {
        let upload = Upload::from_file(&self.path, self.path.file_name().and_then(|name| name.to_str()));
        validate::check(&upload, &Request::new(Registry::embedded()))
            .unwrap_or_else(|error| panic!("{}: {error}", self.relative))
    }
}

fn real_files() -> Vec<RealFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/real");
    let Ok(index) = std::fs::read_to_string(root.join("INDEX.tsv")) else {
        println!("skipped: there is no folder of real files beside the project");
        return Vec::new();
    };
    index
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            RealFile { path: root.join(cells[0]), relative: cells[0].to_owned(), data_set: cells[1].to_owned() }
        })
        .collect()
}

/// Files that are not recognised as the folder they lie in, and why.
const EXCEPTIONS: [(&str, Option<&str>, &str); 10] = [
    ("public_facility/inzai_1.csv", Some("public_wireless_lan"), "name, address, telephone and coordinates only"),
    ("aed/saitama_1.csv", Some("public_wireless_lan"), "the heading is that of any list of places; AED is not said"),
    ("aed/inzai_2.csv", Some("public_wireless_lan"), "the heading is that of any list of places; AED is not said"),
    ("public_toilet/inzai_1.csv", Some("public_wireless_lan"), "name, address, telephone and coordinates only"),
    ("tourism/inzai_1.csv", Some("tourist_attraction"), "it has the columns of 観光ポイント一覧, and is one"),
    ("parking/shunan_1.csv", Some("car_park"), "it is a 公営駐車場一覧; parking is the folder's name only"),
    ("bicycle_parking/inzai_2.csv", None, "the heading itself was lost in a conversion (U+FFFD)"),
    (
        "other/inzai_1.csv",
        Some("polling_place"),
        "poster boards, of no data set of the standard; it has the polling places' columns",
    ),
    ("other/kudamatsu_1.csv", Some("tourist_attraction"), "flood defences, of no data set of the standard"),
    ("gtfs_jp/donan_1/rider_categories.txt", None, "a GTFS table that GTFS-JP does not have"),
];

#[test]
fn every_file_is_read_and_nearly_all_are_recognised() {
    let mut wrong = Vec::new();
    for file in real_files() {
        let found = file.check().report.tables[0].standard.clone();
        let exception = EXCEPTIONS.iter().find(|(name, _, _)| *name == file.relative);
        let expected = exception.map_or(Some(file.data_set.as_str()), |(_, expected, _)| *expected);
        if found.as_deref() != expected {
            wrong.push(format!("{}: expected {expected:?}, found {found:?}", file.relative));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_a_conforming_file_becomes_a_record() {
    let mut conforming = 0;
    for file in real_files() {
        let checked = file.check();
        let rows = checked.report.rows();
        let Ok((publishable, _)) = checked.publishable() else { continue };
        let mut records = publishable.records().expect("still there");
        let mut count = 0;
        while let Some(record) = records.next_record().expect("still there") {
            count += 1;
            assert_eq!(record.values.lines().count(), publishable.schema.fields().len(), "{}", file.relative);
        }
        assert_eq!(count, rows, "{}", file.relative);
        conforming += 1;
    }
    println!("conforming as they are: {conforming}");
}
