//! Conversions of text: names, paths, lists, users, hashes.

use brokerwatch_ecs::Value;
use bumpalo::Bump;

use super::{Computation, Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[
    Conversion {
        name: "base_name",
        doc: "The part after the last `/` or `\\`.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
            if !name.is_empty() {
                out.push(Value::Keyword(name));
            }
        },
    },
    Conversion {
        name: "lower_case",
        doc: "Letters in lower case.",
        run: |value, arena, out| {
            out.push(Value::Keyword(arena.alloc_str(&text_of(value, arena).to_lowercase())));
        },
    },
    Conversion {
        name: "text",
        doc: "The value as text.",
        run: |value, arena, out| out.push(Value::Keyword(text_of(value, arena))),
    },
    Conversion {
        name: "split_comma",
        doc: "The parts between commas, without blanks around them.",
        run: |value, arena, out| {
            let parts = text_of(value, arena).split(',').map(str::trim);
            out.extend(parts.filter(|part| !part.is_empty()).map(Value::Keyword));
        },
    },
    Conversion {
        name: "user_name",
        doc: "Of `DOMAIN\\name` the name; text without a backslash as it is.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            out.push(Value::Keyword(text.split_once('\\').map_or(text, |(_, name)| name)));
        },
    },
    Conversion {
        name: "user_domain",
        doc: "Of `DOMAIN\\name` the domain; nothing of text without a backslash.",
        run: |value, arena, out| {
            if let Some((domain, _)) = text_of(value, arena).split_once('\\') {
                out.push(Value::Keyword(domain));
            }
        },
    },
    Conversion {
        name: "without_braces",
        doc: "The text without `{` and `}` around it.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            out.push(Value::Keyword(inner.unwrap_or(text)));
        },
    },
    hash("hash_md5", "Of `MD5=..,SHA256=..` the MD5 in lower case.", |v, a, o| {
        named_hash("md5", v, a, o);
    }),
    hash("hash_sha1", "Of `MD5=..,SHA1=..` the SHA-1 in lower case.", |v, a, o| {
        named_hash("sha1", v, a, o);
    }),
    hash("hash_sha256", "Of `MD5=..,SHA256=..` the SHA-256 in lower case.", |v, a, o| {
        named_hash("sha256", v, a, o);
    }),
    hash("hash_imphash", "Of `MD5=..,IMPHASH=..` the import hash in lower case.", |v, a, o| {
        named_hash("imphash", v, a, o);
    }),
];

pub(super) static COMPUTATIONS: &[Computation] = &[];

const fn hash(
    name: &'static str,
    doc: &'static str,
    run: for<'c> fn(Value<'c>, &'c Bump, &mut Vec<Value<'c>>),
) -> Conversion {
    Conversion { name, doc, run }
}

/// One hash out of Sysmon's list `NAME=HEX,NAME=HEX`.
fn named_hash<'c>(name: &str, value: Value<'c>, arena: &'c Bump, out: &mut Vec<Value<'c>>) {
    for part in text_of(value, arena).split(',') {
        if let Some((own, hex)) = part.trim().split_once('=')
            && own.eq_ignore_ascii_case(name)
        {
            out.push(Value::Keyword(arena.alloc_str(&hex.to_ascii_lowercase())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::converted;

    #[test]
    fn names_are_cut_from_paths_of_both_kinds() {
        assert_eq!(converted("base_name", r"C:\Windows\svchost.exe"), ["svchost.exe"]);
        assert_eq!(converted("base_name", "/usr/bin/curl"), ["curl"]);
        assert_eq!(converted("base_name", "java"), ["java"]);
        assert!(converted("base_name", "/tmp/").is_empty());
    }

    #[test]
    fn users_split_at_the_backslash() {
        assert_eq!(converted("user_name", r"NT AUTHORITY\NETWORK SERVICE"), ["NETWORK SERVICE"]);
        assert_eq!(converted("user_domain", r"NT AUTHORITY\NETWORK SERVICE"), ["NT AUTHORITY"]);
        assert_eq!(converted("user_name", "root"), ["root"]);
        assert!(converted("user_domain", "root").is_empty());
    }

    #[test]
    fn hashes_are_found_by_name() {
        assert_eq!(converted("hash_sha256", "MD5=AB,SHA256=CD"), ["cd"]);
        assert!(converted("hash_sha1", "MD5=AB,SHA256=CD").is_empty());
    }
}
