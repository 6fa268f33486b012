//! Conversions of what Windows and Sysmon write: GUIDs, command lines, registry paths, DNS answers.

use brokerwatch_ecs::{Value, parse_ip};
use bumpalo::Bump;
use bumpalo::collections::String as ArenaString;

use super::{Computation, Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[
    Conversion {
        name: "guid",
        doc: "A GUID in braces; nothing of one that is all zeros.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            if inner.unwrap_or(text).bytes().all(|byte| matches!(byte, b'0' | b'-')) {
                return;
            }
            out.push(Value::Keyword(match inner {
                Some(_) => text,
                None => arena.alloc_str(&format!("{{{text}}}")),
            }));
        },
    },
    Conversion {
        name: "name_after_backslash",
        doc: "The part after the last `\\`; nothing of text without one.",
        run: |value, arena, out| {
            if let Some((_, name)) = text_of(value, arena).rsplit_once('\\')
                && !name.is_empty()
            {
                out.push(Value::Keyword(name));
            }
        },
    },
    Conversion {
        name: "directory",
        doc: "The part before the last `/` or `\\`.",
        run: |value, arena, out| {
            if let Some((directory, _)) = text_of(value, arena).rsplit_once(['/', '\\'])
                && !directory.is_empty()
            {
                out.push(Value::Keyword(directory));
            }
        },
    },
    Conversion {
        name: "extension",
        doc: "The part of a file's name after its last `.`, where something stands before it.",
        run: |value, arena, out| {
            let name = text_of(value, arena).rsplit(['/', '\\']).next().unwrap_or_default();
            if let Some((stem, extension)) = name.rsplit_once('.')
                && !stem.is_empty()
                && !extension.is_empty()
            {
                out.push(Value::Keyword(extension));
            }
        },
    },
    Conversion {
        name: "unless_number",
        doc: "Text that is no whole number: what a level, a task or an opcode is called.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            if text.bytes().any(|byte| !byte.is_ascii_digit()) {
                out.push(Value::Keyword(text));
            }
        },
    },
    Conversion {
        name: "windows_args",
        doc: "The arguments of a command line by the rules of Windows' `CommandLineToArgvW`.",
        run: |value, arena, out| windows_args(text_of(value, arena), arena, out),
    },
    Conversion {
        name: "windows_args_count",
        doc: "How many arguments `windows_args` gives.",
        run: |value, arena, out| {
            let mut args = Vec::new();
            windows_args(text_of(value, arena), arena, &mut args);
            out.push(Value::Long(args.len() as i64));
        },
    },
    Conversion {
        name: "unix_args",
        doc: "The words of a command line in which the arguments were joined with blanks.",
        run: |value, arena, out| {
            out.extend(text_of(value, arena).split_ascii_whitespace().map(Value::Keyword));
        },
    },
    Conversion {
        name: "unix_args_count",
        doc: "How many words `unix_args` gives.",
        run: |value, arena, out| {
            out.push(Value::Long(text_of(value, arena).split_ascii_whitespace().count() as i64));
        },
    },
    Conversion {
        name: "hash_values",
        doc: "Of `MD5=..,SHA256=..` all hashes in lower case.",
        run: |value, arena, out| {
            let hashes = text_of(value, arena).split(',').filter_map(|part| part.split_once('='));
            out.extend(
                hashes.map(|(_, hex)| Value::Keyword(arena.alloc_str(&hex.to_ascii_lowercase()))),
            );
        },
    },
    Conversion {
        name: "registry_hive",
        doc: "The short name of the hive that a registry path begins with.",
        run: |value, arena, out| {
            out.extend(registry(text_of(value, arena)).map(|(hive, _)| Value::Keyword(hive)));
        },
    },
    Conversion {
        name: "registry_path",
        doc: "A registry path with the short name of its hive.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            out.push(Value::Keyword(match registry(text) {
                Some((hive, "")) => hive,
                Some((hive, key)) => arena.alloc_str(&format!("{hive}\\{key}")),
                None => text,
            }));
        },
    },
    Conversion {
        name: "registry_key",
        doc: "A registry path without its hive.",
        run: |value, arena, out| {
            let key = registry(text_of(value, arena)).map(|(_, key)| key);
            out.extend(key.filter(|key| !key.is_empty()).map(Value::Keyword));
        },
    },
    Conversion {
        name: "registry_data",
        doc: "What Sysmon says of a registry value's data: of `DWORD (0x..)` and `QWORD (0x..-0x..)` the decimal number, else the text.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            out.push(Value::Keyword(match registry_number(text) {
                Some((_, number)) => arena.alloc_str(&number.to_string()),
                None => text,
            }));
        },
    },
    Conversion {
        name: "registry_data_type",
        doc: "`DWORD`, `QWORD`, `BINARY` or `SZ`: the type of a registry value's data by what Sysmon says of it.",
        run: |value, arena, out| {
            let text = text_of(value, arena);
            out.push(Value::Keyword(match registry_number(text) {
                Some((ty, _)) => ty,
                None if text == "Binary Data" => "BINARY",
                None => "SZ",
            }));
        },
    },
    Conversion {
        name: "dns_data",
        doc: "Of Sysmon's `type:  5 a.example;::ffff:203.0.113.1;` what each answer holds.",
        run: |value, arena, out| {
            out.extend(answers(text_of(value, arena)).map(|answer| Value::Keyword(answer.data)));
        },
    },
    Conversion {
        name: "dns_types",
        doc: "Of Sysmon's `type:  5 a.example;::ffff:203.0.113.1;` the type of each answer.",
        run: |value, arena, out| {
            let answers = answers(text_of(value, arena));
            out.extend(answers.map(|answer| Value::Keyword(answer.type_name)));
        },
    },
    Conversion {
        name: "dns_addresses",
        doc: "Of Sysmon's `type:  5 a.example;::ffff:203.0.113.1;` the addresses.",
        run: |value, arena, out| {
            let answers = answers(text_of(value, arena)).filter(|answer| answer.is_address);
            out.extend(answers.filter_map(|answer| parse_ip(answer.data)).map(Value::Ip));
        },
    },
    Conversion {
        name: "dns_names",
        doc: "Of Sysmon's `type:  5 a.example;::ffff:203.0.113.1;` what is no address.",
        run: |value, arena, out| {
            let answers = answers(text_of(value, arena)).filter(|answer| !answer.is_address);
            out.extend(answers.map(|answer| Value::Keyword(answer.data)));
        },
    },
];

