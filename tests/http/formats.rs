//! `…/records` as JSON, CSV, GeoJSON and text, by suffix, `format` or `Accept`; tags, codings and `HEAD`.

use std::io::Read;

use machikura::http::problem::Code;
use serde_json::json;

use crate::support::app::TestApp;
use crate::support::call::errors;
use crate::support::tables::{sample, table, table_of};

const ADDRESS: &str = "/api/v1/datasets/331007_aed/records";

fn two_places() -> TestApp {
    let app = TestApp::spawn();
    let changes: [&[(&str, &str)]; 2] = [
        &[("名称", "市役所, \"本館\""), ("緯度", "34.660"), ("経度", "133.9"), ("高度の値", "")],
        &[("名称", "港の二階"), ("緯度", ""), ("経度", ""), ("高度の値", "-2")],
    ];
    app.publish("331007_aed", table_of("aed", &changes));
    app
}

const JSON: (&str, &str) = (
    "application/json",
    "{\"total\":2,\"count\":2,\"next\":null,\"records\":[\n\
     {\"ID\":\"FF3310070001\",\"名称\":\"市役所, \\\"本館\\\"\",\"緯度\":34.660,\"高度の値\":null},\n\
     {\"ID\":\"FF3310070002\",\"名称\":\"港の二階\",\"緯度\":null,\"高度の値\":-2}\n]}\n",
);
const CSV: (&str, &str) = (
    "text/csv; charset=utf-8; header=present",
    "\u{feff}ID,名称,緯度,高度の値\r\n\
     FF3310070001,\"市役所, \"\"本館\"\"\",34.660,\r\n\
     FF3310070002,港の二階,,-2\r\n",
);
const GEOJSON: (&str, &str) = (
    "application/geo+json",
    "{\"type\":\"FeatureCollection\",\"numberMatched\":2,\"numberReturned\":2,\"links\":[],\"features\":[\n\
     {\"type\":\"Feature\",\"id\":\"FF3310070001\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[133.9,34.660]},\
     \"properties\":{\"ID\":\"FF3310070001\",\"名称\":\"市役所, \\\"本館\\\"\",\"緯度\":34.660,\"高度の値\":null}},\n\
     {\"type\":\"Feature\",\"id\":\"FF3310070002\",\"geometry\":null,\
     \"properties\":{\"ID\":\"FF3310070002\",\"名称\":\"港の二階\",\"緯度\":null,\"高度の値\":-2}}\n]}\n",
);
const TXT: (&str, &str) = (
    "text/plain; charset=utf-8",
    "ID            名称              緯度  高度の値\n\
     ------------  --------------  ------  --------\n\
     FF3310070001  市役所, \"本館\"  34.660\n\
     FF3310070002  港の二階                      -2\n\
     \n2 件中 2 件 / 2 of 2\n",
);

#[test]
fn a_format_is_chosen_by_suffix_parameter_or_header() {
    let app = two_places();
    const SELECT: &str = "select=ID,名称,緯度,高度の値";
    for ((media_type, body), suffix, accepted) in [
        (JSON, "json", "application/json"),
        (JSON, "json", "text/html,application/xhtml+xml,*/*;q=0.8"),
        (JSON, "json", "*/*"),
        (CSV, "csv", "text/csv"),
        (CSV, "csv", "text/csv;q=0.9, text/plain;q=0.5"),
        (GEOJSON, "geojson", "application/geo+json, application/json;q=0.5"),
        (TXT, "txt", "text/plain"),
    ] {
        for call in [
            app.get(&format!("{ADDRESS}.{suffix}?{SELECT}")),
            app.get(&format!("{ADDRESS}?format={suffix}&{SELECT}")),
            // What stands in the address goes before the header.
            app.get(&format!("{ADDRESS}.{suffix}?{SELECT}")).header("Accept", "text/html"),
            app.get(&format!("{ADDRESS}?{SELECT}")).header("Accept", accepted),
            app.get(&format!("/api/v1/datasets/331007_aed/versions/1/records?format={suffix}&{SELECT}")),
            app.get(&format!("/api/v1/datasets/331007_aed/versions/1/records.{suffix}?{SELECT}")),
        ] {
            let answer = call.expect(200);
            assert_eq!((answer.header("content-type"), answer.text().as_str()), (media_type, body));
        }
    }
    let without = app.get(&format!("{ADDRESS}.csv?bom=false&{SELECT}")).text();
    assert_eq!(without, CSV.1.trim_start_matches('\u{feff}'));
    // Who wants a page and nothing else gets what a browser shows.
    let page = app.get(ADDRESS).header("Accept", "text/html").expect(200);
    assert_eq!(page.header("content-type"), "application/json");
    app.get(ADDRESS).header("Accept", "image/png").fails(Code::NotAcceptable);
    app.get(ADDRESS).header("Accept", "application/json;q=0").fails(Code::NotAcceptable);
    app.get(&format!("{ADDRESS}.xml")).fails(Code::InvalidParameter);
}

