//! Conditions and values: `OR`, `AND`, `NOT`, one comparison or predicate, arithmetic, and what belongs to one primary.

use brokerwatch_ecs::similar;
use brokerwatch_expr::limits::DEPTH_MAX;
use brokerwatch_expr::{Arithmetic, Span};

use super::name::is_bare_name;
use super::{Node, Parser, Within};
use crate::ast::{
    Args, Call, Comparison, Constant, Expr, FunctionName, Identifier, Kind, LikeOperator,
    LikePatterns, Place, Sign,
};
use crate::lexer::{KEYWORDS, TextForm, TokenKind, decode_name, decode_parameter, keyword};
use crate::{codes, commands};

impl Parser<'_> {
    /// A text that is an expression and nothing else.
    pub(super) fn lone_expression(&mut self) -> Expr {
        self.within = Within::Alone;
        let expr = self.condition();
        while !self.at(TokenKind::End) {
            self.unexpected_here(JOINT);
            self.resume();
            if !self.at(TokenKind::End) {
                self.bump();
            }
        }
        expr
    }

    /// A condition or a value.
    pub(crate) fn condition(&mut self) -> Expr {
        let node = self.expression();
        self.finish(node)
    }

    /// A value that holds together without operators.
    pub(crate) fn primary_value(&mut self) -> Expr {
        let node = self.primary();
        self.finish(node)
    }

    /// The tree of an expression that was read to its end.
    pub(super) fn finish(&mut self, node: Node) -> Expr {
        self.tallest = self.tallest.max(node.height);
        let mut expr = node.expr;
        // Done once for the whole tree, since doing it wherever parentheses close would move the terms once for each level.
        if self.nested_chain {
            flatten(&mut expr);
        }
        expr
    }

    /// Goes on reading behind an error, for the sake of the errors further on.
    pub(super) fn resume(&mut self) {
        self.sync();
        while matches!(self.token.kind, TokenKind::And | TokenKind::Or) {
            self.bump();
            self.expression();
            self.sync();
        }
    }

    /// Reports that the token cannot follow here, with what was probably meant by it.
    pub(super) fn unexpected_here(&mut self, joint: &str) {
        let (code, help) = self.meant_behind_value(joint);
        self.unexpected(code, self.within.expected(), help);
    }

    fn meant_behind_value(&self, joint: &str) -> (&'static str, Option<String>) {
        let help = match self.token.kind {
            TokenKind::Close => {
                return (
                    codes::UNBALANCED,
                    Some("no parenthesis is open here; remove this one".to_owned()),
                );
            }
            TokenKind::Equal
            | TokenKind::NotEqual
            | TokenKind::Less
            | TokenKind::LessOrEqual
            | TokenKind::Greater
            | TokenKind::GreaterOrEqual => {
                let help = "a comparison takes two values; join two comparisons with `AND`";
                return (codes::CHAINED, Some(help.to_owned()));
            }
            TokenKind::In
            | TokenKind::Is
            | TokenKind::Like
            | TokenKind::Rlike
            | TokenKind::Colon => {
                "one value takes one such operator; join two conditions with `AND` or `OR`"
            }
            TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::Slash
            | TokenKind::Percent => {
                "arithmetic on a condition has no meaning; parentheses may be missing"
            }
            TokenKind::Not => {
                "`NOT` stands before the whole condition, or before `IN`, `LIKE` or `RLIKE`"
            }
            TokenKind::OpenBracket => {
                "a field is one column with all its values; `MV_SLICE` takes some of them"
            }
            TokenKind::Semicolon => "a query needs no `;` at its end",
            TokenKind::Identifier if self.adjacent() && self.is_behind_digit() => {
                "a name that begins with a digit stands between backticks"
            }
            _ => return (codes::UNEXPECTED, self.meant_by_word(joint)),
        };
        (codes::UNEXPECTED, Some(help.to_owned()))
    }

    /// The way out for a word behind a complete value.
    fn meant_by_word(&self, joint: &str) -> Option<String> {
        let Some(word) = self.word() else {
            return begins_value(self.token.kind).then(|| joint.to_owned());
        };
        if commands::is_word(word) {
            return Some(format!("a command begins with `|`: `| {}`", word.to_ascii_uppercase()));
        }
        let help = match word.to_ascii_lowercase().as_str() {
            "contains" => "use `CONTAINS(text, part)` or `LIKE \"*part*\"`",
            "startswith" | "starts_with" => "use `STARTS_WITH(text, start)`",
            "endswith" | "ends_with" => "use `ENDS_WITH(text, end)`",
            "matches" | "regex" => "use `RLIKE \"...\"`, or `LIKE \"...\"` for wildcards",
            "between" => "write two comparisons joined by `AND`",
            "ascending" => "write `ASC`",
            "descending" => "write `DESC`",
            "as" => "a column is named in front: `name = value`",
            _ => return Some(near_keyword(word).unwrap_or_else(|| joint.to_owned())),
        };
        Some(help.to_owned())
    }

    fn is_behind_star(&self) -> bool {
        let before = self.text.get(..self.taken_end as usize).unwrap_or_default();
        before.ends_with('*')
    }

    fn is_behind_digit(&self) -> bool {
        let before = self.text.get(..self.taken_end as usize).unwrap_or_default();
        before.ends_with(|c: char| c.is_ascii_digit())
    }

    /// `a OR b`, the loosest of all.
    pub(super) fn expression(&mut self) -> Node {
        let first = self.conjunction();
        self.chain(first, TokenKind::Or, Parser::conjunction, Kind::Or)
    }

    fn conjunction(&mut self) -> Node {
        let first = self.negation();
        self.chain(first, TokenKind::And, Parser::negation, Kind::And)
    }

    /// Reads on from the first term; a chain is as deep as its deepest term and one more.
    fn chain(
        &mut self,
        first: Node,
        joint: TokenKind,
        term: fn(&mut Self) -> Node,
        kind: fn(Vec<Expr>) -> Kind,
    ) -> Node {
        if !self.at(joint) {
            return first;
        }
        let start = first.start;
        let mut height = first.height;
        let mut terms = vec![first.expr];
        while self.take(joint).is_some() {
            let next = term(self);
            height = height.max(next.height);
            terms.push(next.expr);
        }
        let chain = kind(terms);
        self.nested_chain |= parts_of_chain(&chain).any(|term| same_chain(&chain, &term.kind));
        self.node(chain, start, height)
    }

    /// `NOT a`, any number of times.
    fn negation(&mut self) -> Node {
        let mut nots = Vec::new();
        while self.at(TokenKind::Not) {
            if DEPTH_MAX <= self.depth + nots.len() {
                return self.pass_too_deep(self.token.span);
            }
            nots.push(self.bump().span);
        }
        self.depth += nots.len();
        let mut node = self.predicate();
        self.depth -= nots.len();
        for not in nots.into_iter().rev() {
            node = self.node(Kind::Not(Box::new(node.expr)), not, node.height);
        }
        node
    }

    /// A value, and the list, pattern or `NULL` that it is held against.
    fn predicate(&mut self) -> Node {
        let value = self.comparison();
        let negated = self.at(TokenKind::Not)
            && matches!(self.ahead().kind, TokenKind::In | TokenKind::Like | TokenKind::Rlike);
        if negated {
            self.bump();
        }
        match self.token.kind {
            TokenKind::In => self.in_list(value, negated),
            TokenKind::Is => self.is_null(value),
            TokenKind::Like => self.like(value, LikeOperator::Like, negated),
            TokenKind::Rlike => self.like(value, LikeOperator::Rlike, negated),
            TokenKind::Colon => self.match_constant(value),
            _ => value,
        }
    }

    /// At most one comparison of two values.
    fn comparison(&mut self) -> Node {
        let left = self.sum();
        let Some(comparison) = self.comparison_sign(&left) else { return left };
        self.bump();
        let right = self.sum();
        let (start, height) = (left.start, left.height.max(right.height));
        let kind = Kind::Compare(comparison, Box::new(left.expr), Box::new(right.expr));
        let node = self.node(kind, start, height);
        self.no_second_comparison();
        node
    }

    fn comparison_sign(&mut self, left: &Node) -> Option<Comparison> {
        Some(match self.token.kind {
            TokenKind::Equal => Comparison::Equal,
            TokenKind::NotEqual => Comparison::NotEqual,
            TokenKind::Less => Comparison::Less,
            TokenKind::LessOrEqual => Comparison::LessOrEqual,
            TokenKind::Greater => Comparison::Greater,
            TokenKind::GreaterOrEqual => Comparison::GreaterOrEqual,
            TokenKind::Assign => {
                let is_name = self.column_start == Some(left.start.start) && is_bare_name(left);
                if is_name {
                    return None;
                }
                let help = "use `==` for equality".to_owned();
                self.unexpected(codes::FOREIGN_OPERATOR, "`==`", Some(help));
                Comparison::Equal
            }
            _ => return None,
        })
    }

    /// Reports and passes what would compare a comparison.
    fn no_second_comparison(&mut self) {
        while matches!(
            self.token.kind,
            TokenKind::Equal
                | TokenKind::NotEqual
                | TokenKind::Less
                | TokenKind::LessOrEqual
                | TokenKind::Greater
                | TokenKind::GreaterOrEqual
                | TokenKind::Assign
        ) {
            let help = "a comparison takes two values; join two comparisons with `AND`".to_owned();
            self.unexpected(codes::CHAINED, "`AND` or `OR`", Some(help));
            self.bump();
            self.sum();
        }
    }

    fn sum(&mut self) -> Node {
        self.operations(Parser::product, |kind| match kind {
            TokenKind::Plus => Some(Arithmetic::Add),
            TokenKind::Minus => Some(Arithmetic::Subtract),
            _ => None,
        })
    }

    fn product(&mut self) -> Node {
        self.operations(Parser::signed, |kind| match kind {
            TokenKind::Star => Some(Arithmetic::Multiply),
            TokenKind::Slash => Some(Arithmetic::Divide),
            TokenKind::Percent => Some(Arithmetic::Modulo),
            _ => None,
        })
    }

    /// `a + b + c`, which leans to the left: each operator makes the tree one deeper.
    fn operations(
        &mut self,
        operand: fn(&mut Self) -> Node,
        operator: fn(TokenKind) -> Option<Arithmetic>,
    ) -> Node {
        let mut node = operand(self);
        while let Some(arithmetic) = operator(self.token.kind) {
            let place = self.bump().span;
            let right = operand(self);
            let height = node.height.max(right.height);
            if DEPTH_MAX <= height {
                return self.pass_too_deep(place);
            }
            let start = node.start;
            let kind = Kind::Arithmetic(arithmetic, Box::new(node.expr), Box::new(right.expr));
            node = self.node(kind, start, height);
        }
        node
    }

    /// `-a`, any number of times.
    fn signed(&mut self) -> Node {
        let mut signs = Vec::new();
        while let Some(sign) = match self.token.kind {
            TokenKind::Plus => Some(Sign::Plus),
            TokenKind::Minus => Some(Sign::Minus),
            _ => None,
        } {
            if DEPTH_MAX <= self.depth + signs.len() {
                return self.pass_too_deep(self.token.span);
            }
            signs.push((sign, self.bump().span));
        }
        self.depth += signs.len();
        let mut node = self.primary();
        self.depth -= signs.len();
        for (sign, place) in signs.into_iter().rev() {
            node = self.node(Kind::Sign(sign, Box::new(node.expr)), place, node.height);
        }
        node
    }

    /// `a IN (b, c)` or `a IN (FROM ...)`
    fn in_list(&mut self, value: Node, negated: bool) -> Node {
        self.bump();
        let open = self.token.span;
        if !self.at(TokenKind::Open) {
            let help = match self.token.kind {
                TokenKind::OpenBracket => {
                    Some("a list stands in parentheses: `IN (\"a\", \"b\")`".to_owned())
                }
                kind => begins_value(kind).then(|| {
                    format!(
                        "a list stands in parentheses: `IN ({})`",
                        self.excerpt(self.token.span)
                    )
                }),
            };
            self.unexpected(codes::UNEXPECTED, "`(`", help);
            return if begins_value(self.token.kind) { self.signed() } else { value };
        }
        let (start, mut height) = (value.start, value.height);
        let value = Box::new(value.expr);
        if self.at_subquery() {
            let (query, tallest) = self.subquery();
            let kind = Kind::InSubquery { value, query: Box::new(query), negated };
            return self.node(kind, start, height.max(tallest));
        }
        if self.ahead().kind == TokenKind::Close {
            self.bump();
            self.bump();
            let place = self.since(open).0;
            self.error(
                codes::EMPTY_LIST,
                place,
                "the list is empty",
                "a list holds at least one value",
            );
            return Node::hole(open);
        }
        let list = self.in_parentheses(open, Within::List, |parser| {
            parser.list(|parser| {
                let node = parser.comparison();
                height = height.max(node.height);
                node.expr
            })
        });
        let list = list.unwrap_or_default();
        self.node(Kind::In { value, list, negated }, start, height)
    }

    /// `a IS NULL`
    fn is_null(&mut self, value: Node) -> Node {
        self.bump();
        let negated = self.take(TokenKind::Not).is_some();
        if self.take(TokenKind::Null).is_none() {
            let help = "`IS` tests for `NULL` only; compare values with `==`".to_owned();
            let expected = if negated { "`NULL`" } else { "`NULL` or `NOT NULL`" };
            self.unexpected(codes::UNEXPECTED, expected, Some(help));
            if begins_value(self.token.kind) {
                self.signed();
            }
        }
        let kind = Kind::IsNull { value: Box::new(value.expr), negated };
        self.node(kind, value.start, value.height)
    }

    /// `a LIKE "b*"`, `a LIKE ("b*", "c")`
    fn like(&mut self, value: Node, operator: LikeOperator, negated: bool) -> Node {
        self.bump();
        let start = value.start;
        let mut height = value.height;
        let patterns = if self.at_pattern_list() {
            LikePatterns::List(self.pattern_list())
        } else {
            let pattern = self.primary();
            height = height.max(pattern.height);
            LikePatterns::One(Box::new(pattern.expr))
        };
        let value = Box::new(value.expr);
        self.node(Kind::Like { value, operator, patterns, negated }, start, height)
    }

    /// Whether the parenthesis begins a list: a single computed pattern can stand in parentheses, too.
    fn at_pattern_list(&self) -> bool {
        if !self.at(TokenKind::Open) {
            return false;
        }
        let first = self.ahead();
        let after_first = || {
            let start = self.lexer.pass_blanks(first.span.end as usize, &mut |_, _| ());
            self.lexer.token(start, self.mode).kind
        };
        match first.kind {
            TokenKind::Close => true,
            TokenKind::Text(_) | TokenKind::Parameter => {
                matches!(after_first(), TokenKind::Comma | TokenKind::Close | TokenKind::End)
            }
            _ => after_first() == TokenKind::Comma,
        }
    }

    fn pattern_list(&mut self) -> Vec<Constant> {
        let open = self.token.span;
        if self.ahead().kind == TokenKind::Close {
            self.bump();
            self.bump();
            let place = self.since(open).0;
            self.error(
                codes::EMPTY_LIST,
                place,
                "the list is empty",
                "a list holds at least one text",
            );
            return Vec::new();
        }
        let list = self.in_parentheses(open, Within::List, |parser| {
            parser.list(|parser| match parser.token.kind {
                TokenKind::Text(_) | TokenKind::Parameter => {
                    parser.constant().unwrap_or(Constant::Null)
                }
                _ => {
                    let help = "a list of patterns holds texts; a computed pattern stands alone"
                        .to_owned();
                    parser.unexpected(codes::PATTERN_LIST, "a text", Some(help));
                    parser.comparison();
                    Constant::Null
                }
            })
        });
        list.unwrap_or_default()
    }

    /// `a : "b"`
    fn match_constant(&mut self, value: Node) -> Node {
        if !value.is_primary {
            let help = "put parentheses round it, or join two conditions with `AND`".to_owned();
            self.unexpected(codes::MATCH_OPERAND, "a column before `:`", Some(help));
        }
        self.bump();
        let starts_constant = matches!(self.token.kind, TokenKind::Minus | TokenKind::Plus)
            || !begins_value(self.token.kind)
            || !matches!(
                self.token.kind,
                TokenKind::Identifier | TokenKind::QuotedIdentifier | TokenKind::Open
            );
        let constant = if starts_constant {
            self.signed_constant("a constant")
        } else {
            let help =
                "the right side of `:` is a constant; values are compared with `==`".to_owned();
            self.unexpected(codes::MATCH_OPERAND, "a constant", Some(help));
            self.primary();
            Constant::Null
        };
        let kind = Kind::Match { value: Box::new(value.expr), constant };
        self.node(kind, value.start, value.height)
    }

    /// Runs a rule between parentheses; `None` if they are nested too deep.
    fn in_parentheses<T>(
        &mut self,
        open: Span,
        within: Within,
        rule: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if DEPTH_MAX <= self.depth {
            self.pass_too_deep(open);
            return None;
        }
        self.bump();
        let result = self.inside(within, |parser| {
            let result = rule(parser);
            parser.close(open);
            result
        });
        Some(result)
    }

    /// How values are joined here.
    fn joint(&self) -> &'static str {
        match self.within {
            Within::List | Within::Map => "values in a list are parted by commas",
            _ => JOINT,
        }
    }

    /// Takes the closing parenthesis, or reports that it is missing and passes what stands before it.
    pub(super) fn close(&mut self, open: Span) {
        if self.take(TokenKind::Close).is_some() {
            return;
        }
        let (code, help) = match self.token.kind {
            TokenKind::Bar | TokenKind::End => {
                (codes::UNBALANCED, Some("close the parenthesis with `)`".to_owned()))
            }
            TokenKind::Comma => (
                codes::UNEXPECTED,
                Some("a list of values stands behind `IN`, `LIKE` or `RLIKE`".to_owned()),
            ),
            _ => self.meant_behind_value(self.joint()),
        };
        let since = Some((open, "opened here"));
        self.unexpected_since(code, self.within.expected(), help, since);
        loop {
            self.resume();
            match self.token.kind {
                TokenKind::Comma | TokenKind::By | TokenKind::CloseBrace => {
                    self.bump();
                    if begins_value(self.token.kind) {
                        self.expression();
                    }
                }
                TokenKind::Close => {
                    self.bump();
                    return;
                }
                _ => return,
            }
        }
    }

    /// A value that holds together without operators, with the types that it is cast to.
    pub(super) fn primary(&mut self) -> Node {
        let mut node = self.operand();
        while self.take(TokenKind::Cast).is_some() {
            let ty = self.type_name();
            let (start, height) = (node.start, node.height);
            node = self.node(Kind::Cast(Box::new(node.expr), ty), start, height);
            node.is_primary = true;
        }
        node
    }

    fn type_name(&mut self) -> Identifier {
        // `NULL` is a type of its own in no cast, but other keywords could be meant as one: they are told as reserved.
        self.identifier("a type such as `integer` or `ip`")
    }

    fn operand(&mut self) -> Node {
        let start = self.token.span;
        match self.token.kind {
            TokenKind::Open => return self.parentheses(),
            TokenKind::Identifier
            | TokenKind::QuotedIdentifier
            | TokenKind::Parameter
            | TokenKind::NameParameter
            | TokenKind::First
            | TokenKind::Last
                if self.ahead().kind == TokenKind::Open =>
            {
                return self.call();
            }
            TokenKind::Parameter if self.ahead().kind != TokenKind::Dot => {}
            TokenKind::Identifier
            | TokenKind::QuotedIdentifier
            | TokenKind::Parameter
            | TokenKind::NameParameter => return self.column_name(start),
            _ => {}
        }
        if let Some(constant) = self.constant() {
            return self.leaf(Kind::Constant(constant), start);
        }
        if self.is_meant_as_name() {
            return self.column_name(start);
        }
        self.no_operand(start)
    }

    fn column_name(&mut self, start: Span) -> Node {
        let name = self.dotted_name();
        self.leaf(Kind::Name(name), start)
    }

    /// Whether a keyword stands where only a name makes sense.
    fn is_meant_as_name(&self) -> bool {
        let is_word = matches!(
            self.token.kind,
            TokenKind::Asc
                | TokenKind::By
                | TokenKind::Desc
                | TokenKind::First
                | TokenKind::Last
                | TokenKind::Nulls
                | TokenKind::On
                | TokenKind::With
        );
        is_word
            && matches!(
                self.ahead().kind,
                TokenKind::Dot
                    | TokenKind::Equal
                    | TokenKind::NotEqual
                    | TokenKind::Less
                    | TokenKind::LessOrEqual
                    | TokenKind::Greater
                    | TokenKind::GreaterOrEqual
                    | TokenKind::Assign
                    | TokenKind::In
                    | TokenKind::Is
                    | TokenKind::Like
                    | TokenKind::Rlike
            )
    }

    fn no_operand(&mut self, start: Span) -> Node {
        let mut code = codes::UNEXPECTED;
        let help = match self.token.kind {
            TokenKind::Not => Some("put parentheses round a negated value: `(NOT ...)`"),
            TokenKind::OpenBrace => Some("options stand at the end of a call, behind its values"),
            TokenKind::Star => {
                Some("`*` stands alone in `COUNT(*)`, and in the patterns of `KEEP` and `DROP`")
            }
            TokenKind::Assign if self.is_behind_star() => {
                code = codes::WILDCARD;
                Some("one column is named here; `KEEP`, `DROP` and `RENAME` take wildcards")
            }
            kind if is_keyword(kind) => {
                Some("the word is a keyword; a column of that name stands between backticks")
            }
            _ => None,
        };
        self.unexpected(code, "a value", help.map(str::to_owned));
        if self.at(TokenKind::OpenBrace) {
            self.map();
        } else {
            self.sync();
        }
        Node::hole(start)
    }

    fn parentheses(&mut self) -> Node {
        let open = self.token.span;
        if self.ahead().kind == TokenKind::Close {
            self.bump();
            self.unexpected(codes::UNEXPECTED, "a value", None);
            self.bump();
            return Node::hole(open);
        }
        let inner = self.in_parentheses(open, Within::Parentheses, Parser::expression);
        match inner {
            Some(inner) => Node { start: open, is_primary: true, ..inner },
            None => Node::hole(open),
        }
    }

    fn call(&mut self) -> Node {
        let start = self.token.span;
        let written = self.written(start);
        let name = match self.bump().kind {
            TokenKind::Parameter | TokenKind::NameParameter => {
                FunctionName::Parameter(decode_parameter(written))
            }
            _ => FunctionName::Text(decode_name(written)),
        };
        let open = self.token.span;
        let mut height = 0;
        let args = self.in_parentheses(open, Within::List, |parser| parser.args(&mut height));
        let args = args.unwrap_or(Args::All);
        let call = Call { name, name_place: Place(start), args };
        let mut node = self.node(Kind::Call(Box::new(call)), start, height);
        node.is_primary = true;
        node
    }

    fn args(&mut self, height: &mut usize) -> Args {
        let mut values = Vec::new();
        let mut options = None;
        if self.at(TokenKind::Close) {
            return Args::List { values, options };
        }
        if self.at(TokenKind::Star) && self.ahead().kind == TokenKind::Close {
            self.bump();
            return Args::All;
        }
        loop {
            if self.at(TokenKind::OpenBrace) && !values.is_empty() {
                options = Some(self.map());
                break;
            }
            let node = self.expression();
            *height = (*height).max(node.height);
            values.push(node.expr);
            if self.take(TokenKind::Comma).is_none() {
                break;
            }
        }
        Args::List { values, options }
    }

    fn leaf(&self, kind: Kind, start: Span) -> Node {
        let expr = Expr { kind, place: self.since(start) };
        Node { expr, start, height: 1, is_primary: true }
    }

    /// A node that reaches from `start` to here, one deeper than its deepest part.
    fn node(&mut self, kind: Kind, start: Span, height: usize) -> Node {
        let place = self.since(start);
        if DEPTH_MAX < height + 1 {
            return self.too_deep(place.0);
        }
        Node { expr: Expr { kind, place }, start, height: height + 1, is_primary: false }
    }
}

