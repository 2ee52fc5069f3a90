//! Networks in settings: addresses and prefixes, separated by commas.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;

/// Networks of IP addresses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Networks(Vec<IpNet>);

/// What is no network.
#[derive(Debug, thiserror::Error)]
#[error("「{0}」はアドレスでもネットワークでもありません（例: 10.0.0.0/8） / \"{0}\" is no address or network")]
pub struct NetworkError(String);

impl Networks {
    /// Whether an address lies in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Networks {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Networks, NetworkError> {
        super::list(Some(text)).into_iter().map(network).collect::<Result<_, _>>().map(Networks)
    }
}

impl TryFrom<String> for Networks {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Networks, NetworkError> {
        text.parse()
    }
}

/// A single address is a network of its own.
fn network(text: String) -> Result<IpNet, NetworkError> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    address.or_else(|_| text.parse()).map_err(|_| NetworkError(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_prefixes() {
        let networks: Networks = "10.0.0.0/8, ::1,192.0.2.7,2001:db8::/32,".parse().expect("sound");
        for (address, expected) in [
            ("10.1.2.3", true),
            ("11.0.0.1", false),
            ("::1", true),
            ("::2", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:1::1", true),
        ] {
            assert_eq!(networks.contains(address.parse().expect("an address")), expected, "{address}");
        }
        assert!(!"".parse::<Networks>().expect("none").contains("10.0.0.1".parse().expect("an address")));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in ["10.0.0.0/33", "proxy.example", "10.0.0.1:80", "10.0.0.0/8;10.1.0.0/16"] {
            assert!(text.parse::<Networks>().expect_err("no network").to_string().contains(text));
        }
    }
}
