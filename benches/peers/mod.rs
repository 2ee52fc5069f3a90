//! The peers: other programs that serve a table over HTTP, each with the same rows on the loopback and asked the same questions
//! as machikura. `make bench-peers` installs them, each into an environment of its own below `var/peers`.
//!
//! Each is one file with everything about it, one `<environment>.txt` with the versions, and one line in [`PROGRAMS`].

mod ckan;
mod datasette;
mod postgres;
mod roapi;
mod tipg;

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use machikura::cluster::Cluster;
use serde_json::Value;

use crate::load::{self, Load, Request};
use crate::tables::HEADING;

/// All peers, in the order in which they are shown.
const PROGRAMS: [Program; 4] = [roapi::PROGRAM, datasette::PROGRAM, tipg::PROGRAM, ckan::PROGRAM];

/// Records of a page.
pub const PAGE: usize = 100;
/// How long a peer may take to start once it has its rows.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is asked about the table, whatever the program.
pub enum Question {
    /// The first page.
    FirstPage,
    /// The page after so many records.
    DeepPage(usize),
    /// Records with this text in this column.
    Equal(&'static str, String),
    /// Records with this text somewhere in this column.
    Contains(&'static str, &'static str),
    /// Records between west, south, east and north.
    Box([f64; 4]),
    /// The 20 records nearest to this latitude and longitude.
    Nearest(f64, f64),
    /// The record with this ID.
    Record(String),
    /// How many records have each value of this column.
    Groups(&'static str),
    /// The same, of the records with this text in another column.
    GroupsWhere(&'static str, &'static str, &'static str),
    /// The whole table as CSV.
    Download,
}

impl Question {
    /// The question in SQL, for the programs that take it.
    fn sql(&self, table: &str) -> Option<String> {
        let groups = |column: &str, condition: &str| {
            format!(r#"SELECT "{column}", count(*) AS "count" FROM "{table}" {condition} GROUP BY "{column}""#)
        };
        let rest = match self {
            Question::FirstPage => format!("LIMIT {PAGE}"),
            Question::DeepPage(offset) => format!("LIMIT {PAGE} OFFSET {offset}"),
            Question::Equal(column, text) => format!(r#"WHERE "{column}" = '{text}' LIMIT {PAGE}"#),
            Question::Contains(column, text) => format!(r#"WHERE "{column}" LIKE '%{text}%' LIMIT {PAGE}"#),
            Question::Box([west, south, east, north]) => {
                format!(r#"WHERE "緯度" BETWEEN {south} AND {north} AND "経度" BETWEEN {west} AND {east} LIMIT {PAGE}"#)
            }
            Question::Nearest(latitude, longitude) => {
                // So near by, the plane will do, where a degree of longitude is shorter by the cosine of the latitude. The
                // squares are multiplied out: DataFusion has no plan for an order by (a - b) * (a - b).
                let square = |column: &str, centre: &f64| format!(r#""{column}" * ("{column}" - {})"#, 2.0 * centre);
                let shorter = latitude.to_radians().cos().powi(2);
                format!("ORDER BY {} + {shorter} * {} LIMIT 20", square("緯度", latitude), square("経度", longitude))
            }
            Question::Record(id) => format!(r#"WHERE "ID" = '{id}'"#),
            Question::Groups(column) => return Some(groups(column, "")),
            Question::GroupsWhere(column, of, text) => {
                return Some(groups(column, &format!(r#"WHERE "{of}" = '{text}'"#)));
            }
            Question::Download => return None,
        };
        Some(format!(r#"SELECT * FROM "{table}" {rest}"#))
    }

    /// Whether any full page answers it as well as another.
    fn is_any_page(&self) -> bool {
        matches!(self, Question::FirstPage | Question::DeepPage(_) | Question::Equal(..))
    }
}

/// A program that serves tables.
struct Program {
    /// As its makers call it.
    name: &'static str,
    /// Its folder below `var/peers`.
    environment: &'static str,
    /// Loads the table, and tells how the server is run.
    prepare: fn(&Stage) -> Result<Command, Box<dyn Error>>,
    /// How it is asked; `None` where it has no such thing.
    request: fn(&Question) -> Option<Request>,
}

/// What a peer is given.
struct Stage<'a> {
    /// The programs of its environment.
    programs: PathBuf,
    /// A folder of its own.
    folder: PathBuf,
    /// The rows, as CSV.
    table: &'a Path,
    /// Where it shall listen.
    address: SocketAddr,
    cluster: &'a Cluster,
}

impl Stage<'_> {
    /// A command of its environment, in its folder, which says nothing on the terminal.
    fn command(&self, program: &str) -> io::Result<Command> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(&self.folder).stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    /// Runs one to its end.
    fn run(&self, program: &str, arguments: &[&str]) -> io::Result<()> {
        let status = self.command(program)?.args(arguments).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program}: {status}"))) }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

/// A peer that runs, until it is dropped.
pub struct Peer {
    program: &'static Program,
    process: Child,
    address: SocketAddr,
}

impl Peer {
    /// Starts all that are installed; says which are not there, and goes on without them.
    pub fn start_all(folder: &Path, table: &Path, cluster: &Cluster) -> Vec<Peer> {
        let environments = Path::new(env!("CARGO_MANIFEST_DIR")).join("var/peers");
        let mut peers = Vec::new();
        for program in &PROGRAMS {
            let environment = environments.join(program.environment);
            let stage = Stage {
                programs: environment.join("bin"),
                folder: folder.join(program.environment),
                table,
                address: load::free_address(),
                cluster,
            };
            if !environment.join("installed").exists() {
                println!("{} は入っていません / is not installed: make bench-peers", program.name);
                continue;
            }
            let begin = Instant::now();
            match Peer::start(program, &stage) {
                Ok(peer) => {
                    println!(
                        "{:<44} {:>9.1} s",
                        format!("{}: load and start", program.name),
                        begin.elapsed().as_secs_f64()
                    );
                    peers.push(peer);
                }
                Err(error) => {
                    let log = fs::read_to_string(stage.log()).unwrap_or_default();
                    let last = log.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
                    println!("{} は起動しませんでした / does not start: {error} {last}", program.name);
                }
            }
        }
        peers
    }

    fn start(program: &'static Program, stage: &Stage) -> Result<Peer, Box<dyn Error>> {
        fs::create_dir(&stage.folder)?;
        let process = (program.prepare)(stage)?.spawn()?;
        let mut peer = Peer { program, process, address: stage.address };
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = peer.process.try_wait()? {
                return Err(status.to_string().into());
            }
            if peer.answer(&Question::FirstPage).is_some_and(|answer| answer.is_ok()) {
                return Ok(peer);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("no answer".into())
    }

    /// As its makers call it.
    pub fn name(&self) -> &'static str {
        self.program.name
    }

    /// What it answers; `None` where it has no such thing.
    pub fn answer(&self, question: &Question) -> Option<io::Result<Vec<u8>>> {
        Some(load::ask(self.address, &(self.program.request)(question)?))
    }

    /// Asks these questions in turn, as machikura was asked, once each answer was found to hold the same as machikura's.
    pub fn load<'a>(&self, questions: impl IntoIterator<Item = (&'a Question, &'a [u8])>) -> Option<io::Result<Load>> {
        let mut requests = Vec::new();
        for (question, expected) in questions {
            requests.push((self.program.request)(question)?);
            match self.answer(question)? {
                Ok(answer) if holds_the_same(question, &answer, expected) => {}
                Ok(_) => return Some(Err(io::Error::other("other records"))),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(load::load_with(self.address, &requests))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.process.id().to_string()).status());
        for _ in 0..100 {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn holds_the_same(question: &Question, answer: &[u8], expected: &[u8]) -> bool {
    let (answer, expected) = (records(answer), records(expected));
    answer == expected || question.is_any_page() && answer.len() == PAGE && expected.len() == PAGE
}

/// The IDs of an answer's records, or its groups with their counts, however they are wrapped up; sorted.
fn records(answer: &[u8]) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            Value::Object(members) => match (members.get("ID"), members.get("count")) {
                (Some(id), _) => found.push(id.to_string()),
                (None, Some(count)) if members.len() == 2 => {
                    let value = members.iter().find(|(name, _)| *name != "count").map(|(_, value)| value);
                    found.push(format!("{value:?} {count}"));
                }
                _ => members.values().for_each(|value| collect(value, found)),
            },
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::from_slice(answer).unwrap_or_default(), &mut found);
    found.sort_unstable();
    // An answer may repeat the condition.
    found.dedup();
    found
}

/// The columns with what each holds; `number` is the type of those with numbers.
fn columns(text: &str, number: &str) -> Vec<(&'static str, String)> {
    let kind = |name: &str| if ["緯度", "経度"].contains(&name) { number } else { text };
    HEADING.iter().map(|name| (*name, kind(name).to_owned())).collect()
}
