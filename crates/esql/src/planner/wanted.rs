//! The columns that a query can use, as far as its text shows.

use super::time_range::TIMESTAMP;
use crate::ast::{
    Aggregate, Args, Column, Expr, Kind, Name, Pattern, PatternPart, Piece, Query, Step,
};
use crate::catalog::Wanted;
use crate::commands::{Command, FromItem, Source};

/// The columns that a query can use: never too few. A query that shows whatever columns there are wants all.
pub fn wanted(query: &Query) -> Wanted {
    let mut wanted = Wanted::default();
    add_query(query, &mut wanted);
    wanted
}

fn add_query(query: &Query, wanted: &mut Wanted) {
    if let Source::From(from) = &query.source.node {
        for item in &from.items {
            if let FromItem::Subquery(inner) = item {
                add_query(inner, wanted);
            }
        }
    }
    if let Source::Row(row) = &query.source.node {
        row.columns.iter().for_each(|column| add_column(column, wanted));
    }
    add_commands(&query.commands, wanted);
}

/// The commands of one branch; all columns come out unless one of them names what it leaves.
fn add_commands(commands: &[Step<Command>], wanted: &mut Wanted) {
    let mut open = true;
    for step in commands {
        match &step.node {
            Command::Keep(keep) => {
                keep.patterns.iter().for_each(|pattern| add_pattern(pattern, wanted));
                // Columns that `KEEP *` leaves are whatever there are.
                open &= keep.patterns.iter().any(is_any);
            }
            Command::Stats(stats) => {
                stats.aggregates.iter().for_each(|one| add_aggregate(one, wanted));
                stats.by.iter().for_each(|column| add_column(column, wanted));
                open = false;
            }
            Command::InlineStats(stats) => {
                stats.aggregates.iter().for_each(|one| add_aggregate(one, wanted));
                stats.by.iter().for_each(|column| add_column(column, wanted));
            }
            Command::Where(one) => add_expr(&one.condition, wanted),
            Command::Eval(eval) => {
                eval.columns.iter().for_each(|column| add_column(column, wanted));
            }
            Command::Sort(sort) => sort.keys.iter().for_each(|key| add_expr(&key.value, wanted)),
            Command::Limit(limit) => limit.by.iter().for_each(|key| add_expr(key, wanted)),
            Command::MvExpand(one) => add_name(&one.column, wanted),
            Command::Dissect(one) => add_expr(&one.input, wanted),
            Command::Grok(one) => add_expr(&one.input, wanted),
            Command::Enrich(enrich) => {
                enrich.on.iter().for_each(|pattern| add_pattern(pattern, wanted));
                // Without `ON` the column has the name of the policy's, which only the catalog knows.
                wanted.all |= enrich.on.is_none();
            }
            Command::LookupJoin(join) => join.on.iter().for_each(|one| add_expr(one, wanted)),
            Command::Rename(rename) => {
                rename.renamings.iter().for_each(|one| add_pattern(&one.old, wanted));
            }
            Command::Fork(fork) => {
                let all = std::mem::take(&mut wanted.all);
                fork.branches.iter().for_each(|branch| add_commands(branch, wanted));
                // What a branch lets out, a command behind may still leave out.
                open &= std::mem::replace(&mut wanted.all, all);
            }
            Command::UriParts(one) => add_expr(&one.input, wanted),
            Command::RegisteredDomain(one) => add_expr(&one.input, wanted),
            Command::UserAgent(one) => add_expr(&one.input, wanted),
            Command::Completion(one) => add_column(&one.prompt, wanted),
            Command::Fuse(fuse) => {
                let named = fuse.score.iter().chain(&fuse.key).chain(&fuse.group);
                named.for_each(|name| add_name(name, wanted));
            }
            Command::ChangePoint(one) => {
                add_name(&one.value, wanted);
                match &one.on {
                    Some(on) => add_name(on, wanted),
                    None => drop(wanted.names.insert(TIMESTAMP.to_owned())),
                }
                one.by.iter().for_each(|key| add_expr(key, wanted));
            }
            Command::IpLocation(one) => add_expr(&one.input, wanted),
            // A column that is dropped is not used; the others are refused or use no column.
            _ => {}
        }
    }
    wanted.all |= open;
}

fn is_any(pattern: &Pattern) -> bool {
    matches!(pattern.parts.as_slice(), [PatternPart::Glob(pieces)] if matches!(pieces.as_slice(), [Piece::Any]))
}

