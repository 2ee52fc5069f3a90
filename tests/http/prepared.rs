//! Whole files are prepared once: their tags, codings and parts, the room they take, and what happens without any.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use machikura::http::problem::Code;
use sha2::{Digest, Sha256};

use crate::support::app::TestApp;
use crate::support::call::Answer;
use crate::support::tables::{sample, table, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_aed";
const CSV: &str = "/api/v1/datasets/331007_aed/download.csv";

/// A server with so many records, and the folder of its prepared files.
fn app_with(count: usize, megabytes: u32) -> (TestApp, PathBuf) {
    let mut folder = PathBuf::new();
    let app = TestApp::spawn_with(|settings| {
        settings.prepared_mb = megabytes;
        folder = settings.var.join("prepared");
    });
    app.publish("331007_aed", table("aed", count, |number, set| set("名称", &format!("第{number}公民館"))));
    (app, folder)
}

fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut bytes = Vec::new();
    match answer.header("content-encoding") {
        "gzip" => flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut bytes).expect("gzip"),
        "br" => brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut bytes).expect("br"),
        _ => return answer.body.clone(),
    };
    bytes
}

/// The names of the files in the folder.
fn names(folder: &PathBuf) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    names
}

#[test]
fn the_tag_is_the_digest_and_each_coding_has_its_own() {
    let (app, _) = app_with(50, 100);
    let plain = app.get(CSV).expect(200);
    assert_eq!((plain.header("etag"), plain.header("content-encoding")), (tag(&plain.body).as_str(), ""));
    assert_eq!(plain.header("content-length"), plain.body.len().to_string());
    assert_eq!((plain.header("accept-ranges"), plain.header("vary")), ("bytes", "Accept-Encoding"));
    assert!(plain.header("last-modified").ends_with(" GMT"));
    for (accepted, coding) in [
        ("gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("identity", ""),
        ("zstd", ""),
        ("", ""),
    ] {
        let answer = app.get(CSV).header("Accept-Encoding", accepted).expect(200);
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert_eq!(unpacked(&answer), plain.body, "{accepted}");
        let digest = plain.header("etag").trim_matches('"');
        let expected = if coding.is_empty() { format!("\"{digest}\"") } else { format!("\"{digest}-{coding}\"") };
        assert_eq!(answer.header("etag"), expected, "{accepted}");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        assert_eq!(answer.header("vary"), "Accept-Encoding");
    }
    for path in ["download.xlsx", "download.parquet", "download.source"] {
        let answer = app.get(&format!("{ADDRESS}/{path}")).header("Accept-Encoding", "gzip, br").expect(200);
        assert_eq!((answer.header("content-encoding"), answer.header("etag")), ("", tag(&answer.body).as_str()));
    }
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let (app, _) = app_with(5, 100);
    let plain = app.get(CSV).expect(200);
    let (tag, date) = (plain.header("etag"), plain.header("last-modified"));
    let coded = format!("{}-br\"", tag.trim_end_matches('"'));
    let past = "Thu, 01 Jan 2026 00:00:00 GMT";
    for (headers, status) in [
        (vec![("If-None-Match", tag)], 304),
        (vec![("If-None-Match", "\"other\", *")], 304),
        (vec![("If-None-Match", &coded)], 304),
        (vec![("If-None-Match", "\"other\"")], 200),
        (vec![("If-Modified-Since", date)], 304),
        (vec![("If-Modified-Since", "2026")], 200),
        (vec![("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")], 200),
        // The tag goes before the date.
        (vec![("If-None-Match", "\"other\""), ("If-Modified-Since", date)], 200),
        (vec![("If-Match", tag)], 200),
        (vec![("If-Match", "*")], 200),
        (vec![("If-Match", "\"other\"")], 412),
        (vec![("If-Unmodified-Since", date)], 200),
        (vec![("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT")], 412),
        (vec![("If-Match", tag), ("If-Unmodified-Since", past)], 200),
    ] {
        let call = headers.iter().fold(app.get(CSV), |call, (name, value)| call.header(name, value));
        let answer = call.expect(status);
        if status == 304 {
            let expected = if headers[0].1 == coded { coded.as_str() } else { tag };
            assert_eq!((answer.header("etag"), answer.body.len()), (expected, 0));
            assert_eq!((answer.header("last-modified"), answer.header("vary")), (date, "Accept-Encoding"));
        }
    }
    let head = app.call("HEAD", CSV).expect(200);
    for name in ["etag", "last-modified", "content-length", "accept-ranges", "content-type", "content-disposition"] {
        assert_eq!(head.header(name), plain.header(name), "{name}");
    }
}

#[test]
fn parts_can_be_had() {
    let (app, _) = app_with(200, 100);
    let source = format!("{ADDRESS}/download.source");
    for address in [CSV, &source] {
        let whole = app.get(address).expect(200);
        let (tag, length) = (whole.header("etag"), whole.body.len());
        let date = whole.header("last-modified");
        for (range, condition, expected) in [
            ("bytes=0-9", None, Some(0..10)),
            ("bytes=100-", None, Some(100..length)),
            ("bytes=-7", None, Some(length - 7..length)),
            ("bytes=5-999999999", None, Some(5..length)),
            ("bytes=0-9", Some(tag), Some(0..10)),
            ("bytes=0-9", Some(date), Some(0..10)),
            ("bytes=0-9", Some("\"other\""), None),
            ("bytes=0-9", Some("Thu, 01 Jan 1970 00:00:00 GMT"), None),
            ("bytes=0-1,3-4", None, None),
            ("lines=0-1", None, None),
        ] {
            let call = app.get(address).header("Range", range);
            let call = condition.iter().fold(call, |call, tag| call.header("If-Range", tag));
            // Whoever asks for a part has the beginning of the plain file.
            let answer = call.header("Accept-Encoding", "gzip, br").send();
            match expected {
                Some(part) => {
                    assert_eq!((answer.status, answer.header("content-encoding")), (206, ""), "{range}");
                    let told = format!("bytes {}-{}/{length}", part.start, part.end - 1);
                    assert_eq!(answer.header("content-range"), told);
                    assert_eq!(answer.header("content-length"), part.len().to_string());
                    assert_eq!((answer.header("etag"), answer.header("last-modified")), (tag, date));
                    assert!(answer.body == whole.body[part], "{range}");
                }
                None => {
                    assert_eq!((answer.status, answer.header("content-range")), (200, ""), "{range}");
                    assert_eq!(unpacked(&answer), whole.body);
                }
            }
        }
        let call = app.get(address).header("Range", &format!("bytes={length}-"));
        call.fails(Code::RangeNotSatisfiable);
        assert_eq!(call.send().header("content-range"), format!("bytes */{length}"));
    }
    // By its tag, also a part of a compressed file.
    let packed = app.get(CSV).header("Accept-Encoding", "gzip").expect(200);
    let part = app.get(CSV).header("Range", "bytes=10-").header("If-Range", packed.header("etag")).expect(206);
    assert_eq!((part.header("content-encoding"), part.header("etag")), ("gzip", packed.header("etag")));
    assert!(part.body == packed.body[10..]);
}

#[test]
fn a_file_is_made_once_and_again_after_a_publication() {
    let (app, folder) = app_with(2_000, 100);
    let bodies: Vec<Vec<u8>> = thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| app.get(CSV).expect(200).body)).collect();
        calls.into_iter().map(|call| call.join().expect("an answer")).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(names(&folder).len(), 2, "the file and what is known of it: {:?}", names(&folder));
    // What has no say in a format makes no further file; a version is the same table.
    for question in ["?width=100", "?bom=true", "?encoding=utf-8"] {
        assert!(app.get(&format!("{CSV}{question}")).expect(200).body == bodies[0]);
    }
    assert!(app.get(&format!("{ADDRESS}/versions/1/download.csv")).expect(200).body == bodies[0]);
    assert_eq!(names(&folder).len(), 2);
    app.get(&format!("{CSV}?bom=false")).expect(200);
    assert_eq!(names(&folder).len(), 4);
    app.publish("331007_aed", table("aed", 2_000, |_, set| set("名称", "港")));
    assert!(app.get(CSV).text().contains("港"));
    assert!(app.get(&format!("{ADDRESS}/versions/1/download.csv")).expect(200).body == bodies[0]);
}

