//! Where requests begin and end (RFC 9112). A head is judged before the HTTP library sees it, by the same parser and more
//! strictly: what is handed on can be read in one way only, and what is refused gets an answer in words.

use std::borrow::Cow;

use actix_web::http::{Method, Uri};

use super::chunked::{Chunks, Malformed};
use super::problem::{Code, Problem};
use super::target;

/// Bytes that a head may have; with every byte of its target encoded the library still takes it.
pub const LONGEST_HEAD: usize = 60_000;
/// Fields that the library has room for.
const MOST_FIELDS: usize = 96;

/// A request whose head has come.
pub struct Head {
    /// The head as the library is to see it: without what this server does not do, or does by itself.
    pub bytes: Vec<u8>,
    /// What follows it.
    pub body: Body,
    /// Whether the client waits for `100 Continue` before it sends the body.
    pub expects: bool,
}

/// A head that is not handed on.
pub struct Refused {
    /// Why.
    pub problem: Problem,
    /// Whether the answer must have no body.
    pub is_head: bool,
    /// In which languages the client would like to hear of it.
    pub languages: Vec<u8>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused { problem, is_head: false, languages: Vec::new() }
    }
}

/// The length of the head that the bytes begin with, once it is complete; what was searched before is not searched again.
pub fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(2);
    let mut ends = memchr::memchr_iter(b'\n', &bytes[from..]).map(|at| from + at);
    let end = ends.find(|end| matches!(bytes[end + 1..], [b'\n', ..] | [b'\r', b'\n', ..]))?;
    Some(if bytes[end + 1] == b'\n' { end + 2 } else { end + 3 })
}

/// Reads a complete head.
///
/// # Errors
/// Refuses what cannot be read, or not in one way only.
pub fn read(raw: &[u8]) -> Result<Head, Refused> {
    let raw = with_sound_target(raw)?;
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(&raw) {
        Ok(httparse::Status::Complete(length)) if length == raw.len() => {}
        Ok(_) => return Err(unreadable("行の終わり", "the end of its lines").into()),
        Err(httparse::Error::TooManyHeaders) => return Err(too_large().into()),
        Err(httparse::Error::Token | httparse::Error::Version) => {
            return Err(unreadable("最初の行", "its first line").into());
        }
        Err(_) => return Err(unreadable("ヘッダー", "its header fields").into()),
    }
    judge(&request, &raw).map_err(|problem| Refused {
        problem,
        is_head: request.method == Some("HEAD"),
        languages: values(&request, "Accept-Language").next().unwrap_or_default().to_vec(),
    })
}

/// The same head with its target encoded: what stands between the first blank of its first line and the last.
fn with_sound_target(raw: &[u8]) -> Result<Cow<'_, [u8]>, Problem> {
    let end = memchr::memchr(b'\n', raw).unwrap_or(raw.len());
    let line = raw[..end].trim_ascii_end();
    let (Some(first), Some(last)) = (memchr::memchr(b' ', line), memchr::memrchr(b' ', line)) else {
        return Err(unreadable("最初の行", "its first line"));
    };
    if first == last {
        return Err(unreadable("最初の行", "its first line"));
    }
    let target = &line[first + 1..last];
    Ok(match target::encoded(target) {
        Cow::Borrowed(_) => Cow::Borrowed(raw),
        Cow::Owned(encoded) => Cow::Owned([&raw[..=first], &encoded, &raw[last..]].concat()),
    })
}

