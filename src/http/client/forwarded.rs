//! Hops of a request, as proxies write them: `X-Forwarded-For` and `X-Forwarded-Proto`, or `Forwarded` (RFC 7239).

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

use actix_web::http::header::{self, HeaderMap, HeaderName};
use regex::Regex;

use crate::config::ForwardedHeader;

/// What a proxy says of the connection on which it got a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// From where; `None`: it does not say so in an address.
    pub address: Option<IpAddr>,
    /// `http` or `https`.
    pub scheme: &'static str,
}

/// The hops in a header, the nearest last. There are none in a header that cannot be read: anybody may have begun it.
pub fn hops(header: ForwardedHeader, headers: &HeaderMap) -> Vec<Hop> {
    match header {
        ForwardedHeader::XForwardedFor => {
            let scheme = scheme(list(headers, &header::X_FORWARDED_PROTO).last().copied());
            let mut nodes = list(headers, &header::X_FORWARDED_FOR);
            if nodes.is_empty() {
                // It may say the scheme only.
                nodes.push("");
            }
            nodes.into_iter().map(|node| Hop { address: address(node), scheme }).collect()
        }
        ForwardedHeader::Forwarded => {
            let values = headers.get_all(header::FORWARDED).map(|value| value.to_str().ok().and_then(elements));
            values.collect::<Option<Vec<_>>>().unwrap_or_default().concat()
        }
    }
}

/// The parts of all headers of a name.
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let values = headers.get_all(name).map(|value| value.to_str().unwrap_or_default());
    values.flat_map(|value| value.split(',')).map(str::trim).collect()
}

/// Reads the elements of a `Forwarded` header: `for="[2001:db8::1]:4711";proto=https, for=192.0.2.1`.
fn elements(value: &str) -> Option<Vec<Hop>> {
    /// A pair and the sign behind it.
    static PAIR: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:([^\s",;]+)|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)"#).expect("sound")
    });
    const NOTHING: Hop = Hop { address: None, scheme: "http" };
    let mut rest = value;
    let mut hops = vec![NOTHING];
    loop {
        let pair = PAIR.captures(rest)?;
        let said = pair.get(2).or(pair.get(3))?.as_str();
        let hop = hops.last_mut()?;
        match pair[1].to_ascii_lowercase().as_str() {
            "for" => hop.address = address(said),
            "proto" => hop.scheme = scheme(Some(said)),
            _ => {}
        }
        match &pair[4] {
            "" => return Some(hops),
            "," => hops.push(NOTHING),
            _ => {}
        }
        rest = &rest[pair[0].len()..];
    }
}

/// The address of a node, with or without a port.
fn address(node: &str) -> Option<IpAddr> {
    let bare = node.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(node);
    let address = bare.parse().or_else(|_| node.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

fn scheme(word: Option<&str>) -> &'static str {
    if word.is_some_and(|word| word.eq_ignore_ascii_case("https")) { "https" } else { "http" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(address: &str, scheme: &'static str) -> Hop {
        Hop { address: address.parse().ok(), scheme }
    }

    #[test]
    fn elements_of_forwarded() {
        let read = |value| elements(value);
        assert_eq!(
            read(r#"for="[2001:db8::1]:4711";proto=https;by=_x, For=192.0.2.1 ; Proto="http""#),
            Some(vec![hop("2001:db8::1", "https"), hop("192.0.2.1", "http")])
        );
        assert_eq!(read(r#"for="a\",b;c", for=unknown"#), Some(vec![hop("", "http"), hop("", "http")]));
        // Whoever begins a text in quotation marks must not swallow what is written behind it.
        for value in
            [r#"for="192.0.2.1, for=198.51.100.7"#, r#"for="a, for="[2001:db8::1]""#, "for", "", "for=1;;", "=a"]
        {
            assert_eq!(read(value), None, "{value}");
        }
    }

    #[test]
    fn nodes() {
        for (node, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:80", Some("192.0.2.1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("unknown", None),
            ("192.0.2.1;x", None),
        ] {
            assert_eq!(address(node), expected.map(|text| text.parse().expect("an address")), "{node}");
        }
    }
}
