//! Datasette: SQLite over HTTP.

use std::error::Error;
use std::process::Command;

use super::{Program, Question, Stage};
use crate::encoded;
use crate::load::Request;

pub(super) const PROGRAM: Program = Program { name: "Datasette", environment: "datasette", prepare, request };

fn prepare(stage: &Stage) -> Result<Command, Box<dyn Error>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/datasette_load.py");
    stage.run("python", &[script, stage.table.to_str().ok_or("a path in UTF-8")?, "aed.db"])?;
    let mut command = stage.command("datasette")?;
    command.args(["serve", "--immutable", "aed.db", "--host", &stage.address.ip().to_string()]);
    command.args(["--port", &stage.address.port().to_string()]);
    for (setting, value) in [("sql_time_limit_ms", "60000"), ("max_csv_mb", "0"), ("suggest_facets", "off")] {
        command.args(["--setting", setting, value]);
    }
    Ok(command)
}

fn request(question: &Question) -> Option<Request> {
    const TABLE: &str = "/aed/aed.json?_shape=objects&_size=100";
    Some(Request::get(&match question {
        Question::FirstPage => TABLE.to_owned(),
        // Its cursor is the last ID of the page before.
        Question::DeepPage(offset) => format!("{TABLE}&_next={offset:010}"),
        Question::Equal(column, text) => format!("{TABLE}&{}={}", encoded(column), encoded(text)),
        Question::Record(id) => format!("/aed/aed/{id}.json?_shape=objects"),
        Question::Download => "/aed/aed.csv?_stream=on&_size=max".to_owned(),
        question => format!("/aed.json?_shape=objects&sql={}", encoded(&question.sql("aed")?)),
    }))
}