/// What follows a head that the parser could read.
fn judge(request: &httparse::Request<'_, '_>, raw: &[u8]) -> Result<Head, Problem> {
    let (method, path) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
    let is_newest = request.version == Some(1);
    if method == Method::CONNECT.as_str() {
        return Err(Problem::method("GET, HEAD, POST, PUT, OPTIONS".to_owned()));
    }
    if Uri::try_from(path).is_err() {
        return Err(unreadable("アドレス", "its address"));
    }
    match values(request, "Host").count() {
        1 => {}
        0 if !is_newest => {}
        0 => return Err(unreadable("Host がないこと", "the lack of a Host field")),
        _ => return Err(unreadable("2 つ以上の Host", "several Host fields")),
    }
    let length = content_length(request)?;
    let body = match (is_chunked(request)?, length) {
        (true, Some(_)) => {
            return Err(unreadable(
                "Content-Length と Transfer-Encoding の両方があること",
                "both Content-Length and Transfer-Encoding",
            ));
        }
        (true, None) if !is_newest => {
            return Err(unreadable("HTTP/1.0 の Transfer-Encoding", "Transfer-Encoding in HTTP/1.0"));
        }
        (true, None) => Body::Chunked(Chunks::default()),
        (false, None) if !is_newest && method == Method::POST.as_str() => {
            return Err(unreadable("Content-Length がないこと", "the lack of a Content-Length"));
        }
        (false, length) => Body::Length(length.unwrap_or(0)),
    };
    let expects = is_newest && !body.is_whole() && values(request, "Expect").next().is_some();
    let is_ours = |name: &str| name.eq_ignore_ascii_case("Expect") || name.eq_ignore_ascii_case("Upgrade");
    let bytes = if request.headers.iter().any(|field| is_ours(field.name)) {
        let mut bytes = format!("{method} {path} HTTP/1.{}\r\n", u8::from(is_newest)).into_bytes();
        for field in request.headers.iter().filter(|field| !is_ours(field.name)) {
            let value = if field.name.eq_ignore_ascii_case("Connection") {
                without_upgrade(field.value)
            } else {
                Cow::Borrowed(field.value)
            };
            bytes.extend([field.name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes
    } else {
        raw.to_vec()
    };
    Ok(Head { bytes, body, expects })
}

fn values<'a>(request: &'a httparse::Request<'_, '_>, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    request.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
}

/// The options of a connection without the one that asks for another protocol.
fn without_upgrade(value: &[u8]) -> Cow<'_, [u8]> {
    let options = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    Cow::Owned(options.filter(|option| !option.eq_ignore_ascii_case(b"upgrade")).collect::<Vec<_>>().join(&b','))
}

/// `Content-Length`: one, of digits, without leading zeros that others could take for something else.
fn content_length(request: &httparse::Request<'_, '_>) -> Result<Option<u64>, Problem> {
    let mut lengths = values(request, "Content-Length");
    let Some(value) = lengths.next() else { return Ok(None) };
    let text = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = text.filter(|text| text.len() == 1 || !text.starts_with("00")).and_then(|text| text.parse().ok());
    match (length, lengths.next()) {
        (Some(length), None) => Ok(Some(length)),
        _ => Err(unreadable("Content-Length", "its Content-Length")),
    }
}

fn is_chunked(request: &httparse::Request<'_, '_>) -> Result<bool, Problem> {
    let mut codings = values(request, "Transfer-Encoding");
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") => Ok(true),
        _ => Err(unreadable("Transfer-Encoding", "its Transfer-Encoding")),
    }
}

fn unreadable(ja: &str, en: &str) -> Problem {
    Problem::new(
        Code::InvalidRequest,
        format!("要求を読み取れません（{ja}）。"),
        format!("The request cannot be read ({en})."),
    )
}

/// A head of too many bytes or fields.
pub fn too_large() -> Problem {
    Problem::new(
        Code::HeadTooLarge,
        format!("アドレスとヘッダーは合わせて {LONGEST_HEAD} バイト、ヘッダーは {MOST_FIELDS} 個までです。"),
        format!("Address and header fields may have {LONGEST_HEAD} bytes, and there may be {MOST_FIELDS} fields."),
    )
    .hint("長い条件は、本文で送ってください（POST …/records）。", "Send a long filter as a body (POST …/records).")
}

/// A body, as far as it is still to come.
pub enum Body {
    /// So many bytes.
    Length(u64),
    /// Chunks (RFC 9112, section 7.1).
    Chunked(Chunks),
}

