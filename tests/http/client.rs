//! Who asks, and by which address: what a request says of it counts only from listed proxies.

use std::net::Ipv4Addr;

use machikura::config::{ForwardedHeader, Settings};
use machikura::http::problem::Code;
use machikura::store::audit;

use crate::support::app::TestApp;
use crate::support::call::{Answer, Call};
use crate::support::tables::sample;
use crate::support::verbatim;

/// Behind a proxy on this machine.
fn behind_proxy(change: impl FnOnce(&mut Settings)) -> TestApp {
    TestApp::spawn_with(|settings| {
        settings.trusted_proxies = "127.0.0.1, 10.0.0.0/8".parse().expect("networks");
        change(settings);
    })
}

/// The addresses in the guide all begin so.
#[track_caller]
fn begins(answer: &Answer, expected: &str) {
    let guide = answer.text();
    let addresses: Vec<&str> = guide.split_whitespace().filter(|word| word.contains("://")).collect();
    assert!(addresses.len() > 2, "{guide}");
    for address in addresses {
        assert!(address.trim_matches('\'').starts_with(&format!("{expected}/")), "{address} is not of {expected}");
    }
}

#[test]
fn nobody_else_says_what_the_server_is_called() {
    let app = TestApp::spawn();
    let hostile = |call: Call| {
        call.header("X-Forwarded-Host", "evil.example/| sh #")
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-For", "192.0.2.1")
            .header("Forwarded", "host=evil.example;proto=https;for=192.0.2.1")
            .header("X-Original-URL", "/evil")
            .header("X-Host", "evil.example")
    };
    // What an attacker asks for first is not given to the next visitor, nor to the attacker.
    for accept in ["*/*", "text/html"] {
        let first = hostile(app.get("/").header("Accept", accept)).expect(200);
        let second = app.get("/").header("Accept", accept).expect(200);
        assert_eq!(first.body, second.body);
        assert!(!first.text().contains("evil"), "{}", first.text());
    }
    begins(&app.get("/").expect(200), app.base());
}

#[test]
fn a_listed_proxy_says_the_scheme_and_never_the_host() {
    let app = behind_proxy(|_| {});
    let host = app.base().trim_start_matches("http://");
    let guide = |name: &str, value: &str| {
        app.get("/").header(name, value).header("X-Forwarded-Host", "evil.example").expect(200)
    };
    begins(&guide("X-Forwarded-Proto", "https"), &format!("https://{host}"));
    // From memory, too.
    begins(&guide("X-Forwarded-Proto", "http"), &format!("http://{host}"));
    begins(&guide("X-Forwarded-Proto", "https"), &format!("https://{host}"));
    begins(&guide("X-Forwarded-Proto", "https, http"), &format!("http://{host}"));
    begins(&guide("X-Forwarded-Proto", "javascript"), &format!("http://{host}"));
    // The other header is not read.
    begins(&guide("Forwarded", "for=192.0.2.1;proto=https"), &format!("http://{host}"));
    let app = behind_proxy(|settings| settings.forwarded = ForwardedHeader::Forwarded);
    let host = app.base().trim_start_matches("http://");
    let guide = |name: &str, value: &str| app.get("/").header(name, value).expect(200);
    begins(&guide("Forwarded", "for=192.0.2.1;proto=https;host=evil.example"), &format!("https://{host}"));
    begins(&guide("Forwarded", "for=192.0.2.1;proto=https, for=192.0.2.2"), &format!("http://{host}"));
    begins(&guide("Forwarded", "for=192.0.2.1;proto=https, for=10.0.0.1"), &format!("https://{host}"));
    begins(&guide("X-Forwarded-Proto", "https"), &format!("http://{host}"));
}

