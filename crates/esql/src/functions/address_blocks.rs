//! Blocks of addresses as `CIDR_MATCH` and `NETWORK_DIRECTION` read them, with Elasticsearch's messages.

use std::net::{IpAddr, Ipv6Addr};

use brokerwatch_expr::pattern::cidr::{Cidr, CidrSet};

use crate::warnings::Failure;

/// Reads `ADDRESS/BITS`, or `ADDRESS` for that one address.
pub(super) fn block(text: &str) -> Result<Cidr, Failure> {
    Cidr::parse(&checked(text)?).map_err(|error| Failure::argument(error.to_string()))
}

/// Reads blocks that never change into one set.
pub(super) fn blocks<'t>(texts: impl Iterator<Item = &'t str>) -> Result<CidrSet, Failure> {
    let checked = texts.map(checked).collect::<Result<Vec<String>, Failure>>()?;
    CidrSet::parse(checked.iter().map(String::as_str))
        .map_err(|error| Failure::argument(error.to_string()))
}

/// The block in its plainest form, once Elasticsearch would take it.
fn checked(text: &str) -> Result<String, Failure> {
    let Some((address, bits)) = text.split_once('/') else {
        parse_address(text)?;
        return Ok(text.to_owned());
    };
    if bits.is_empty() || bits.contains('/') {
        return Err(Failure::argument(format!("Expected [ip/prefix] but was [{text}]")));
    }
    let bits_max = match parse_address(address)? {
        IpAddr::V4(_) => 32,
        IpAddr::V6(v6) if is_v4(v6) => return Err(ambiguous(address)),
        IpAddr::V6(_) => 128,
    };
    // A sign is taken, as by Java's `Integer.parseInt`.
    let number: i32 = bits.parse().map_err(|_| Failure {
        class: "java.lang.NumberFormatException",
        message: format!("For input string: \"{bits}\""),
    })?;
    if number < 0 || bits_max < number {
        return Err(Failure::argument(format!(
            "Illegal prefix length [{number}] in [{text}]. Must be 0-32 for IPv4 ranges, 0-128 for IPv6 ranges"
        )));
    }
    Ok(format!("{address}/{number}"))
}

/// Whether an address stands in the part of the space that IPv4 has.
pub(super) fn is_v4(address: Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}

fn parse_address(text: &str) -> Result<IpAddr, Failure> {
    text.parse().map_err(|_| Failure::argument(format!("'{text}' is not an IP string literal.")))
}

fn ambiguous(address: &str) -> Failure {
    // Elasticsearch leaves the bracket open.
    Failure::argument(format!(
        "CIDR notation is not allowed with IPv6-mapped IPv4 address [{address} as it introduces ambiguity as to whether \
         the prefix length should be interpreted as a v4 prefix length or a v6 prefix length"
    ))
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::parse_ip;

    use super::*;

    #[test]
    fn blocks_that_cannot_be_read_fail_in_the_words_of_elasticsearch() {
        let lengths = "Must be 0-32 for IPv4 ranges, 0-128 for IPv6 ranges";
        for (text, message) in [
            ("", "'' is not an IP string literal.".to_owned()),
            ("10.0.0", "'10.0.0' is not an IP string literal.".to_owned()),
            ("/8", "'' is not an IP string literal.".to_owned()),
            ("host/8", "'host' is not an IP string literal.".to_owned()),
            ("10.0.0.0/", "Expected [ip/prefix] but was [10.0.0.0/]".to_owned()),
            ("10.0.0.0/8/8", "Expected [ip/prefix] but was [10.0.0.0/8/8]".to_owned()),
            ("10.0.0.0/x", "For input string: \"x\"".to_owned()),
            ("10.0.0.0/33", format!("Illegal prefix length [33] in [10.0.0.0/33]. {lengths}")),
            ("::/-1", format!("Illegal prefix length [-1] in [::/-1]. {lengths}")),
            ("::/129", format!("Illegal prefix length [129] in [::/129]. {lengths}")),
        ] {
            assert_eq!(block(text).unwrap_err().message, message, "{text}");
        }
        assert!(block("::ffff:10.0.0.0/104").unwrap_err().message.contains("ambiguity"));
    }

    #[test]
    fn blocks_are_read() {
        let set = blocks(["10.0.0.0/+8", "::1", "fd00::/8"].into_iter()).unwrap();
        for (address, inside) in [
            ("10.1.2.3", true),
            ("11.0.0.0", false),
            ("::1", true),
            ("::2", false),
            ("fdff::1", true),
        ] {
            assert_eq!(set.contains(parse_ip(address).unwrap()), inside, "{address}");
        }
    }
}
