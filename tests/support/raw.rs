//! A connection on which a test says what no client library would, and hears exactly what comes back.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use machikura::http::problem::Code;
use serde_json::Value;

use super::app::TestApp;

/// Whoever waits longer waits for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to the server.
pub struct Raw(BufReader<TcpStream>);

/// An answer as it stood on the wire.
#[derive(Debug)]
pub struct RawAnswer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Raw {
    pub fn connect(app: &TestApp) -> Raw {
        let stream = TcpStream::connect(app.base().trim_start_matches("http://")).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.set_write_timeout(Some(PATIENCE)).expect("set");
        stream.set_nodelay(true).expect("set");
        Raw(BufReader::new(stream))
    }

    /// Connects and says something.
    pub fn said(app: &TestApp, bytes: impl AsRef<[u8]>) -> Raw {
        let mut raw = Raw::connect(app);
        raw.say(bytes);
        raw
    }

    #[track_caller]
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_to_say(bytes.as_ref()).expect("sent");
    }

    pub fn try_to_say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes)
    }

    /// The next answer, to a request that is not `HEAD`.
    #[track_caller]
    pub fn hear(&mut self) -> RawAnswer {
        let mut answer = self.hear_head();
        if answer.header("transfer-encoding") == "chunked" {
            loop {
                let size = self.line();
                let size = usize::from_str_radix(size.trim(), 16).expect("the size of a chunk");
                let mut chunk = vec![0; size + 2];
                self.0.read_exact(&mut chunk).expect("a chunk");
                if size == 0 {
                    break;
                }
                answer.body.extend_from_slice(&chunk[..size]);
            }
        } else if let Ok(length) = answer.header("content-length").parse() {
            answer.body = vec![0; length];
            self.0.read_exact(&mut answer.body).expect("a whole body");
        }
        answer
    }

    /// The next answer, to a `HEAD`: nothing of a body is taken.
    #[track_caller]
    pub fn hear_head(&mut self) -> RawAnswer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push_str(&self.line());
        }
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest[..3].parse().ok());
        RawAnswer { status: status.unwrap_or_else(|| panic!("no status: {head}")), head, body: Vec::new() }
    }

    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.0.read_line(&mut line).expect("a line in time") > 0, "the connection is closed");
        line
    }

    /// The server must say nothing more and close.
    #[track_caller]
    pub fn must_end(&mut self) {
        assert_eq!(self.all(), "", "nothing more was to come");
    }

    /// All that still comes.
    #[track_caller]
    pub fn all(&mut self) -> String {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => panic!("still open: {error}"),
            _ => String::from_utf8_lossy(&rest).into_owned(),
        }
    }

    /// Takes so many bytes at most, and says how many there were.
    #[track_caller]
    pub fn take(&mut self, most: usize) -> usize {
        let mut bytes = Vec::new();
        let taken = self.0.by_ref().take(u64::try_from(most).expect("it fits")).read_to_end(&mut bytes);
        taken.expect("it goes on")
    }

    /// The bytes that still come, and how it ended.
    pub fn take_all(&mut self) -> (usize, io::Result<()>) {
        let mut bytes = Vec::new();
        let end = self.0.read_to_end(&mut bytes).map(drop);
        (bytes.len(), end)
    }
}

impl RawAnswer {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        found.unwrap_or_default()
    }

    /// It must be this problem, in words, and the end of the connection.
    #[track_caller]
    pub fn must_refuse(&self, code: Code) -> Value {
        let shown = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, code.status().as_u16(), "{}{shown}", self.head);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.head);
        assert_eq!(self.header("connection"), "close", "{}", self.head);
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {shown}"));
        assert_eq!(problem["code"], code.word());
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_ascii()), "{problem}");
        problem
    }
}