#[test]
fn a_damaged_file_is_made_again() {
    let (app, folder) = app_with(20, 100);
    let whole = app.get(CSV).expect(200).body;
    for name in names(&folder) {
        fs::write(folder.join(name), "{").expect("damaged");
    }
    assert!(app.get(CSV).expect(200).body == whole);
    fs::remove_dir_all(&folder).expect("removed");
    assert!(app.get(CSV).expect(200).body == whole);
}

#[test]
fn larger_files_are_compressed_while_nobody_waits() {
    let (app, folder) = app_with(6_000, 100);
    let plain = app.get(CSV).expect(200);
    assert!(plain.body.len() > 1 << 20);
    for coding in ["gzip", "br"] {
        let first = app.get(CSV).header("Accept-Encoding", coding).expect(200);
        assert_eq!((first.header("content-encoding"), first.header("etag")), ("", plain.header("etag")));
        let begin = Instant::now();
        let packed = loop {
            let answer = app.get(CSV).header("Accept-Encoding", coding).expect(200);
            if answer.header("content-encoding") == coding {
                break answer;
            }
            assert!(begin.elapsed() < Duration::from_secs(600), "it is never compressed");
            thread::sleep(Duration::from_millis(50));
        };
        assert!(unpacked(&packed) == plain.body && packed.body.len() < plain.body.len() / 3);
        // Who has the plain one still has it.
        let held = app.get(CSV).header("Accept-Encoding", coding).header("If-None-Match", plain.header("etag"));
        assert_eq!(held.expect(304).header("etag"), plain.header("etag"));
    }
    assert_eq!(names(&folder).len(), 4, "nothing unfinished is left");
}

