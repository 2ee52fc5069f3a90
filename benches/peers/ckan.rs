//! CKAN: its DataStore in the bench's own PostgreSQL. Nothing that is asked of it needs Solr or Redis, so it goes without; what
//! `package_create`, which does, would write is written here.

use std::error::Error;
use std::process::{Command, Stdio};

use percent_encoding::percent_decode_str;

use super::{PAGE, Program, Question, Stage, columns, postgres};
use crate::encoded;
use crate::load::Request;

pub(super) const PROGRAM: Program = Program { name: "CKAN", environment: "ckan", prepare, request };

/// As CKAN's manual has it for a web server.
const APPLICATION: &str = "\
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app

application = make_app(CKANConfigLoader('ckan.ini').get_config())
";

fn prepare(stage: &Stage) -> Result<Command, Box<dyn Error>> {
    let address = stage.address;
    // Read by SQLAlchemy, which takes the folder of the socket in this way only.
    let url = |role: &str, database: &str| {
        let url = stage.cluster.url(database);
        let socket = url.split(['@', ':']).nth(2).unwrap_or_default();
        format!("postgresql://{role}@/{database}?host={}", percent_decode_str(socket).decode_utf8_lossy())
    };
    let settings = format!(
        "[app:main]\nuse = egg:ckan\nSECRET_KEY = not a secret, on the loopback only\nckan.site_url = http://{address}\n\
         ckan.plugins = datastore\nckan.storage_path = {folder}\nsolr_url = http://127.0.0.1:9/\nsqlalchemy.url = {own}\n\
         ckan.datastore.write_url = {write}\nckan.datastore.read_url = {read}\nckan.datastore.sqlsearch.enabled = true\n",
        folder = stage.folder.join("storage").display(),
        own = url("machikura", "ckan"),
        write = url("machikura", "ckan_datastore"),
        read = url("ckan_reader", "ckan_datastore"),
    );
    std::fs::write(stage.folder.join("ckan.ini"), settings)?;
    std::fs::write(stage.folder.join("application.py"), APPLICATION)?;
    for statement in ["CREATE ROLE ckan_reader LOGIN", "CREATE DATABASE ckan", "CREATE DATABASE ckan_datastore"] {
        postgres::execute(stage.cluster, machikura::cluster::DATABASE, statement)?;
    }
    stage.run("ckan", &["--config", "ckan.ini", "db", "init"])?;
    let package = "INSERT INTO package (id, name, title, type, state, private)
                     VALUES ('aed', 'aed', 'AED', 'dataset', 'active', false);
                   INSERT INTO resource (id, package_id, url, format, position, state)
                     VALUES ('aed', 'aed', 'http://127.0.0.1/aed.csv', 'CSV', 0, 'active')";
    postgres::execute(stage.cluster, "ckan", package)?;

    let columns = columns("text", "double precision");
    let quoted: Vec<String> = columns.iter().map(|(name, _)| format!(r#""{name}""#)).collect();
    let typed: Vec<String> = columns.iter().map(|(name, kind)| format!(r#""{name}" {kind}"#)).collect();
    let table = format!(
        r#"CREATE TABLE aed (_id serial PRIMARY KEY, _full_text tsvector, {});
           CREATE INDEX ON aed USING gin (_full_text);
           CREATE INDEX ON aed ("法人番号");
           CREATE INDEX ON aed ("ID")"#,
        typed.join(", ")
    );
    postgres::execute(stage.cluster, "ckan_datastore", &table)?;
    // Its script of rights also gives the table its trigger for words.
    let mut command = stage.command("ckan")?;
    command.args(["--config", "ckan.ini", "datastore", "set-permissions"]).stdout(Stdio::piped());
    let rights = String::from_utf8(command.output()?.stdout)?;
    // Without psql's `\connect`.
    let rights: Vec<&str> = rights.lines().filter(|line| !line.starts_with('\\')).collect();
    postgres::execute(stage.cluster, "ckan_datastore", &rights.join("\n"))?;
    let rows = format!(
        "COPY aed ({}) FROM '{}' (FORMAT csv, HEADER); SELECT update_table_stats('aed')",
        quoted.join(", "),
        stage.table.display()
    );
    postgres::execute(stage.cluster, "ckan_datastore", &rows)?;
    postgres::execute(stage.cluster, "ckan_datastore", "VACUUM ANALYZE")?;

    let mut command = stage.command("gunicorn")?;
    // With several threads in a process it answers some requests with 409 and 500.
    command.args(["--workers=4", "--worker-class=gthread", "--threads=1", "--keep-alive=60", "--timeout=300"]);
    command.args(["--log-level=warning", "--bind", &address.to_string(), "application:application"]);
    Ok(command)
}

fn request(question: &Question) -> Option<Request> {
    let search = |rest: String| format!("/api/3/action/datastore_search?resource_id=aed&limit={PAGE}&{rest}");
    let filters =
        |column: &str, text: &str| search(format!("filters={}", encoded(&format!(r#"{{"{column}":"{text}"}}"#))));
    Some(Request::get(&match question {
        Question::FirstPage => search(String::new()),
        Question::DeepPage(offset) => search(format!("offset={offset}")),
        Question::Equal(column, text) => filters(column, text),
        Question::Record(id) => filters("ID", id),
        Question::Download => "/datastore/dump/aed?format=csv".to_owned(),
        question => format!("/api/3/action/datastore_search_sql?sql={}", encoded(&question.sql("aed")?)),
    }))
}
