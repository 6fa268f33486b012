//! Which columns there are at a point of the query, and what they are called.

use std::sync::Arc;

use brokerwatch_expr::Span;
use datafusion::prelude::{Expr as DfExpr, ident};

use super::Typed;
use crate::types::DataType;
use crate::value::Constant;

/// A column that a name can mean.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// The full name.
    pub(crate) name: String,
    /// Its name in the plan.
    pub(crate) id: String,
    /// The type of its values.
    pub(crate) ty: DataType,
    /// Whether a row may have several values.
    pub(crate) multi: bool,
    /// Where it was made, for remarks on shadowing.
    pub(crate) span: Span,
    /// The types that conflict, where `ty` is [`DataType::Unsupported`].
    pub(crate) conflict: Vec<String>,
    /// Its value, where every row has the same and it is known.
    pub(crate) constant: Option<Constant>,
}

/// The columns in their order, no two of one name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    columns: Vec<Column>,
    /// The fields of the documents that the rows come from, whatever the columns are called by now: what `KQL()` searches.
    /// None once the rows are no documents any more.
    documents: Arc<[Column]>,
    /// Whether a name that is not here is null and no error.
    pub(crate) open: bool,
}

impl Column {
    /// The column as an expression.
    pub(crate) fn typed(&self, span: Span) -> Typed {
        Typed {
            expr: self.expr(),
            ty: self.ty,
            multi: self.multi,
            constant: self.constant.clone(),
            span,
            quiet: true,
            hole: false,
        }
    }

    /// The column for DataFusion.
    pub(crate) fn expr(&self) -> DfExpr {
        ident(&self.id)
    }

    /// The same column under another name.
    pub(crate) fn renamed(self, name: String) -> Column {
        Column { name, ..self }
    }
}

impl Scope {
    /// The columns, in order.
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Adds a column at the end; one of the same name goes.
    pub(crate) fn put(&mut self, column: Column) {
        self.remove(&column.name);
        self.columns.push(column);
    }

    /// Takes a column away.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Column> {
        let at = self.columns.iter().position(|column| column.name == name)?;
        Some(self.columns.remove(at))
    }

    /// Puts a column where another stands, under the new one's name; one of the same name elsewhere goes.
    pub(crate) fn replace(&mut self, old: &str, new: Column) {
        if new.name != old {
            self.remove(&new.name);
        }
        if let Some(column) = self.columns.iter_mut().find(|column| column.name == old) {
            *column = new;
        }
    }

    /// The columns as they are now, as the fields of the documents.
    pub(crate) fn are_documents(&mut self) {
        self.documents = self.columns.clone().into();
    }

    /// The columns that a search sees: the fields of the documents, and what has been made since under other names.
    pub(crate) fn searched(&self) -> Scope {
        let mut searched = self.clone();
        self.documents.iter().cloned().for_each(|field| searched.put(field));
        searched
    }

    /// Sets all columns anew.
    pub(crate) fn set(&mut self, columns: Vec<Column>) {
        self.columns = columns;
    }
}