impl Body {
    /// Whether nothing of it is to come.
    pub fn is_whole(&self) -> bool {
        match self {
            Body::Length(left) => *left == 0,
            Body::Chunked(chunks) => chunks.is_over(),
        }
    }

    /// How many of these bytes are its own.
    ///
    /// # Errors
    /// [`Malformed`], where none are.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<usize, Malformed> {
        match self {
            Body::Length(left) => {
                let own = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                *left -= as_u64(own);
                Ok(own)
            }
            Body::Chunked(chunks) => chunks.follow(bytes),
        }
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).expect("a length fits")
}

#[cfg(test)]
mod tests {
    use actix_http::h1;
    use proptest::prelude::*;
    use proptest::sample::select;
    use tokio_util::codec::Decoder;

    use super::*;

    /// The head as it is handed on, and what is left behind the message; `None` where it is refused.
    fn ours(message: &[u8]) -> Option<(Vec<u8>, usize)> {
        let end = end_of_head(message, 0)?;
        let mut head = read(&message[..end]).ok()?;
        let own = head.body.follow(&message[end..]).ok()?;
        head.body.is_whole().then_some((head.bytes, message.len() - end - own))
    }

    /// What the library leaves behind the message.
    fn theirs(message: &[u8]) -> usize {
        actix_web::rt::System::new().block_on(async {
            let mut codec = h1::Codec::default();
            let mut bytes = bytes::BytesMut::from(message);
            codec.decode(&mut bytes).expect("a request").expect("a whole head");
            while codec.message_type() != h1::MessageType::None {
                codec.decode(&mut bytes).expect("a body").expect("a whole body");
            }
            bytes.len()
        })
    }

    const NAMES: [&str; 8] =
        ["Content-Length", "content-length", "Transfer-Encoding", "Expect", "Connection", "Upgrade", "Host", "X"];
    const VALUES: [&str; 14] = [
        "0",
        "5",
        "05",
        "005",
        "+5",
        "5,5",
        "chunked",
        "Chunked",
        "identity",
        "100-continue",
        "close",
        "a, Upgrade",
        "websocket",
        "",
    ];
    const LINES: [&str; 4] =
        ["GET / HTTP/1.1\r\n", "POST /?a=\"名\" HTTP/1.1\n", "PUT / HTTP/1.0\r\n", "CONNECT a:1 HTTP/1.1\r\n"];
    const PIECES: [&str; 8] = ["0\r\n", "\r\n", "5\r\nabcde\r\n", "2;a=b\r\nab\r\n", "A: b\r\n", "abcde", "\n", "G"];

    fn message() -> impl Strategy<Value = String> {
        let field =
            (select(&NAMES[..]), select(vec![": ", ":", " : "]), select(&VALUES[..]), select(vec!["\r\n", "\n"]));
        let field = field.prop_map(|(name, colon, value, end)| [name, colon, value, end].concat());
        let fields = prop::collection::vec(field, 0..4).prop_map(|fields| fields.concat());
        let body = prop::collection::vec(select(&PIECES[..]), 0..8).prop_map(|pieces| pieces.concat());
        (select(&LINES[..]), fields, body)
            .prop_map(|(line, fields, body)| format!("{line}Host: x\r\n{fields}\r\n{body}"))
    }

    proptest! {
        #[test]
        fn what_is_handed_on_ends_for_the_library_where_it_ends_for_us(message in message()) {
            if let Some((head, behind)) = ours(message.as_bytes()) {
                let body = &message.as_bytes()[end_of_head(message.as_bytes(), 0).expect("a head")..];
                prop_assert_eq!(theirs(&[&head, body].concat()), behind);
            }
        }

        #[test]
        fn a_head_ends_at_the_same_place_however_it_comes(bytes in "[ab\r\n]{0,40}", cut in 0_usize..40) {
            let bytes = bytes.as_bytes();
            let begin = &bytes[..cut.min(bytes.len())];
            let end = end_of_head(begin, 0).or_else(|| end_of_head(bytes, begin.len()));
            prop_assert_eq!(end, end_of_head(bytes, 0));
        }

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(read(&bytes));
        }
    }
}
