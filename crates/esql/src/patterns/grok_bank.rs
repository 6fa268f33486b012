//! The named patterns of `GROK`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use brokerwatch_ecs::similar;

/// A name and its pattern a line; lines that begin with `#` are comments.
const TEXT: &str = include_str!("grok_bank.txt");

static BANK: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).collect()
});

/// The pattern of that name, as Oniguruma writes it, with references to other names.
pub(super) fn pattern(name: &str) -> Option<&'static str> {
    BANK.get(name).copied()
}

/// Names that are close to one that does not exist.
pub(super) fn close_to(name: &str) -> Vec<String> {
    similar(name, BANK.keys().copied())
}

/// Every name, in the order of the alphabet.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    BANK.keys().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_one_pattern() {
        let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(lines.count(), BANK.len());
    }
}