#[test]
fn a_table_without_coordinates_is_no_map() {
    let app = TestApp::spawn();
    app.publish("332089_population", sample("population"));
    let address = "/api/v1/datasets/332089_population";
    app.get(&format!("{address}/records.geojson")).fails(Code::NotAcceptable);
    app.get(&format!("{address}/records")).header("Accept", "application/geo+json").fails(Code::NotAcceptable);
    app.get(&format!("{address}/download.geojson")).fails(Code::NotFound);
    app.get("/api/v1/standards/population/records.geojson").fails(Code::NotAcceptable);
    let about = app.get(address).json();
    let formats: Vec<_> = about["distributions"].as_array().expect("files").iter().map(|one| &one["format"]).collect();
    assert_eq!(formats, ["json", "csv", "txt", "ndjson", "xlsx", "parquet", "source"]);
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let app = two_places();
    app.publish("332020_aed", sample("aed").replace("331007,FF", "332020,FF"));
    let id = "/api/v1/datasets/331007_aed";
    let addresses = [
        format!("{id}/records"),
        format!("{id}/records.csv?名称__contains=港"),
        format!("{id}/records/FF3310070001"),
        format!("{id}/download.csv"),
        format!("{id}/download.json?bom=false"),
        format!("{id}/download.source"),
        id.to_owned(),
        format!("{id}/versions"),
        "/api/v1/datasets".to_owned(),
        "/api/v1/organizations".to_owned(),
        "/api/v1/organizations/331007".to_owned(),
        "/api/v1/standards/aed/records?limit=1".to_owned(),
        "/api/v1".to_owned(),
    ];
    let tag = |address: &str| app.get(address).expect(200).header("etag").to_owned();
    let before: Vec<String> = addresses.iter().map(|address| tag(address)).collect();
    for (address, tag) in addresses.iter().zip(&before) {
        assert!(tag.starts_with("W/\"") != address.contains("/download.") && tag.ends_with('"'), "{address}: {tag}");
        for held in [tag.clone(), format!("\"other\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()]
        {
            let answer = app.get(address).header("If-None-Match", &held).expect(304);
            assert_eq!((answer.header("etag"), answer.body.len()), (tag.as_str(), 0), "{address}");
            assert!(answer.header("cache-control").contains("max-age=0"), "{address}");
            assert_eq!(answer.header("content-type"), "");
        }
        app.get(address).header("If-None-Match", "\"other\"").expect(200);
    }
    // Another order, format or selection is another answer.
    let mut tags: Vec<String> =
        ["", "?sort=ID", "?select=ID", "?format=csv", "?format=csv&bom=false", "?limit=1", "?count=none"]
            .map(|question| tag(&format!("{ADDRESS}{question}")))
            .to_vec();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 7);
    // After a publication every answer is new; of another municipality's, only those across all.
    app.publish("332020_aed", table("aed", 3, |_, set| set("全国地方公共団体コード", "332020")));
    for (address, held) in addresses.iter().zip(&before) {
        let is_own = address.contains("331007");
        let status = app.get(address).header("If-None-Match", held).send().status;
        assert_eq!(status, if is_own { 304 } else { 200 }, "{address}");
    }
    app.publish("331007_aed", table_of("aed", &[&[("名称", "港")]]));
    for (address, held) in addresses.iter().zip(&before) {
        app.get(address).header("If-None-Match", held).expect(200);
    }
}

#[test]
fn answers_can_be_compressed() {
    let app = TestApp::spawn();
    app.publish("331007_aed", table("aed", 50, |_, _| {}));
    for path in ["records", "records.csv", "download.geojson", "download.csv"] {
        let address = format!("/api/v1/datasets/331007_aed/{path}");
        let plain = app.get(&address).expect(200);
        assert_eq!(plain.header("content-encoding"), "");
        assert!(plain.header("vary").contains("Accept-Encoding"));
        for coding in ["gzip", "br"] {
            let answer = app.get(&address).header("Accept-Encoding", coding).expect(200);
            assert_eq!(answer.header("content-encoding"), coding, "{path}");
            assert!(answer.header("vary").contains("Accept-Encoding"));
            let tag = format!("{}-{coding}\"", plain.header("etag").trim_end_matches('"'));
            assert_eq!(answer.header("etag"), tag, "other bytes have another tag");
            let again = app.get(&address).header("Accept-Encoding", coding).header("If-None-Match", &tag).expect(304);
            assert_eq!(again.header("etag"), tag);
            assert!(answer.body.len() < plain.body.len() / 2);
            let mut unpacked = Vec::new();
            match coding {
                "gzip" => flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut unpacked).expect("gzip"),
                _ => brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut unpacked).expect("br"),
            };
            assert_eq!(unpacked, plain.body, "{path} {coding}");
        }
    }
    // The source is sent as it is.
    let source =
        app.get("/api/v1/datasets/331007_aed/download.source").header("Accept-Encoding", "gzip, br").expect(200);
    assert!(matches!(source.header("content-encoding"), "" | "identity"));
    assert_eq!(source.header("content-length"), source.body.len().to_string());
}

