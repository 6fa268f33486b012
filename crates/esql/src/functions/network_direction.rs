//! `NETWORK_DIRECTION`: whether a connection enters, leaves or stays inside of networks.

use std::net::{Ipv4Addr, Ipv6Addr};

use brokerwatch_expr::pattern::cidr::Cidr;

use super::address_blocks::block;
use super::{Example, Function, Lists, Returns, lists, param};
use crate::types::{DataType, TEXT, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "NETWORK_DIRECTION",
    aliases: &[],
    doc: "Whether a connection between two addresses is `inbound`, `outbound`, `internal` or `external`, given the internal \
          networks: blocks or the names `loopback`, `unicast`, `global_unicast`, `link_local_unicast`, \
          `interface_local_multicast`, `link_local_multicast`, `multicast`, `unspecified`, `private` and `public`.",
    params: &[
        param("source_ip", Types::of(&[DataType::Ip])),
        param("destination_ip", Types::of(&[DataType::Ip])),
        param("internal_networks", TEXT),
    ],
    returns: Returns::Always(DataType::Keyword),
    lists: Lists::One,
    examples: &[
        Example {
            query: r#"ROW s = TO_IP("10.0.0.1"), d = TO_IP("8.8.8.8") | EVAL a = NETWORK_DIRECTION(s, d, "private")"#,
            result: "outbound",
        },
        Example {
            query: r#"ROW s = TO_IP("::1"), d = TO_IP("10.0.0.1") | EVAL a = NETWORK_DIRECTION(s, d, ["10.0.0.0/8", "loopback"])"#,
            result: "internal",
        },
    ],
    compile: |_| {
        lists(|args, _, out| {
            let [sources, destinations, names] = args else { return Ok(()) };
            if 1 < sources.len() || 1 < destinations.len() {
                return Err(Failure::several());
            }
            let ([Value::Ip(source)], [Value::Ip(destination)]) = (*sources, *destinations) else {
                return Ok(());
            };
            if names.is_empty() {
                return Ok(());
            }
            let from_inside = is_in_any(names, *source)?;
            let to_inside = is_in_any(names, *destination)?;
            out.push(Value::Text(match (from_inside, to_inside) {
                (true, true) => "internal",
                (true, false) => "outbound",
                (false, true) => "inbound",
                (false, false) => "external",
            }));
            Ok(())
        })
    },
};

