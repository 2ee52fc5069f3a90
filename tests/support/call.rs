//! Requests over a real socket, and what came back.

use machikura::http::problem::Code;
use machikura::text::Lang;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;
use ureq::http::{Method, Request};
use ureq::{Agent, SendBody};

/// What a URL cannot hold; everything else stands in the tests as it goes over the wire.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'|').add(b'{').add(b'}');

/// A request that can be sent as often as one likes.
#[derive(Clone)]
pub struct Call {
    agent: Agent,
    method: Method,
    address: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    is_chunked: bool,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

/// A client that follows no redirection, unpacks nothing and takes every status as it comes.
pub fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(std::time::Duration::from_secs(120)));
    config.build().new_agent()
}

impl Call {
    /// `path` may hold Japanese and blanks; `%`, `+`, `&` and `=` mean what they mean in a URL.
    pub fn new(agent: &Agent, method: Method, base: &str, path: &str) -> Call {
        let address = format!("{base}{}", utf8_percent_encode(path, ENCODED));
        Call { agent: agent.clone(), method, address, headers: Vec::new(), body: None, is_chunked: false }
    }

    pub fn header(mut self, name: &str, value: &str) -> Call {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn token(self, token: &str) -> Call {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Call {
        self.body = Some(body.into());
        self
    }

    /// As `curl -F file=@NAME`.
    pub fn form(self, name: &str, content: impl AsRef<[u8]>) -> Call {
        let mut body = format!(
            "--limit\r\nContent-Disposition: form-data; name=\"remark\"\r\n\r\nnot the file\r\n\
             --limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(content.as_ref());
        body.extend_from_slice(b"\r\n--limit--\r\n");
        self.header("Content-Type", "multipart/form-data; boundary=limit").body(body)
    }

    /// Without `Content-Length`.
    pub fn chunked(mut self) -> Call {
        self.is_chunked = true;
        self
    }

    pub fn send(&self) -> Answer {
        let mut request = Request::builder().method(self.method.clone()).uri(&self.address);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let answered = match &self.body {
            None => self.agent.run(request.body(()).expect("a request")),
            Some(body) if self.is_chunked => {
                let body = SendBody::from_owned_reader(std::io::Cursor::new(body.clone()));
                self.agent.run(request.body(body).expect("a request"))
            }
            Some(body) => self.agent.run(request.body(body.clone()).expect("a request")),
        };
        let mut response = answered.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.address));
        let body = response.body_mut().with_config().limit(1 << 30).read_to_vec().expect("a whole body");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Answer {
        let answer = self.send();
        assert_eq!(answer.status, status, "{} {}: {}", self.method, self.address, answer.text_or_size());
        answer
    }

    /// The answer, which must be JSON with status 200.
    #[track_caller]
    pub fn json(&self) -> Value {
        let answer = self.expect(200);
        assert_eq!(answer.header("content-type"), "application/json");
        answer.json()
    }

    /// The answer as text, which must have status 200.
    #[track_caller]
    pub fn text(&self) -> String {
        self.expect(200).text()
    }

    /// Sends the request in both languages: each time it must fail with exactly this problem. Answers the Japanese one.
    #[track_caller]
    pub fn fails(&self, code: Code) -> Value {
        let [ja, en] = [("ja", Lang::Ja), ("en-GB,ja;q=0.5", Lang::En)].map(|(accepted, lang)| {
            let answer = self.clone().header("Accept-Language", accepted).send();
            assert_problem(&answer, code, lang, &self.address);
            answer.json()
        });
        assert_ne!(ja["detail"], en["detail"], "the detail is in the reader's language");
        assert_eq!(ja["hint"].is_string(), en["hint"].is_string());
        for (one, other) in ja["errors"].as_array().iter().flat_map(|list| list.iter()).zip(errors(&en)) {
            assert_eq!(one["parameter"], other["parameter"]);
            assert_ne!(one["detail"], other["detail"]);
        }
        ja
    }
}

impl Answer {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header")).unwrap_or_default()
    }

    #[track_caller]
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("UTF-8")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text_or_size()))
    }

    fn text_or_size(&self) -> String {
        match std::str::from_utf8(&self.body) {
            Ok(text) => text.chars().take(2_000).collect(),
            Err(_) => format!("{} bytes", self.body.len()),
        }
    }
}

/// The wrong parameters that a problem lists.
pub fn errors(problem: &Value) -> Vec<Value> {
    problem["errors"].as_array().cloned().unwrap_or_default()
}

/// Checks everything that all problems have in common.
#[track_caller]
fn assert_problem(answer: &Answer, code: Code, lang: Lang, address: &str) {
    let shown = answer.text_or_size();
    assert_eq!(answer.status, code.status().as_u16(), "{address}: {shown}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.header("cache-control").ends_with("no-store"), "{}", answer.header("cache-control"));
    let problem = answer.json();
    let path = address.splitn(4, '/').nth(3).unwrap_or_default().split('?').next().unwrap_or_default();
    let text = |name: &str| problem[name].as_str().unwrap_or_else(|| panic!("no {name}: {shown}"));
    assert_eq!(text("type"), format!("/problems/{}", code.word()));
    assert_eq!(text("title"), code.title().get(lang));
    assert_eq!(problem["status"], code.status().as_u16());
    assert_eq!(text("instance"), format!("/{path}"));
    assert_eq!(text("code"), code.word());
    assert!(!text("detail").is_empty());
    assert!(!["i32", "panicked", ".rs:"].iter().any(|inside| text("detail").contains(inside)), "{shown}");
    let known = ["type", "title", "status", "detail", "instance", "code", "hint", "errors", "report"];
    let members = problem.as_object().expect("an object");
    assert!(members.keys().all(|name| known.contains(&name.as_str())), "{shown}");
    let needed = match code {
        Code::Unauthorized => "www-authenticate",
        Code::TooManyRequests | Code::Busy | Code::Timeout => "retry-after",
        Code::MethodNotAllowed => "allow",
        _ => "access-control-allow-origin",
    };
    assert!(!answer.header(needed).is_empty(), "no {needed}");
}
