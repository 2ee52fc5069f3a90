//! How a catalogue grows: every step publishes the tables of ten times as many municipalities over HTTP, then asks the same
//! questions of one data set and across all of them. `MACHIKURA_BENCH_SCALE` sets the records of the last step (2,000,000;
//! a catalogue of all municipalities has 20,000,000), `MACHIKURA_BENCH_FOLDER` the folder for the database.

#[path = "support/catalogue.rs"]
mod catalogue;
#[allow(dead_code, reason = "the benchmark of serving uses the rest")]
#[path = "support/load.rs"]
mod load;
#[allow(dead_code, reason = "the benchmark of serving uses the rest")]
#[path = "support/server.rs"]
mod server;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use machikura::cluster::{self, Cluster};
use machikura::municipality::{self, Municipality, MunicipalityKind};
use machikura::standard::Registry;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use catalogue::STANDARDS;
use load::load;
use server::Server;

/// Rows of one table: 1,741 municipalities with twenty of them have 20 million.
const ROWS: usize = 575;
/// Uploads at once.
const PUBLISHERS: usize = 2;

fn main() {
    let last: usize = setting("MACHIKURA_BENCH_SCALE").and_then(|rows| rows.parse().ok()).unwrap_or(2_000_000);
    let folder = setting("MACHIKURA_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("machikura-bench-scale-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
    let mut bodies: Vec<&'static Municipality> = municipality::all()
        .filter(|body| body.kind == MunicipalityKind::Municipality && body.centre.is_some())
        .collect();
    // Every part of the country from the first step on.
    bodies.sort_by_key(|body| (body.code.bytes().rev().collect::<Vec<u8>>(), &body.code));
    let cluster = Cluster::start(&folder, &cluster::Options::default()).expect("PostgreSQL");
    let mut connection = PgConnection::establish(&cluster.url(cluster::DATABASE)).expect("connect");
    let mut published = 0;
    let mut records = last;
    while records > 200_000 {
        records /= 10;
    }
    while records <= last {
        let count = (records / ROWS / STANDARDS.len()).clamp(1, bodies.len());
        grow(&folder, &mut connection, &bodies[published..count]);
        published = count;
        measure(&folder, bodies[0]);
        records *= 10;
    }
    drop(connection);
    cluster.stop().expect("stop PostgreSQL");
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no settings")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Publishes the tables of these municipalities, and prints what that took and what the database has become.
fn grow(folder: &Path, connection: &mut PgConnection, bodies: &[&'static Municipality]) {
    let server = Server::start(folder, 64);
    for body in bodies {
        // As `machikura organization add` does it, without a process for each.
        let insert = diesel::sql_query(
            "INSERT INTO organizations (code, name, prefecture, kind) VALUES ($1, $2, $3, 'municipality')",
        );
        let insert = insert.bind::<Text, _>(&body.code).bind::<Text, _>(&body.municipality);
        insert.bind::<Text, _>(&body.prefecture).execute(connection).expect("added");
    }
    let token = server.command(folder, &["token", "create", "--role", "operator"]);
    let tables = bodies.iter().flat_map(|body| STANDARDS.iter().map(move |slug| (*body, *slug)));
    let tables = Mutex::new(tables);
    let begin = Instant::now();
    let mut longest: Vec<f64> = std::thread::scope(|threads| {
        let publishers: Vec<_> = (0..PUBLISHERS).map(|_| threads.spawn(|| publish(&server, &token, &tables))).collect();
        publishers.into_iter().flat_map(|publisher| publisher.join().expect("published")).collect()
    });
    let seconds = begin.elapsed().as_secs_f64();
    longest.sort_by(f64::total_cmp);
    println!("# {} more data sets of {ROWS} rows, {PUBLISHERS} uploads at once", longest.len());
    println!(
        "{:<52} {seconds:>9.1} s  {:>8.0} records/s; one: p50 {:.0} ms, p99 {:.0} ms",
        "publishing over HTTP",
        (longest.len() * ROWS) as f64 / seconds,
        longest[longest.len() / 2] * 1e3,
        longest[longest.len() * 99 / 100] * 1e3,
    );
    println!("{:<52} {:>9.1} MB", "memory of the server at most", server.peak());
    connection.batch_execute("VACUUM ANALYZE").expect("tidied");
    let sizes = diesel::sql_query(
        "SELECT relname::text AS name, pg_total_relation_size(oid) AS bytes, pg_indexes_size(oid) AS indexes FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND pg_total_relation_size(oid) > 10000000 \
         ORDER BY 2 DESC",
    );
    for size in sizes.load::<Size>(connection).expect("sizes") {
        println!(
            "{:<52} {:>9} MB, of which indexes {} MB",
            size.name,
            size.bytes / 1_000_000,
            size.indexes / 1_000_000
        );
    }
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
    #[diesel(sql_type = BigInt)]
    indexes: i64,
}

/// Publishes tables as long as there are any; answers how long each took, in seconds.
fn publish(
    server: &Server,
    token: &str,
    tables: &Mutex<impl Iterator<Item = (&'static Municipality, &'static str)>>,
) -> Vec<f64> {
    let agent = ureq::Agent::new_with_defaults();
    let mut times = Vec::new();
    loop {
        let next = tables.lock().expect("nobody panics").next();
        let Some((body, slug)) = next else { return times };
        let standard = Registry::embedded().find(slug).expect("a standard");
        let table = catalogue::table(standard, body, ROWS);
        let begin = Instant::now();
        let address = format!("http://{}/api/v1/datasets/{}_{slug}?nonconforming=publish", server.address, body.code);
        let put = agent.put(&address).header("Authorization", &format!("Bearer {token}")).send(&table[..]);
        let answer = put.unwrap_or_else(|error| panic!("{address}: {error}"));
        assert!(answer.status().is_success(), "{address}: {}", answer.status());
        times.push(begin.elapsed().as_secs_f64());
    }
}

/// Asks questions of one data set and of all, with nothing kept in memory.
fn measure(folder: &Path, body: &Municipality) {
    let server = Server::start(folder, 0);
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (latitude, longitude) = body.centre.expect("only those were taken");
    let questions = [
        ("first page", String::new()),
        ("equality, name", format!("{}={}", encoded("名称"), encoded(&format!("{}第7大供公民館", body.municipality)))),
        ("equality, few values", format!("{}={}", encoded("小児対応設備の有無"), encoded("有"))),
        ("q, two characters", format!("q={}", encoded("公民"))),
        ("q, two words", format!("q={}", encoded(&format!("{} 小学校", body.municipality)))),
        ("bbox", format!("bbox={},{},{},{}", longitude - 0.01, latitude - 0.01, longitude + 0.01, latitude + 0.01)),
        ("nearest 20", format!("lat={latitude}&lon={longitude}&limit=20")),
        ("groups", format!("group_by={}", encoded("設置位置"))),
        ("groups of those with a condition", {
            format!("group_by={}&{}={}", encoded("設置位置"), encoded("小児対応設備の有無"), encoded("有"))
        }),
        ("sorted by name", format!("sort={}", encoded("名称"))),
    ];
    let of = [("one data set", format!("datasets/{}_aed", body.code)), ("across", "standards/aed".to_owned())];
    let address = |of: &str, parameters: &str| format!("/api/v1/{of}/records?{parameters}");
    let addresses = of.iter().flat_map(|(_, of)| questions.iter().map(|(_, parameters)| address(of, parameters)));
    server.settle(folder, addresses.collect::<Vec<String>>().iter());
    for (title, of) in of {
        for (question, parameters) in &questions {
            let address = address(&of, parameters);
            let load = load(server.address, &[&address]);
            println!(
                "{:<52} {:>9.0} /s  p50 {:>7.1} ms  p99 {:>7.1} ms  {} refused",
                format!("{title}: {question}"),
                load.per_second(),
                load.percentile(0.5),
                load.percentile(0.99),
                load.refused,
            );
        }
    }
}
