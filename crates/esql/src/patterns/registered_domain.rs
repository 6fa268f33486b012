//! `REGISTERED_DOMAIN`: a domain name in its parts, by Mozilla's list of public suffixes (publicsuffix.org), as
//! Elasticsearch's processor `registered_domain` names them. The list is that of the crate `psl`.

use super::{Extractor, Output};
use crate::types::DataType;
use crate::value::{Arena, Value};
use crate::warnings::Failure;

/// The columns behind the prefix, in order.
const PARTS: [&str; 4] = ["domain", "registered_domain", "top_level_domain", "subdomain"];

/// Takes domain names apart.
#[derive(Debug)]
pub struct RegisteredDomain {
    outputs: Vec<Output>,
}

impl RegisteredDomain {
    /// Parts in columns whose names begin with `prefix` and a dot.
    pub fn new(prefix: &str) -> RegisteredDomain {
        let output = |part: &&str| Output::under(prefix, part, DataType::Keyword);
        RegisteredDomain { outputs: PARTS.iter().map(output).collect() }
    }
}

impl Extractor for RegisteredDomain {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn extract<'v>(
        &self,
        text: &'v str,
        _: &'v Arena,
        columns: &mut [Vec<Value<'v>>],
        _: &mut dyn FnMut(Failure),
    ) {
        for (column, part) in columns.iter_mut().zip(parts(text)) {
            column.extend(part.map(Value::Text));
        }
    }
}

/// The parts of a name; none of a name whose suffix is not in the list.
fn parts(name: &str) -> [Option<&str>; 4] {
    // The list is in lower case; the parts are cut from the name as it is.
    let lower = name.to_ascii_lowercase();
    let Some(suffix) = psl::suffix(lower.as_bytes()).filter(psl::Suffix::is_known) else {
        return [None; 4];
    };
    let end = |length: usize| name.get(name.len().checked_sub(length)?..);
    let suffix_text = end(suffix.as_bytes().len());
    let Some(domain) = psl::domain(lower.as_bytes()) else {
        return [Some(name), None, suffix_text, None];
    };
    let length = domain.as_bytes().len();
    let before = name.len().checked_sub(length + 1).and_then(|at| name.get(..at));
    [Some(name), end(length), suffix_text, before.filter(|before| !before.is_empty())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_apart_at_their_public_suffix() {
        for (name, expected) in [
            (
                "www.broker.example.ac.uk",
                ["www.broker.example.ac.uk", "example.ac.uk", "ac.uk", "www.broker"],
            ),
            ("broker.hivemq.com", ["broker.hivemq.com", "hivemq.com", "com", "broker"]),
            ("Broker.HiveMQ.com", ["Broker.HiveMQ.com", "HiveMQ.com", "com", "Broker"]),
            ("hivemq.com", ["hivemq.com", "hivemq.com", "com", ""]),
            ("co.uk", ["co.uk", "", "co.uk", ""]),
            ("host.unknown-suffix", ["", "", "", ""]),
            ("192.168.1.1", ["", "", "", ""]),
            ("", ["", "", "", ""]),
            ("é.com", ["é.com", "é.com", "com", ""]),
        ] {
            assert_eq!(parts(name).map(Option::unwrap_or_default), expected, "{name}");
        }
    }
}
