//! The pages under `docs/reference/`, each made from the registry that the product itself uses.

pub(crate) mod cli;
pub(crate) mod diagnostics;
pub(crate) mod esql;
pub(crate) mod functions;
pub(crate) mod limits;
pub(crate) mod sources;

/// What stands below the title of every page.
const GENERATED: &str = "<!-- Written by `cargo xtask codegen`; edits are lost. -->\n";

/// Code in running text. A text with backticks of its own gets longer ones around it.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{blank}{text}{blank}{ticks}")
}

/// Text in a cell of a table, where a bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_survives_its_own_backticks() {
        assert_eq!(code("a == 1"), "`a == 1`");
        assert_eq!(code("`my-field` == 1"), "`` `my-field` == 1 ``");
        assert_eq!(cell(&code("any where true | head 1")), "`any where true \\| head 1`");
    }
}
