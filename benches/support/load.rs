//! Load over HTTP: 32 connections, each asks again as soon as it has its answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How long the load lasts.
pub const SECONDS: u64 = 3;
/// How long before that the same is asked and not counted: connections open, and caches fill.
const WARM_UP: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 32;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came of it.
pub struct Load {
    /// Of each request, sorted.
    pub latencies: Vec<Duration>,
    /// Bytes of bodies.
    pub bytes: u64,
    /// Requests that were told to come again later.
    pub refused: usize,
    seconds: f64,
}

impl Load {
    /// Requests a second.
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.len()).unwrap_or(u32::MAX)) / self.seconds
    }

    /// Bytes of bodies a second.
    pub fn bytes_per_second(&self) -> f64 {
        self.bytes as f64 / self.seconds
    }

    /// So many of the requests took no longer, in milliseconds.
    pub fn percentile(&self, share: f64) -> f64 {
        let place = (self.latencies.len() as f64 * share) as usize;
        self.latencies.get(place).or(self.latencies.last()).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// Where nothing listened a moment ago.
pub fn free_address() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port")
}

/// What is asked: a request as it goes over the connection.
#[derive(Clone)]
pub struct Request(String);

impl Request {
    /// Asks for an address.
    pub fn get(address: &str) -> Request {
        Request(format!("GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
    }

    /// Asks for an address in a certain form.
    pub fn get_as(address: &str, media_type: &str) -> Request {
        Request(format!("GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {media_type}\r\n\r\n"))
    }

    /// Sends a text that the answer is about.
    pub fn post(address: &str, body: &str) -> Request {
        let length = body.len();
        Request(format!("POST {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n{body}"))
    }
}

/// Asks for these addresses in turn.
pub fn load(server: SocketAddr, addresses: &[&str]) -> Load {
    let requests: Vec<Request> = addresses.iter().map(|address| Request::get(address)).collect();
    load_with(server, &requests).expect("answered")
}

/// Asks these requests in turn; the error of a server that breaks off.
pub fn load_with(server: SocketAddr, requests: &[Request]) -> io::Result<Load> {
    let from = Instant::now() + WARM_UP;
    let end = from + Duration::from_secs(SECONDS);
    let results: io::Result<Vec<(Vec<Duration>, u64, usize)>> = std::thread::scope(|threads| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|worker| {
                threads.spawn(move || {
                    let mut connection = Connection::open(server)?;
                    let (mut latencies, mut bytes, mut refused) = (Vec::new(), 0, 0);
                    for request in requests.iter().cycle().skip(worker) {
                        let begin = Instant::now();
                        // What takes longer than all of it is asked for once more.
                        if begin >= end && (refused > 0 || !latencies.is_empty()) {
                            break;
                        }
                        match connection.ask(request, &mut io::sink())? {
                            _ if begin < from => {}
                            Some(length) => {
                                bytes += length;
                                latencies.push(begin.elapsed());
                            }
                            None => refused += 1,
                        }
                    }
                    Ok((latencies, bytes, refused))
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).collect()
    });
    let (results, seconds) = (results?, from.elapsed().as_secs_f64());
    let bytes = results.iter().map(|(_, bytes, _)| bytes).sum();
    let refused = results.iter().map(|(.., refused)| refused).sum();
    let mut latencies: Vec<Duration> = results.into_iter().flat_map(|(latencies, ..)| latencies).collect();
    latencies.sort_unstable();
    Ok(Load { latencies, bytes, refused, seconds })
}

/// One answer.
pub fn get(server: SocketAddr, address: &str) -> Vec<u8> {
    ask(server, &Request::get(address)).expect("answered")
}

/// One answer; an error where there is none.
pub fn ask(server: SocketAddr, request: &Request) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    match Connection::open(server)?.ask(request, &mut body)? {
        Some(_) => Ok(body),
        None => Err(io::Error::other("refused")),
    }
}

struct Connection {
    server: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(server: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Connection { server, stream: BufReader::with_capacity(1 << 18, stream) })
    }

    /// Asks, hands the body of the answer over, and tells its length; `None` for a 503.
    fn ask(&mut self, Request(request): &Request, out: &mut impl Write) -> io::Result<Option<u64>> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut length, mut is_chunked, mut is_last) = (String::new(), 0, false, false);
        self.stream.read_line(&mut line)?;
        let is_answered = line.starts_with("HTTP/1.1 200");
        let status = line.trim().to_owned();
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().map_err(io::Error::other)?;
            }
            is_chunked |= header == "transfer-encoding: chunked";
            is_last |= header == "connection: close";
        }
        let mut said = Vec::new();
        let out: &mut dyn Write = if is_answered { out } else { &mut said };
        let length = if is_chunked { self.chunks(out)? } else { self.piece(length, out)? };
        if is_last {
            *self = Connection::open(self.server)?;
        }
        if is_answered || status.starts_with("HTTP/1.1 503") {
            return Ok(is_answered.then_some(length));
        }
        let (asked, said) = (request.lines().next().unwrap_or_default(), String::from_utf8_lossy(&said));
        let said: String = format!("{status} {} for {asked}", said.trim()).chars().take(200).collect();
        Err(io::Error::other(said))
    }

    /// The bytes of a body in chunks.
    fn chunks(&mut self, out: &mut dyn Write) -> io::Result<u64> {
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
            length += self.piece(size, out)?;
            self.stream.read_line(&mut line)?;
            if size == 0 {
                return Ok(length);
            }
        }
    }

    fn piece(&mut self, length: u64, out: &mut dyn Write) -> io::Result<u64> {
        match io::copy(&mut (&mut self.stream).take(length), out)? {
            copied if copied == length => Ok(length),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
