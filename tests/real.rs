//! Files as municipalities really publish them. They lie beside the project and are not part of it; without them the
//! tests say so and pass.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use machikura::municipality::{self, Municipality};
use machikura::publish::{Mended, Task, mend};
use machikura::standard::Registry;
use machikura::tabular::{ReadOptions, Upload};
use machikura::validate::{self, Checked, Class, Recipe, RepairError, Report, Request, Severity};

struct RealFile {
    path: PathBuf,
    relative: String,
    data_set: String,
    generation: String,
    municipality: String,
    is_clean: bool,
}

impl RealFile {
    /// Whether it is of one of the two editions of the standard, rather than of a form of the municipality's own.
    fn is_of_an_edition(&self) -> bool {
        matches!(self.generation.as_str(), "standard" | "recommended")
    }

    fn upload(&self) -> Upload {
        Upload::from_file(&self.path, self.path.file_name().and_then(|name| name.to_str()))
    }

    fn mend(&self, class: Class) -> Result<Mended, RepairError> {
        let organization = organizations().get(&self.municipality).and_then(|code| municipality::find(code));
        mend_upload(&self.upload(), organization, class)
    }

    fn check(&self) -> Checked {
        validate::check(&self.upload(), &Request::new(Registry::embedded()))
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
            RealFile {
                path: root.join(cells[0]),
                relative: cells[0].to_owned(),
                data_set: cells[1].to_owned(),
                generation: cells[2].to_owned(),
                municipality: cells[3].to_owned(),
                is_clean: cells[11] == "clean",
            }
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
fn every_row_that_can_be_read_can_be_published() {
    let mut published = 0;
    for file in real_files() {
        let checked = file.check();
        let (rows, tables) = (checked.report.rows(), &checked.report.tables);
        if tables.len() > 1 || tables[0].standard.is_none() {
            continue;
        }
        let (publishable, _) = checked.publishable_as_is().unwrap_or_else(|_| panic!("{}", file.relative));
        let mut records = publishable.records().expect("still there");
        let mut count = 0;
        while let Some(record) = records.next_record().expect("still there") {
            count += 1;
            assert_eq!(record.values.lines().count(), publishable.schema.fields().len(), "{}", file.relative);
        }
        assert_eq!(count, rows, "{}", file.relative);
        published += 1;
    }
    println!("can be published, with their errors where they have any: {published}");
}

/// Codes by the name of prefecture and municipality.
fn organizations() -> &'static HashMap<String, String> {
    static CODES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
        let mut table = csv::Reader::from_path("datasets/municipalities.csv").expect("it is in the project");
        let rows = table.records().map(|row| row.expect("a sound CSV"));
        rows.map(|row| (format!("{}{}", &row[1], &row[2]), row[0].to_owned())).collect()
    });
    &CODES
}

fn mend_upload(upload: &Upload, organization: Option<&Municipality>, class: Class) -> Result<Mended, RepairError> {
    let task = Task {
        registry: Registry::embedded(),
        standard: None,
        organization,
        max_issues: 100_000,
        digest: true,
        reading: ReadOptions::default(),
    };
    mend(upload, &task, &Recipe { fix: class, ..Recipe::default() }, &std::env::temp_dir())
}

/// Errors that only the municipality can mend: what is not there, what was destroyed, what contradicts itself.
const TO_DO: [&str; 9] = [
    "required",
    "duplicate-id",
    "scientific-notation",
    "replacement-character",
    "corporate-number",
    "municipality-code",
    "coordinate-range",
    "date-format",
    "sum",
];

fn errors(report: &Report) -> BTreeMap<&'static str, usize> {
    let mut errors = BTreeMap::new();
    for finding in report.issues.iter().filter(|finding| finding.severity == Severity::Error) {
        *errors.entry(finding.rule.id()).or_default() += 1;
    }
    errors
}

/// What became of one file.
struct Outcome {
    before: Report,
    after: Vec<(Class, Report)>,
    faults: Vec<String>,
}

fn outcome(file: &RealFile) -> Outcome {
    let before = file.check().report;
    let mut outcome = Outcome { before, after: Vec::new(), faults: Vec::new() };
    for class in [Class::Lossless, Class::Likely] {
        let mended = match file.mend(class) {
            Ok(mended) => mended,
            Err(RepairError::SeveralTables) => return outcome,
            Err(error) => panic!("{}: {error}", file.relative),
        };
        let fault = |text: String| format!("{} ({}): {text}", file.relative, class.as_str());
        let after = &mended.after.report;
        // Nothing that was corrected is found again.
        let left = after.fix_plan.iter().filter(|entry| {
            entry.class.is_some_and(|class| mended.correction.repaired.recipe.allows(entry.rule, class))
        });
        outcome
            .faults
            .extend(left.map(|entry| fault(format!("{} is still to be corrected: {:?}", entry.rule, entry.samples))));
        // Corrected twice is corrected once.
        let corrected = std::fs::read(mended.correction.corrected.path()).expect("just written");
        let organization = mended.correction.repaired.recipe.organization.as_deref().and_then(municipality::find);
        let again = mend_upload(&Upload::from_bytes(corrected.clone(), file.upload().name()), organization, class);
        let again = again.expect("it was read before");
        if std::fs::read(again.correction.corrected.path()).expect("just written") != corrected {
            outcome.faults.push(fault("a second correction changes it again".to_owned()));
        }
        // Nothing is lost: the rows are all there.
        if after.rows() != outcome.before.rows() {
            outcome.faults.push(fault(format!("{} rows became {}", outcome.before.rows(), after.rows())));
        }
        outcome.after.push((class, mended.after.report));
    }
    outcome
}

