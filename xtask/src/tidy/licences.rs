//! Every crate that the lock file brings in has a licence that deny.toml allows.
//!
//! `cargo deny check` reads the same list and does more (advisories, sources), but takes long to build; this runs everywhere.

use toml::{Table, Value};

use super::tree::{File, Package};
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check =
    Check { name: "licences", holds: "every dependency has a licence that deny.toml allows", run };

const PATH: &str = "deny.toml";

fn run(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.file(PATH) else {
        return vec![Finding::new(PATH, 0, "missing", "list the allowed licences under [licenses]")];
    };
    let allowed = allowed(file);
    tree.packages.iter().filter_map(|package| refused(package, &allowed)).collect()
}

fn allowed(file: &File) -> Vec<String> {
    let table: Table = file.text.parse().unwrap_or_default();
    let list = table.get("licenses").and_then(|table| table.get("allow")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn refused(package: &Package, allowed: &[String]) -> Option<Finding> {
    let name = format!("{} {}", package.name, package.version);
    let help = "use another crate, or allow the licence in deny.toml with the reason";
    let Some(expression) = &package.license else {
        return Some(Finding::new("Cargo.lock", 0, format!("`{name}` names no licence"), help));
    };
    let allowed = |licence: &str| allowed.iter().any(|allowed| allowed == licence);
    let what = match satisfied(expression, &allowed) {
        Some(true) => return None,
        Some(false) => format!("`{name}` has the licence `{expression}`"),
        None => format!("`{name}` has a licence expression that cannot be read: `{expression}`"),
    };
    Some(Finding::new("Cargo.lock", 0, what, help))
}

/// Whether an SPDX expression can be met with allowed licences alone; `None` if it cannot be read.
///
/// The grammar is that of the SPDX specification, annex D, with the `/` for `OR` of older manifests.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut tokens = tokens.as_slice();
    let met = any(&mut tokens, allowed)?;
    tokens.is_empty().then_some(met)
}

fn any(tokens: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = all(tokens, allowed)?;
    while take(tokens, "OR") {
        met |= all(tokens, allowed)?;
    }
    Some(met)
}

fn all(tokens: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = one(tokens, allowed)?;
    while take(tokens, "AND") {
        met &= one(tokens, allowed)?;
    }
    Some(met)
}

fn one(tokens: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    if take(tokens, "(") {
        let met = any(tokens, allowed)?;
        return take(tokens, ")").then_some(met);
    }
    let licence = next(tokens)?;
    if take(tokens, "WITH") {
        let exception = next(tokens)?;
        return Some(allowed(&format!("{licence} WITH {exception}")) || allowed(licence));
    }
    Some(allowed(licence))
}

fn take(tokens: &mut &[&str], word: &str) -> bool {
    let found = tokens.first() == Some(&word);
    if found {
        *tokens = &tokens[1..];
    }
    found
}

/// The next licence or exception.
fn next<'a>(tokens: &mut &[&'a str]) -> Option<&'a str> {
    let (first, rest) = tokens.split_first()?;
    *tokens = rest;
    (!["OR", "AND", "WITH", "(", ")"].contains(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[track_caller]
    fn check(expression: &str, expected: Option<bool>) {
        let allowed = |licence: &str| ["MIT", "Apache-2.0", "Unicode-3.0"].contains(&licence);
        assert_eq!(satisfied(expression, &allowed), expected, "{expression}");
    }

    #[test]
    fn expressions_are_met_by_allowed_licences() {
        check("MIT", Some(true));
        check("GPL-3.0-only", Some(false));
        check("GPL-3.0-only OR MIT", Some(true));
        check("GPL-3.0-only/MIT", Some(true));
        check("GPL-3.0-only AND MIT", Some(false));
        check("(MIT OR GPL-3.0-only) AND Unicode-3.0", Some(true));
        check("Apache-2.0 WITH LLVM-exception OR GPL-3.0-only", Some(true));
        // `AND` binds tighter.
        check("MIT OR GPL-3.0-only AND ISC", Some(true));
        check("(MIT OR GPL-3.0-only) AND ISC", Some(false));
    }

    #[test]
    fn what_cannot_be_read_is_not_met() {
        for expression in ["", "MIT OR", "(MIT", "MIT Apache-2.0", "AND MIT", "MIT)"] {
            check(expression, None);
        }
    }

    #[test]
    fn packages_are_held_against_the_list() {
        let mut tree = Tree::of(&[(PATH, "[licenses]\nallow = [\"MIT\"]\n")]);
        let package = |name: &str, license: Option<&str>| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            source: None,
        };
        tree.packages = vec![package("a", Some("MIT")), package("b", Some("ISC")), package("c", None)];
        let found: Vec<_> = run(&tree).into_iter().map(|finding| finding.what).collect();
        assert_eq!(found, ["`b 1.0.0` has the licence `ISC`", "`c 1.0.0` names no licence"]);
        expect(&CHECK, &[], &["deny.toml:0"]);
    }
}
