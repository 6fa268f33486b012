//! `SORT`: puts rows in order.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::Expr;
use crate::format::{Level, expr};
use crate::layout::{Doc, commas, row, text};
use crate::lexer::TokenKind;
use crate::parser::Parser;

/// `SORT key, ...`
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    /// The keys, the first of which decides first.
    pub keys: Vec<SortKey>,
}

/// `value [ASC | DESC] [NULLS FIRST | NULLS LAST]`
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// What is compared.
    pub value: Expr,
    /// The direction, if one is written.
    pub order: Option<Order>,
    /// Where null stands, if it is written.
    pub nulls: Option<Nulls>,
}

/// The directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `ASC`
    Ascending,
    /// `DESC`
    Descending,
}

/// Where null stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    /// `NULLS FIRST`
    First,
    /// `NULLS LAST`
    Last,
}

impl Sort {
    /// Asks for an order. It is planned where it counts: see [`Rows`].
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let mut order = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            let ascending = !matches!(key.order, Some(super::Order::Descending));
            // Null is the largest value unless the query says where it stands.
            let nulls_first = match key.nulls {
                Some(nulls) => nulls == super::Nulls::First,
                None => !ascending,
            };
            let value = planner.expression(&key.value, &rows.scope);
            let value = planner.sortable(value, ascending);
            let column = rows.compute("", &value, planner, key.value.place.0);
            order.push(column.expr().sort(ascending, nulls_first));
        }
        rows.order = order;
        rows.sorted = Some(span);
        rows.order_lost = None;
    }
}

impl Syntax for Sort {
    const WORDS: &'static [&'static str] = &["sort"];
    const SUMMARY: &'static str = "puts rows in order";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | SORT LENGTH(mqtt.topic) DESC NULLS LAST, @timestamp";

    fn read(parser: &mut Parser<'_>) -> Sort {
        Sort { keys: parser.list(key) }
    }

    fn body(&self) -> Doc {
        commas(self.keys.iter().map(key_doc))
    }
}

fn key(parser: &mut Parser<'_>) -> SortKey {
    let value = parser.condition();
    let order = if parser.take(TokenKind::Asc).is_some() {
        Some(Order::Ascending)
    } else {
        parser.take(TokenKind::Desc).map(|_| Order::Descending)
    };
    let nulls = if parser.take(TokenKind::Nulls).is_none() {
        None
    } else if parser.take(TokenKind::First).is_some() {
        Some(Nulls::First)
    } else {
        parser.expect(TokenKind::Last, "`FIRST` or `LAST`");
        Some(Nulls::Last)
    };
    SortKey { value, order, nulls }
}

fn key_doc(key: &SortKey) -> Doc {
    let order = match key.order {
        Some(Order::Ascending) => " ASC",
        Some(Order::Descending) => " DESC",
        None => "",
    };
    let nulls = match key.nulls {
        Some(Nulls::First) => " NULLS FIRST",
        Some(Nulls::Last) => " NULLS LAST",
        None => "",
    };
    row([expr(&key.value, Level::Or), text(order), text(nulls)])
}
