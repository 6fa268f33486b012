//! Conversions of addresses, and what follows from addresses.

use std::net::Ipv6Addr;

use brokerwatch_ecs::{Value, parse_ip};

use super::{Computation, Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[
    Conversion {
        name: "ip",
        doc: "An address from text; nothing of text that is none.",
        run: |value, arena, out| {
            out.extend(parse_ip(text_of(value, arena).trim()).map(Value::Ip));
        },
    },
    Conversion {
        name: "ip_version",
        doc: "`ipv4` or `ipv6`, by the address; an IPv4-mapped address is IPv4.",
        run: |value, arena, out| {
            if let Some(address) = parse_ip(text_of(value, arena).trim()) {
                let four = address.to_ipv4_mapped().is_some();
                out.push(Value::Keyword(if four { "ipv4" } else { "ipv6" }));
            }
        },
    },
];

pub(super) static COMPUTATIONS: &[Computation] = &[Computation {
    name: "direction_by_address",
    doc: "`outbound`, `inbound`, `internal` or `external` of a source and a destination address, by whether they are private.",
    inputs: 2,
    run: |inputs, arena, out| {
        let inside = |value: &Option<Value<'_>>| {
            value.as_ref().and_then(|v| parse_ip(text_of(*v, arena).trim())).map(is_inside)
        };
        if let [source, destination] = inputs
            && let (Some(source), Some(destination)) = (inside(source), inside(destination))
        {
            out.push(Value::Keyword(match (source, destination) {
                (true, true) => "internal",
                (true, false) => "outbound",
                (false, true) => "inbound",
                (false, false) => "external",
            }));
        }
    },
}];

/// Whether an address belongs to the networks behind a sensor: private (RFC 1918), unique local (RFC 4193), link-local
/// (RFC 3927, RFC 4291), loopback, shared (RFC 6598), unspecified, multicast or broadcast.
pub(super) fn is_inside(address: Ipv6Addr) -> bool {
    match address.to_ipv4_mapped() {
        Some(four) => {
            let [a, b, ..] = four.octets();
            four.is_private()
                || four.is_loopback()
                || four.is_link_local()
                || four.is_unspecified()
                || four.is_multicast()
                || four.is_broadcast()
                || (a == 100 && (64..128).contains(&b))
        }
        None => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_multicast()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{computed, converted};

    #[test]
    fn addresses_are_written_in_one_way() {
        assert_eq!(converted("ip", "0:0:0:0:0:0:0:1"), ["::1"]);
        assert_eq!(converted("ip", "::ffff:10.0.0.1"), ["10.0.0.1"]);
        assert!(converted("ip", "localhost").is_empty());
        assert_eq!(converted("ip_version", "::ffff:10.0.0.1"), ["ipv4"]);
        assert_eq!(converted("ip_version", "fe80::1"), ["ipv6"]);
    }

    #[test]
    fn direction_follows_from_who_is_inside() {
        let direction = |a, b| computed("direction_by_address", &[Some(a), Some(b)]);
        assert_eq!(direction("192.168.1.2", "198.51.100.7"), ["outbound"]);
        assert_eq!(direction("198.51.100.7", "fd00::2"), ["inbound"]);
        assert_eq!(direction("10.0.0.1", "172.16.0.1"), ["internal"]);
        assert_eq!(direction("198.51.100.7", "203.0.113.9"), ["external"]);
    }
}
