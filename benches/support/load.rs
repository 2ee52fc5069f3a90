//! Load over HTTP: 32 connections, each asks again as soon as it has its answer.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How long the load lasts.
pub const SECONDS: u64 = 3;
const CONNECTIONS: usize = 32;

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

/// Asks for these addresses in turn.
pub fn load(server: SocketAddr, addresses: &[&str]) -> Load {
    let begin = Instant::now();
    let end = begin + Duration::from_secs(SECONDS);
    let results: Vec<(Vec<Duration>, u64, usize)> = std::thread::scope(|threads| {
        let workers: Vec<_> = (0..CONNECTIONS)
            .map(|worker| {
                threads.spawn(move || {
                    let mut connection = Connection::open(server);
                    let (mut latencies, mut bytes, mut refused, mut body) = (Vec::new(), 0, 0, Vec::new());
                    for address in addresses.iter().cycle().skip(worker) {
                        let begin = Instant::now();
                        if begin >= end {
                            break;
                        }
                        if connection.get(address, &mut body) {
                            bytes += body.len() as u64;
                            latencies.push(begin.elapsed());
                        } else {
                            refused += 1;
                        }
                    }
                    (latencies, bytes, refused)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("answered")).collect()
    });
    let seconds = begin.elapsed().as_secs_f64();
    let bytes = results.iter().map(|(_, bytes, _)| bytes).sum();
    let refused = results.iter().map(|(.., refused)| refused).sum();
    let mut latencies: Vec<Duration> = results.into_iter().flat_map(|(latencies, ..)| latencies).collect();
    latencies.sort_unstable();
    Load { latencies, bytes, refused, seconds }
}

/// One answer.
pub fn get(server: SocketAddr, address: &str) -> Vec<u8> {
    let mut body = Vec::new();
    assert!(Connection::open(server).get(address, &mut body), "{address}: refused");
    body
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(server: SocketAddr) -> Connection {
        let stream = TcpStream::connect(server).expect("connect");
        stream.set_nodelay(true).expect("a setting");
        Connection(BufReader::with_capacity(1 << 18, stream))
    }

    /// Asks, and takes the answer; whether there is one, and not a 503.
    fn get(&mut self, address: &str, body: &mut Vec<u8>) -> bool {
        let request = format!("GET {address} HTTP/1.1\r\nHost: bench\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).expect("asked");
        let (mut line, mut length, mut is_chunked) = (String::new(), 0, false);
        self.0.read_line(&mut line).expect("a status");
        let is_answered = line.starts_with("HTTP/1.1 200");
        assert!(is_answered || line.starts_with("HTTP/1.1 503"), "{address}: {line}");
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("a header");
            let header = line.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            }
            is_chunked |= header == "transfer-encoding: chunked";
        }
        body.clear();
        if !is_chunked {
            body.resize(length, 0);
            self.0.read_exact(body).expect("a body");
            return is_answered;
        }
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("a chunk");
            let size = usize::from_str_radix(line.trim(), 16).expect("a size");
            let begin = body.len();
            body.resize(begin + size, 0);
            self.0.read_exact(&mut body[begin..]).expect("a chunk");
            self.0.read_line(&mut line).expect("its end");
            if size == 0 {
                return is_answered;
            }
        }
    }
}
