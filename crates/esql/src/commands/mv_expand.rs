//! `MV_EXPAND`: a row for each value of a column.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use crate::types::DataType;
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

impl MvExpand {
    /// A row for each value of the column.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let Some(name) = planner.flat(&self.column) else { return };
        let typed = planner.named(&name, self.column.place.0, &rows.scope);
        if typed.hole || !typed.multi || typed.ty == DataType::Null {
            return;
        }
        planner.expand(&name, typed, rows, span);
        rows.multiplied();
    }
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
