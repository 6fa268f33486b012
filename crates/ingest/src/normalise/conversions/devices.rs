//! What records of an endpoint leave to be put together: names for things that have no name of their own, and the system
//! that a path is of.

use brokerwatch_ecs::Value;
use bumpalo::Bump;

use super::{Computation, Conversion, text_of};

pub(super) static CONVERSIONS: &[Conversion] = &[Conversion {
    name: "os_by_path",
    doc: "`windows`, `macos` or `linux`, by the path of a program; of a bare name `windows` if it ends in `.exe`.",
    run: |value, arena, out| out.extend(os_of(text_of(value, arena)).map(Value::Keyword)),
}];

pub(super) static COMPUTATIONS: &[Computation] = &[
    Computation {
        name: "joined",
        doc: "Three values with hyphens between them, if all are there: a name for what has none.",
        inputs: 3,
        run: |inputs, arena, out| join(inputs, "-", arena, out),
    },
    Computation {
        name: "joined_path",
        doc: "Two values with a backslash between them, if both are there.",
        inputs: 2,
        run: |inputs, arena, out| join(inputs, "\\", arena, out),
    },
];

fn os_of(path: &str) -> Option<&'static str> {
    const OF_MACOS: [&str; 5] = ["/Applications/", "/Library/", "/System/", "/Users/", "/private/"];
    let bytes = path.as_bytes();
    let has_drive = matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let is_program = bytes
        .len()
        .checked_sub(4)
        .is_some_and(|stem| !path.starts_with('/') && bytes[stem..].eq_ignore_ascii_case(b".exe"));
    if path.starts_with('\\') || has_drive || is_program {
        return Some("windows");
    }
    if OF_MACOS.iter().any(|folder| path.starts_with(folder)) {
        return Some("macos");
    }
    path.starts_with('/').then_some("linux")
}

fn join<'c>(
    inputs: &[Option<Value<'c>>],
    between: &str,
    arena: &'c Bump,
    out: &mut Vec<Value<'c>>,
) {
    let mut joined = bumpalo::collections::String::new_in(arena);
    for (i, input) in inputs.iter().enumerate() {
        let Some(value) = input else { return };
        if i != 0 {
            joined.push_str(between);
        }
        joined.push_str(text_of(*value, arena));
    }
    out.push(Value::Keyword(joined.into_bump_str()));
}

#[cfg(test)]
mod tests {
    use super::super::tests::{computed, converted};

    #[test]
    fn the_system_is_told_by_a_path() {
        for (path, os) in [
            (r"C:\Windows\explorer.exe", Some("windows")),
            (r"\Device\HarddiskVolume3\a.exe", Some("windows")),
            ("/usr/bin/curl", Some("linux")),
            ("/Applications/A.app/a", Some("macos")),
            ("explorer.EXE", Some("windows")),
            ("/home/x/wine/a.exe", Some("linux")),
            ("curl", None),
        ] {
            assert_eq!(converted("os_by_path", path).first().map(String::as_str), os, "{path}");
        }
    }

    #[test]
    fn parts_are_joined_if_all_are_there() {
        assert_eq!(computed("joined", &[Some("d"), Some("7"), Some("t")]), ["d-7-t"]);
        assert!(computed("joined", &[Some("d"), None, Some("t")]).is_empty());
        assert_eq!(
            computed("joined_path", &[Some(r"HKLM\Software"), Some("Run")]),
            [r"HKLM\Software\Run"]
        );
    }
}
