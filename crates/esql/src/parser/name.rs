//! Names: of columns, of columns with wildcards, of indices; and columns with the value that they get.

use brokerwatch_expr::Span;

use super::{Node, Parser};
use crate::ast::{
    Aggregate, Column, Constant, Expr, Identifier, Index, Kind, LikePatterns, Name, NamePart,
    Pattern, PatternPart, Piece, Place,
};
use crate::codes;
use crate::lexer::{
    Mode, TokenKind, backtick_length, decode_name, decode_parameter, decode_text, keyword,
};

/// What a message calls the name that is missing.
pub(crate) const INDEX: &str = "the name of an index";

impl Parser<'_> {
    /// A name of one part, such as that of a setting.
    pub(crate) fn identifier(&mut self, expected: &str) -> Identifier {
        let place = Place(self.token.span);
        if !matches!(self.token.kind, TokenKind::Identifier | TokenKind::QuotedIdentifier) {
            self.no_name(expected);
            return Identifier { text: String::new(), place };
        }
        let span = self.bump().span;
        Identifier { text: decode_name(self.written(span)), place }
    }

    /// The name of one column where nothing is computed.
    pub(crate) fn name(&mut self) -> Name {
        let name = self.dotted_name();
        if self.at(TokenKind::Star) && self.adjacent() {
            self.no_name("the end of the name");
        }
        name
    }

    /// The name of a column, which an operator may follow.
    pub(super) fn dotted_name(&mut self) -> Name {
        let start = self.token.span;
        let mut parts = vec![self.name_part()];
        loop {
            match self.token.kind {
                TokenKind::Dot => {
                    self.bump();
                    parts.push(self.name_part());
                }
                TokenKind::Decimal
                    if self.adjacent() && self.written(self.token.span).starts_with('.') =>
                {
                    let help = "a part of a name that begins with a digit stands between backticks";
                    self.unexpected(codes::UNEXPECTED, "a name", Some(help.to_owned()));
                    self.bump();
                    while self.adjacent() && self.word().is_some() {
                        self.bump();
                    }
                }
                _ => break,
            }
        }
        Name { parts, place: self.since(start) }
    }

    /// One part of a name; a keyword in its place is reported and taken.
    fn name_part(&mut self) -> NamePart {
        let written = self.written(self.token.span);
        match self.token.kind {
            TokenKind::Identifier | TokenKind::QuotedIdentifier => {
                self.bump();
                NamePart::Text(decode_name(written))
            }
            TokenKind::Parameter | TokenKind::NameParameter => {
                self.bump();
                NamePart::Parameter(decode_parameter(written))
            }
            _ => {
                self.no_name("the name of a column");
                NamePart::Text(String::new())
            }
        }
    }

    /// Reports that no name is here, and passes what was most likely meant as one.
    fn no_name(&mut self, expected: &str) {
        let written = self.written(self.token.span);
        if self.mode == Mode::Expression && keyword(written).is_some() {
            let help = format!("`{written}` is a keyword; as a name it stands between backticks");
            self.unexpected(codes::RESERVED, expected, Some(help));
            self.bump();
            return;
        }
        match self.token.kind {
            TokenKind::Star => {
                let help = "one column is named here; `KEEP`, `DROP` and `RENAME` take wildcards";
                self.unexpected(codes::WILDCARD, expected, Some(help.to_owned()));
                self.bump();
            }
            TokenKind::Text(_) => {
                let help = "a text is no name; names stand plain or between backticks";
                self.unexpected(codes::UNEXPECTED, expected, Some(help.to_owned()));
                self.bump();
            }
            TokenKind::Integer | TokenKind::Decimal => {
                let help = "a name that begins with a digit stands between backticks";
                self.unexpected(codes::UNEXPECTED, expected, Some(help.to_owned()));
                self.bump();
            }
            _ => self.unexpected(codes::UNEXPECTED, expected, None),
        }
    }

    /// Patterns for the names of columns.
    pub(crate) fn patterns(&mut self) -> Vec<Pattern> {
        self.list(Parser::pattern)
    }

    /// A pattern for the names of columns.
    pub(crate) fn pattern(&mut self) -> Pattern {
        let start = self.token.span;
        let mut parts = vec![self.pattern_part()];
        while self.take(TokenKind::Dot).is_some() {
            parts.push(self.pattern_part());
        }
        if self.at(TokenKind::Minus) && self.adjacent() {
            let help = "a name with a `-` in it stands between backticks".to_owned();
            self.unexpected(codes::UNEXPECTED, "`,` or the end of the name", Some(help));
            while !matches!(
                self.token.kind,
                TokenKind::Comma | TokenKind::Bar | TokenKind::Close | TokenKind::End
            ) {
                self.bump();
            }
        }
        Pattern { parts, place: self.since(start) }
    }

    fn pattern_part(&mut self) -> PatternPart {
        let written = self.written(self.token.span);
        match self.token.kind {
            TokenKind::Pattern => {
                self.bump();
                PatternPart::Glob(pieces(written))
            }
            TokenKind::Parameter | TokenKind::NameParameter => {
                self.bump();
                PatternPart::Parameter(decode_parameter(written))
            }
            _ => {
                self.no_name("a column or a pattern such as `host.*`");
                PatternPart::Glob(Vec::new())
            }
        }
    }

    /// The names of indices.
    pub(crate) fn indices(&mut self) -> Vec<Index> {
        self.list(|parser| parser.index(INDEX))
    }

    /// The name of an index, with its cluster and its selector.
    pub(crate) fn index(&mut self, expected: &str) -> Index {
        let start = self.token.span;
        if let TokenKind::Text(form) = self.token.kind {
            self.bump();
            let whole = decode_text(self.written(start), form);
            if matches!(self.token.kind, TokenKind::Colon | TokenKind::Cast) {
                let help =
                    "put the whole name in double quotes, as in `\"cluster:index\"`".to_owned();
                self.unexpected(codes::SOURCE, "`,` or the end of the name", Some(help));
                self.pass_source();
            }
            let (cluster, name, selector) = split_index(&whole);
            return Index { cluster, name, selector, place: Place(start) };
        }
        let mut name = self.source_name(expected);
        let mut cluster = None;
        if self.take(TokenKind::Colon).is_some() {
            cluster = Some(std::mem::replace(&mut name, self.source_name(INDEX)));
        }
        let mut selector = None;
        if self.take(TokenKind::Cast).is_some() {
            selector = Some(self.source_name(INDEX));
        }
        if self.at(TokenKind::Colon) || self.at(TokenKind::Cast) {
            let help = "a name is at most `cluster:index::selector`".to_owned();
            self.unexpected(codes::SOURCE, "`,` or the end of the name", Some(help));
            self.pass_source();
        }
        Index { cluster, name, selector, place: self.since(start) }
    }

    /// A name without quotes.
    pub(crate) fn source_name(&mut self, expected: &str) -> String {
        if let Some(token) = self.take(TokenKind::Source) {
            return self.written(token.span).to_owned();
        }
        let help = match self.token.kind {
            TokenKind::OpenBracket | TokenKind::CloseBracket => {
                Some("the names stand without brackets")
            }
            TokenKind::Text(_) => Some("put the whole name in double quotes"),
            TokenKind::Slash => Some("a name with `/` in it stands in double quotes"),
            _ => None,
        };
        let code = if help.is_some() { codes::SOURCE } else { codes::UNEXPECTED };
        self.unexpected(code, expected, help.map(str::to_owned));
        self.pass_source();
        String::new()
    }

    /// Passes what stands in the place of a name.
    fn pass_source(&mut self) {
        while matches!(
            self.token.kind,
            TokenKind::Colon
                | TokenKind::Cast
                | TokenKind::Source
                | TokenKind::Text(_)
                | TokenKind::OpenBracket
                | TokenKind::CloseBracket
                | TokenKind::Slash
                | TokenKind::Unknown
        ) {
            self.bump();
        }
    }

    /// `METADATA _id, _index`, if it is there.
    pub(crate) fn metadata(&mut self) -> Vec<Identifier> {
        if !self.take_word("metadata") {
            return Vec::new();
        }
        self.list(|parser| {
            let start = parser.here();
            let text = parser.source_name("the name of a metadata column");
            Identifier { text, place: parser.since(start) }
        })
    }

    /// `[name =] value`, with commas between.
    pub(crate) fn columns(&mut self) -> Vec<Column> {
        self.list(Parser::column)
    }

    /// `[name =] value`
    pub(crate) fn column(&mut self) -> Column {
        let start = self.token.span;
        let outer = self.column_start.replace(start.start);
        let node = self.expression();
        self.column_start = outer;
        if self.at(TokenKind::Assign) && node.is_primary {
            return self.named_column(start, node, Parser::condition);
        }
        let text = self.column_text(&node);
        let value = self.finish(node);
        Column { name: None, value, text, place: self.since(start) }
    }

    /// The same where the value is a primary.
    pub(crate) fn primary_column(&mut self) -> Column {
        let start = self.token.span;
        let outer = self.column_start.replace(start.start);
        let node = self.primary();
        self.column_start = outer;
        if self.at(TokenKind::Assign) && is_bare_name(&node) {
            return self.named_column(start, node, Parser::primary_value);
        }
        let text = self.column_text(&node);
        let value = self.finish(node);
        Column { name: None, value, text, place: self.since(start) }
    }

    fn named_column(&mut self, start: Span, name: Node, value: fn(&mut Self) -> Expr) -> Column {
        self.bump();
        let name = Some(into_name(name.expr));
        let value = value(self);
        Column { name, value, text: String::new(), place: self.since(start) }
    }

    /// How a column without a name is called; empty if it is a column itself.
    fn column_text(&self, node: &Node) -> String {
        if is_bare_name(node) && matches!(node.expr.kind, Kind::Name(_)) {
            return String::new();
        }
        self.written_since(node.start).to_owned()
    }

    /// `[name =] aggregate [WHERE condition]`, with commas between.
    pub(crate) fn aggregates(&mut self) -> Vec<Aggregate> {
        self.list(|parser| {
            let column = parser.column();
            if parser.take(TokenKind::Where).is_none() {
                return Aggregate { column, filter: None, text: String::new() };
            }
            if !has_call(&column.value) {
                let help =
                    "filter an aggregate such as `COUNT(*)`, or all rows in a `WHERE` of its own";
                let message = "`WHERE` filters an aggregate function, and there is none";
                parser.error(codes::AGGREGATE_FILTER, column.place.0, message, help);
            }
            let filter = Some(parser.condition());
            let is_named = column.name.is_some();
            let text = if is_named { "" } else { parser.written_since(column.place.0) };
            Aggregate { text: text.to_owned(), column, filter }
        })
    }
}

