//! What every answer says to browsers and caches, and which answers are for everybody: over all routes.

use machikura::http::openapi;
use machikura::standard::Registry;
use serde_json::Value;

use crate::support::app::TestApp;
use crate::support::call::{Answer, Call};
use crate::support::tables::sample;

/// A server with something published, and the id of a correction.
fn server() -> (TestApp, String) {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample("aed"));
    let fix = app.post("/api/v1/fix?format=json", sample("aed")).json();
    let id = fix["patches"].as_str().and_then(|address| address.split('/').nth(4)).expect("its id").to_owned();
    (app, id)
}

/// Every route of the document, with something in it.
fn routes(fix: &str) -> Vec<(String, String)> {
    let document: Value = serde_json::from_str(&openapi::json(Registry::embedded())).expect("JSON");
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let address = path
            .replace("/fixes/{id}", &format!("/fixes/{fix}"))
            .replace("{file}", "patches")
            .replace("{id}", "331007_aed")
            .replace("{slug}", "aed")
            .replace("{number}", "1")
            .replace("{record}", "FF3310070001")
            .replace("{format}", "csv")
            .replace("{code}", if path.contains("problems") { "not-found" } else { "331007" });
        for method in item.as_object().expect("an item").keys() {
            routes.push((method.to_ascii_uppercase(), address.clone()));
        }
    }
    for path in
        ["/docs", "/docs/", "/docs/swagger-ui.css", "/nothing", "/api/v1/datasets/", "/api/v1/datasets/33100_aed"]
    {
        routes.push(("GET".to_owned(), path.to_owned()));
    }
    routes.push(("GET".to_owned(), "/api/v1/datasets/331007_aed/download.source".to_owned()));
    assert!(routes.len() > 30);
    routes
}

fn call(app: &TestApp, method: &str, path: &str) -> Call {
    let call = app.call(method, path);
    if matches!(method, "PUT" | "POST") { call.body(sample("aed")) } else { call }
}

/// The values of a directive, such as `s-maxage=10`.
fn seconds(cache_control: &str, directive: &str) -> Option<u64> {
    let value = cache_control.split(',').find_map(|part| part.trim().strip_prefix(directive)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok())
}

#[test]
fn every_answer_says_what_browsers_need() {
    let (app, fix) = server();
    let check = |answer: &Answer, about: &str| {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{about}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{about}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{about}");
        assert!(answer.header("access-control-expose-headers").contains("ETag"), "{about}");
        assert!(!answer.header("x-request-id").is_empty(), "{about}");
        if answer.header("content-type").starts_with("text/html") {
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{about}");
            assert!(
                !policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"),
                "{about}: {policy}"
            );
            assert_eq!(answer.header("x-frame-options"), "DENY", "{about}");
        }
    };
    for (method, path) in routes(&fix) {
        for headers in [&[][..], &[("Accept", "text/html")], &[("Origin", "https://a.example")], &[("Host", "a;b")]] {
            let call = headers.iter().fold(call(&app, &method, &path), |call, (name, value)| call.header(name, value));
            check(&call.send(), &format!("{method} {path} {headers:?}"));
        }
        if method == "GET" {
            check(&app.call("HEAD", &path).send(), &format!("HEAD {path}"));
            let tag = app.get(&path).send().header("etag").to_owned();
            if !tag.is_empty() {
                check(&app.get(&path).header("If-None-Match", &tag).expect(304), &format!("304 {path}"));
            }
        }
    }
    let preflight = app.call("OPTIONS", "/api/v1/datasets").header("Origin", "https://a.example");
    check(&preflight.header("Access-Control-Request-Method", "GET").expect(200), "preflight");
    check(&app.post("/api/v1/validate?format=html", sample("aed")).expect(200), "a report");
}

#[test]
fn pages_fetch_and_run_nothing_of_others() {
    let (app, _) = server();
    // The styles of pages that bring everything with them are those that the policy names.
    let guide = app.get("/").header("Accept", "text/html").expect(200);
    let report = app.post("/api/v1/validate?format=html", sample("aed")).expect(200);
    for page in [&guide, &report] {
        let text = page.text();
        let (_, rest) = text.split_once("<style>").expect("a style");
        let (style, behind) = rest.split_once("</style>").expect("its end");
        let hash = machikura::validate::report::html::hash_of(style);
        assert!(page.header("content-security-policy").contains(&format!("'{hash}'")), "{hash}");
        assert!(!behind.contains("<style") && !text.contains("<script") && !text.contains(" style="));
    }
    // Those of Swagger UI are files of this server, and nothing in the address changes what it shows.
    let docs = app.get("/docs/?url=https://evil.example/openapi.json").expect(200);
    assert_eq!(docs.header("content-security-policy").matches("'self'").count(), 4);
    let text = docs.text();
    assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" on"), "{text}");
    assert!(text.split("<script").skip(1).all(|script| script.starts_with(" src=\"./")), "{text}");
    let initializer = app.get("/docs/swagger-initializer.js").text();
    assert!(
        initializer.contains("\"queryConfigEnabled\": false") && !initializer.contains("persistAuthorization\": true")
    );
    // Bytes of strangers.
    let source = app.get("/api/v1/datasets/331007_aed/download.source").expect(200);
    assert_eq!(source.header("content-security-policy"), "sandbox");
    assert!(source.header("content-disposition").starts_with("attachment"));
}

