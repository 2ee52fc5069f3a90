//! roapi: a file in memory as Arrow, asked by DataFusion.

use std::error::Error;
use std::process::Command;

use serde_json::json;

use super::{Program, Question, Stage, columns};
use crate::encoded;
use crate::load::Request;

pub(super) const PROGRAM: Program = Program { name: "roapi", environment: "roapi", prepare, request };

fn prepare(stage: &Stage) -> Result<Command, Box<dyn Error>> {
    let columns: Vec<_> = columns("Utf8", "Float64")
        .into_iter()
        .map(|(name, kind)| json!({"name": name, "data_type": kind, "nullable": true}))
        .collect();
    let settings = json!({
        "addr": {"http": stage.address},
        "tables": [{
            "name": "aed",
            "uri": stage.table,
            "option": {"format": "csv", "use_memory_table": true},
            "schema": {"columns": columns},
        }],
    });
    // JSON is YAML.
    std::fs::write(stage.folder.join("settings.yml"), settings.to_string())?;
    let mut command = stage.command("roapi")?;
    command.args(["--config", "settings.yml"]).env("RUST_LOG", "error");
    Ok(command)
}

fn request(question: &Question) -> Option<Request> {
    const TABLE: &str = "/api/tables/aed";
    Some(match question {
        Question::FirstPage => Request::get(&format!("{TABLE}?limit=100")),
        Question::DeepPage(offset) => Request::get(&format!("{TABLE}?limit=100&offset={offset}")),
        Question::Equal(column, text) => {
            Request::get(&format!("{TABLE}?limit=100&filter[{}]={}", encoded(column), encoded(&format!("'{text}'"))))
        }
        Question::Download => Request::get_as(TABLE, "application/csv"),
        question => Request::post("/api/sql", &question.sql("aed")?),
    })
}
