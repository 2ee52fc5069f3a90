//! Requests to the last byte, as no client library would send them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::app::TestApp;

/// What came back on the connection.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// Sends a head (`GET /… HTTP/1.1` and headers, without the last blank line) on a connection of its own.
pub fn send(app: &TestApp, head: impl AsRef<[u8]>) -> RawAnswer {
    let mut stream = TcpStream::connect(app.base().trim_start_matches("http://")).expect("connected");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream.write_all(&[head.as_ref(), b"\r\nConnection: close\r\n\r\n"].concat()).expect("sent");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("an answer");
    let answer = String::from_utf8(bytes).expect("UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    RawAnswer { status, head: head.to_owned(), body: body.to_owned() }
}

/// Asks for a target as it stands.
pub fn get(app: &TestApp, target: &str) -> RawAnswer {
    send(app, format!("GET {target} HTTP/1.1\r\nHost: localhost"))
}

impl RawAnswer {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next().unwrap_or("")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}{}", self.head, self.body))
    }
}