#[test]
fn answers_are_for_everybody_or_for_nobody_else() {
    let (warm, fix) = server();
    let token = warm.token_for("331007");
    let (cold, _) = server();
    for (method, path) in routes(&fix).into_iter().filter(|(method, _)| method == "GET") {
        let signed_in = call(&warm, &method, &path).token(&token).header("Cookie", "machikura-session=secret").send();
        let anonymous = call(&warm, &method, &path).send();
        let cache_control = anonymous.header("cache-control").to_owned();
        let about = format!("{method} {path}: {cache_control}");
        if path.contains("/fixes/") {
            assert_eq!(cache_control, "private, no-store", "{about}");
            assert_eq!(warm.call("HEAD", &path).send().header("cache-control"), "private, no-store", "{about}");
            continue;
        }
        assert!(!cache_control.contains("private") && !cache_control.contains("immutable"), "{about}");
        assert!(seconds(&cache_control, "s-maxage").is_none_or(|seconds| seconds <= 60), "{about}");
        assert_eq!(seconds(&cache_control, "max-age").unwrap_or_default(), 0, "{about}");
        assert!(!cache_control.is_empty() || anonymous.status == 308, "{about}");
        let fresh = call(&cold, &method, &path).send();
        for answer in [&signed_in, &anonymous] {
            assert_eq!(answer.status, fresh.status, "{about}");
            for name in
                ["cache-control", "content-type", "vary", "location", "set-cookie", "access-control-expose-headers"]
            {
                assert_eq!(answer.header(name), fresh.header(name), "{about}: {name}");
            }
        }
        assert!(signed_in.body == anonymous.body && signed_in.header("etag") == anonymous.header("etag"), "{about}");
    }
    for (method, path) in
        routes(&fix).into_iter().filter(|(method, path)| method != "GET" && !path.ends_with("/records"))
    {
        for token in ["mk_wrong", &token] {
            let answer = call(&warm, &method, &path).token(token).send();
            assert_eq!(answer.header("cache-control"), "private, no-store", "{method} {path}");
        }
    }
    // What is appended to an address makes another one.
    for path in [
        format!("/api/v1/fixes/{fix}/x.css"),
        format!("/api/v1/fixes/{fix}.css"),
        format!("/api/v1/fixes/{fix}/patches.csv/x.css"),
    ] {
        let answer = warm.get(&path).expect(404);
        assert!(answer.header("cache-control").contains("no-store"), "{path}");
    }
    warm.get("/api/v1/fix/x/y.css").expect(404);
}

#[test]
fn whoever_asks_first_does_not_change_what_others_get() {
    let (app, fix) = server();
    let (cold, _) = server();
    for (_, path) in routes(&fix).into_iter().filter(|(method, path)| method == "GET" && !path.contains("/fixes/")) {
        let odd = [
            ("Origin", "https://evil.example"),
            ("Referer", "https://evil.example"),
            ("User-Agent", "evil"),
            ("Prefer", "evil"),
            ("X-Http-Method-Override", "DELETE"),
            ("X-Original-Url", "/evil"),
            ("X-Rewrite-Url", "/evil"),
            ("X-Forwarded-Host", "evil.example"),
            ("X-Forwarded-Prefix", "/evil"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-For", "192.0.2.1"),
            ("Forwarded", "host=evil.example;proto=https"),
            ("Accept-Charset", "shift_jis"),
        ];
        let first = odd.iter().fold(app.get(&path), |call, (name, value)| call.header(name, value)).send();
        let (second, fresh) = (app.get(&path).send(), cold.get(&path).send());
        assert_eq!(first.body, second.body, "{path}");
        for name in
            ["content-type", "etag", "vary", "location", "access-control-expose-headers", "access-control-allow-origin"]
        {
            assert_eq!(first.header(name), second.header(name), "{path}: {name}");
            assert!(name == "etag" || second.header(name) == fresh.header(name), "{path}: {name}");
        }
        assert!(!String::from_utf8_lossy(&second.body).contains("evil"), "{path}");
    }
    // Each of several headers of a name counts.
    let ask = || app.get("/api/v1/datasets/331007_aed/records").header("Accept-Encoding", "identity;q=0.5");
    assert_eq!(ask().header("Accept-Encoding", "gzip").expect(200).header("content-encoding"), "gzip");
    assert_eq!(ask().expect(200).header("content-encoding"), "");
}
