//! Addresses as people type them, and those that lead elsewhere: a slash too many, `//`, `\`, the code without its digit.

use machikura::http::problem::Code;

use crate::support::app::TestApp;
use crate::support::tables::{sample, table};
use crate::support::verbatim;

/// Routes that have a redirect: from a slash at the end, from five digits, to the pages about the API.
const REDIRECTING: [(&str, &str); 9] = [
    ("/api/v1/", "/api/v1"),
    ("/openapi.json/", "/openapi.json"),
    ("/healthz/", "/healthz"),
    ("/api/v1/datasets/", "/api/v1/datasets"),
    ("/api/v1/datasets/331007_aed/records/", "/api/v1/datasets/331007_aed/records"),
    ("/api/v1/datasets/33100_aed", "/api/v1/datasets/331007_aed"),
    ("/api/v1/datasets/33100_aed/records.csv/", "/api/v1/datasets/331007_aed/records.csv"),
    ("/api/v1/organizations/33100", "/api/v1/organizations/331007"),
    ("/docs", "/docs/"),
];

#[test]
fn a_slash_too_many_is_taken_away() {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample("aed"));
    for (from, to) in REDIRECTING {
        let answer = app.get(from).expect(308);
        assert_eq!((answer.header("location"), answer.body.len()), (to, 0), "{from}");
        assert_eq!(app.call("HEAD", from).expect(308).header("location"), to);
        let asked = app.get(&format!("{from}?q=港&a=//b")).expect(308);
        assert_eq!(asked.header("location"), format!("{to}?q=%E6%B8%AF&a=//b"), "{from}");
        app.get(to).expect(200);
    }
    // Any method.
    for method in ["PUT", "POST", "DELETE"] {
        assert_eq!(app.call(method, "/api/v1/validate/").expect(308).header("location"), "/api/v1/validate");
    }
    assert_eq!(
        app.put("/api/v1/datasets/331007_aed/", "a").expect(308).header("location"),
        "/api/v1/datasets/331007_aed"
    );
    // Those that end in one.
    app.get("/").expect(200);
    app.get("/docs/").expect(200);
    for path in ["/docs/index.html/", "/nothing/", "/api/", "/api/v1/datasets//", "/api/v1/datasets/33100_aed/nothing"]
    {
        app.get(path).fails(Code::NotFound);
    }
}

/// Everything that browsers take for the address of another server, or for the end of a header.
const PAYLOADS: [&str; 16] = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2Fevil.example",
    "%2F%2Fevil.example",
    "/%5Cevil.example",
    "%5C%5Cevil.example",
    "%5cevil.example",
    "/%2f%2fevil.example",
    "//evil.example/..",
    "%0D%0ALocation:%20https://evil.example",
    "%0d%0aSet-Cookie:a=b",
    "%E5%98%8A%E5%98%8Dhttps://evil.example",
    "https://evil.example",
    "@evil.example",
    ";//evil.example",
];

#[test]
fn nothing_leads_to_another_server() {
    let app = TestApp::spawn();
    let prefixes = REDIRECTING.map(|(from, _)| from).into_iter().chain(["", "/", "/docs/", "/api/v1/datasets/33100"]);
    for prefix in prefixes {
        for payload in PAYLOADS {
            for end in ["", "/", "?a=b"] {
                let target = format!("{prefix}{payload}{end}");
                let answer = verbatim::get(&app, &target);
                let head = answer.head.to_ascii_lowercase();
                assert!(!head.contains("set-cookie") && answer.status < 500, "{target}: {head}");
                let location = answer.header("location");
                let is_here = location.is_empty() || location.starts_with('/') && !location.starts_with("//");
                let path = location.split('?').next().unwrap_or_default();
                let is_plain =
                    !["//", "\\", "%5c", "%2f%2f"].iter().any(|sign| path.to_ascii_lowercase().contains(sign));
                assert!(is_here && is_plain, "{target}: {location}");
                assert_eq!(head.matches("location:").count(), usize::from(!location.is_empty()), "{target}: {head}");
                assert!(answer.status != 308 || !location.is_empty());
            }
        }
    }
    for path in
        ["//", "//evil.example/", "/\\evil.example/", "/%5Cevil.example/", "/api/v1//datasets", "/docs//index.html"]
    {
        let answer = verbatim::get(&app, path);
        assert_eq!((answer.status, answer.header("location")), (404, ""), "{path}");
        assert_eq!(answer.json()["code"], "not-found", "{path}");
    }
}

#[test]
fn the_id_of_a_record_may_hold_anything() {
    let app = TestApp::spawn();
    app.publish("331007_aed", table("aed", 1, |_, set| set("ID", "a//b\\c")));
    let address = "/api/v1/datasets/331007_aed/records/a%2F%2Fb%5Cc";
    assert_eq!(verbatim::get(&app, address).json()["ID"], "a//b\\c");
    assert_eq!(verbatim::get(&app, &format!("{address}/")).status, 404);
    assert_eq!(verbatim::get(&app, "/api/v1/datasets/331007_aed/records/a//b%5Cc").status, 404);
}

