//! `IP_PREFIX`: an address without the bits behind a prefix.

use std::net::Ipv6Addr;

use super::address_blocks::is_v4;
use super::characters::{COUNT, integer};
use super::{Example, Function, Lists, Returns, param, single};
use crate::types::{DataType, Types};
use crate::value::Value;
use crate::warnings::Failure;

pub(crate) const FUNCTION: Function = Function {
    name: "IP_PREFIX",
    aliases: &[],
    doc: "The address with every bit behind the prefix cleared; the lengths are for IPv4 and for IPv6.",
    params: &[
        param("ip", Types::of(&[DataType::Ip])),
        param("prefixLengthV4", COUNT),
        param("prefixLengthV6", COUNT),
    ],
    returns: Returns::Always(DataType::Ip),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW ip = TO_IP("1.2.3.4") | EVAL a = IP_PREFIX(ip, 24, 0)"#,
            result: "1.2.3.0",
        },
        Example {
            query: r#"ROW ip = TO_IP("fe80::cae2:65ff:fece:feb9") | EVAL a = IP_PREFIX(ip, 0, 112)"#,
            result: "fe80::cae2:65ff:fece:0",
        },
        Example {
            query: r#"ROW ip = TO_IP("1.2.3.4") | EVAL a = IP_PREFIX(ip, 33, 0)"#,
            result: "null",
        },
    ],
    compile: |_| {
        single(|args, _| {
            let Value::Ip(address) = args[0] else { return Ok(None) };
            let (Some(v4), Some(v6)) = (integer(&args[1]), integer(&args[2])) else {
                return Ok(None);
            };
            let v4 = bits(v4, "v4", 32)?;
            let v6 = bits(v6, "v6", 128)?;
            Ok(Some(Value::Ip(prefix(address, if is_v4(address) { 96 + v4 } else { v6 }))))
        })
    },
};

fn bits(bits: i32, family: &str, bits_max: u32) -> Result<u32, Failure> {
    u32::try_from(bits).ok().filter(|bits| *bits <= bits_max).ok_or_else(|| {
        Failure::argument(format!(
            "Prefix length {family} must be in range [0, {bits_max}], found {bits}"
        ))
    })
}

fn prefix(address: Ipv6Addr, bits: u32) -> Ipv6Addr {
    let behind = u128::MAX.checked_shr(bits).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & !behind)
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::parse_ip;

    use crate::functions::testing::{call, integer};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    #[test]
    fn lengths_are_of_the_family() {
        let full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        for (address, v4, v6, expected) in [
            ("255.255.255.255", 0, 128, Ok("0.0.0.0")),
            ("255.255.255.255", 32, 0, Ok("255.255.255.255")),
            ("255.255.255.255", 11, 0, Ok("255.224.0.0")),
            (full, 32, 0, Ok("::")),
            (full, 0, 128, Ok(full)),
            (full, 0, 13, Ok("fff8::")),
            ("1.2.3.4", -1, 0, Err("Prefix length v4 must be in range [0, 32], found -1")),
            ("1.2.3.4", 0, 129, Err("Prefix length v6 must be in range [0, 128], found 129")),
        ] {
            let ip = |text: &str| Scalar::Ip(parse_ip(text).unwrap());
            let args = [Constant::one(DataType::Ip, ip(address)), integer(v4), integer(v6)];
            let expected = match expected {
                Ok(address) => (vec![ip(address)], vec![]),
                Err(message) => (vec![], vec![message.to_owned()]),
            };
            assert_eq!(call("IP_PREFIX", &args, DataType::Ip), expected, "{address} {v4} {v6}");
        }
    }
}