#[test]
fn the_room_is_bounded() {
    let (app, folder) = app_with(2_000, 10);
    let formats = ["csv", "json", "geojson", "ndjson", "txt", "kml"];
    for format in formats {
        let answer = app.get(&format!("{ADDRESS}/download.{format}")).expect(200);
        assert!(answer.body.len() > 300_000, "{format}");
        let used: u64 = names(&folder).iter().map(|name| fs::metadata(folder.join(name)).expect("a file").len()).sum();
        assert!(used <= 10 << 20, "{format}: {used}");
    }
    let kept = names(&folder).iter().filter(|name| name.ends_with(".json")).count();
    assert!((1..formats.len()).contains(&kept), "{kept} are left");
    // Without any room a file is made for each reader.
    let (app, folder) = app_with(20, 0);
    let [first, second] = [(); 2].map(|()| app.get(CSV).expect(200));
    assert_eq!((first.header("etag"), &first.body), (second.header("etag"), &second.body));
    assert_eq!(names(&folder), Vec::<String>::new());
}

#[test]
fn without_a_disk_files_are_sent_while_they_are_made() {
    let (app, folder) = app_with(3_000, 100);
    let whole = app.get(CSV).expect(200).body;
    let source = app.get(&format!("{ADDRESS}/download.source")).expect(200).body;
    fs::remove_dir_all(&folder).expect("removed");
    fs::write(&folder, "in the way").expect("written");
    let answer = app.get(CSV).expect(200);
    assert!(answer.body == whole);
    assert_eq!((answer.header("etag"), answer.header("content-length")), ("", ""));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"331007_aed.csv\"");
    assert!(app.get(&format!("{ADDRESS}/download.source")).expect(200).body == source);
}

#[test]
fn who_downloads_slowly_holds_no_connection_to_the_database() {
    let app = TestApp::spawn();
    app.publish("331007_aed", table("aed", 2_000, |_, set| set("備考", &"長い文".repeat(1_000))));
    let size = app.get(CSV).expect(200).body.len();
    assert!(size > 10 << 20, "more than sockets hold");
    // More of them than there are connections.
    let mut readers: Vec<TcpStream> = (0..6)
        .map(|_| {
            let mut stream = TcpStream::connect(app.base().trim_start_matches("http://")).expect("connected");
            write!(stream, "GET {CSV} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
            stream.read_exact(&mut [0; 100]).expect("it begins");
            stream
        })
        .collect();
    for _ in 0..5 {
        app.get(&format!("{ADDRESS}/records?limit=1")).expect(200);
    }
    for reader in &mut readers {
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).expect("received");
        assert!(rest.len() > size - 100);
    }
}

