//! Request targets with bytes in them that no address may hold. `curl -G --data-urlencode '名称=…'` encodes the value but sends
//! the name as it is, and people type quotation marks. RFC 3986 does not allow either, and the HTTP library refuses them. Here
//! such bytes are percent-encoded.

use std::borrow::Cow;

/// A target with nothing but what RFC 3986 allows; bytes that end a request line stay as they are.
pub fn encoded(target: &[u8]) -> Cow<'_, [u8]> {
    // Only in front of a path a host may stand in brackets.
    let is_path = target.starts_with(b"/");
    let must_be_encoded = |byte: u8| must_be_encoded(byte) || is_path && matches!(byte, b'[' | b']');
    if target.iter().all(|byte| !must_be_encoded(*byte)) {
        return Cow::Borrowed(target);
    }
    let mut encoded = Vec::with_capacity(target.len() * 2);
    for byte in target {
        if must_be_encoded(*byte) {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            encoded.push(*byte);
        }
    }
    Cow::Owned(encoded)
}

/// Neither reserved nor unreserved, and no `%`; control characters are no part of any address.
fn must_be_encoded(byte: u8) -> bool {
    !byte.is_ascii() || b" \"#<>\\^`{|}".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_no_address_may_hold_is_encoded() {
        assert_eq!(encoded("/?名=a".as_bytes()), &b"/?%E5%90%8D=a"[..]);
        assert_eq!(encoded(b"/?a__in=\"b c\",<d>|%20"), &b"/?a__in=%22b%20c%22,%3Cd%3E%7C%20"[..]);
        assert_eq!(encoded(b"/a[1]{b}^`\\#"), &b"/a%5B1%5D%7Bb%7D%5E%60%5C%23"[..]);
        assert_eq!(encoded(b"http://[::1]:80/a|b"), &b"http://[::1]:80/a%7Cb"[..]);
    }

    proptest! {
        #[test]
        fn it_says_the_same(target in prop::collection::vec(any::<u8>(), 0..100)) {
            let decoded = |bytes: &[u8]| percent_encoding::percent_decode(bytes).collect::<Vec<u8>>();
            prop_assert_eq!(decoded(&encoded(&target)), decoded(&target));
        }

        #[test]
        fn what_is_an_address_stays_as_it_is(target in "[-A-Za-z0-9._~:/?@!$&'()*+,;=%]{0,100}") {
            prop_assert!(matches!(encoded(target.as_bytes()), Cow::Borrowed(_)));
        }
    }
}
