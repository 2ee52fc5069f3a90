//! Where requests and answers begin and end on a connection, whatever the client sends.

use machikura::http::problem::Code;

use crate::support::app::TestApp;
use crate::support::raw::Raw;
use crate::support::tables::sample;

const ONE: &str = "/api/v1/standards/aed";
const OTHER: &str = "/api/v1/organizations";

fn ask(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
}

#[test]
fn an_answer_is_framed_by_its_own_request() {
    let app = TestApp::spawn();
    let [one, other] = [ONE, OTHER].map(|path| app.get(path).expect(200).body);
    let questions: String =
        [("GET", ONE), ("HEAD", ONE), ("GET", OTHER), ("HEAD", OTHER), ("HEAD", "/nothing"), ("GET", ONE)]
            .map(|(method, path)| ask(method, path, ""))
            .concat();
    let mut raw = Raw::said(&app, questions.repeat(20));
    for _ in 0..20 {
        assert!(raw.hear().body == one);
        let head = raw.hear_head();
        assert_eq!((head.status, head.header("content-length")), (200, one.len().to_string().as_str()));
        assert!(raw.hear().body == other);
        assert_eq!(raw.hear_head().header("content-length"), other.len().to_string());
        assert_eq!(raw.hear_head().status, 404);
        assert!(raw.hear().body == one);
    }
}

#[test]
fn a_body_is_followed_to_its_end_and_the_next_request_is_answered() {
    let app = TestApp::spawn();
    let file = sample("aed");
    let post = |more: &str, body: &str| ask("POST", "/api/v1/validate?standard=aed&format=csv", more) + body;
    let length = post(&format!("Content-Length: {}\r\n", file.len()), &file);
    let (begin, end) = file.split_at(file.char_indices().nth(100).expect("long enough").0);
    let chunks = format!("{:x};a=b\r\n{begin}\r\n{:X}\r\n{end}\r\n0\r\nA: b\r\n\r\n", begin.len(), end.len());
    let chunked = post("Transfer-Encoding: chunked\r\n", &chunks);
    let lines = [ask("GET", "/api/v1/datasets?q=名", ""), "\r\n\r\n".to_owned(), ask("HEAD", ONE, "")].concat();
    let mut raw = Raw::connect(&app);
    for message in [&chunked, &length, &chunked] {
        // However the bytes come.
        let all = [message.as_str(), &lines].concat();
        let (one, other) = all.as_bytes().split_at(message.len() - 5);
        raw.say(one);
        std::thread::sleep(std::time::Duration::from_millis(20));
        raw.say(other);
        assert_eq!(raw.hear().status, 200);
        assert_eq!(raw.hear().status, 200);
        assert_eq!(raw.hear_head().status, 200);
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let app = TestApp::spawn();
    let hidden = ask("GET", ONE, "");
    for more in [
        "Content-Length: 0000000012\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\ncontent-length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
        "Host: y\r\n",
        "A: b\r\n c\r\n",
        "A: b\0\r\n",
        "(: b\r\n",
    ] {
        let mut raw = Raw::said(&app, ask("POST", "/api/v1/validate", more) + &hidden);
        let problem = raw.hear().must_refuse(Code::InvalidRequest);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains('（')), "{problem}");
        raw.must_end();
    }
    // One leading zero is no mystery.
    let mut raw = Raw::said(&app, ask("POST", "/api/v1/validate", "Content-Length: 01\r\n") + "a" + &hidden);
    assert_eq!(raw.hear().status, 200);
    assert_eq!(raw.hear().status, 200);
}

#[test]
fn no_refusal_is_without_words() {
    let app = TestApp::spawn();
    let long = "a".repeat(70_000);
    let many = "A: b\r\n".repeat(100);
    for (request, code) in [
        ("GET\r\n\r\n".to_owned(), Code::InvalidRequest),
        ("GET /\r\n\r\n".to_owned(), Code::InvalidRequest),
        ("\u{16}\u{3}\u{1}\0\u{1}\n\n".to_owned(), Code::InvalidRequest),
        ("GET / HTTP/2.0\r\n\r\n".to_owned(), Code::InvalidRequest),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), Code::InvalidRequest),
        ("GET http:// HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), Code::InvalidRequest),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), Code::InvalidRequest),
        ("POST / HTTP/1.0\r\n\r\n".to_owned(), Code::InvalidRequest),
        ("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), Code::MethodNotAllowed),
        (ask("GET", &format!("/?q={long}"), ""), Code::HeadTooLarge),
        (ask("GET", "/", &format!("A: {long}\r\n")), Code::HeadTooLarge),
        (ask("GET", "/", &many), Code::HeadTooLarge),
    ] {
        let mut raw = Raw::said(&app, &request);
        raw.hear().must_refuse(code);
        raw.must_end();
    }
    let mut raw = Raw::said(&app, ask("GET", "/", "Accept-Language: en\r\nContent-Length: x\r\n"));
    let answer = raw.hear();
    assert!(String::from_utf8(answer.body).expect("UTF-8").is_ascii(), "in the client's language");
    // Not even to HEAD comes a body.
    let mut raw = Raw::said(&app, ask("HEAD", "/", "Content-Length: x\r\n"));
    assert_eq!(raw.hear_head().status, 400);
    raw.must_end();
}

#[test]
fn what_the_library_refuses_by_itself_is_told_too() {
    let app = TestApp::spawn();
    app.get("/docs/nothing").fails(Code::NotFound);
    app.get("/healthz").header("Accept-Encoding", "*;q=0").fails(Code::NotAcceptable);
    let foreign = app.call("OPTIONS", "/healthz").header("Origin", "http://a.example");
    foreign.header("Access-Control-Request-Method", "DELETE").fails(Code::InvalidRequest);
}

#[test]
fn a_broken_body_is_told_and_nothing_behind_it_is_read() {
    let app = TestApp::spawn();
    for chunks in ["x\r\n", "5\nabcde", "5\r\nabcdefg\r\n", "fffffffffffffffff\r\n", "0\r\na\nb\r\n\r\n"] {
        let request = ask("POST", "/api/v1/validate", "Transfer-Encoding: chunked\r\n") + chunks + &ask("GET", ONE, "");
        let mut raw = Raw::said(&app, request);
        raw.hear().must_refuse(Code::InvalidBody);
        raw.must_end();
    }
}

#[test]
fn what_people_type_into_an_address_is_read() {
    let app = TestApp::spawn();
    app.publish("331007_aed", sample("aed"));
    let path = "/api/v1/datasets/331007_aed/records?名称__in=\"岡山市役所\",<b>|{c}^`\\";
    let mut raw = Raw::said(&app, ask("GET", path, ""));
    let answer = raw.hear();
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
}

#[test]
fn other_protocols_are_not_spoken() {
    let app = TestApp::spawn();
    let more = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c, websocket\r\nHTTP2-Settings: x\r\n";
    let mut raw = Raw::said(&app, ask("GET", ONE, more) + &ask("GET", ONE, "Connection: close\r\n"));
    for _ in 0..2 {
        let answer = raw.hear();
        assert_eq!((answer.status, answer.header("upgrade")), (200, ""));
    }
    raw.must_end();
}
