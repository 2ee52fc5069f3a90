//! The READMEs and `docs/architecture.md` name everything there is: settings, rules, problem codes, formats, operators,
//! modules. Both READMEs are held to the same.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueEnum};
use machikura::config::{Given, Settings};
use machikura::format::FORMATS;
use machikura::http::problem::Code;
use machikura::query::{Op, Parameter};
use machikura::validate::report::REPORT_FORMATS;
use machikura::validate::rules::RULES;

const READMES: [&str; 2] = ["README.md", "README.en.md"];

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Asks of both READMEs that some row of a table holds all of these cells, to the letter.
fn expect_row(cells: &[&str]) {
    for name in READMES {
        let holds = |line: &str| {
            let found: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            line.starts_with('|') && cells.iter().all(|cell| found.contains(cell))
        };
        assert!(read(name).lines().any(holds), "no row of a table in {name} holds the cells {}", cells.join(" and "));
    }
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

#[test]
fn the_readmes_begin_with_the_two_commands() {
    for name in READMES {
        let text = read(name);
        let begin: Vec<&str> = text.lines().take(30).collect();
        for command in ["make run", "make test"] {
            assert!(begin.iter().any(|line| line.starts_with(command)), "{name} does not begin with {command}");
        }
    }
}

#[test]
fn every_setting_is_in_the_readmes() {
    let command = Given::augment_args(Command::new("machikura"));
    let mut settings = 0;
    for argument in command.get_arguments() {
        let (Some(flag), Some(variable)) = (argument.get_long(), argument.get_env()) else {
            panic!("{} needs a flag and a variable", argument.get_id());
        };
        let variable = variable.to_str().expect("variables are ASCII");
        expect_row(&[&code(&format!("--{flag}")), &code(variable), &code(&flag.replace('-', "_"))]);
        settings += 1;
    }
    assert!(settings > 10);
    for variable in variables(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        expect_row(&[&code(&variable)]);
    }
}

/// Every word in quotation marks that begins like one of our variables, wherever in the source it is.
fn variables(folder: PathBuf) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the source") {
        let path = entry.expect("a file of the source").path();
        if path.is_dir() {
            found.extend(variables(path));
        } else {
            let text = fs::read_to_string(&path).expect("the source is text");
            let words = text.split('"').filter(|word| word.starts_with("MACHIKURA_"));
            found.extend(
                words
                    .filter(|word| word.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase()))
                    .map(str::to_owned),
            );
        }
    }
    found
}

#[test]
fn every_default_is_in_the_readmes() {
    // Whoever adds a setting is brought here by the compiler.
    let Settings {
        listen,
        var,
        database_url,
        public_url,
        datasets,
        workers,
        pool_size,
        statement_timeout,
        max_upload,
        body_timeout,
        head_timeout,
        keep_alive,
        connections,
        connections_per_address,
        answers_memory_mb,
        uploads,
        checks_per_minute,
        limit_exempt: _,
        trusted_proxies: _,
        forwarded,
        database_read_urls,
        cache_mb,
        prepared_mb,
        sample,
        uploads_memory_mb,
        limits,
        stale,
    } = Given::default().resolve(None).expect("no file is read");
    assert!(
        database_read_urls.is_empty()
            && database_url.is_none()
            && public_url.is_none()
            && datasets.is_none()
            && workers.is_none()
    );
    for (key, default) in [
        ("listen", listen.to_string()),
        ("var", var.display().to_string()),
        ("pool_size", pool_size.to_string()),
        ("statement_timeout", statement_timeout.as_secs().to_string()),
        ("max_upload", max_upload.to_string()),
        ("body_timeout", body_timeout.as_secs().to_string()),
        ("head_timeout", head_timeout.as_secs().to_string()),
        ("keep_alive", keep_alive.as_secs().to_string()),
        ("connections", connections.to_string()),
        ("connections_per_address", connections_per_address.to_string()),
        ("answers_memory_mb", answers_memory_mb.to_string()),
        ("uploads", uploads.to_string()),
        ("checks_per_minute", checks_per_minute.to_string()),
        ("forwarded", forwarded.to_possible_value().expect("it has a name").get_name().to_owned()),
        ("cache_mb", cache_mb.to_string()),
        ("prepared_mb", prepared_mb.to_string()),
        ("sample", sample.to_string()),
        ("uploads_memory_mb", uploads_memory_mb.to_string()),
        ("upload_memory_mb", (limits.memory >> 20).to_string()),
        ("stale", stale.as_secs().to_string()),
        ("max_rows", limits.rows.to_string()),
        ("max_columns", limits.columns.to_string()),
        ("max_cells", limits.cells.to_string()),
        ("max_cell_characters", limits.cell_characters.to_string()),
        ("max_row_characters", limits.row_characters.to_string()),
        ("max_unpacked", limits.unpacked.to_string()),
    ] {
        expect_row(&[&code(key), &code(&default)]);
    }
}

#[test]
fn every_rule_is_in_the_readmes_with_its_level() {
    for rule in RULES {
        expect_row(&[&code(rule.id()), rule.level().as_str()]);
    }
}

#[test]
fn every_problem_is_in_the_readmes_with_its_status() {
    for problem in Code::ALL {
        expect_row(&[&code(problem.word()), problem.status().as_str()]);
    }
}

#[test]
fn every_format_is_in_the_readmes_with_its_media_type() {
    for format in FORMATS {
        let media_type = format.media_type().split(';').next().unwrap_or_default();
        expect_row(&[&code(format.id()), &code(media_type)]);
    }
}

#[test]
fn every_report_format_is_in_the_readmes_with_its_media_type() {
    for format in REPORT_FORMATS {
        let media_type = format.media_type().split(';').next().unwrap_or_default();
        expect_row(&[&code(format.id()), &code(media_type)]);
    }
}

#[test]
fn every_operator_and_parameter_is_in_the_readmes() {
    for name in READMES {
        let text = read(name);
        let cells: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next()).collect();
        for operator in Op::ALL {
            assert!(cells.iter().any(|cell| cell.contains(&code(operator.name()))), "{name} lacks {}", operator.name());
        }
        for parameter in Parameter::ALL.map(Parameter::name) {
            let is_named = |cell: &&str| cell.contains(&code(parameter)) || cell.contains(&format!("`{parameter}="));
            assert!(cells.iter().any(is_named), "{name} lacks {parameter}");
        }
    }
}

#[test]
fn the_architecture_names_every_module() {
    let text = read("docs/architecture.md");
    let modules: Vec<String> = read("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    assert!(modules.len() > 10);
    for module in modules {
        assert!(text.lines().any(|line| line.starts_with(&format!("| `{module}` |"))), "no row for {module}");
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    for name in ["README.md", "README.en.md", "docs/architecture.md", "datasets/README.md"] {
        let text = read(name);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.starts_with("http") && !target.starts_with('#')) {
            let path = target.split('#').next().unwrap_or_default();
            assert!(folder.with_file_name(path).exists(), "{name} links to {target}, which is not there");
        }
    }
}