pub(super) static COMPUTATIONS: &[Computation] = &[];

/// The arguments of a command line. The first ends at the next quote or blank; in the others backslashes before a quote
/// escape, and two quotes in a quoted part are one.
fn windows_args<'c>(line: &'c str, arena: &'c Bump, out: &mut Vec<Value<'c>>) {
    let line = line.trim_matches([' ', '\t']);
    if line.is_empty() {
        return;
    }
    let (first, mut rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => line.split_at(line.find([' ', '\t']).unwrap_or(line.len())),
    };
    out.push(Value::Keyword(first));
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            return;
        }
        let mut arg = ArenaString::new_in(arena);
        rest = windows_arg(rest, &mut arg);
        out.push(Value::Keyword(arg.into_bump_str()));
    }
}

/// Reads one argument and gives what follows it.
fn windows_arg<'c>(line: &'c str, arg: &mut ArenaString<'_>) -> &'c str {
    let mut quoted = false;
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        match next {
            ' ' | '\t' if !quoted => return rest,
            '\\' => {
                let after = rest.trim_start_matches('\\');
                let count = rest.len() - after.len();
                // Backslashes stand for themselves, except before a quote: there two are one.
                let escapes = after.starts_with('"');
                let kept = if escapes { count / 2 } else { count };
                arg.extend(std::iter::repeat_n('\\', kept));
                rest = after;
                if escapes && count % 2 == 1 {
                    arg.push('"');
                    rest = &after[1..];
                }
            }
            '"' => {
                rest = &rest[1..];
                if quoted && rest.starts_with('"') {
                    arg.push('"');
                    rest = &rest[1..];
                } else {
                    quoted = !quoted;
                }
            }
            other => {
                arg.push(other);
                rest = &rest[other.len_utf8()..];
            }
        }
    }
    rest
}

