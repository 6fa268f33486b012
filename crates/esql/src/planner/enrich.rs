//! `ENRICH`: the fields of a policy, for each row.

use std::collections::BTreeSet;

use brokerwatch_expr::Span;
use datafusion::prelude::ident;

use super::expression::Operation;
use super::lookup::On;
use super::{Column, Planner, Rows, Typed};
use crate::catalog::{Policy, PolicyKind};
use crate::commands::Enrich;
use crate::functions::range::{self, Ranges};
use crate::functions::{Lists, lists};
use crate::types::DataType;
use crate::value::Constant;

impl Planner<'_> {
    /// `ENRICH policy ON column WITH name = field, ...`
    pub(crate) fn enrich(&mut self, enrich: &Enrich, rows: &mut Rows, span: Span) {
        let policy = match self.catalog.policy(&enrich.policy.name) {
            Ok(policy) => policy,
            Err(error) => {
                self.no_table(error, enrich.policy.place.0, "enrich policy");
                rows.scope.open = true;
                return;
            }
        };
        let (name, place) = match &enrich.on {
            Some(pattern) => (self.exact(pattern), pattern.place.0),
            None => (Some(policy.match_field.clone()), enrich.policy.place.0),
        };
        let Some(name) = name else { return };
        let left = self.named(&name, place, &rows.scope);
        let mut fields = Vec::new();
        for column in &enrich.with {
            let Some(field) = self.exact(&column.column) else { continue };
            let given = match &column.name {
                Some(name) => self.exact(name),
                None => Some(field.clone()),
            };
            fields.extend(given.map(|given| (given, field, column.column.place.0)));
        }
        if enrich.with.is_empty() {
            fields =
                policy.fields.iter().map(|field| (field.clone(), field.clone(), span)).collect();
        }
        self.enriched(&policy, &left, &fields, rows, span);
    }

    /// Joins the fields of a policy. What every value of a row's key finds is one list.
    fn enriched(
        &mut self,
        policy: &Policy,
        left: &Typed,
        fields: &[(String, String, Span)],
        rows: &mut Rows,
        span: Span,
    ) {
        let (mut right, _) = self.scan(&policy.table, policy.table.columns.clone(), span);
        let key = self.named(&policy.match_field, span, &right.scope.clone());
        if left.hole || key.hole {
            return;
        }
        // The lists of keys that there are, each once, with a row for each of its values.
        let whole = self.whole(vec![left.clone()], span);
        let whole = rows.compute("", &whole, self, span);
        let mut asked = rows.clone();
        let value = asked.compute("", left, self, span);
        if left.multi {
            asked.unnest(std::slice::from_ref(&value.id), self, span);
        }
        let value = Column { multi: false, constant: None, ..value };
        let by = self.id();
        let exprs = vec![ident(&whole.id).alias(&by), value.expr()];
        asked.then(self, span, |builder| builder.project(exprs)?.distinct());
        let value = match &policy.kind {
            PolicyKind::Match => Some(value),
            PolicyKind::Range(ranges) => self.ranges_of(&value, ranges, &key, &mut asked, span),
        };
        let matched = value
            .is_some_and(|value| self.match_values(&value, &key, &mut asked, &mut right, span));
        let (aggregated, added) = self.policy_fields(fields, &right);
        if !matched || aggregated.is_empty() {
            return;
        }
        let keys = vec![ident(&by)];
        asked.then(self, span, |builder| builder.aggregate(keys, aggregated));
        let on = On { equal: vec![(whole.id, by)], ..On::default() };
        self.joined_to(asked, rows, on, span);
        added.into_iter().for_each(|column| rows.scope.put(column));
    }

    /// Joins the rows of a policy whose key is equal. A key of the policy with several values matches through each.
    fn match_values(
        &mut self,
        value: &Column,
        key: &Typed,
        asked: &mut Rows,
        policy: &mut Rows,
        span: Span,
    ) -> bool {
        let value = value.typed(span);
        let Some(ty) = value.ty.common(key.ty) else {
            self.cannot_meet(&value, key, span, "matched with");
            return false;
        };
        let column = policy.compute("", key, self, span);
        if key.multi && key.ty != DataType::Null {
            policy.unnest(std::slice::from_ref(&column.id), self, span);
        }
        let key = Column { multi: false, constant: None, ..column }.typed(span);
        let key = self.widened(key, ty);
        let key = policy.compute("", &key, self, span);
        let value = self.widened(value, ty);
        let value = asked.compute("", &value, self, span);
        let on = On { equal: vec![(value.id, key.id)], ..On::default() };
        self.joined_to(policy.clone(), asked, on, span);
        true
    }

    /// The ranges that hold a value, one a row: each of them is a value of the policy's key. An index finds them, so that
    /// thousands of networks cost a row little more than one.
    fn ranges_of(
        &mut self,
        value: &Column,
        ranges: &[Box<str>],
        key: &Typed,
        asked: &mut Rows,
        span: Span,
    ) -> Option<Column> {
        let ty = value.ty;
        if !range::holds(ty) && ty != DataType::Null {
            self.cannot_meet(&value.typed(span), key, span, "looked for in the ranges of");
            return None;
        }
        let texts = ranges.iter().map(|text| &**text).filter(|_| ty != DataType::Null);
        let (ranges, failures) = Ranges::new(texts, ty);
        let site = self.site(span);
        failures.iter().for_each(|failure| site.fail(failure));
        let body = lists(move |args, arena, out| {
            for value in args[0] {
                ranges.of(*value, &mut |text| out.push(arena.text(text)));
            }
            Ok(())
        });
        let found = match body {
            Ok(body) => {
                let (lists, returns) = (Lists::Many, DataType::Keyword);
                let name = "ranges_of";
                let operation = Operation { name, body, lists, returns, multi: true, quiet: true };
                self.apply(operation, vec![value.typed(span)], span)
            }
            Err(error) => {
                self.error(error);
                return None;
            }
        };
        let several = found.multi;
        let found = asked.compute("", &found, self, span);
        if several {
            asked.unnest(std::slice::from_ref(&found.id), self, span);
        }
        Some(Column { multi: false, constant: None, ..found })
    }

    /// The fields of a policy, each as the list of its values, and the columns that they become.
    fn policy_fields(
        &mut self,
        fields: &[(String, String, Span)],
        policy: &Rows,
    ) -> (Vec<datafusion::prelude::Expr>, Vec<Column>) {
        let mut names = BTreeSet::new();
        let mut aggregated = Vec::new();
        let mut added = Vec::new();
        for (name, field, place) in fields {
            let value = self.named(field, *place, &policy.scope);
            if value.hole || !names.insert(name.clone()) {
                continue;
            }
            let id = self.id();
            let collected = self.collected(&value);
            aggregated.extend(collected.map(|expr| expr.alias(&id)));
            added.push(Column {
                name: name.clone(),
                id,
                ty: if value.ty == DataType::Text { DataType::Keyword } else { value.ty },
                multi: true,
                span: *place,
                conflict: Vec::new(),
                constant: None,
            });
        }
        (aggregated, added)
    }

    /// All values of a column of a group, in one list.
    pub(super) fn collected(&mut self, value: &Typed) -> Option<datafusion::prelude::Expr> {
        let aggregate = crate::aggregates::by_name("VALUES")?;
        let args = [crate::functions::Arg {
            ty: value.ty,
            constant: value.constant.clone(),
            span: value.span,
        }];
        let call = crate::aggregates::AggregateCall {
            args: &args,
            exprs: vec![value.expr.clone()],
            multi: vec![value.multi],
            returns: value.ty,
            filter: None,
            site: self.site(value.span),
        };
        match (aggregate.plan)(&call) {
            Ok(expr) => Some(expr),
            Err(error) => {
                self.error(error);
                None
            }
        }
    }

    /// A text that is the same for rows whose values are, lists in order included.
    pub(super) fn whole(&mut self, mut values: Vec<Typed>, span: Span) -> Typed {
        // A call has to have an argument, and of rows that are only counted nothing is read.
        if values.is_empty() {
            values.push(Typed::constant(Constant::text(""), span));
        }
        let body = lists(|args, arena, out| {
            out.push(arena.text(&format!("{args:?}")));
            Ok(())
        });
        let whole = self.made("whole", body, Lists::One, DataType::Keyword, values, span);
        Typed { quiet: true, ..whole }
    }
}
