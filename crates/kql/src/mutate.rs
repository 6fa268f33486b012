//! Every small change of a query: what the tests of a rule have to notice.

use brokerwatch_expr::Span;
use brokerwatch_expr::mutant::{Mutant, one_line};

use crate::ast::{Bound, Clause, Kind, Piece, Query, Term, Test};
use crate::format;

/// Takes a change: its place, its words, and the changed clause.
type Take<'t> = &'t mut dyn FnMut(Span, String, Clause);

/// The changed copies of a query, in its order. The values of the fields in `filled` come from lists of the pack, and none
/// of them is left out.
pub fn mutants(query: &Query, filled: &[String]) -> Vec<Mutant<Query>> {
    let mut all = Vec::new();
    let ground = Ground { query, filled };
    let mut take = |span, change, clause| {
        let tree = Query { language: query.language, clause };
        all.push(Mutant { span, change, tree });
    };
    let whole = &query.clause;
    if !matches!(whole.kind, Kind::And(_) | Kind::Or(_) | Kind::Occur(_) | Kind::All) {
        take(
            whole.span,
            format!("without `{}`", ground.shown(whole)),
            Clause::new(Kind::All, whole.span),
        );
    }
    ground.clause(whole, &mut take);
    all
}

struct Ground<'q> {
    query: &'q Query,
    filled: &'q [String],
}

impl Ground<'_> {
    fn shown(&self, clause: &Clause) -> String {
        let query = Query { language: self.query.language, clause: clause.clone() };
        one_line(&format(&query))
    }

    fn clause(&self, clause: &Clause, take: Take<'_>) {
        let at = |kind: Kind| Clause::new(kind, clause.span);
        match &clause.kind {
            Kind::All => {}
            Kind::And(parts) => {
                self.parts(parts, &|_| true, &|parts| at(Kind::And(parts)), take);
            }
            Kind::Or(parts) => {
                let may_go = |part: &Clause| !self.is_filled(part);
                self.parts(parts, &may_go, &|parts| at(Kind::Or(parts)), take);
            }
            Kind::Occur(parts) => {
                for (number, (_, part)) in parts.iter().enumerate() {
                    self.clause(part, &mut |span, change, part| {
                        let mut changed = parts.clone();
                        changed[number].1 = part;
                        take(span, change, at(Kind::Occur(changed)));
                    });
                }
            }
            Kind::Not(inner) => {
                let change = format!("`{}` without `not`", self.shown(clause));
                take(clause.span, change, (**inner).clone());
                self.clause(inner, &mut |span, change, inner| {
                    take(span, change, inner.not(clause.span));
                });
            }
            Kind::Test(field, Test::Range { lower, upper }) => {
                self.negate(clause, take);
                let mut put = |lower: &Option<Bound>, upper: &Option<Bound>| {
                    let range = Test::Range { lower: lower.clone(), upper: upper.clone() };
                    let changed = at(Kind::Test(field.clone(), range));
                    let change = format!("`{}` as `{}`", self.shown(clause), self.shown(&changed));
                    take(clause.span, change, changed);
                };
                if lower.is_some() {
                    put(&lower.clone().map(bordering), upper);
                }
                if upper.is_some() {
                    put(lower, &upper.clone().map(bordering));
                }
            }
            Kind::Test(_, Test::Exists | Test::Is(_) | Test::Regex(_)) => self.negate(clause, take),
            Kind::Nested(field, inner) => {
                self.negate(clause, take);
                self.clause(inner, &mut |span, change, inner| {
                    take(span, change, at(Kind::Nested(field.clone(), Box::new(inner))));
                });
            }
        }
    }

    fn parts(
        &self,
        parts: &[Clause],
        may_go: &dyn Fn(&Clause) -> bool,
        make: &dyn Fn(Vec<Clause>) -> Clause,
        take: Take<'_>,
    ) {
        for (number, part) in parts.iter().enumerate() {
            if !may_go(part) {
                continue;
            }
            let mut less = parts.to_vec();
            less.remove(number);
            let rest = if less.len() == 1 { less.swap_remove(0) } else { make(less) };
            take(part.span, format!("without `{}`", self.shown(part)), rest);
            self.clause(part, &mut |span, change, part| {
                let mut changed = parts.to_vec();
                changed[number] = part;
                take(span, change, make(changed));
            });
        }
    }

    fn negate(&self, clause: &Clause, take: Take<'_>) {
        let change = format!("`{}` negated", self.shown(clause));
        take(clause.span, change, clause.clone().not(clause.span));
    }

    /// Whether a clause is a value of a field that a list fills.
    fn is_filled(&self, clause: &Clause) -> bool {
        let Kind::Test(Some(field), Test::Is(_)) = &clause.kind else { return false };
        self.filled.iter().any(|name| is_named(field, name))
    }
}

fn is_named(field: &Term, name: &str) -> bool {
    matches!(field.pieces.as_slice(), [Piece::Text(text)] if text == name)
}

fn bordering(bound: Bound) -> Bound {
    Bound { inclusive: !bound.inclusive, ..bound }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_kql;

    #[track_caller]
    fn check(query: &str, filled: &[&str], expected: &[&str]) {
        let query = parse_kql(query).unwrap();
        let filled: Vec<String> = filled.iter().map(|&name| name.to_owned()).collect();
        let found = mutants(&query, &filled);
        let texts: Vec<String> = found.iter().map(|one| one_line(&format(&one.tree))).collect();
        assert_eq!(texts, expected);
        for one in &found {
            assert_eq!(parse_kql(&format(&one.tree)).unwrap(), one.tree, "{}", one.change);
            assert_ne!(one.tree, query, "{}", one.change);
        }
    }

    #[test]
    fn clauses_lose_parts_turn_round_and_move_their_borders() {
        check(
            "a: 1 and not b > 2",
            &[],
            &[
                "not b > 2",
                "not a: 1 and not b > 2",
                "a: 1",
                "a: 1 and b > 2",
                "a: 1 and not not b > 2",
                "a: 1 and not b >= 2",
            ],
        );
        check("a: (1 or 2) and b: *", &["a"], &["b: *", "a: (1 or 2)", "a: (1 or 2) and not b: *"]);
        check("a: 1", &[], &["*", "not a: 1"]);
    }
}