/// The hive of a registry path, by its short name, and the rest.
fn registry(path: &str) -> Option<(&'static str, &str)> {
    const HIVES: &[(&str, &str)] = &[
        ("HKEY_CLASSES_ROOT", "HKCR"),
        ("HKEY_CURRENT_CONFIG", "HKCC"),
        ("HKEY_CURRENT_USER", "HKCU"),
        ("HKEY_DYN_DATA", "HKDD"),
        ("HKEY_LOCAL_MACHINE", "HKLM"),
        ("HKEY_PERFORMANCE_DATA", "HKPD"),
        ("HKEY_USERS", "HKU"),
        ("\\REGISTRY\\MACHINE", "HKLM"),
        ("\\REGISTRY\\USER", "HKU"),
    ];
    HIVES.iter().find_map(|&(long, short)| {
        let rest = after_ignoring_case(path, long).or_else(|| after_ignoring_case(path, short))?;
        match rest.strip_prefix('\\') {
            Some(key) => Some((short, key)),
            None => rest.is_empty().then_some((short, "")),
        }
    })
}

fn after_ignoring_case<'c>(text: &'c str, start: &str) -> Option<&'c str> {
    let (head, rest) = text.split_at_checked(start.len())?;
    head.eq_ignore_ascii_case(start).then_some(rest)
}

/// The type and number of `DWORD (0x00000001)` or `QWORD (0x00000000-0x00000001)`, high half first.
fn registry_number(text: &str) -> Option<(&'static str, u64)> {
    let hex = |text: &str| u32::from_str_radix(text.strip_prefix("0x")?, 16).ok().map(u64::from);
    if let Some(digits) = text.strip_prefix("DWORD (") {
        return Some(("DWORD", hex(digits.strip_suffix(')')?)?));
    }
    let (high, low) = text.strip_prefix("QWORD (")?.strip_suffix(')')?.split_once('-')?;
    Some(("QWORD", hex(high)? << 32 | hex(low)?))
}

/// One answer of a DNS query.
struct Answer<'c> {
    data: &'c str,
    type_name: &'c str,
    is_address: bool,
}

/// The answers of Sysmon's `QueryResults`.
fn answers(results: &str) -> impl Iterator<Item = Answer<'_>> {
    results.split(';').map(str::trim).filter(|part| !part.is_empty()).map(|part| {
        if let Some(typed) = part.strip_prefix("type:") {
            let typed = typed.trim_start();
            let (number, data) = typed.split_once(' ').unwrap_or((typed, ""));
            return Answer { data: data.trim(), type_name: type_name(number), is_address: false };
        }
        let mapped = part.strip_prefix("::ffff:").filter(|four| four.contains('.'));
        let data = mapped.unwrap_or(part);
        let type_name = if data.contains(':') { "AAAA" } else { "A" };
        Answer { data, type_name, is_address: parse_ip(data).is_some() }
    })
}