/// Whether a function is called anywhere in an expression. The depth of the tree is bounded, and so is this recursion.
fn has_call(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Call(_) => true,
        Kind::Constant(_) | Kind::Name(_) => false,
        Kind::Cast(part, _)
        | Kind::Sign(_, part)
        | Kind::Not(part)
        | Kind::IsNull { value: part, .. }
        | Kind::InSubquery { value: part, .. }
        | Kind::Match { value: part, .. } => has_call(part),
        Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
            has_call(left) || has_call(right)
        }
        Kind::In { value, list, .. } => has_call(value) || list.iter().any(has_call),
        Kind::Like { value, patterns, .. } => {
            has_call(value) || matches!(patterns, LikePatterns::One(pattern) if has_call(pattern))
        }
        Kind::And(parts) | Kind::Or(parts) => parts.iter().any(has_call),
    }
}

/// Whether a node can be the name to the left of `=`.
pub(super) fn is_bare_name(node: &Node) -> bool {
    let has_no_parentheses = node.start.start == node.expr.place.0.start;
    let is_name = matches!(node.expr.kind, Kind::Name(_) | Kind::Constant(Constant::Parameter(_)));
    has_no_parentheses && is_name
}

fn into_name(expr: Expr) -> Name {
    let place = expr.place;
    match expr.kind {
        Kind::Name(name) => name,
        Kind::Constant(Constant::Parameter(parameter)) => {
            Name { parts: vec![NamePart::Parameter(parameter)], place }
        }
        _ => Name { parts: Vec::new(), place },
    }
}

/// The pieces of a part of a pattern; those that are glued together make one text.
fn pieces(written: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '*' => 1,
            '`' => backtick_length(rest).unwrap_or(rest.len()),
            _ => rest.find(['*', '`']).unwrap_or(rest.len()),
        };
        let (piece, after) = rest.split_at(length);
        rest = after;
        // A star in backticks is no wildcard.
        if piece == "*" {
            pieces.push(Piece::Any);
            continue;
        }
        let text = decode_name(piece);
        match pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(&text),
            _ => pieces.push(Piece::Text(text)),
        }
    }
    pieces
}

/// The parts of the name of an index that was written in quotes.
fn split_index(whole: &str) -> (Option<String>, String, Option<String>) {
    let (rest, selector) = match whole.rsplit_once("::") {
        Some((rest, selector)) if !rest.is_empty() && !selector.is_empty() => {
            (rest, Some(selector.to_owned()))
        }
        _ => (whole, None),
    };
    match rest.split_once(':') {
        Some((cluster, name))
            if !cluster.is_empty() && !name.is_empty() && !name.starts_with(':') =>
        {
            (Some(cluster.to_owned()), name.to_owned(), selector)
        }
        _ => (None, rest.to_owned(), selector),
    }
}
