//! Writes `docs/reference/limits.md` from the `limits.rs` of the crates.
//!
//! Their text is read, not their values, because what happens at a bound is said in its documentation comment. A
//! constant that cannot be read is an error, so that none is missing from the page in silence.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use super::{GENERATED, cell};
use crate::files;

/// The text of the page.
pub(crate) fn page() -> Result<String> {
    let mut out = format!("# Limits\n\n{GENERATED}\n{INTRODUCTION}");
    for name in crates()? {
        let path = format!("crates/{name}/src/limits.rs");
        let bounds = bounds(&files::text(&files::root().join(&path))?)
            .with_context(|| format!("reading {path}"))?;
        if bounds.is_empty() {
            continue;
        }
        write!(out, "\n## {name}\n\n| bound | value | |\n| --- | --- | --- |\n")?;
        for bound in bounds {
            writeln!(out, "| `{}` | {} | {} |", bound.name, bound.shown(), cell(&bound.doc))?;
        }
    }
    Ok(out)
}

const INTRODUCTION: &str = "\
Everything has a bound, so that no input and no rule can use up the machine.
What happens at each is said beside it.
The bounds are constants of the crates named here; they cannot be set.
";

/// The crates that have bounds, by name.
fn crates() -> Result<Vec<String>> {
    let folder = files::root().join("crates");
    let mut names = Vec::new();
    for entry in
        std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?
    {
        let entry = entry?;
        if entry.path().join("src/limits.rs").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// One public constant.
#[derive(Debug, PartialEq, Eq)]
struct Bound {
    name: String,
    doc: String,
    value: u64,
}

impl Bound {
    /// The value as a person reads it: bytes in binary units, other numbers in groups of three.
    fn shown(&self) -> String {
        let unit = |shift: u32, unit: &str| {
            let size = 1 << shift;
            let fits = self.name.contains("BYTES")
                && size <= self.value
                && self.value.is_multiple_of(size);
            fits.then(|| format!("{} {unit}", self.value / size))
        };
        let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
        units
            .iter()
            .find_map(|&(shift, name)| unit(shift, name))
            .unwrap_or_else(|| grouped(self.value))
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if 0 < i && (digits.len() - i).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// The public constants of a `limits.rs`. Constants that the crate keeps to itself bound nothing that a user meets.
fn bounds(source: &str) -> Result<Vec<Bound>> {
    let mut found = Vec::new();
    let mut doc: Vec<&str> = Vec::new();
    for line in source.lines() {
        if let Some(words) = line.strip_prefix("///") {
            doc.push(words.trim());
            continue;
        }
        if let Some(constant) = line.strip_prefix("pub const ") {
            let parts = constant.strip_suffix(';').and_then(|constant| {
                let (name, typed) = constant.split_once(": ")?;
                Some((name, typed.split_once(" = ")?.1))
            });
            let (name, expression) =
                parts.with_context(|| format!("`{line}` is no constant on one line"))?;
            let value = value(expression).with_context(|| format!("the value of `{name}`"))?;
            found.push(Bound { name: name.to_owned(), doc: plain(&doc.join(" ")), value });
        }
        doc.clear();
    }
    Ok(found)
}

/// A documentation comment without the links into the code: ``[`crate::Event`]`` is `` `Event` ``.
fn plain(doc: &str) -> String {
    doc.replace("[`crate::", "`").replace("[`", "`").replace("`]", "`")
}

/// The value of a constant's expression: numbers, the largest values of types, casts, and operators of equal rank from
/// left to right. All bounds are written so.
fn value(expression: &str) -> Result<u64> {
    let mut words = expression.split_whitespace();
    let mut total = operand(words.next())?;
    while let Some(operator) = words.next() {
        if operator == "as" {
            words.next();
            continue;
        }
        let right = operand(words.next())?;
        total = match operator {
            "<<" => u32::try_from(right).ok().and_then(|shift| total.checked_shl(shift)),
            "*" => total.checked_mul(right),
            "/" => total.checked_div(right),
            _ => bail!("`{operator}` in `{expression}` is not known here"),
        }
        .with_context(|| format!("`{expression}` has no value"))?;
    }
    Ok(total)
}

fn operand(word: Option<&str>) -> Result<u64> {
    Ok(match word.context("an operand is missing")? {
        "u16::MAX" => u64::from(u16::MAX),
        "u32::MAX" => u64::from(u32::MAX),
        "i64::MAX" => i64::MAX as u64,
        number => {
            number.replace('_', "").parse().with_context(|| format!("`{number}` is no number"))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_read_with_their_words() {
        let source = "//! Bounds.\n\n/// Longest [`crate::Event`],\n/// in bytes.\npub const A_BYTES_MAX: usize = \
                      8 << 20;\n\n/// Hidden.\npub(crate) const B: u8 = 1;\n\n/// Most.\npub const C: u64 = 1_000;\n";
        let found = bounds(source).unwrap();
        let shown: Vec<_> =
            found.iter().map(|b| (b.name.as_str(), b.shown(), b.doc.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("A_BYTES_MAX", "8 MiB".to_owned(), "Longest `Event`, in bytes."),
                ("C", "1 000".to_owned(), "Most."),
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        assert!(bounds("pub const A: usize =\n    1;\n").is_err());
        assert!(bounds("pub const A: usize = 1 + 1;\n").is_err());
        assert!(bounds("pub const A: usize = OTHER;\n").is_err());
        assert_eq!(value("u16::MAX as usize").unwrap(), 65_535);
        assert_eq!(value("i64::MAX as u64 / 1_000_000").unwrap(), 9_223_372_036_854);
    }
}
