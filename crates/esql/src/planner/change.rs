//! `CHANGE_POINT`: the row of a series where it changes.

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::{ExprFunctionExt as _, lit};
use datafusion::prelude::ident;

use super::time_range::TIMESTAMP;
use super::{Column, Planner, Rows, Typed};
use crate::change_point::detected;
use crate::codes;
use crate::commands::ChangePoint;
use crate::limits::CHANGE_POINT_VALUES_MAX;
use crate::patterns::field;
use crate::types::DataType;

impl Planner<'_> {
    /// Adds the type of the change and its p-value, and puts the rows of each series into its order.
    pub(crate) fn change_point(&mut self, change: &ChangePoint, rows: &mut Rows, span: Span) {
        let value = self.column(&change.value, &rows.scope);
        let on = match &change.on {
            Some(name) => self.column(name, &rows.scope),
            None => self.time_of(rows, span),
        };
        if !value.hole && !value.ty.is_number() && value.ty != DataType::Null {
            let message = format!("`CHANGE_POINT` needs numbers, found {}", value.ty.error_name());
            self.wrong(codes::TYPE, value.span, message);
        }
        let (kind, p_value) = match &change.names {
            Some((kind, p_value)) => (self.flat(kind), self.flat(p_value)),
            None => (Some("type".to_owned()), Some("pvalue".to_owned())),
        };
        let mut keys = Vec::new();
        for key in &change.by {
            let typed = self.expression(key, &rows.scope);
            let typed = self.singled(typed, key.place.0);
            keys.push(rows.compute("", &typed, self, key.place.0).expr());
        }
        let (Some(kind), Some(p_value)) = (kind, p_value) else { return };
        let value = self.widened(value, DataType::Double);
        let value = rows.compute("", &value, self, span);
        let on = self.sortable(on, true);
        let on = rows.compute("", &on, self, span);
        let order: Vec<_> =
            keys.iter().chain([&on.expr()]).map(|key| key.clone().sort(true, false)).collect();
        let ordered = vec![on.expr().sort(true, false)];
        let number = row_number().partition_by(keys.clone()).order_by(ordered.clone()).build();
        let Some(number) = self.built(span, number) else { return };
        let number_id = self.id();
        let alias = number_id.clone();
        rows.then(self, span, |builder| builder.window(vec![number.alias(alias)]));
        // One row more than is looked at, so that it can be told that there are more.
        rows.filter(ident(&number_id).lt_eq(lit(CHANGE_POINT_VALUES_MAX as u64 + 1)), self, span);
        let found = detected(value.expr(), self.site(span));
        let found = found.partition_by(keys).order_by(ordered).build();
        let Some(found) = self.built(span, found) else { return };
        let whole = self.id();
        let alias = whole.clone();
        rows.then(self, span, |builder| builder.window(vec![found.alias(alias)]));
        rows.filter(ident(&number_id).lt_eq(lit(CHANGE_POINT_VALUES_MAX as u64)), self, span);
        for (at, (name, ty)) in
            [(kind, DataType::Keyword), (p_value, DataType::Double)].into_iter().enumerate()
        {
            let id = self.id();
            rows.extend(vec![(id.clone(), field(at, ident(&whole)))], self, span);
            let multi = false;
            rows.scope.put(Column {
                name,
                id,
                ty,
                multi,
                span,
                conflict: Vec::new(),
                constant: None,
            });
        }
        rows.order = order;
        rows.sorted = Some(span);
    }

    fn time_of(&mut self, rows: &Rows, span: Span) -> Typed {
        if let Some(column) = rows.scope.get(TIMESTAMP) {
            return column.typed(span);
        }
        let message = "`CHANGE_POINT` needs the order of the values, and there is no `@timestamp`";
        let help =
            "name a column with `ON`, such as that of the buckets: `CHANGE_POINT value ON hour`";
        self.error(Diagnostic::error(codes::UNKNOWN_COLUMN, span, message).help(help));
        Typed::hole(span)
    }
}
