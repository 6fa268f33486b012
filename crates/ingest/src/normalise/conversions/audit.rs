//! Conversions for telemetry of Linux hosts: the ends of a connection that is one text, and command lines.

use brokerwatch_ecs::{Value, parse_ip};
use bumpalo::Bump;

use super::{Computation, Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[
    Conversion {
        name: "flow_source_ip",
        doc: "Of `192.0.2.1:5->192.0.2.2:9` the first address.",
        run: |value, arena, out| flow(value, arena, |(source, _)| source.0, out),
    },
    Conversion {
        name: "flow_source_port",
        doc: "Of `192.0.2.1:5->192.0.2.2:9` the first port.",
        run: |value, arena, out| flow(value, arena, |(source, _)| source.1, out),
    },
    Conversion {
        name: "flow_destination_ip",
        doc: "Of `192.0.2.1:5->192.0.2.2:9` the second address.",
        run: |value, arena, out| flow(value, arena, |(_, destination)| destination.0, out),
    },
    Conversion {
        name: "flow_destination_port",
        doc: "Of `192.0.2.1:5->192.0.2.2:9` the second port.",
        run: |value, arena, out| flow(value, arena, |(_, destination)| destination.1, out),
    },
    Conversion {
        name: "without_replaced",
        doc: "A name without what the kernel (` (deleted)`) and RPM (`;` and eight digits) append when a program was replaced.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            let text = text.strip_suffix(" (deleted)").unwrap_or(text);
            let is_stamp =
                |end: &str| end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
            let name = text
                .rsplit_once(';')
                .filter(|(_, end)| is_stamp(end))
                .map_or(text, |(name, _)| name);
            out.push(Value::Keyword(name));
        },
    },
    Conversion {
        name: "split_blank",
        doc: "The parts between blanks.",
        run: |value, arena, out| {
            out.extend(text_of(value, arena).split_whitespace().map(Value::Keyword));
        },
    },
    Conversion {
        name: "json_texts",
        doc: "The texts of a JSON list.",
        run: |value, arena, out| {
            let texts: Vec<String> =
                serde_json::from_str(text_of(value, arena)).unwrap_or_default();
            out.extend(texts.iter().map(|text| Value::Keyword(arena.alloc_str(text))));
        },
    },
    Conversion {
        name: "unless_any_address",
        doc: "An address, unless it stands for any: `0.0.0.0` and `::`.",
        run: |value, arena, out| {
            let any = parse_ip(text_of(value, arena).trim()).is_some_and(|address| {
                address
                    .to_ipv4_mapped()
                    .map_or(address.is_unspecified(), |four| four.is_unspecified())
            });
            if !any {
                out.push(value);
            }
        },
    },
];

pub(super) static COMPUTATIONS: &[Computation] = &[];

/// An address and a port, as text.
type End<'t> = (&'t str, &'t str);

fn flow<'c>(
    value: Value<'c>,
    arena: &'c Bump,
    part: fn((End<'c>, End<'c>)) -> &'c str,
    out: &mut Vec<Value<'c>>,
) {
    let end = |text: &'c str| -> Option<End<'c>> {
        let (address, port) = text.rsplit_once(':')?;
        let address = address.trim_start_matches('[').trim_end_matches(']');
        (parse_ip(address).is_some() && port.parse::<u16>().is_ok()).then_some((address, port))
    };
    if let Some((source, destination)) = text_of(value, arena).split_once("->")
        && let (Some(source), Some(destination)) = (end(source), end(destination))
    {
        out.push(Value::Keyword(part((source, destination))));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::converted;

    #[test]
    fn a_flow_has_two_ends() {
        let ends = |text: &str| {
            ["flow_source_ip", "flow_source_port", "flow_destination_ip", "flow_destination_port"]
                .map(|name| converted(name, text).join("|"))
                .join(" ")
        };
        assert_eq!(ends("192.0.2.1:5->198.51.100.2:9"), "192.0.2.1 5 198.51.100.2 9");
        assert_eq!(ends("::1:5->2001:db8::2:1883"), "::1 5 2001:db8::2 1883");
        assert_eq!(ends("[::1]:5->[::1]:6"), "::1 5 ::1 6");
        for none in ["/etc/shadow", "192.0.2.1:5", "a:5->b:6", "192.0.2.1:5->192.0.2.2:99999", "->"]
        {
            assert_eq!(ends(none).trim(), "", "{none}");
        }
    }

    #[test]
    fn lists_of_texts_are_read() {
        assert_eq!(converted("json_texts", r#"["sh","-c","a b"]"#), ["sh", "-c", "a b"]);
        assert!(converted("json_texts", "sh -c").is_empty());
        assert_eq!(converted("split_blank", " sh  -c x"), ["sh", "-c", "x"]);
    }

    #[test]
    fn a_program_that_was_replaced_keeps_its_name() {
        assert_eq!(converted("without_replaced", "python2.7;58d1ccfb (deleted)"), ["python2.7"]);
        assert_eq!(converted("without_replaced", "mosquitto (deleted)"), ["mosquitto"]);
        assert_eq!(converted("without_replaced", "a;b"), ["a;b"]);
    }

    #[test]
    fn an_address_that_stands_for_any_is_none() {
        assert!(converted("unless_any_address", "0.0.0.0").is_empty());
        assert!(converted("unless_any_address", "0:0:0:0:0:0:0:0").is_empty());
        assert_eq!(converted("unless_any_address", "192.0.2.1"), ["192.0.2.1"]);
    }
}