fn is_in_any(names: &[Value<'_>], address: Ipv6Addr) -> Result<bool, Failure> {
    for name in names.iter().filter_map(Value::as_str) {
        if Network::read(name)?.contains(address) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A network by name or by block.
enum Network {
    Loopback,
    Unicast,
    LinkLocalUnicast,
    InterfaceLocalMulticast,
    LinkLocalMulticast,
    Multicast,
    Unspecified,
    Private,
    Public,
    Block(Cidr),
}

impl Network {
    fn read(name: &str) -> Result<Network, Failure> {
        Ok(match name {
            "loopback" => Network::Loopback,
            "unicast" | "global_unicast" => Network::Unicast,
            "link_local_unicast" => Network::LinkLocalUnicast,
            "interface_local_multicast" => Network::InterfaceLocalMulticast,
            "link_local_multicast" => Network::LinkLocalMulticast,
            "multicast" => Network::Multicast,
            "unspecified" => Network::Unspecified,
            "private" => Network::Private,
            "public" => Network::Public,
            other => Network::Block(block(other)?),
        })
    }

    fn contains(&self, address: Ipv6Addr) -> bool {
        let v4 = address.to_ipv4_mapped();
        match self {
            Network::Loopback => v4.map_or(address.is_loopback(), |v4| v4.is_loopback()),
            Network::Unicast => {
                let others = [
                    Network::Unspecified,
                    Network::Loopback,
                    Network::Multicast,
                    Network::LinkLocalUnicast,
                ];
                v4 != Some(Ipv4Addr::BROADCAST)
                    && !others.iter().any(|other| other.contains(address))
            }
            Network::LinkLocalUnicast => {
                v4.map_or(address.is_unicast_link_local(), |v4| v4.is_link_local())
            }
            Network::InterfaceLocalMulticast => v4.is_none() && multicast_scope(address) == Some(1),
            Network::LinkLocalMulticast => match v4 {
                Some(v4) => matches!(v4.octets(), [224, 0, 0, _]),
                None => multicast_scope(address) == Some(2),
            },
            Network::Multicast => v4.map_or(address.is_multicast(), |v4| v4.is_multicast()),
            Network::Unspecified => v4.map_or(address.is_unspecified(), |v4| v4.is_unspecified()),
            Network::Private => match v4 {
                Some(v4) => v4.is_private(),
                // Elasticsearch takes `fd00::/8`, the half of `fc00::/7` that is in use (RFC 4193).
                None => address.octets()[0] == 0xfd,
            },
            Network::Public => {
                let others = [
                    Network::Private,
                    Network::Loopback,
                    Network::Unspecified,
                    Network::LinkLocalUnicast,
                    Network::LinkLocalMulticast,
                    Network::InterfaceLocalMulticast,
                ];
                v4 != Some(Ipv4Addr::BROADCAST)
                    && !others.iter().any(|other| other.contains(address))
            }
            Network::Block(block) => block.contains(address),
        }
    }
}

/// The scope of a multicast address of IPv6 (RFC 4291, section 2.7).
fn multicast_scope(address: Ipv6Addr) -> Option<u8> {
    address.is_multicast().then(|| address.octets()[1] & 15)
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::parse_ip;

    use super::Network;
    use crate::functions::testing::{call, texts};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn names_are_networks() {
        for (name, inside, outside) in [
            ("loopback", "127.3.2.1 ::1", "128.0.0.1 ::2"),
            (
                "unicast",
                "8.8.8.8 2001:db8::1 10.0.0.1",
                "0.0.0.0 :: 127.0.0.1 224.0.0.1 ff02::1 fe80::1 255.255.255.255",
            ),
            ("global_unicast", "8.8.8.8", "169.254.1.1"),
            ("link_local_unicast", "169.254.1.1 fe80::1 febf::1", "169.255.1.1 fec0::1"),
            ("interface_local_multicast", "ff01::1 ff11::1", "ff02::1 224.0.0.1"),
            ("link_local_multicast", "224.0.0.9 ff02::1", "224.0.1.1 ff01::1 fe02::1"),
            ("multicast", "224.0.1.1 239.1.1.1 ff05::1", "223.1.1.1 fe80::1"),
            ("unspecified", "0.0.0.0 ::", "0.0.0.1 ::1"),
            ("private", "10.0.0.1 172.31.0.1 192.168.1.1 fd12::1", "172.32.0.1 fc00::1 8.8.8.8"),
            (
                "public",
                "8.8.8.8 2001:db8::1 224.0.1.1",
                "10.0.0.1 ::1 0.0.0.0 224.0.0.1 ff01::1 255.255.255.255",
            ),
            ("10.0.0.0/8", "10.9.9.9", "11.0.0.1"),
        ] {
            let network = Network::read(name).unwrap();
            let holds = |address: &str| network.contains(parse_ip(address).unwrap());
            assert!(inside.split(' ').all(holds), "{name}");
            assert!(!outside.split(' ').any(holds), "{name}");
        }
    }

    #[test]
    fn both_ends_decide() {
        for (source, destination, networks, expected) in [
            ("10.0.0.1", "10.0.0.2", &["private"][..], Ok("internal")),
            ("10.0.0.1", "8.8.8.8", &["private"], Ok("outbound")),
            ("8.8.8.8", "10.0.0.2", &["loopback", "private"], Ok("inbound")),
            ("8.8.8.8", "8.8.4.4", &["private"], Ok("external")),
            ("8.8.8.8", "8.8.4.4", &["home"], Err("'home' is not an IP string literal.")),
        ] {
            let ip = |text| Constant::one(DataType::Ip, Scalar::Ip(parse_ip(text).unwrap()));
            let args = [ip(source), ip(destination), texts(networks)];
            let expected = match expected {
                Ok(direction) => (vec![Scalar::Text(direction.into())], vec![]),
                Err(message) => (vec![], vec![message.to_owned()]),
            };
            assert_eq!(call("NETWORK_DIRECTION", &args, DataType::Keyword), expected);
        }
    }
}
