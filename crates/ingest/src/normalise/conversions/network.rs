//! What follows from the ends of a connection: its community id, and who is inside.

use std::net::Ipv6Addr;

use brokerwatch_ecs::{Value, date, number, parse_ip};
use bumpalo::Bump;

use super::addresses::is_inside;
use super::times::lenient_iso;
use super::{Computation, Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[
    Conversion {
        name: "mac_address",
        doc: "A hardware address as ECS writes it: upper case, with hyphens.",
        run: |value, arena, out| {
            let text = text_of(value, arena).to_ascii_uppercase().replace(':', "-");
            out.push(Value::Keyword(arena.alloc_str(&text)));
        },
    },
    Conversion {
        name: "url_host",
        doc: "The host of a URL; of text without a scheme, what stands before its first slash.",
        run: |value, arena, out| {
            let url = text_of(value, arena);
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            let host = authority.rsplit('@').next().unwrap_or(authority);
            let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
            let host = match host.rsplit_once(':') {
                Some((name, port)) if is_port(port) && !name.ends_with(':') => name,
                _ => host,
            };
            if !host.is_empty() {
                out.push(Value::Keyword(host));
            }
        },
    },
    Conversion {
        name: "url_path",
        doc: "The path of a URL or of the target of a request.",
        run: |value, arena, out| {
            let path = behind_host(text_of(value, arena));
            let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
            if !path.is_empty() {
                out.push(Value::Keyword(path));
            }
        },
    },
    Conversion {
        name: "url_query",
        doc: "The query of a URL or of the target of a request, without its question mark.",
        run: |value, arena, out| {
            let target = behind_host(text_of(value, arena));
            let target = target.split('#').next().unwrap_or(target);
            out.extend(target.split_once('?').map(|(_, query)| Value::Keyword(query)));
        },
    },
    Conversion {
        name: "day",
        doc: "A day as the metadata of Suricata's rules have it: `2010_09_23`.",
        run: |value, arena, out| {
            let day = date::parse(&text_of(value, arena).replace('_', "-"));
            out.extend(day.map(|span| Value::Date(span.from)));
        },
    },
];

/// A URL from its path on; the target of a request has no host, and stays as it is.
fn behind_host(url: &str) -> &str {
    match url.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => {
            rest.find(['/', '?', '#']).map_or("", |at| &rest[at..])
        }
        _ => url,
    }
}

pub(super) static COMPUTATIONS: &[Computation] = &[
    Computation {
        name: "community_id",
        doc: "The community id (version 1, seed 0) of a source address and port, a destination address and port, and a transport; for ICMP the ports are type and code.",
        inputs: 5,
        run: |inputs, arena, out| {
            if let Some(id) = community_id(inputs, arena) {
                out.push(Value::Keyword(arena.alloc_str(&id)));
            }
        },
    },
    Computation {
        name: "nanoseconds_between",
        doc: "The nanoseconds from one time to another, if both are there and the second is not before the first.",
        inputs: 2,
        run: |inputs, arena, out| {
            let [Some(from), Some(to)] = inputs else { return };
            let moment = |value: &Value<'_>| lenient_iso(text(*value, arena));
            if let Some((from, to)) = moment(from).zip(moment(to)) {
                let nanoseconds = to.as_nanosecond() - from.as_nanosecond();
                out.extend(i64::try_from(nanoseconds).ok().filter(|n| 0 <= *n).map(Value::Long));
            }
        },
    },
    Computation {
        name: "direction_by_sides",
        doc: "`outbound`, `inbound`, `internal` or `external`: of two flags that say whether the originator and the responder are local, and their addresses, which decide where no flag is true.",
        inputs: 4,
        run: |inputs, arena, out| {
            let [orig_flag, resp_flag, orig, resp] = inputs else { return };
            let direction = match (flag(*orig_flag), flag(*resp_flag)) {
                (Some(orig), Some(resp)) if orig || resp => Some(direction(orig, resp)),
                _ => {
                    let inside = |value| address(value, arena).map(is_inside);
                    inside(*orig).zip(inside(*resp)).map(|(orig, resp)| direction(orig, resp))
                }
            };
            out.extend(direction.map(Value::Keyword));
        },
    },
    Computation {
        name: "direction_basis",
        doc: "What `direction_by_sides` goes by: `local networks` where a flag is true, else `addresses`.",
        inputs: 2,
        run: |inputs, _, out| {
            let [orig, resp] = inputs else { return };
            let told =
                matches!((flag(*orig), flag(*resp)), (Some(orig), Some(resp)) if orig || resp);
            out.push(Value::Keyword(if told { "local networks" } else { "addresses" }));
        },
    },
];