#[test]
fn what_people_type_is_read_as_it_stands() {
    let app = TestApp::spawn();
    let name = "大供 \"公民館\" <1|2> {a}[b]^`\\#&";
    app.publish("331007_aed", table("aed", 3, |number, set| set("名称", if number == 0 { name } else { "他" })));
    let records = "/api/v1/datasets/331007_aed/records";
    for typed in ["大供 \"公民館\"", "<1|2>", "{a}[b]", "^`\\#", "\"公民館\" <", "館\" <1|2> {a}"] {
        for target in [
            format!("{records}?名称__contains={typed}"),
            format!("{records}?limit=9&名称__contains={typed}&count=exact"),
        ] {
            let answer = verbatim::get(&app, &target);
            assert_eq!(answer.status, 200, "{target}: {}", answer.body);
            assert_eq!(answer.json()["total"], 1, "{target}");
        }
    }
    // As the encoded one.
    let encoded = app.get(&format!("{records}?名称__contains=%22%E5%85%AC")).json();
    assert_eq!(verbatim::get(&app, &format!("{records}?名称__contains=\"公")).json(), encoded);
    // One behind the other, on one connection.
    let head = format!(
        "GET {records}?q=\"a b\" HTTP/1.1\r\nHost: a\r\n\r\nGET {records}?名称__contains=<1|2> HTTP/1.1\r\nHost: a"
    );
    let both = verbatim::send(&app, head);
    assert_eq!((both.status, both.body.matches("HTTP/1.1 200 OK").count()), (200, 1), "{both:?}");
    // In a path, too.
    assert_eq!(verbatim::get(&app, "/api/v1/datasets/a b\"c").json()["instance"], "/api/v1/datasets/a%20b%22c");
}

#[test]
fn no_error_is_without_words() {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample("aed"));
    let call = |method: &str, path: &str, headers: &[(&str, &str)]| {
        let call = headers.iter().fold(app.call(method, path), |call, (name, value)| call.header(name, value));
        if matches!(method, "PUT" | "POST") { call.body("a") } else { call }
    };
    const DOWNLOAD: &str = "/api/v1/datasets/331007_aed/download.csv";
    for (method, path, headers) in [
        ("POST", "/docs/", &[][..]),
        ("PUT", "/docs/index.html", &[]),
        ("GET", "/docs/nothing.js", &[]),
        ("GET", "/docs/../Cargo.toml", &[]),
        ("OPTIONS", "/api/v1/datasets", &[]),
        ("OPTIONS", "/api/v1/datasets", &[("Origin", "https://a.example"), ("Access-Control-Request-Method", "BREW")]),
        ("OPTIONS", "/api/v1/datasets", &[("Origin", "https://a.example"), ("Access-Control-Request-Method", "")]),
        ("GET", "/api/v1/datasets", &[("Accept-Encoding", "identity;q=0")]),
        ("GET", "/api/v1/datasets", &[("Accept-Encoding", "*;q=0")]),
        ("GET", "/api/v1/datasets/331007_aed/versions/x", &[]),
        ("GET", "/api/v1/datasets/331007_aed/versions/99999999999", &[]),
        ("GET", "/api/v1/datasets/%FF", &[]),
        ("GET", "/api/v1/datasets?%FF=1", &[]),
        ("GET", "/api/v1/datasets/331007_aed/records", &[("Accept", "image/png")]),
        ("GET", DOWNLOAD, &[("Range", "bytes=99999999-")]),
        ("GET", DOWNLOAD, &[("If-Match", "\"a\"")]),
        ("POST", "/api/v1/validate", &[("Content-Type", "multipart/form-data")]),
        ("POST", "/api/v1/validate", &[("Content-Type", "multipart/form-data; boundary=x")]),
        ("POST", "/api/v1/validate", &[("Content-Encoding", "gzip")]),
        ("POST", "/api/v1/datasets/331007_aed/records", &[("Content-Encoding", "gzip")]),
        ("POST", "/api/v1/datasets/331007_aed/records", &[("Content-Encoding", "nosuch")]),
        ("PUT", "/api/v1/datasets/331007_aed", &[]),
        ("PUT", "/api/v1/datasets/331007_aed", &[("Authorization", "Basic x")]),
        ("TRACE", "/", &[]),
    ] {
        let answer = call(method, path, headers).send();
        if answer.status == 200 {
            continue;
        }
        assert!((400..500).contains(&answer.status), "{method} {path} {headers:?}: {}", answer.status);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path} {headers:?}");
        let problem = answer.json();
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.chars().count() > 3), "{problem}");
        assert_eq!(problem["status"], answer.status);
    }
    assert_eq!(app.call("POST", "/docs/").expect(405).header("allow"), "GET, HEAD");
}
