//! `URI_PARTS`: a URI in its parts, as Elasticsearch's processor `uri_parts` names them.
//!
//! A text is read as `java.net.URI` reads it (RFC 2396, escapes decoded); what that refuses because of a character is
//! taken apart as it is, where it has a scheme of the web.

use super::{Extractor, Output};
use crate::types::DataType;
use crate::value::{Arena, Value};
use crate::warnings::Failure;

/// The columns behind the prefix, in order.
const PARTS: [&str; 10] = [
    "domain",
    "fragment",
    "path",
    "extension",
    "port",
    "query",
    "scheme",
    "user_info",
    "username",
    "password",
];

/// What stands outside of ASCII letters and digits in a URI (RFC 2396, section 2, and `[` and `]` of RFC 2732).
const MARKS: &[u8] = b"-_.!~*'();/?:@&=+$,[]%#";

/// The schemes of which Java knows how to read a URL.
const URL_SCHEMES: [&str; 5] = ["http", "https", "ftp", "file", "jar"];

/// Takes URIs apart.
#[derive(Debug)]
pub struct Uri {
    outputs: Vec<Output>,
}

impl Uri {
    /// Parts in columns whose names begin with `prefix` and a dot.
    pub fn new(prefix: &str) -> Uri {
        let ty = |part: &str| if part == "port" { DataType::Integer } else { DataType::Keyword };
        let output = |part: &&str| Output::under(prefix, part, ty(part));
        Uri { outputs: PARTS.iter().map(output).collect() }
    }
}

impl Extractor for Uri {
    fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    fn extract<'v>(
        &self,
        text: &'v str,
        arena: &'v Arena,
        columns: &mut [Vec<Value<'v>>],
        fail: &mut dyn FnMut(Failure),
    ) {
        let Some(parts) = Parts::read(text) else {
            fail(Failure::argument(format!("unable to parse URI [{text}]")));
            return;
        };
        let user = parts.user_info.as_deref();
        let (username, password) = match user.map(|user| user.split_once(':')) {
            Some(Some((name, password))) => (Some(name), Some(password)),
            _ => (None, None),
        };
        let texts = [
            parts.domain.as_deref(),
            parts.fragment.as_deref(),
            parts.path.as_deref(),
            parts.path.as_deref().and_then(extension),
            None,
            parts.query.as_deref(),
            parts.scheme,
            user,
            username,
            password,
        ];
        for (column, text) in columns.iter_mut().zip(texts) {
            column.extend(text.map(|text| arena.text(text)));
        }
        if let (Some(port), Some(column)) = (parts.port, columns.get_mut(4)) {
            column.push(Value::Integer(port));
        }
    }
}

/// What stands behind the last dot of the last part of a path.
fn extension(path: &str) -> Option<&str> {
    let last = path.rsplit('/').next()?;
    last.rsplit_once('.').map(|(_, extension)| extension)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Parts<'t> {
    scheme: Option<&'t str>,
    user_info: Option<String>,
    domain: Option<String>,
    port: Option<i32>,
    path: Option<String>,
    query: Option<String>,
    fragment: Option<String>,
}

impl<'t> Parts<'t> {
    fn read(text: &'t str) -> Option<Parts<'t>> {
        let plain =
            text.bytes().all(|b| b.is_ascii_alphanumeric() || MARKS.contains(&b) || !b.is_ascii());
        let (scheme, rest) = scheme(text);
        let decoded = plain && escapes_are_whole(text) && !(scheme.is_some() && rest.is_empty());
        if !decoded
            && !scheme.is_some_and(|scheme| {
                URL_SCHEMES.iter().any(|one| one.eq_ignore_ascii_case(scheme))
            })
        {
            return None;
        }
        let decode = |part: &str| if decoded { unescaped(part) } else { part.to_owned() };
        let (rest, fragment) = cut(rest, '#');
        let fragment = fragment.map(decode);
        if scheme.is_some() && !rest.starts_with('/') && decoded {
            // `mailto:someone` has no parts of its own.
            return Some(Parts { scheme, fragment, ..Parts::default() });
        }
        let (rest, query) = cut(rest, '?');
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        let mut parts = Parts {
            scheme,
            path: Some(decode(path)),
            query: query.map(decode),
            fragment,
            ..Parts::default()
        };
        if let Some(authority) = authority {
            let (user, host) = match authority.rsplit_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, authority),
            };
            parts.user_info = user.map(decode);
            (parts.domain, parts.port) = host_and_port(host)?;
        }
        Some(parts)
    }
}

