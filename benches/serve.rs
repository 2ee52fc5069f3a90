//! How fast records are published and served, beside what the same machine can do at best and beside the peers that are
//! installed, in the same run: real processes, real HTTP, 32 connections. `MACHIKURA_BENCH_SERVED_ROWS` sets another size than
//! 100,000.

#[path = "support/load.rs"]
mod load;
#[path = "support/nginx.rs"]
mod nginx;
#[path = "peers/mod.rs"]
mod peers;
#[path = "support/server.rs"]
mod server;
#[allow(dead_code, reason = "the check's benchmark uses the rest")]
#[path = "support/tables.rs"]
mod tables;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use actix_web::{App, HttpResponse, HttpServer, web};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, Pool};
use machikura::cluster::{self, Cluster};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use load::{Load, get, load};
use nginx::Nginx;
use peers::{Peer, Question};
use server::Server;

/// Who publishes: 岡山市.
const ORGANIZATION: &str = "331007";
const RECORDS: &str = "/api/v1/datasets/331007_aed/records";

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark has no settings")]
    let rows = std::env::var("MACHIKURA_BENCH_SERVED_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(100_000);
    let folder = std::env::temp_dir().join(format!("machikura-bench-serve-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
    // The workers of nginx, and PostgreSQL, are another user's where root starts them.
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("our own folder");
    let table = folder.join("aed.csv");
    write_table(&table, rows);
    let cluster = Cluster::start(&folder, &cluster::Options::default()).expect("PostgreSQL");
    let url = cluster.url(cluster::DATABASE);

    let server = Server::start(&folder, 64);
    println!("{rows} rows; 32 connections, {} s each", load::SECONDS);
    println!("{:<44} {:>9.1} MB", "idle memory", server.memory());
    publish(&server, &folder, &table, &url);
    println!("{:<44} {:>9.1} MB", "memory at most, after publishing", server.peak());
    drop(server);
    let begin = Instant::now();
    let server = Server::start(&folder, 64);
    get(server.address, "/api/v1/datasets/331007_aed/records?limit=1");
    println!("{:<44} {:>9.0} ms", "cold start to the first answer", begin.elapsed().as_secs_f64() * 1e3);

    let page = get(server.address, RECORDS);
    let floor = Floor::start(&url, page.clone());
    let bare = show("floor: actix, the same bytes", load(floor.address, &["/bytes"]), None);
    show("first page, kept", load(server.address, &[RECORDS]), Some(bare));
    let count = format!("{RECORDS}?group_by={}", encoded("所在地_町字"));
    show("group-by count, kept", load(server.address, &[&count]), Some(bare));
    drop(server);

    let peers = Peer::start_all(&folder, &table, &cluster);
    let server = Server::start(&folder, 0);
    let stored = show("floor: actix, diesel, one stored text", load(floor.address, &["/stored"]), None);
    let (questions, searches) = (questions(&server, rows), searches(&server, rows));
    let first = questions.iter().flat_map(|(_, questions)| questions).map(|(address, _)| address);
    server.settle(&folder, first.chain(searches.iter().flat_map(|(_, addresses)| addresses)));
    for (title, questions) in questions {
        let addresses: Vec<&str> = questions.iter().map(|(address, _)| address.as_str()).collect();
        let own = show(title, load(server.address, &addresses), Some(stored));
        beside(&peers, &server, own, &questions);
    }
    for (title, addresses) in searches {
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        show(title, load(server.address, &addresses), Some(stored));
    }
    downloads(&server, &folder, &floor);
    whole_table(&server, &peers, rows);
    drop((server, floor, peers));
    cluster.stop().expect("stop PostgreSQL");
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

/// Records from all parts of the table.
fn samples(server: &Server, rows: usize) -> Vec<serde_json::Value> {
    let sample = |number: usize| {
        let answer = get(server.address, &format!("{RECORDS}?limit=1&offset={}", number * (rows / 10)));
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        answer["records"][0].clone()
    };
    (0..10).map(sample).collect()
}

fn text<'a>(record: &'a serde_json::Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or_default()
}

/// What machikura and its peers are asked: the address here, and the question; several times over with other values.
fn questions(server: &Server, rows: usize) -> [(&'static str, Vec<(String, Question)>); 11] {
    const TOWN: &str = "所在地_町字";
    let samples = samples(server, rows);
    let each = |ask: &dyn Fn(&serde_json::Value) -> (String, Question)| samples.iter().map(ask).collect::<Vec<_>>();
    let degrees = |record: &serde_json::Value, name: &str| record[name].as_f64().unwrap_or_default();
    let equal = |column: &'static str, text: &str| {
        (format!("{RECORDS}?{}={}", encoded(column), encoded(text)), Question::Equal(column, text.to_owned()))
    };
    let contains = |part: &'static str| {
        let address = format!("{RECORDS}?{}={}", encoded("名称__contains"), encoded(part));
        vec![(address, Question::Contains("名称", part))]
    };
    let (deep, count) = (rows / 2, format!("{RECORDS}?group_by={}", encoded(TOWN)));
    let cursor = next_page(&get(server.address, &format!("{RECORDS}?offset={}", deep - peers::PAGE)));
    // About 80 records, whatever the size.
    let half = 0.0014 * (100_000.0 / rows as f64).sqrt();
    [
        ("first page", vec![(RECORDS.to_owned(), Question::FirstPage)]),
        ("deep page by cursor", vec![(cursor, Question::DeepPage(deep))]),
        ("equality, one record", each(&|r| equal("法人番号", text(r, "法人番号")))),
        ("equality, few values", vec![equal("小児対応設備の有無", "有")]),
        ("contains, three characters", contains("小鳥遊")),
        ("contains, two characters", contains("鷺沼")),
        (
            "bbox",
            each(&|r| {
                let (east, north) = (degrees(r, "経度"), degrees(r, "緯度"));
                let bounds = [east - half, north - half, east + half, north + half];
                (format!("{RECORDS}?bbox={}", bounds.map(|bound| bound.to_string()).join(",")), Question::Box(bounds))
            }),
        ),
        (
            "nearest 20",
            each(&|r| {
                let (latitude, longitude) = (degrees(r, "緯度"), degrees(r, "経度"));
                let address = format!("{RECORDS}?lat={latitude}&lon={longitude}&limit=20");
                (address, Question::Nearest(latitude, longitude))
            }),
        ),
        ("one record", each(&|r| (format!("{RECORDS}/{}", text(r, "ID")), Question::Record(text(r, "ID").to_owned())))),
        ("group-by count, unfiltered, from the profile", vec![(count.clone(), Question::Groups(TOWN))]),
        (
            "group-by count, filtered, from the codes",
            vec![(format!("{count}&{}=09:00", encoded("開始時間")), Question::GroupsWhere(TOWN, "開始時間", "09:00"))],
        ),
    ]
}

/// What no peer has: every word, in whatever column, however it is written.
fn searches(server: &Server, rows: usize) -> [(&'static str, Vec<String>); 2] {
    let names = samples(server, rows).iter().map(|r| format!("{RECORDS}?q={}", encoded(text(r, "名称")))).collect();
    [("q, two characters", vec![format!("{RECORDS}?q={}", encoded("鷺沼"))]), ("q, a name of frequent parts", names)]
}

/// Prints the requests a second of each peer, and how many times as many machikura answers.
fn beside(peers: &[Peer], server: &Server, own: f64, questions: &[(String, Question)]) {
    let expected: Vec<Vec<u8>> = questions.iter().map(|(address, _)| get(server.address, address)).collect();
    let questions = || questions.iter().zip(&expected).map(|((_, question), expected)| (question, &expected[..]));
    print_beside(peers.iter().filter_map(|peer| {
        let figure = peer
            .load(questions())?
            .map(|load| format!("{:.0} /s, {:.1} x{}", load.per_second(), own / load.per_second(), refusals(&load)));
        Some((peer.name(), figure))
    }));
}

/// One download of the whole table at a time, and how many times as long each peer takes.
fn whole_table(server: &Server, peers: &[Peer], rows: usize) {
    let begin = Instant::now();
    get(server.address, "/api/v1/datasets/331007_aed/download.csv");
    let own = begin.elapsed().as_secs_f64();
    println!("{:<44} {own:>9.2} s", "download.csv, one at a time");
    print_beside(peers.iter().filter_map(|peer| {
        let begin = Instant::now();
        let answer = peer.answer(&Question::Download)?;
        let seconds = begin.elapsed().as_secs_f64();
        let figure = answer.and_then(|answer| {
            let found = csv::Reader::from_reader(&answer[..]).into_byte_records().count();
            if found == rows {
                Ok(format!("{seconds:.2} s, {:.1} x", seconds / own))
            } else {
                Err(io::Error::other("other rows"))
            }
        });
        Some((peer.name(), figure))
    }));
}

fn print_beside(figures: impl Iterator<Item = (&'static str, io::Result<String>)>) {
    let said = |(name, figure): (&str, io::Result<String>)| {
        format!("{name} {}", figure.unwrap_or_else(|error| error.to_string()))
    };
    let figures: Vec<String> = figures.map(said).collect();
    if !figures.is_empty() {
        println!("    {}", figures.join(" · "));
    }
}

fn refusals(load: &Load) -> String {
    if load.refused > 0 { format!("  {} refused", load.refused) } else { String::new() }
}

/// Publishes over HTTP, and copies the same rows into equal tables with equal indexes.
fn publish(server: &Server, folder: &Path, table: &Path, url: &str) {
    server.command(folder, &["organization", "add", ORGANIZATION]);
    let token = server.command(folder, &["token", "create", "--organization", ORGANIZATION, "--role", "publisher"]);
    let begin = Instant::now();
    let put = ureq::put(&format!("http://{}/api/v1/datasets/331007_aed?nonconforming=publish", server.address))
        .header("Authorization", &format!("Bearer {token}"))
        .send(std::fs::File::open(table).expect("just written"));
    assert!(put.expect("published").status().is_success());
    let published = begin.elapsed().as_secs_f64();
    let mut connection = PgConnection::establish(url).expect("connect");
    let (records, blocks) = (folder.join("postgres/run/records"), folder.join("postgres/run/blocks"));
    let files = [("records", records), ("search_blocks", blocks)];
    for (name, file) in &files {
        let sql = format!(
            "CREATE TABLE floor_{name} (LIKE {name} INCLUDING ALL); COPY {name} TO '{}' (FORMAT binary)",
            file.display()
        );
        connection.batch_execute(&sql).expect("copied out");
    }
    let begin = Instant::now();
    for (name, file) in &files {
        let sql = format!("COPY floor_{name} FROM '{}' (FORMAT binary)", file.display());
        connection.batch_execute(&sql).expect("copied in");
    }
    let copied = begin.elapsed().as_secs_f64();
    for (name, file) in &files {
        connection.batch_execute(&format!("DROP TABLE floor_{name}")).expect("dropped");
        std::fs::remove_file(file).expect("our own file");
    }
    connection.batch_execute("VACUUM ANALYZE").expect("tidied");
    println!("{:<44} {:>9.2} s", "floor: COPY of the same rows and indexes", copied);
    println!("{:<44} {:>9.2} s {:>8.2} x its floor", "publish over HTTP", published, published / copied);
}

/// Whole files, beside nginx (or else actix-files) with the same bytes.
fn downloads(server: &Server, folder: &Path, floor: &Floor) {
    let files = folder.join("files");
    std::fs::create_dir(&files).expect("a folder");
    let nginx = Nginx::start(&files);
    for format in ["csv", "json", "geojson"] {
        let address = format!("/api/v1/datasets/331007_aed/download.{format}");
        let begin = Instant::now();
        let bytes = get(server.address, &address);
        let first = begin.elapsed().as_secs_f64();
        std::fs::write(files.join("floor"), &bytes).expect("room for a file");
        let prepared = load(server.address, &[&address]);
        let (name, file) = match &nginx {
            Some(nginx) => ("nginx", load(nginx.address, &["/floor"])),
            None => ("actix-files", load(floor.address, &[&format!("/file?{}", files.join("floor").display())])),
        };
        println!(
            "{:<44} {:>9.2} GB/s {:>6.2} x {name}; the first one {first:.2} s",
            format!("download.{format}, {} MB", bytes.len() / 1_000_000),
            prepared.bytes_per_second() / 1e9,
            prepared.bytes_per_second() / file.bytes_per_second(),
        );
    }
}

/// Prints a figure, and how it stands to a floor; answers the requests a second.
fn show(title: &str, load: Load, floor: Option<f64>) -> f64 {
    let ratio = floor.map_or(String::new(), |floor| format!("{:>8.2} x its floor", load.per_second() / floor));
    let refused = refusals(&load);
    println!(
        "{title:<44} {:>9.0} /s  p50 {:>6.1} ms  p99 {:>6.1} ms  {:>5} KB {ratio}{refused}",
        load.per_second(),
        load.percentile(0.5),
        load.percentile(0.99),
        load.bytes / load.latencies.len().max(1) as u64 / 1_000,
    );
    load.per_second()
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn next_page(page: &[u8]) -> String {
    let page: serde_json::Value = serde_json::from_slice(page).expect("JSON");
    page["next"].as_str().expect("there are more").to_owned()
}

fn write_table(path: &Path, rows: usize) {
    let body = machikura::municipality::find(ORGANIZATION).expect("a municipality");
    let mut table = csv::Writer::from_path(path).expect("a file");
    table.write_record(tables::HEADING).expect("room");
    for number in 0..rows {
        table.write_record(tables::row(number, body)).expect("room");
    }
    table.flush().expect("room");
}

/// The least that can answer with these bytes.
struct Floor {
    address: SocketAddr,
    handle: actix_web::dev::ServerHandle,
}

impl Floor {
    #[expect(clippy::disallowed_methods, reason = "a floor has no document")]
    fn start(url: &str, bytes: Vec<u8>) -> Floor {
        let mut connection = PgConnection::establish(url).expect("connect");
        connection.batch_execute("CREATE TABLE floor (id integer PRIMARY KEY, body text NOT NULL)").expect("a table");
        let body = String::from_utf8(bytes.clone()).expect("UTF-8");
        let insert = diesel::sql_query("INSERT INTO floor VALUES (1, $1)").bind::<diesel::sql_types::Text, _>(body);
        insert.execute(&mut connection).expect("stored");
        let pool = Pool::builder()
            .max_size(16)
            .test_on_check_out(false)
            .build(ConnectionManager::<PgConnection>::new(url))
            .expect("connect");
        let bytes = web::Bytes::from(bytes);
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let (bytes, pool) = (bytes.clone(), pool.clone());
                    App::new()
                        .route(
                            "/bytes",
                            web::get().to(move || std::future::ready(HttpResponse::Ok().body(bytes.clone()))),
                        )
                        .route("/stored", web::get().to(move || stored(pool.clone())))
                        .route("/file", web::get().to(file))
                })
                .workers(2)
                .bind(("127.0.0.1", 0))
                .expect("a port");
                let address = server.addrs()[0];
                let server = server.run();
                sender.send((address, server.handle())).expect("somebody waits");
                server.await.expect("served");
            });
        });
        let (address, handle) = receiver.recv().expect("it starts");
        Floor { address, handle }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

diesel::table! {
    floor (id) {
        id -> Integer,
        body -> Text,
    }
}

async fn stored(pool: Pool<ConnectionManager<PgConnection>>) -> HttpResponse {
    let body = web::block(move || {
        let mut connection = pool.get().expect("a connection");
        floor::table.find(1).select(floor::body).first::<String>(&mut connection).expect("stored")
    });
    HttpResponse::Ok().body(body.await.expect("done"))
}

async fn file(request: actix_web::HttpRequest) -> actix_web::Result<actix_files::NamedFile> {
    Ok(actix_files::NamedFile::open_async(request.query_string()).await?)
}
