//! `CIDR_MATCH`: whether an address is in one of several blocks.

use super::address_blocks::{block, blocks};
use super::{Call, Example, Function, Lists, Returns, param, repeated, single};
use crate::types::{DataType, TEXT, Types};
use crate::value::Value;

pub(crate) const FUNCTION: Function = Function {
    name: "CIDR_MATCH",
    aliases: &[],
    doc: "Whether the address is in one of the blocks: `10.0.0.0/8`, `fe80::/10`, or an address alone.",
    params: &[param("ip", Types::of(&[DataType::Ip])), repeated("blockX", TEXT)],
    returns: Returns::Always(DataType::Boolean),
    lists: Lists::Single,
    examples: &[
        Example {
            query: r#"ROW ip = TO_IP("10.1.2.3") | EVAL a = CIDR_MATCH(ip, "192.168.0.0/16", "10.0.0.0/8")"#,
            result: "true",
        },
        Example {
            query: r#"ROW ip = TO_IP("fe80::1") | EVAL a = CIDR_MATCH(ip, "10.0.0.0/8", "::1")"#,
            result: "false",
        },
        Example {
            query: r#"ROW ip = TO_IP("10.1.2.3") | EVAL a = CIDR_MATCH(ip, "10.0.0.0/33")"#,
            result: "null",
        },
    ],
    compile: |call: &Call<'_>| {
        let constant: Option<Vec<&str>> = (1..call.args.len()).map(|at| call.text(at)).collect();
        let constant = constant.map(|texts| blocks(texts.into_iter()));
        single(move |args, _| {
            let Value::Ip(address) = args[0] else { return Ok(None) };
            if let Some(known) = &constant {
                let inside = known.as_ref().map_err(Clone::clone)?.contains(address);
                return Ok(Some(Value::Boolean(inside)));
            }
            for text in args[1..].iter().filter_map(Value::as_str) {
                if block(text)?.contains(address) {
                    return Ok(Some(Value::Boolean(true)));
                }
            }
            Ok(Some(Value::Boolean(false)))
        })
    },
};

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::parse_ip;

    use crate::functions::testing::{call, text, texts};
    use crate::types::DataType;
    use crate::value::{Constant, Scalar};

    fn cidr_match(ip: &str, block: Constant) -> (Vec<Scalar>, Vec<String>) {
        let ip = Constant::one(DataType::Ip, Scalar::Ip(parse_ip(ip).unwrap()));
        call("CIDR_MATCH", &[ip, text("127.0.0.1"), block], DataType::Boolean)
    }

    #[test]
    fn any_block_will_do() {
        for (ip, block, inside) in [
            ("10.1.2.3", "10.0.0.0/8", true),
            ("127.0.0.1", "10.0.0.0/8", true),
            ("127.0.0.2", "10.0.0.0/8", false),
            ("10.1.2.3", "::/0", true),
            ("fe80::1", "0.0.0.0/0", false),
        ] {
            let expected = (vec![Scalar::Boolean(inside)], vec![]);
            assert_eq!(cidr_match(ip, text(block)), expected, "{ip} {block}");
        }
    }

    #[test]
    fn what_is_no_block_fails() {
        for (block, messages) in [
            (text("foo"), vec!["'foo' is not an IP string literal."]),
            (texts(&["::1", "::2"]), vec!["single-value function encountered multi-value"]),
            (Constant::null(), vec![]),
        ] {
            let messages = messages.into_iter().map(str::to_owned).collect();
            assert_eq!(cidr_match("127.0.0.1", block), (vec![], messages));
        }
    }
}
