//! `cidrMatch` (EQL), `CIDR_MATCH` (ES|QL): is an address inside any of the blocks?

use brokerwatch_ecs::{Type, Value, parse_ip};

use crate::function::{Args, Example, Function, Returns, Scalar, Takes, param, rest};
use crate::pattern::cidr::CidrSet;
use crate::{Diagnostic, Literal, codes};

pub(crate) const FUNCTION: Function = Function {
    eql: Some("cidrMatch"),
    esql: Some("CIDR_MATCH"),
    any_case: false,
    params: &[param("source", Takes::Ip), rest("blocks", Takes::Text).constant()],
    returns: Returns::Always(Type::Boolean),
    doc: "Returns `true` when `source` lies inside any of the CIDR `blocks`. IPv4 and IPv6 share one space, in which \
          `a.b.c.d` is `::ffff:a.b.c.d`.",
    examples: &[
        Example { query: r#"cidrMatch(source.ip, "10.0.0.0/8")"#, event: r#"{"source.ip": "10.1.2.3"}"#, result: "true" },
        Example { query: r#"cidrMatch(source.ip, "fe80::/10")"#, event: r#"{"source.ip": "10.1.2.3"}"#, result: "false" },
        Example { query: r#"cidrMatch(source.ip, "10.0.0.0/8")"#, event: "{}", result: "null" },
    ],
    compile,
};

fn compile(args: &Args<'_>) -> Result<Scalar, Diagnostic> {
    // Blocks are constants: parsed once per rule, never per event.
    let mut blocks = Vec::new();
    for (constant, span) in args.constants.iter().zip(&args.spans).skip(1) {
        let Some(Literal::Keyword(block)) = constant else { continue };
        CidrSet::parse([block.as_ref()].into_iter()).map_err(|error| {
            Diagnostic::error(codes::CIDR, *span, format!("`{block}` is no address block: {}", error.why))
                .help("write an address with a prefix length, such as \"10.0.0.0/8\" or \"fe80::/10\"")
        })?;
        blocks.push(block.as_ref());
    }
    let blocks = CidrSet::parse(blocks.into_iter())
        .map_err(|error| Diagnostic::error(codes::CIDR, args.span, error.why.clone()))?;
    Ok(Box::new(move |args, _| {
        let address = match args[0] {
            Value::Ip(address) => address,
            // Text that is no address lies in no block.
            Value::Keyword(text) => match parse_ip(text) {
                Some(address) => address,
                None => return Some(Value::Boolean(false)),
            },
            _ => return None,
        };
        Some(Value::Boolean(blocks.contains(address)))
    }))
}