/// What the system sends by itself stands between what the library sends.
#[test]
fn answers_on_one_connection_keep_their_order() {
    let (app, _) = app_with(3_000, 100);
    let whole = app.get(CSV).expect(200).body;
    assert!(whole.len() > 500_000, "several pieces");
    let one = format!("{ADDRESS}/records?limit=1");
    let page = app.get(&one).expect(200).body;
    let mut stream = BufReader::new(TcpStream::connect(app.base().trim_start_matches("http://")).expect("connected"));
    let ask = |method: &str, path: &str, more: &str| format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n");
    let end = whole.len();
    let several: [(String, &[u8]); 5] = [
        (ask("GET", CSV, ""), &whole),
        (ask("GET", &one, ""), &page),
        (ask("GET", CSV, "Range: bytes=100-299999\r\n"), &whole[100..300_000]),
        (ask("GET", CSV, "Range: bytes=-50\r\n"), &whole[end - 50..]),
        (ask("GET", CSV, ""), &whole),
    ];
    let mut take = |questions: &str, bodies: &[(&[u8], bool)]| {
        stream.get_mut().write_all(questions.as_bytes()).expect("sent");
        // Longer than sockets hold: the server has to wait.
        thread::sleep(Duration::from_millis(200));
        for (body, is_sent) in bodies {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).expect("a line") > 0, "{head}");
            }
            let head = head.to_ascii_lowercase();
            assert!(head.starts_with("http/1.1 20") && !head.contains("transfer-encoding"), "{head}");
            assert_eq!(head.matches(&format!("\r\ncontent-length: {}\r\n", body.len())).count(), 1, "{head}");
            if *is_sent {
                let mut received = vec![0; body.len()];
                stream.read_exact(&mut received).expect("a body");
                assert!(received == *body, "{head}");
            }
        }
    };
    let bodies: Vec<(&[u8], bool)> = several.iter().map(|(_, body)| (*body, true)).collect();
    let questions: String = several.iter().map(|(question, _)| question.as_str()).collect();
    take(&questions, &bodies);
    take(&ask("HEAD", CSV, ""), &[(&whole, false)]);
    take(&questions, &bodies);
}

#[test]
fn shift_jis_counts_what_it_lacks() {
    let app = TestApp::spawn();
    app.publish(
        "331007_aed",
        table_of("aed", &[&[("名称", "𠮷野・鷗外"), ("備考", "9時〜17時")], &[("名称", "髙﨑①")]]),
    );
    for address in [CSV.to_owned(), format!("{ADDRESS}/records.csv")] {
        let plain = app.get(&format!("{address}?encoding=utf-8")).expect(200);
        assert_eq!(plain.header("machikura-replaced-characters"), "");
        let answer = app.get(&format!("{address}?encoding=shift_jis")).expect(200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=Shift_JIS; header=present");
        assert_eq!(answer.header("machikura-replaced-characters"), "2");
        let (text, _, is_wrong) = encoding_rs::SHIFT_JIS.decode(&answer.body);
        assert!(!is_wrong && text.contains("〓野・〓外") && text.contains("9時～17時") && text.contains("髙﨑①"));
        let kept = text.replace("〓野・〓外", "𠮷野・鷗外").replace('～', "〜");
        assert_eq!(format!("\u{feff}{kept}"), plain.text());
        app.get(&format!("{address}?encoding=euc-jp")).fails(Code::InvalidParameter);
    }
    let exposed = app.get(CSV).expect(200).header("access-control-expose-headers").to_ascii_lowercase();
    assert!(exposed.contains("machikura-replaced-characters"), "{exposed}");
}

#[test]
fn every_format_can_be_had_as_a_file_and_as_a_page() {
    let app = TestApp::spawn();
    app.publish("331007_event", sample("event"));
    let about = app.get("/api/v1/datasets/331007_event").json();
    let files = about["distributions"].as_array().expect("files");
    assert_eq!(files.len(), machikura::format::FORMATS.len() + 1);
    for format in machikura::format::FORMATS {
        let id = format.id();
        let file = files.iter().find(|file| file["format"] == id).unwrap_or_else(|| panic!("no {id}"));
        let download = app.get(file["url"].as_str().expect("an address")).expect(200);
        assert_eq!(download.header("content-type"), format.media_type(), "{id}");
        assert_eq!(download.header("content-disposition"), format!("attachment; filename=\"331007_event.{id}\""));
        // A table for terminals shows all columns only if it may be as wide.
        let question = if id == "txt" { "?width=0" } else { "" };
        let page = app.get(&format!("/api/v1/datasets/331007_event/records.{id}{question}")).expect(200);
        assert_eq!(page.header("content-type"), format.media_type(), "{id}");
        // A page with everything on it is the file.
        assert!(page.body == download.body, "{id}");
        let across = app.get(&format!("/api/v1/standards/event/records.{id}")).expect(200);
        assert!(!across.body.is_empty());
        assert_eq!(across.header("content-type"), format.media_type(), "{id}");
    }
    let narrow = app.get("/api/v1/datasets/331007_event/records.map?width=10").text();
    assert!(narrow.lines().next().expect("a line").chars().count() <= 10);
    app.get("/api/v1/datasets/331007_event/records.map?width=1000").fails(Code::InvalidParameter);
    app.publish("331007_aed", sample("aed"));
    app.get(&format!("{ADDRESS}/records.ics")).fails(Code::NotAcceptable);
    app.get(&format!("{ADDRESS}/records")).header("Accept", "text/calendar").fails(Code::NotAcceptable);
    app.get(&format!("{ADDRESS}/download.ics")).fails(Code::NotFound);
}