/// How conditions and columns are joined, where neither is certain to have been meant.
pub(super) const JOINT: &str =
    "conditions are joined with `AND` or `OR`, and columns are parted by commas";

/// The keyword that a word is close to.
fn near_keyword(word: &str) -> Option<String> {
    let keywords = KEYWORDS.iter().map(|(keyword, _)| *keyword);
    let upper: String = word.chars().take(12).collect::<String>().to_ascii_uppercase();
    if upper.len() < 3 || keyword(word).is_some() {
        return None;
    }
    similar(&upper, keywords).first().map(|near| format!("did you mean `{near}`?"))
}

fn is_keyword(kind: TokenKind) -> bool {
    KEYWORDS.iter().any(|(_, keyword)| *keyword == kind)
}

/// Whether a token can begin a value.
pub(super) fn begins_value(kind: TokenKind) -> bool {
    match kind {
        TokenKind::Text(form) => form != TextForm::Unclosed,
        TokenKind::Identifier
        | TokenKind::QuotedIdentifier
        | TokenKind::Integer
        | TokenKind::Decimal
        | TokenKind::Parameter
        | TokenKind::NameParameter
        | TokenKind::Null
        | TokenKind::True
        | TokenKind::False
        | TokenKind::Minus
        | TokenKind::Plus
        | TokenKind::OpenBracket
        | TokenKind::Open => true,
        _ => false,
    }
}