#[test]
fn head_is_get_without_the_body() {
    let app = two_places();
    for path in [
        "/",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/api/v1",
        "/api/v1/datasets",
        "/api/v1/standards/aed",
        "/api/v1/standards/aed/records.csv",
        "/api/v1/datasets/331007_aed",
        "/api/v1/datasets/331007_aed/records",
        "/api/v1/datasets/331007_aed/download.csv",
        "/api/v1/datasets/331007_aed/download.source",
    ] {
        let get = app.get(path).expect(200);
        let head = app.call("HEAD", path).expect(200);
        assert!(head.body.is_empty(), "{path}");
        for name in ["content-type", "etag", "vary", "cache-control", "link", "content-disposition"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    // Of no body there are no parts.
    let head = app.call("HEAD", "/api/v1/datasets/331007_aed/download.csv").header("Range", "bytes=0-9").expect(200);
    assert_eq!(head.header("content-range"), "");
    let head = app.call("HEAD", "/api/v1/datasets/331007_toilet").expect(404);
    assert_eq!((head.header("content-type"), head.body.len()), ("application/problem+json", 0));
}

#[test]
fn any_page_may_read() {
    let app = two_places();
    for call in [app.get(ADDRESS), app.get(ADDRESS).header("Origin", "https://example.net"), app.get("/healthz")] {
        let answer = call.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
        for name in ["etag", "link", "location", "content-disposition", "content-range", "retry-after"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        assert!(!answer.header("vary").to_ascii_lowercase().contains("origin"), "the answer is the same for all");
    }
    for (method, path, headers) in [
        ("GET", ADDRESS, "if-none-match"),
        ("PUT", "/api/v1/datasets/331007_aed", "authorization,content-type,if-match"),
        ("POST", "/api/v1/validate", "content-type"),
    ] {
        let preflight = app
            .call("OPTIONS", path)
            .header("Origin", "https://example.net")
            .header("Access-Control-Request-Method", method)
            .header("Access-Control-Request-Headers", headers)
            .expect(200);
        assert_eq!(preflight.header("access-control-allow-origin"), "*");
        assert!(preflight.header("access-control-allow-methods").contains(method));
        let allowed = preflight.header("access-control-allow-headers");
        assert!(headers.split(',').all(|name| allowed.contains(name)), "{allowed}");
        assert_eq!(preflight.header("access-control-max-age"), "86400");
        assert_eq!(preflight.header("access-control-allow-credentials"), "");
    }
}

#[test]
fn an_address_may_hold_japanese_as_it_is() {
    // As typed into curl, without percent-encoding.
    let app = two_places();
    let mut stream = std::net::TcpStream::connect(app.base().trim_start_matches("http://")).expect("connected");
    let request = format!("GET {ADDRESS}?名称=港の二階&select=ID HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("received");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let body = answer.split("\r\n\r\n").nth(1).expect("a body");
    let page: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(page["records"], json!([{"ID": "FF3310070002"}]));
}

#[test]
fn a_table_for_terminals_fits_its_width() {
    let app = TestApp::spawn();
    app.publish("331007_event", sample("event"));
    for (question, expected) in [
        ("map?width=1000", "10～400"),
        ("map?width=0", "10～400"),
        ("txt?width=9", "0 か 10～1000"),
        ("txt?width=1001", "0 から 1000"),
    ] {
        let problem =
            app.get(&format!("/api/v1/datasets/331007_event/records.{question}")).fails(Code::InvalidParameter);
        assert!(errors(&problem)[0]["detail"].as_str().unwrap_or_default().contains(expected), "{problem}");
    }
    let lines = |path: &str| {
        let text = app.get(&format!("/api/v1/datasets/331007_event/{path}")).text();
        let table: Vec<String> = text.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect();
        let widest = table.iter().map(|line| machikura::text::width(line)).max().unwrap_or_default();
        (
            widest,
            table[0].split("  ").filter(|name| !name.is_empty()).count(),
            text.lines().last().unwrap_or_default().to_owned(),
        )
    };
    let (widest, all, last) = lines("download.txt");
    assert!(widest > 300 && all > 30 && last.contains("件中"), "{widest} {all} {last}");
    assert_eq!(lines("records.txt?width=0").0, widest);
    for (path, width) in [
        ("records.txt", 80),
        ("records.txt?width=40", 40),
        ("records.txt?width=120", 120),
        ("download.txt?width=80", 80),
    ] {
        let (widest, columns, last) = lines(path);
        assert!(widest <= width && (2..all).contains(&columns), "{path}: {widest} {columns}");
        assert!(last.contains("select=") || width == 40 && last.contains("項目名"), "{path}: {last}");
    }
    let (_, columns, last) = lines("records.txt?width=40&select=イベント名,説明,開始日,終了日,URL");
    assert!(columns == 5 && last.contains("件中"), "{columns} {last}");
}

#[test]
fn answers_are_named_after_their_data() {
    let app = two_places();
    let today = machikura::query::instant::in_japan(jiff::Timestamp::now()).strftime("%Y-%m-%d").to_string();
    let aed = "/api/v1/datasets/331007_aed";
    for (address, name) in [
        (format!("{ADDRESS}.csv"), "331007_aed.csv".to_owned()),
        (ADDRESS.to_owned(), "331007_aed.json".to_owned()),
        (format!("{ADDRESS}.xlsx"), "331007_aed.xlsx".to_owned()),
        (format!("{aed}/versions/1/records.ndjson"), "331007_aed_v1.ndjson".to_owned()),
        (format!("{ADDRESS}.txt?as_of={today}"), format!("331007_aed_{today}.txt")),
        ("/api/v1/standards/aed/records.csv".to_owned(), "aed.csv".to_owned()),
    ] {
        let answer = app.get(&address).expect(200);
        assert_eq!(answer.header("content-disposition"), format!("inline; filename=\"{name}\""), "{address}");
    }
    let version = app.get(&format!("{aed}/versions/1/download.csv")).expect(200);
    assert_eq!(version.header("content-disposition"), "attachment; filename=\"331007_aed_v1.csv\"");
}