/// The host, in its brackets where it has them, and the port. Nothing where the port is no number.
fn host_and_port(text: &str) -> Option<(Option<String>, Option<i32>)> {
    let start = text.rfind(']').unwrap_or_default();
    let (host, port) = match text[start..].find(':') {
        Some(at) => (&text[..start + at], &text[start + at + 1..]),
        None => (text, ""),
    };
    let port =
        if port.is_empty() { None } else { Some(port.parse().ok().filter(|port| 0 <= *port)?) };
    Some(((!host.is_empty()).then(|| host.to_owned()), port))
}

fn scheme(text: &str) -> (Option<&str>, &str) {
    let end = text.find(':').unwrap_or_default();
    let scheme = &text[..end];
    let mut bytes = scheme.bytes();
    let is_scheme = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    if is_scheme { (Some(scheme), &text[end + 1..]) } else { (None, text) }
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let mut bytes = rest.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
            && bytes.next().is_some_and(|b| b.is_ascii_hexdigit())
    })
}

/// A part with its escapes read as UTF-8.
fn unescaped(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut pieces = part.split('%');
    bytes.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        let byte = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend(piece[2..].bytes());
            }
            None => {
                bytes.push(b'%');
                bytes.extend(piece.bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// The parts of a text, one a line, without those that it does not have.
    fn parts(text: &str) -> Result<String, String> {
        let uri = Uri::new("u");
        let arena = Arena::default();
        let mut columns = vec![Vec::new(); PARTS.len()];
        let mut failure = None;
        uri.extract(text, &arena, &mut columns, &mut |failed| failure = Some(failed.message));
        if let Some(failure) = failure {
            return Err(failure);
        }
        let mut out = String::new();
        for (part, values) in PARTS.iter().zip(&columns) {
            for value in values {
                match value {
                    Value::Text(text) => write!(out, "{part}={text} ").unwrap(),
                    other => write!(out, "{part}={} ", other.as_i64().unwrap()).unwrap(),
                }
            }
        }
        Ok(out.trim_end().to_owned())
    }

    #[test]
    fn uris_come_apart() {
        for (text, expected) in [
            (
                "http://me:pw@www.example.com:80/a/b.gif?key=val#part",
                "domain=www.example.com fragment=part path=/a/b.gif extension=gif port=80 query=key=val scheme=http user_info=me:pw username=me password=pw",
            ),
            ("https://broker.example", "domain=broker.example path= scheme=https"),
            ("wss://broker.example/mqtt", "domain=broker.example path=/mqtt scheme=wss"),
            ("http://[fe80::1]:8080/x", "domain=[fe80::1] path=/x port=8080 scheme=http"),
            ("/only/a.path/x", "path=/only/a.path/x"),
            ("mailto:me@example.com", "scheme=mailto"),
            ("http://h/a%20b?q=%C3%A9", "domain=h path=/a b query=q=é scheme=http"),
            // A blank is none of a URI, but the web takes it.
            (
                "http://h/a b.txt?x=%zz",
                "domain=h path=/a b.txt extension=txt query=x=%zz scheme=http",
            ),
        ] {
            assert_eq!(parts(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_uri_fails() {
        for text in ["a b", "http://h:port/", "x:", "%"] {
            assert_eq!(parts(text), Err(format!("unable to parse URI [{text}]")));
        }
    }
}