fn direction(orig_inside: bool, resp_inside: bool) -> &'static str {
    match (orig_inside, resp_inside) {
        (true, true) => "internal",
        (true, false) => "outbound",
        (false, true) => "inbound",
        (false, false) => "external",
    }
}

fn flag(value: Option<Value<'_>>) -> Option<bool> {
    match value? {
        Value::Boolean(flag) => Some(flag),
        Value::Keyword("true" | "T") => Some(true),
        Value::Keyword("false" | "F") => Some(false),
        _ => None,
    }
}

fn address(value: Option<Value<'_>>, arena: &Bump) -> Option<Ipv6Addr> {
    match value? {
        Value::Ip(address) => Some(address),
        other => parse_ip(text(other, arena).trim()),
    }
}

/// A value's text, without giving it the lifetime of the arena.
fn text<'a>(value: Value<'a>, arena: &'a Bump) -> &'a str {
    text_of(value, arena)
}

/// The protocol numbers of IANA that have ports, or what stands for ports.
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP6: u8 = 58;
const SCTP: u8 = 132;

/// See <https://github.com/corelight/community-id-spec>.
fn community_id(inputs: &[Option<Value<'_>>], arena: &Bump) -> Option<String> {
    let [source, source_port, destination, destination_port, transport] = inputs else {
        return None;
    };
    let ends = (address(*source, arena)?, address(*destination, arena)?);
    let transport = text((*transport)?, arena);
    let protocol = protocol_number(transport, ends.0.to_ipv4_mapped().is_none())?;
    if !matches!(protocol, TCP | UDP | SCTP | ICMP | ICMP6) {
        let (ends, _) = in_order(ends, (0, 0));
        return Some(digest(protocol, ends, None));
    }
    let port = |value: Option<Value<'_>>| {
        number::long_from_text(text(value?, arena)).and_then(|port| u16::try_from(port).ok())
    };
    let ports = (port(*source_port)?, port(*destination_port)?);
    let answers = match protocol {
        ICMP => ICMP_ANSWERS,
        ICMP6 => ICMP6_ANSWERS,
        _ => {
            let (ends, ports) = in_order(ends, ports);
            return Some(digest(protocol, ends, Some(ports)));
        }
    };
    // The ends of a message that has no answer are not put in order.
    let (ends, ports) = match answer_of(ports.0, answers) {
        Some(answer) => in_order(ends, (ports.0, answer)),
        None => (ends, ports),
    };
    Some(digest(protocol, ends, Some(ports)))
}

fn protocol_number(transport: &str, six: bool) -> Option<u8> {
    let is = |name: &str| transport.eq_ignore_ascii_case(name);
    Some(match transport {
        _ if is("tcp") => TCP,
        _ if is("udp") => UDP,
        _ if is("sctp") => SCTP,
        _ if is("ipv6-icmp") || is("icmp6") || is("icmpv6") => ICMP6,
        // Some sensors have one name for both.
        _ if is("icmp") && six => ICMP6,
        _ if is("icmp") => ICMP,
        other => return other.parse().ok(),
    })
}

/// Types of ICMP (RFC 792, 950, 1256) and what answers them.
const ICMP_ANSWERS: &[(u16, u16)] = &[(8, 0), (9, 10), (13, 14), (15, 16), (17, 18)];

/// Types of ICMP for IPv6 (RFC 4443, 4861, 2710, 4620, 6275) and what answers them.
const ICMP6_ANSWERS: &[(u16, u16)] =
    &[(128, 129), (130, 131), (133, 134), (135, 136), (139, 140), (144, 145)];

/// The type of ICMP message that answers another, or that another answers: with the type it stands for the ports.
fn answer_of(kind: u16, answers: &[(u16, u16)]) -> Option<u16> {
    answers.iter().find_map(|&(asks, answers)| match kind {
        kind if kind == asks => Some(answers),
        kind if kind == answers => Some(asks),
        _ => None,
    })
}

/// The two ends of a flow.
type Ends = (Ipv6Addr, Ipv6Addr);

/// The smaller end first, so that both directions of a flow have one id.
fn in_order(ends: Ends, ports: (u16, u16)) -> (Ends, (u16, u16)) {
    if (ends.1, ports.1) < (ends.0, ports.0) {
        ((ends.1, ends.0), (ports.1, ports.0))
    } else {
        (ends, ports)
    }
}