fn parts_of_chain(kind: &Kind) -> std::slice::Iter<'_, Expr> {
    match kind {
        Kind::And(parts) | Kind::Or(parts) => parts.iter(),
        _ => [].iter(),
    }
}

fn same_chain(one: &Kind, other: &Kind) -> bool {
    matches!((one, other), (Kind::And(_), Kind::And(_)) | (Kind::Or(_), Kind::Or(_)))
}

/// Makes one chain of each `AND` in `AND` and `OR` in `OR`. The depth of the tree is bounded, and so is this recursion.
/// The conditions of a subquery were flattened when they were read.
fn flatten(expr: &mut Expr) {
    match &mut expr.kind {
        Kind::Constant(_) | Kind::Name(_) => {}
        Kind::Call(call) => {
            if let Args::List { values, .. } = &mut call.args {
                values.iter_mut().for_each(flatten);
            }
        }
        Kind::Cast(part, _)
        | Kind::Sign(_, part)
        | Kind::Not(part)
        | Kind::IsNull { value: part, .. }
        | Kind::InSubquery { value: part, .. }
        | Kind::Match { value: part, .. } => flatten(part),
        Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
            flatten(left);
            flatten(right);
        }
        Kind::In { value, list, .. } => {
            flatten(value);
            list.iter_mut().for_each(flatten);
        }
        Kind::Like { value, patterns, .. } => {
            flatten(value);
            if let LikePatterns::One(pattern) = patterns {
                flatten(pattern);
            }
        }
        Kind::And(_) | Kind::Or(_) => {
            let whole = std::mem::replace(&mut expr.kind, Kind::Constant(Constant::Null));
            let is_and = matches!(whole, Kind::And(_));
            let mut terms = Vec::new();
            gather(Expr { kind: whole, place: expr.place }, is_and, &mut terms);
            terms.iter_mut().for_each(flatten);
            expr.kind = if is_and { Kind::And(terms) } else { Kind::Or(terms) };
        }
    }
}

/// The terms of a chain and of the same chains directly in it, each moved once.
fn gather(expr: Expr, is_and: bool, terms: &mut Vec<Expr>) {
    match (expr.kind, is_and) {
        (Kind::And(parts), true) | (Kind::Or(parts), false) => {
            for part in parts {
                gather(part, is_and, terms);
            }
        }
        (kind, _) => terms.push(Expr { kind, place: expr.place }),
    }
}
