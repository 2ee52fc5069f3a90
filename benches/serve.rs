//! How fast records are published and served, beside what the same machine can do at best in the same run: real processes,
//! real HTTP, 32 connections. `MACHIKURA_BENCH_SERVED_ROWS` sets another size than 100,000.

#[path = "support/load.rs"]
mod load;
#[path = "support/nginx.rs"]
mod nginx;
#[path = "support/server.rs"]
mod server;
#[allow(dead_code, reason = "the check's benchmark uses the rest")]
#[path = "support/tables.rs"]
mod tables;

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
use server::Server;

/// Who publishes: 岡山市.
const ORGANIZATION: &str = "331007";
const RECORDS: &str = "/api/v1/datasets/331007_aed/records";

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark has no settings")]
    let rows = std::env::var("MACHIKURA_BENCH_SERVED_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(100_000);
    let folder = std::env::temp_dir().join(format!("machikura-bench-serve-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder");
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

    let server = Server::start(&folder, 0);
    let stored = show("floor: actix, diesel, one stored text", load(floor.address, &["/stored"]), None);
    show("first page", load(server.address, &[RECORDS]), Some(stored));
    let deep = next_page(&get(server.address, &format!("{RECORDS}?offset={}", rows / 2)));
    show("deep page by cursor", load(server.address, &[&deep]), Some(stored));
    for (title, questions) in questions(&server, rows) {
        let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
        show(title, load(server.address, &questions), Some(stored));
    }
    show("group-by count, unfiltered, from the profile", load(server.address, &[&count]), None);
    let filtered = format!("{count}&{}=09:00", encoded("開始時間"));
    show("group-by count, filtered, from the codes", load(server.address, &[&filtered]), None);
    downloads(&server, &folder, &floor);
    drop((server, floor));
    cluster.stop().expect("stop PostgreSQL");
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

/// What is asked of records, each several times over with other values.
fn questions(server: &Server, rows: usize) -> [(&'static str, Vec<String>); 9] {
    let sample = |number: usize| {
        let answer = get(server.address, &format!("{RECORDS}?limit=1&offset={}", number * (rows / 10)));
        let answer: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
        answer["records"][0].clone()
    };
    let samples: Vec<serde_json::Value> = (0..10).map(sample).collect();
    let each = |question: &dyn Fn(&serde_json::Value) -> String| samples.iter().map(question).collect::<Vec<_>>();
    let text = |record: &serde_json::Value, name: &str| encoded(record[name].as_str().unwrap_or_default());
    let degrees = |record: &serde_json::Value, name: &str| record[name].as_f64().unwrap_or_default();
    [
        ("equality", each(&|r| format!("{RECORDS}?{}={}", encoded("法人番号"), text(r, "法人番号")))),
        ("equality, few values", vec![format!("{RECORDS}?{}={}", encoded("小児対応設備の有無"), encoded("有"))]),
        ("contains, three characters", vec![format!("{RECORDS}?{}={}", encoded("名称__contains"), encoded("小鳥遊"))]),
        ("contains, two characters", vec![format!("{RECORDS}?{}={}", encoded("名称__contains"), encoded("鷺沼"))]),
        ("q, two characters", vec![format!("{RECORDS}?q={}", encoded("鷺沼"))]),
        ("q, a name of frequent parts", each(&|r| format!("{RECORDS}?q={}", text(r, "名称")))),
        (
            "bbox",
            each(&|r| {
                let (east, north) = (degrees(r, "経度"), degrees(r, "緯度"));
                let half = 0.002;
                format!("{RECORDS}?bbox={},{},{},{}", east - half, north - half, east + half, north + half)
            }),
        ),
        ("nearest 20", each(&|r| format!("{RECORDS}?lat={}&lon={}&limit=20", degrees(r, "緯度"), degrees(r, "経度")))),
        ("one record", each(&|r| format!("{RECORDS}/{}", text(r, "ID")))),
    ]
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
    // Its workers are another user's where root starts it.
    std::fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("our own folder");
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
    let refused = if load.refused > 0 { format!("  {} refused", load.refused) } else { String::new() };
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