fn digest(protocol: u8, ends: Ends, ports: Option<(u16, u16)>) -> String {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(&0_u16.to_be_bytes());
    for end in [ends.0, ends.1] {
        match end.to_ipv4_mapped() {
            Some(four) => hash.update(&four.octets()),
            None => hash.update(&end.octets()),
        }
    }
    hash.update(&[protocol, 0]);
    if let Some((source, destination)) = ports {
        hash.update(&source.to_be_bytes());
        hash.update(&destination.to_be_bytes());
    }
    format!("1:{}", base64(&hash.digest().bytes()))
}

/// Base 64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for place in 0..4 {
            if place <= three.len() {
                let letter = (bits >> (18 - 6 * place)) & 63;
                text.push(char::from(LETTERS[letter as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tests::{computed, converted};

    /// The examples of the specification's own baseline.
    #[test]
    fn community_ids_agree_with_the_specification() {
        for (source, source_port, destination, destination_port, transport, id) in [
            (
                "128.232.110.120",
                "34855",
                "66.35.250.204",
                "80",
                "tcp",
                "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            ),
            (
                "66.35.250.204",
                "80",
                "128.232.110.120",
                "34855",
                "TCP",
                "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            ),
            ("192.168.1.52", "54585", "8.8.8.8", "53", "udp", "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
            ("192.168.0.89", "8", "192.168.0.1", "0", "icmp", "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
            ("192.168.0.1", "0", "192.168.0.89", "8", "icmp", "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
        ] {
            let inputs = [source, source_port, destination, destination_port, transport].map(Some);
            assert_eq!(computed("community_id", &inputs), [id], "{inputs:?}");
        }
    }

    #[test]
    fn a_community_id_needs_both_ends() {
        let inputs = [Some("192.0.2.1"), None, Some("192.0.2.2"), Some("80"), Some("tcp")];
        assert!(computed("community_id", &inputs).is_empty());
        let inputs = [Some("192.0.2.1"), Some("1"), Some("nowhere"), Some("80"), Some("tcp")];
        assert!(computed("community_id", &inputs).is_empty());
        let inputs = [Some("192.0.2.1"), Some("1"), Some("192.0.2.2"), Some("80"), Some("quantum")];
        assert!(computed("community_id", &inputs).is_empty());
    }

    #[test]
    fn flags_decide_and_addresses_where_no_flag_is_true() {
        let check = |flags: [Option<&str>; 2], ends: [&str; 2], direction: &str, basis: &str| {
            let all = [flags[0], flags[1], Some(ends[0]), Some(ends[1])];
            assert_eq!(computed("direction_by_sides", &all), [direction], "{all:?}");
            assert_eq!(computed("direction_basis", &flags), [basis], "{all:?}");
        };
        let public = ["198.51.100.7", "203.0.113.9"];
        check([Some("true"), Some("false")], public, "outbound", "local networks");
        check([Some("false"), Some("true")], public, "inbound", "local networks");
        check([Some("T"), Some("T")], public, "internal", "local networks");
        check([Some("false"), Some("false")], ["10.0.0.1", "203.0.113.9"], "outbound", "addresses");
        check([None, None], public, "external", "addresses");
    }

    #[test]
    fn urls_are_taken_apart() {
        for (url, path, query) in [
            ("/uid/index.html", "/uid/index.html", None),
            ("/a?b=c#d", "/a", Some("b=c")),
            ("http://example.com/a?u=http://x/", "/a", Some("u=http://x/")),
            ("/a?u=http://x/y", "/a", Some("u=http://x/y")),
            ("http://example.com", "", None),
        ] {
            assert_eq!(converted("url_path", url).concat(), path, "{url}");
            assert_eq!(converted("url_query", url).first().map(String::as_str), query, "{url}");
        }
    }

    #[test]
    fn hosts_are_cut_out_of_urls() {
        for (url, host) in [
            ("www.example.org", "www.example.org"),
            ("https://user@example.com:8443/a", "example.com"),
            ("broker.example.com:8883", "broker.example.com"),
            ("http://[2001:db8::1]/", "[2001:db8::1]"),
        ] {
            assert_eq!(converted("url_host", url), [host], "{url}");
        }
    }

    #[test]
    fn days_and_durations() {
        assert_eq!(converted("day", "2010_09_23"), ["2010-09-23T00:00:00.000Z"]);
        assert!(converted("day", "someday").is_empty());
        let times =
            [Some("2024-01-09T15:07:44.721525+0000"), Some("2024-01-09T16:07:44.740950+0100")];
        assert_eq!(computed("nanoseconds_between", &times), ["19425000"]);
        assert!(computed("nanoseconds_between", &[times[1], times[0]]).is_empty());
    }

    #[test]
    fn hardware_addresses_are_written_as_ecs_does() {
        assert_eq!(converted("mac_address", "00:03:2d:3f:e5:63"), ["00-03-2D-3F-E5-63"]);
    }
}