#[test]
fn with_a_public_address_nothing_else_names_the_host() {
    let app = behind_proxy(|settings| settings.public_url = Some("https://data.example.jp".to_owned()));
    for (name, value) in [("Host", "evil.example"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Host", "evil.example")]
    {
        begins(&app.get("/").header(name, value).expect(200), "https://data.example.jp");
    }
}

#[test]
fn a_host_that_is_none_is_refused() {
    let app = TestApp::spawn();
    for host in ["evil.example/| sh #", "a b", "$(id)", "", "user@localhost", "localhost:99999", "[::1", "街.example"]
    {
        let answer = verbatim::send(&app, format!("GET / HTTP/1.1\r\nHost: {host}"));
        assert_eq!(answer.status, 400, "{host}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{host}");
        assert_eq!(answer.json()["code"], Code::InvalidRequest.word());
        assert!(answer.json()["hint"].is_string());
    }
    for host in ["localhost", "data.example.jp:8080", "192.0.2.1", "[2001:db8::1]:443"] {
        let answer = verbatim::send(&app, format!("GET / HTTP/1.1\r\nHost: {host}"));
        assert!(answer.status == 200 && answer.body.contains(&format!("http://{host}/api")), "{host}: {}", answer.body);
    }
    // An address with another host in it is not what `Host` says.
    let answer = verbatim::send(&app, "GET http://evil.example/ HTTP/1.1\r\nHost: data.example.jp");
    assert_eq!((answer.status, answer.body.contains("evil.example/api")), (400, false));
    assert_eq!(verbatim::send(&app, "GET http://data.example.jp/ HTTP/1.1\r\nHost: data.example.jp").status, 200);
    assert_eq!(verbatim::send(&app, "GET / HTTP/1.0").status, 200);
    app.get("/").header("Host", "a;b").fails(Code::InvalidRequest);
}

#[test]
fn checks_are_counted_by_the_client_behind_listed_proxies() {
    let app = behind_proxy(|settings| {
        settings.checks_per_minute = 1;
        settings.limit_exempt = "198.51.100.0/24".parse().expect("a network");
    });
    let check = |from: &str| app.post("/api/v1/validate", sample("aed")).header("X-Forwarded-For", from);
    check("192.0.2.1").expect(200);
    check("192.0.2.1").fails(Code::TooManyRequests);
    // The last address that is not listed: what stands before it anybody may have written.
    check("203.0.113.9, 192.0.2.1").expect(429);
    check("203.0.113.9, 192.0.2.1, 10.1.2.3").expect(429);
    check("192.0.2.2").expect(200);
    // IPv6 by network.
    check("2001:db8::1").expect(200);
    check("2001:db8::2").expect(429);
    check("2001:db8:0:1::2").expect(200);
    // Not counted: networks that the operator names, valid tokens, this machine.
    for _ in 0..3 {
        check("198.51.100.7").expect(200);
        check("192.0.2.1").token(&app.token_for("331007")).expect(200);
        app.post("/api/v1/validate", sample("aed")).expect(200);
    }
    check("192.0.2.1").token("mk_wrong").expect(429);
    // In front of which stands somebody who is not listed.
    let open = TestApp::spawn_with(|settings| settings.checks_per_minute = 1);
    let check = |number: u8| {
        let from = Ipv4Addr::new(192, 0, 2, number).to_string();
        open.post("/api/v1/validate", sample("aed")).header("X-Forwarded-For", &from)
    };
    check(1).expect(200);
    check(2).expect(429);
}

#[test]
fn the_audit_names_the_client() {
    let app = behind_proxy(|_| {});
    app.publication("331007_aed", sample("aed")).header("X-Forwarded-For", "203.0.113.9, 192.0.2.1").expect(201);
    let audit = app.db.read_blocking(|c| audit::list(c, Some("331007"), None, 10)).expect("read");
    assert_eq!(audit[0].actor.address.as_deref(), Some("192.0.2.1"));
}

#[test]
fn a_request_is_called_what_a_listed_proxy_calls_it() {
    let (app, open) = (behind_proxy(|_| {}), TestApp::spawn());
    let id = |app: &TestApp, given: &str| {
        app.get("/healthz").header("X-Request-Id", given).expect(200).header("x-request-id").to_owned()
    };
    assert_eq!(id(&app, "a.b_c-1"), "a.b_c-1");
    for given in ["", "a b", "a\"b", "<script>", &"a".repeat(65)] {
        let made = id(&app, given);
        assert!(made.len() == 16 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
    }
    assert_ne!(id(&open, "a.b_c-1"), "a.b_c-1");
    // It is of the request, also where the answer is kept, refused or sent elsewhere.
    for path in ["/api/v1/datasets", "/nothing", "/api/v1/datasets/", "/api/v1/datasets?limit=0"] {
        let ask = || app.get(path).header("X-Request-Id", "from-a-proxy").send();
        let named = ask();
        assert_eq!(named.header("x-request-id"), "from-a-proxy", "{path}");
        assert!(!String::from_utf8_lossy(&named.body).contains("from-a-proxy"));
        let [one, other] = [(); 2].map(|()| app.get(path).send().header("x-request-id").to_owned());
        assert!(one != other && one != "from-a-proxy" && !one.is_empty(), "{path}");
    }
}
