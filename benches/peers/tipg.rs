//! tipg: OGC API – Features from a table with a geometry in PostgreSQL, which is the bench's own.

use std::error::Error;
use std::process::Command;

use super::{PAGE, Program, Question, Stage, columns, postgres};
use crate::encoded;
use crate::load::Request;

pub(super) const PROGRAM: Program = Program { name: "tipg", environment: "tipg", prepare, request };

fn prepare(stage: &Stage) -> Result<Command, Box<dyn Error>> {
    let columns: Vec<String> =
        columns("text", "double precision").iter().map(|(name, kind)| format!(r#""{name}" {kind}"#)).collect();
    postgres::execute(stage.cluster, machikura::cluster::DATABASE, "CREATE DATABASE tipg")?;
    let load = format!(
        r#"CREATE EXTENSION postgis; CREATE EXTENSION pg_trgm; CREATE SCHEMA peer;
           CREATE TABLE peer.aed ({}, PRIMARY KEY ("ID"));
           COPY peer.aed FROM '{}' (FORMAT csv, HEADER);
           ALTER TABLE peer.aed ADD geometry geometry(Point, 4326)
             GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint("経度", "緯度"), 4326)) STORED;
           CREATE INDEX ON peer.aed USING gist (geometry);
           CREATE INDEX ON peer.aed ("法人番号");
           CREATE INDEX ON peer.aed USING gin ("名称" gin_trgm_ops)"#,
        columns.join(", "),
        stage.table.display(),
    );
    postgres::execute(stage.cluster, "tipg", &load)?;
    postgres::execute(stage.cluster, "tipg", "VACUUM ANALYZE")?;
    let mut command = stage.command("uvicorn")?;
    command.args(["tipg.main:app", "--workers", "2", "--log-level", "warning"]);
    command.args(["--host", &stage.address.ip().to_string(), "--port", &stage.address.port().to_string()]);
    command.env("DATABASE_URL", stage.cluster.url("tipg")).env("TIPG_DB_SCHEMAS", r#"["peer"]"#);
    command.env("TIPG_MAX_FEATURES_PER_QUERY", "10000000");
    Ok(command)
}

fn request(question: &Question) -> Option<Request> {
    const ITEMS: &str = "/collections/peer.aed/items";
    let conditions = match question {
        Question::FirstPage => String::new(),
        Question::DeepPage(offset) => format!("offset={offset}"),
        Question::Equal(column, text) => format!("{}={}", encoded(column), encoded(text)),
        Question::Contains(column, text) => {
            format!("filter-lang=cql2-text&filter={}", encoded(&format!(r#""{column}" LIKE '%{text}%'"#)))
        }
        Question::Box([west, south, east, north]) => format!("bbox={west},{south},{east},{north}"),
        Question::Record(id) => return Some(Request::get(&format!("{ITEMS}/{id}?f=json"))),
        Question::Download => return Some(Request::get(&format!("{ITEMS}?f=csv&limit=10000000"))),
        Question::Nearest(..) | Question::Groups(_) | Question::GroupsWhere(..) => return None,
    };
    Some(Request::get(&format!("{ITEMS}?f=json&limit={PAGE}&{conditions}")))
}
