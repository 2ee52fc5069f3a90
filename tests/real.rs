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
    messy: String,
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
            RealFile {
                path: root.join(cells[0]),
                relative: cells[0].to_owned(),
                data_set: cells[1].to_owned(),
                messy: cells[11].to_owned(),
            }
        })
        .collect()
}

#[test]
fn dump() {
    for file in real_files() {
        let report = file.check().report;
        let t = &report.tables[0];
        println!("R {} {:?} {:?} rows {} E{} W{} I{} fix{} score {} {} {:?}", file.relative, t.standard.as_deref().unwrap_or("-"), t.edition, t.rows, report.errors, report.warnings, report.infos, report.fixable, report.score(), file.messy=="clean",
          report.issues.iter().filter(|f| f.severity==validate::Severity::Error).map(|f| f.rule.id()).collect::<std::collections::BTreeSet<_>>());
        if t.standard.as_deref() != Some(&file.data_set) { println!("BAD {} as {:?}", file.relative, t.standard); }
    }
}