fn add_aggregate(aggregate: &Aggregate, wanted: &mut Wanted) {
    add_column(&aggregate.column, wanted);
    aggregate.filter.iter().for_each(|filter| add_expr(filter, wanted));
}

fn add_column(column: &Column, wanted: &mut Wanted) {
    add_expr(&column.value, wanted);
}

fn add_name(name: &Name, wanted: &mut Wanted) {
    match name.flat() {
        Some(flat) => {
            wanted.names.insert(flat);
        }
        // A parameter stands for a part: any column may be meant.
        None => wanted.all = true,
    }
}

fn add_pattern(pattern: &Pattern, wanted: &mut Wanted) {
    let mut text = String::new();
    for (at, part) in pattern.parts.iter().enumerate() {
        if at != 0 {
            text.push('.');
        }
        match part {
            PatternPart::Glob(pieces) => pieces.iter().for_each(|piece| match piece {
                Piece::Text(own) => text.push_str(own),
                Piece::Any => text.push('*'),
            }),
            PatternPart::Parameter(_) => text.push('*'),
        }
    }
    if text.contains('*') {
        wanted.patterns.insert(text);
    } else {
        wanted.names.insert(text);
    }
}

fn add_expr(expr: &Expr, wanted: &mut Wanted) {
    match &expr.kind {
        Kind::Constant(_) => {}
        Kind::Name(name) => add_name(name, wanted),
        Kind::Call(call) => {
            let name = match &call.name {
                crate::ast::FunctionName::Text(text) => text.to_ascii_lowercase(),
                crate::ast::FunctionName::Parameter(_) => String::new(),
            };
            // The fields of a query in another language are known only once it is read.
            if matches!(name.as_str(), "kql" | "qstr") {
                wanted.all = true;
            }
            // These speak of the time of an event without naming it.
            if matches!(name.as_str(), "trange" | "tbucket") {
                wanted.names.insert(TIMESTAMP.to_owned());
            }
            if let Args::List { values, .. } = &call.args {
                values.iter().for_each(|value| add_expr(value, wanted));
            }
        }
        Kind::Cast(inner, _) | Kind::Sign(_, inner) | Kind::Not(inner) => add_expr(inner, wanted),
        Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
            add_expr(left, wanted);
            add_expr(right, wanted);
        }
        Kind::In { value, list, .. } => {
            add_expr(value, wanted);
            list.iter().for_each(|one| add_expr(one, wanted));
        }
        Kind::InSubquery { value, query, .. } => {
            add_expr(value, wanted);
            add_query(query, wanted);
        }
        Kind::IsNull { value, .. } | Kind::Match { value, .. } => add_expr(value, wanted),
        Kind::Like { value, patterns, .. } => {
            add_expr(value, wanted);
            if let crate::ast::LikePatterns::One(pattern) = patterns {
                add_expr(pattern, wanted);
            }
        }
        Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| add_expr(part, wanted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> (bool, String, String) {
        let wanted = wanted(&crate::parse(query).unwrap().query);
        let join = |set: &std::collections::BTreeSet<String>| {
            set.iter().cloned().collect::<Vec<_>>().join(" ")
        };
        (wanted.all, join(&wanted.names), join(&wanted.patterns))
    }

    #[test]
    fn all_columns_are_wanted_unless_a_command_names_what_it_leaves() {
        for (query, all, names, patterns) in [
            ("FROM a", true, "", ""),
            ("FROM a | WHERE x == 1", true, "x", ""),
            ("FROM a | WHERE x == 1 | KEEP y, z.*", false, "x y", "z.*"),
            ("FROM a | KEEP *, b", true, "b", "*"),
            ("FROM a | STATS n = COUNT(c) WHERE d BY e", false, "c d e", ""),
            ("FROM a | FORK (WHERE x) (KEEP y) | KEEP z", false, "x y z", ""),
            ("FROM (FROM b | KEEP q) | STATS COUNT(*)", false, "q", ""),
            ("FROM a | WHERE KQL(\"x: 1\") | KEEP y", true, "y", ""),
            ("FROM a | WHERE TRANGE(1 hour) | KEEP y", false, "@timestamp y", ""),
            ("FROM a | STATS BY TBUCKET(1 hour)", false, "@timestamp", ""),
        ] {
            assert_eq!(of(query), (all, names.to_owned(), patterns.to_owned()), "{query}");
        }
    }
}