#[test]
fn real_files_are_corrected() {
    let files = real_files();
    if files.is_empty() {
        return;
    }
    let next = AtomicUsize::new(0);
    let mut outcomes: Vec<(usize, Outcome)> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let index = next.fetch_add(1, Ordering::Relaxed)
                && let Some(file) = files.get(index)
            {
                done.push((index, outcome(file)));
            }
            done
        };
        let workers: Vec<_> =
            (0..std::thread::available_parallelism().map_or(2, usize::from)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no file makes it panic")).collect()
    });
    outcomes.sort_by_key(|(index, _)| *index);
    let faults: Vec<&String> = outcomes.iter().flat_map(|(_, outcome)| &outcome.faults).collect();

    let of_an_edition: Vec<(&RealFile, &Outcome)> = outcomes
        .iter()
        .map(|(index, outcome)| (&files[*index], outcome))
        .filter(|(file, outcome)| file.is_of_an_edition() && !outcome.after.is_empty())
        .collect();
    let total = of_an_edition.len();
    let count = |is_so: &dyn Fn(&Outcome) -> bool| of_an_edition.iter().filter(|(_, outcome)| is_so(outcome)).count();
    let recognised = count(&|outcome| outcome.before.tables[0].standard.is_some());
    let as_they_are = count(&|outcome| outcome.before.is_valid());
    let after =
        |class: Class| count(&|outcome| outcome.after.iter().any(|(done, report)| *done == class && report.is_valid()));
    let (lossless, likely) = (after(Class::Lossless), after(Class::Likely));
    let is_to_do = |outcome: &Outcome| {
        outcome
            .after
            .iter()
            .any(|(class, report)| *class == Class::Likely && errors(report).keys().all(|rule| TO_DO.contains(rule)))
    };
    let short_list = count(&is_to_do);
    println!("files read: {}", outcomes.len());
    println!("of the two editions: {total}, recognised {recognised}");
    println!("conforming as they are {as_they_are}, after lossless {lossless}, after likely {likely}");
    println!("without errors but those that only the municipality can mend: {short_list}");
    let mut by_rule: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for (_, outcome) in &outcomes {
        for (place, report) in
            [Some(&outcome.before), outcome.after.first().map(|it| &it.1), outcome.after.get(1).map(|it| &it.1)]
                .into_iter()
                .enumerate()
        {
            for (rule, found) in report.into_iter().flat_map(|report| &report.by_code) {
                by_rule.entry(rule).or_default()[place] += found;
            }
        }
    }
    println!("{:<24} {:>8} {:>8} {:>8}", "rule", "as is", "lossless", "likely");
    for (rule, [before, lossless, likely]) in &by_rule {
        println!("{rule:<24} {before:>8} {lossless:>8} {likely:>8}");
    }
    for (file, outcome) in &of_an_edition {
        if let Some((_, report)) = outcome.after.last().filter(|(_, report)| !report.is_valid()) {
            println!("left: {} {:?}", file.relative, errors(report));
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.iter().map(|fault| fault.as_str()).collect::<Vec<_>>().join("\n")
    );
    assert!(100 * recognised >= 95 * total, "{recognised} of {total} recognised");
    assert!(100 * lossless >= 75 * total, "{lossless} of {total} conform after lossless corrections");
    assert!(likely >= lossless, "likely corrections make it worse");
    assert!(100 * short_list >= 95 * total, "{short_list} of {total} have a short list left");
}

/// Files of which somebody said that nothing is wrong with them: whatever is found in them is so, and is here to read.
/// The dates of one are written `2020/12/22`, which the standard's form does not allow; one is a table that the standard
/// does not have.
const FOUND_IN_CLEAN_FILES: [(&str, &str); 2] = [
    ("educational_institution/iwakuni_1.csv", "date-format"),
    ("gtfs_jp/donan_1/rider_categories.txt", "unknown-data-set"),
];

#[test]
fn clean_files_draw_no_false_alarm() {
    for file in real_files().iter().filter(|file| file.is_clean && file.is_of_an_edition()) {
        let report = file.check().report;
        println!("{}: {:?}", file.relative, report.by_code);
        let known = |rule: &str| FOUND_IN_CLEAN_FILES.contains(&(file.relative.as_str(), rule));
        let alarms: Vec<_> = errors(&report).into_iter().filter(|(rule, _)| !known(rule)).collect();
        assert!(alarms.is_empty(), "{}: {alarms:?}", file.relative);
    }
}
