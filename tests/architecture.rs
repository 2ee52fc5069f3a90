//! Who uses whom: the `crate::…` of the source against the table below, which `docs/architecture.md` shows too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// Each module and exactly the modules that it uses, all of which stand above it: so there are no cycles.
const USES: [(&str, &str); 19] = [
    ("text", ""),
    ("schema", "text"),
    ("holiday", "text"),
    ("municipality", "schema"),
    ("standard", "municipality, schema, text"),
    ("catalog", ""),
    ("query", "holiday, schema, text"),
    ("format", "schema, text"),
    ("tabular", "schema, standard, text"),
    ("workbook", "schema, standard, tabular, text"),
    ("validate", "municipality, schema, standard, tabular, text, workbook"),
    ("config", "tabular"),
    ("cluster", ""),
    ("folder", ""),
    ("reader", "tabular"),
    ("store", "catalog, folder, query, schema, text"),
    ("publish", "catalog, municipality, standard, store, tabular, text, validate"),
    ("sample", "catalog, municipality, publish, standard, store, tabular, validate"),
    (
        "http",
        "catalog, config, folder, format, holiday, municipality, publish, query, reader, schema, standard, store, tabular, text, validate, workbook",
    ),
];
/// A file of more lines says why in its `//!`.
const MOST_LINES: usize = 500;

struct Source {
    /// Relative to `src`, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The top-level module.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The code, without lines that are comments.
    fn code(&self) -> String {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        let paths: Vec<PathBuf> =
            fs::read_dir(folder).expect("src").map(|entry| entry.expect("a file").path()).collect();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
                sources.push(Source { path: relative, text: fs::read_to_string(&path).expect("text") });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

/// `crate::name`, `crate::{…}`, and braces within braces.
static PATHS: LazyLock<[Regex; 3]> = LazyLock::new(|| {
    [r"\bcrate::(\w+)", r"\bcrate::\{([^;]*)\};", r"\{[^{}]*\}"].map(|text| Regex::new(text).expect("sound"))
});

/// The modules behind every `crate::name` and `crate::{name::…, name}`.
fn used(code: &str) -> BTreeSet<String> {
    let [single, group, inner] = &*PATHS;
    let mut found: BTreeSet<String> = single.captures_iter(code).map(|name| name[1].to_owned()).collect();
    for group in group.captures_iter(code) {
        let mut names = group[1].to_owned();
        while inner.is_match(&names) {
            names = inner.replace_all(&names, "").into_owned();
        }
        let heads = names.split(',').filter_map(|path| path.trim().split("::").next());
        found.extend(heads.filter(|head| !head.is_empty()).map(str::to_owned));
    }
    found
}

fn allowed(module: &str) -> Option<BTreeSet<&'static str>> {
    let (_, uses) = USES.iter().find(|(name, _)| *name == module)?;
    Some(uses.split(", ").filter(|name| !name.is_empty()).collect())
}

#[test]
fn modules_use_what_the_table_says() {
    let sources = sources();
    let library = sources.iter().find(|source| source.path == "lib.rs").expect("lib.rs");
    let modules: BTreeSet<&str> =
        library.text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(modules, USES.iter().map(|(name, _)| *name).collect(), "the table and lib.rs name other modules");
    for (module, _) in USES {
        let mut found = BTreeSet::new();
        for source in sources.iter().filter(|source| source.module() == module) {
            let code = source.code();
            let foreign = used(&code).into_iter().filter(|name| name != module && modules.contains(name.as_str()));
            let allowed = allowed(module).expect("it is in the table");
            for name in foreign {
                assert!(allowed.contains(name.as_str()), "src/{} uses {name}, which {module} does not", source.path);
                found.insert(name);
            }
        }
        let listed: BTreeSet<String> = allowed(module).into_iter().flatten().map(str::to_owned).collect();
        assert_eq!(found, listed, "{module} does not use all that the table lists: take it out");
    }
}

#[test]
fn the_table_has_no_cycles_and_is_that_of_the_document() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let document = fs::read_to_string(document).expect("docs/architecture.md");
    for (place, (module, uses)) in USES.iter().enumerate() {
        let above: Vec<&str> = USES[..place].iter().map(|(name, _)| *name).collect();
        for name in allowed(module).expect("it is in the table") {
            assert!(above.contains(&name), "{name} does not stand above {module}");
        }
        let row = format!("| `{module}` | {} |", if uses.is_empty() { "nothing" } else { uses });
        assert!(document.lines().any(|line| line.starts_with(&row)), "docs/architecture.md has no row {row}");
    }
}

#[test]
fn some_things_have_one_place() {
    for source in sources() {
        let (path, code) = (&source.path, source.code());
        let is = |modules: &[&str]| modules.contains(&source.module());
        let only_type = code.replace("diesel::pg::PgConnection", "").replace("diesel::PgConnection", "");
        assert!(is(&["store"]) || !only_type.contains("diesel"), "src/{path}: SQL and Diesel belong to store");
        assert!(is(&["store"]) || !code.contains("store::tables"), "src/{path}: the tables belong to store");
        assert!(
            is(&["store", "publish"]) || !code.contains("catalog::stage("),
            "src/{path}: only publish, which takes a Publishable, hands tables to the store"
        );
        let is_web = is(&["http", "store", "commands"]);
        assert!(
            is_web || !(code.contains("actix_web") || code.contains("actix_rt")),
            "src/{path}: the web server belongs to http"
        );
    }
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    let mut faults = Vec::new();
    for Source { path, text } in sources() {
        let header: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let lines = text.lines().count();
        if header.is_empty() {
            faults.push(format!("src/{path} does not begin with //!"));
        }
        if lines > MOST_LINES && !header.iter().any(|line| line.contains(&format!("{MOST_LINES} lines"))) {
            faults.push(format!(
                "src/{path} has {lines} lines; its //! must say why: \"Longer than {MOST_LINES} lines because …\""
            ));
        }
        if path.ends_with("mod.rs") {
            faults.push(format!("src/{path}: modules are name.rs and name/"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn uses_are_found_in_every_form() {
    let code = "use crate::text::trim;\nuse crate::{\n    schema::{Field, Kind},\n    query,\n};\nfn f() { crate::store::tokens::touch(); mycrate::format::x }";
    assert_eq!(used(code).into_iter().collect::<Vec<_>>(), ["query", "schema", "store", "text"]);
}
