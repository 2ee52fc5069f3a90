//! The client of a request, and the address by which it reaches this server. The only place that looks at the connection,
//! at `Host` and at what proxies say of both.

mod forwarded;

use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName};
use actix_web::http::uri::Authority;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use rand::RngCore;

use super::App;
use super::problem::{Code, Problem};
use crate::config::Settings;
use forwarded::Hop;

/// The header that names a request in the logs of every server on its way.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What proxies write; where there is any of it, the client is not this machine.
const WRITTEN_BY_PROXIES: [HeaderName; 4] =
    [header::FORWARDED, header::X_FORWARDED_FOR, HeaderName::from_static("x-real-ip"), header::VIA];

/// The client of a request.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address: that of the connection, or what listed proxies say.
    pub address: Option<IpAddr>,
    /// What addresses of this server begin with for it, such as `https://data.example.jp`.
    pub base: String,
    /// Whether it runs on this machine, with no proxy between.
    pub is_local: bool,
}

impl Client {
    /// The client of a request.
    ///
    /// # Errors
    /// 400 where `Host` is no name of a host.
    pub fn of(settings: &Settings, head: &RequestHead) -> Result<Client, Problem> {
        let hop = hop(settings, head);
        let host = host(head)?;
        let base = match (&settings.public_url, host) {
            (Some(url), _) => url.clone(),
            (None, Some(host)) => format!("{}://{host}", hop.scheme),
            // HTTP/1.0 does without.
            (None, None) => format!("{}://{}", hop.scheme, settings.listen),
        };
        let is_forwarded = WRITTEN_BY_PROXIES.iter().any(|name| head.headers().contains_key(name));
        let is_loopback = peer(head).is_some_and(|address| address.is_loopback());
        Ok(Client { address: hop.address, base, is_local: is_loopback && !is_forwarded })
    }

    /// The client of a request that [`clients`] has let in.
    pub fn asking(request: &HttpRequest) -> Rc<Client> {
        Rc::clone(request.extensions().get().expect("every request comes by clients()"))
    }
}

/// Finds the client of each request, and refuses what names no host.
pub async fn clients(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<web::Data<App>>().expect("the application has its data");
    match Client::of(&app.settings, request.head()) {
        Ok(client) => {
            request.extensions_mut().insert(Rc::new(client));
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

/// The address of a client, also of one that is refused.
pub fn address(settings: &Settings, head: &RequestHead) -> Option<IpAddr> {
    hop(settings, head).address
}

/// The name of a request: what a listed proxy calls it, else a new one.
pub fn request_id(settings: &Settings, head: &RequestHead) -> String {
    let is_name = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let given = head.headers().get(REQUEST_ID).filter(|_| is_listed(settings, peer(head)));
    match given.and_then(|id| id.to_str().ok()).filter(is_name) {
        Some(id) => id.to_owned(),
        None => format!("{:016x}", rand::rng().next_u64()),
    }
}

/// The last hop of a request that somebody listed vouches for.
fn hop(settings: &Settings, head: &RequestHead) -> Hop {
    let peer = peer(head);
    let direct = Hop { address: peer, scheme: "http" };
    if !is_listed(settings, peer) {
        return direct;
    }
    let hops = forwarded::hops(settings.forwarded, head.headers());
    // From the right: the last one was written by the peer itself.
    let mut last = direct;
    for hop in hops.into_iter().rev() {
        let Some(address) = hop.address else { return Hop { address: last.address, ..hop } };
        last = hop;
        if !settings.trusted_proxies.contains(address) {
            break;
        }
    }
    last
}

fn is_listed(settings: &Settings, peer: Option<IpAddr>) -> bool {
    peer.is_some_and(|address| settings.trusted_proxies.contains(address))
}

/// The other end of the connection.
fn peer(head: &RequestHead) -> Option<IpAddr> {
    head.peer_addr.map(|address| address.ip().to_canonical())
}

/// What the request calls this server.
fn host(head: &RequestHead) -> Result<Option<&str>, Problem> {
    let header = head.headers().get(header::HOST).map(|value| value.to_str().unwrap_or_default());
    let authority = head.uri.authority().map(Authority::as_str);
    match (header, authority) {
        (None, None) => Ok(None),
        // An address with a host in it (`GET http://…`) must be of the same.
        (Some(host), Some(other)) if !host.eq_ignore_ascii_case(other) => Err(wrong_host(other)),
        (Some(host), _) | (None, Some(host)) => {
            if is_host(host) {
                Ok(Some(host))
            } else {
                Err(wrong_host(host))
            }
        }
    }
}

fn wrong_host(host: &str) -> Problem {
    let host: String = host.chars().take(100).collect();
    Problem::new(
        Code::InvalidRequest,
        format!("Host「{host}」はホスト名ではないか、アドレスと食い違っています。"),
        format!("The Host \"{host}\" is no host name, or not that of the address."),
    )
    .hint(
        "data.example.jp、data.example.jp:8080、192.0.2.1、[2001:db8::1] のように書いてください。",
        "Write it like data.example.jp, data.example.jp:8080, 192.0.2.1 or [2001:db8::1].",
    )
}

/// Whether a text is the name of a host or an IP address, with or without a port.
fn is_host(text: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return address.parse::<Ipv6Addr>().is_ok() && is_port;
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= 253 && name.strip_suffix('.').unwrap_or(name).split('.').all(is_label) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in [
            "localhost",
            "data.example.jp",
            "data.example.jp.:8080",
            "192.0.2.1:80",
            "[::1]",
            "[2001:db8::1]:443",
            "my_app-1",
        ] {
            assert!(is_host(host), "{host}");
        }
        for host in [
            "",
            "a b",
            "evil.example/| sh #",
            "a;b",
            "$(id)",
            "a:",
            "a:b",
            "a:+80",
            "a:99999",
            "a..b",
            ".",
            "-a",
            "user@host",
            "街.example",
            "[::1",
            "[zone%25eth0]",
            "[::1]x",
            "::1",
            "a'b",
        ] {
            assert!(!is_host(host), "{host}");
        }
    }
}