/// The name of a type of DNS records (IANA, DNS parameters); the number of one without a name here.
fn type_name(number: &str) -> &str {
    match number {
        "1" => "A",
        "2" => "NS",
        "5" => "CNAME",
        "6" => "SOA",
        "12" => "PTR",
        "13" => "HINFO",
        "15" => "MX",
        "16" => "TXT",
        "17" => "RP",
        "18" => "AFSDB",
        "24" => "SIG",
        "25" => "KEY",
        "28" => "AAAA",
        "29" => "LOC",
        "33" => "SRV",
        "35" => "NAPTR",
        "39" => "DNAME",
        "43" => "DS",
        "46" => "RRSIG",
        "47" => "NSEC",
        "48" => "DNSKEY",
        "52" => "TLSA",
        "64" => "SVCB",
        "65" => "HTTPS",
        "255" => "ANY",
        "257" => "CAA",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::converted;

    #[test]
    fn guids_have_braces_and_are_not_zero() {
        for text in
            ["{3F2504E0-4F89-11D3-9A0C-0305E82C3301}", "3F2504E0-4F89-11D3-9A0C-0305E82C3301"]
        {
            assert_eq!(converted("guid", text), ["{3F2504E0-4F89-11D3-9A0C-0305E82C3301}"]);
        }
        assert!(converted("guid", "{00000000-0000-0000-0000-000000000000}").is_empty());
        assert!(converted("guid", "00000000-0000-0000-0000-000000000000").is_empty());
    }

    #[track_caller]
    fn check_args(line: &str, args: &[&str]) {
        assert_eq!(converted("windows_args", line), args, "{line}");
        assert_eq!(converted("windows_args_count", line), [args.len().to_string()], "{line}");
    }

    /// The cases of Microsoft's documentation of `CommandLineToArgvW` and of parsing C command-line arguments.
    #[test]
    fn command_lines_split_as_windows_splits_them() {
        check_args(r#"a.exe "abc" d e"#, &["a.exe", "abc", "d", "e"]);
        check_args(r#"a.exe a\\b d"e f"g h"#, &["a.exe", r"a\\b", "de fg", "h"]);
        check_args(r#"a.exe a\\\"b c d"#, &["a.exe", r#"a\"b"#, "c", "d"]);
        check_args(r#"a.exe a\\\\"b c" d e"#, &["a.exe", r"a\\b c", "d", "e"]);
        check_args(r#"a.exe a"b"" c d"#, &["a.exe", r#"ab" c d"#]);
        check_args(r#""C:\Program Files\a.exe" /x"#, &[r"C:\Program Files\a.exe", "/x"]);
        check_args(r#""C:\Program Files\a.exe"/x  "" "#, &[r"C:\Program Files\a.exe", "/x", ""]);
        check_args(r"C:\a.exe", &[r"C:\a.exe"]);
        check_args("  ", &[]);
        check_args("\"open", &["open"]);
    }

    #[test]
    fn paths_have_directories_and_extensions() {
        assert_eq!(converted("directory", r"C:\Windows\notepad.exe"), [r"C:\Windows"]);
        assert!(converted("directory", "notepad.exe").is_empty());
        assert_eq!(converted("extension", r"C:\a.b\c.tar.gz"), ["gz"]);
        assert!(converted("extension", r"C:\a.b\.profile").is_empty());
        assert!(converted("extension", r"C:\a.b\make").is_empty());
        assert_eq!(converted("name_after_backslash", r"C:\a.exe"), ["a.exe"]);
        assert!(converted("name_after_backslash", "System").is_empty());
    }

    #[test]
    fn registry_paths_have_short_hives() {
        for path in [
            r"HKLM\System\Setup",
            r"HKEY_LOCAL_MACHINE\System\Setup",
            r"\REGISTRY\MACHINE\System\Setup",
        ] {
            assert_eq!(converted("registry_hive", path), ["HKLM"]);
            assert_eq!(converted("registry_key", path), [r"System\Setup"]);
            assert_eq!(converted("registry_path", path), [r"HKLM\System\Setup"]);
        }
        assert!(converted("registry_hive", r"HKLMX\System").is_empty());
        assert_eq!(converted("registry_path", r"HKLMX\System"), [r"HKLMX\System"]);
        assert!(converted("registry_key", "HKU").is_empty());
    }

    #[test]
    fn registry_data_are_numbers_or_text() {
        for (text, data, ty) in [
            ("DWORD (0x0000002a)", "42", "DWORD"),
            ("QWORD (0x00000001-0x00000002)", "4294967298", "QWORD"),
            ("DWORD (0xnone)", "DWORD (0xnone)", "SZ"),
            ("Binary Data", "Binary Data", "BINARY"),
            ("explorer.exe", "explorer.exe", "SZ"),
        ] {
            assert_eq!(converted("registry_data", text), [data]);
            assert_eq!(converted("registry_data_type", text), [ty]);
        }
    }

    #[test]
    fn dns_answers_are_names_and_addresses() {
        let results = "type:  5 cdn.example.net;::ffff:203.0.113.7;2001:db8::7;type:  999 x;";
        assert_eq!(
            converted("dns_data", results),
            ["cdn.example.net", "203.0.113.7", "2001:db8::7", "x"]
        );
        assert_eq!(converted("dns_types", results), ["CNAME", "A", "AAAA", "999"]);
        assert_eq!(converted("dns_addresses", results), ["203.0.113.7", "2001:db8::7"]);
        assert_eq!(converted("dns_names", results), ["cdn.example.net", "x"]);
        assert!(converted("dns_data", "").is_empty());
    }

    #[test]
    fn numbers_are_no_names() {
        assert_eq!(converted("unless_number", "Info"), ["Info"]);
        assert!(converted("unless_number", "0").is_empty());
    }

    #[test]
    fn all_hashes_are_listed() {
        assert_eq!(converted("hash_values", "MD5=AB,SHA256=CD"), ["ab", "cd"]);
        assert!(converted("hash_values", "none").is_empty());
    }
}
