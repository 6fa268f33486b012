//! `MV_EXPAND`: a row for each value of a column.

use super::Syntax;
use crate::ast::Name;
use crate::format::name;
use crate::layout::Doc;
use crate::parser::Parser;

/// `MV_EXPAND column`
#[derive(Debug, Clone, PartialEq)]
pub struct MvExpand {
    /// The column.
    pub column: Name,
}

impl Syntax for MvExpand {
    const WORDS: &'static [&'static str] = &["mv_expand"];
    const SUMMARY: &'static str = "makes a row of each value of a column";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | MV_EXPAND host.ip";

    fn read(parser: &mut Parser<'_>) -> MvExpand {
        MvExpand { column: parser.name() }
    }

    fn body(&self) -> Doc {
        name(&self.column)
    }
}
