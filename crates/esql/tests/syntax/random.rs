//! Trees made by chance are written so that they read the same, and no text breaks the parser.

use brokerwatch_esql::ast::{
    Aggregate, Args, Call, Column, Comparison, Constant, Entry, Expr, FunctionName, Identifier,
    Index, Kind, LikeOperator, LikePatterns, Map, MapValue, Name, NamePart, Parameter,
    ParameterKey, Pattern, PatternPart, Piece, Place, Query, Setting, Sign, Statement, Step,
    TimeUnit,
};
use brokerwatch_esql::commands::{
    ChangePoint, Command, Dissect, Drop, Enrich, EnrichColumn, Eval, Fork, From, FromItem, Grok,
    InlineStats, Keep, Limit, LookupJoin, MvExpand, Nulls, Order, Rename, Renaming, Row, Sort,
    SortKey, Source, Stats, Where,
};
use brokerwatch_esql::{format, format_expression, parse, parse_expression};
use brokerwatch_expr::Arithmetic;
use brokerwatch_expr::limits::ERRORS_MAX;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn place() -> Place {
    Place::default()
}

fn expr(kind: Kind) -> Expr {
    Expr { kind, place: place() }
}

/// Any text but that of which no name can be made.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        ".{0,6}",
        select(vec!["", "\"", "\\", "\"\"\"", "a\nb", "\t", "*", "`", "and", "\u{a0}", "//", "/*"])
            .prop_map(str::to_owned),
    ]
}

fn name_text() -> impl Strategy<Value = String> {
    text().prop_map(|text| if text.is_empty() { "_".to_owned() } else { text })
}

fn identifier() -> impl Strategy<Value = Identifier> {
    name_text().prop_map(|text| Identifier { text, place: place() })
}

fn key() -> impl Strategy<Value = ParameterKey> {
    prop_oneof![
        Just(ParameterKey::Next),
        any::<u32>().prop_map(ParameterKey::Position),
        "[a-z_][a-z0-9_]{0,4}".prop_map(ParameterKey::Named),
    ]
}

fn parameter() -> impl Strategy<Value = Parameter> {
    (any::<bool>(), key()).prop_map(|(is_name, key)| Parameter { is_name, key })
}

fn value_parameter() -> impl Strategy<Value = Constant> {
    key().prop_map(|key| Constant::Parameter(Parameter { is_name: false, key }))
}

fn name_part() -> impl Strategy<Value = NamePart> {
    prop_oneof![
        4 => name_text().prop_map(NamePart::Text),
        1 => parameter().prop_map(NamePart::Parameter),
    ]
}

/// The name of a column where only names stand.
fn name() -> impl Strategy<Value = Name> {
    vec(name_part(), 1..4).prop_map(|parts| Name { parts, place: place() })
}

/// The name of a column in an expression, where a value parameter alone is a constant.
fn column_name() -> impl Strategy<Value = Name> {
    name().prop_map(|mut name| {
        if let [NamePart::Parameter(parameter)] = name.parts.as_mut_slice() {
            parameter.is_name = true;
        }
        name
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let piece = prop_oneof![name_text().prop_map(Piece::Text), Just(Piece::Any)];
    let glob = vec(piece, 1..4).prop_map(|mut pieces| {
        pieces.dedup_by(|two, one| matches!((one, two), (Piece::Text(_), Piece::Text(_))));
        PatternPart::Glob(pieces)
    });
    let part = prop_oneof![6 => glob, 1 => parameter().prop_map(PatternPart::Parameter)];
    vec(part, 1..4).prop_map(|parts| Pattern { parts, place: place() })
}

/// The name of an index, its parts being found where they are in one that was read.
fn index() -> impl Strategy<Value = Index> {
    let plain = "[a-z.*<{-][a-z0-9_*-]{0,5}";
    let parts = (option::of(plain), prop_oneof![plain, "[a-z /\"\\\\;,]{1,4}"], option::of(plain));
    parts.prop_map(|(cluster, name, selector)| Index { cluster, name, selector, place: place() })
}

fn metadata() -> impl Strategy<Value = Vec<Identifier>> {
    let column = "_[a-z]{1,5}".prop_map(|text| Identifier { text, place: place() });
    vec(column, 0..3)
}

fn integer() -> impl Strategy<Value = i128> {
    prop_oneof![0..100_i128, any::<u64>().prop_map(i128::from)]
}

fn double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_map(|double| if double.is_finite() { double.abs() } else { 0.5 })
}

fn units() -> Vec<TimeUnit> {
    vec![
        TimeUnit::Millisecond,
        TimeUnit::Second,
        TimeUnit::Minute,
        TimeUnit::Hour,
        TimeUnit::Day,
        TimeUnit::Week,
        TimeUnit::Month,
        TimeUnit::Quarter,
        TimeUnit::Year,
    ]
}

/// A constant with a sign, where only constants stand.
fn signed_constant() -> impl Strategy<Value = Constant> {
    prop_oneof![
        4 => constant(),
        1 => any::<i64>().prop_map(|integer| Constant::Integer(i128::from(integer))),
        1 => double().prop_map(|double| Constant::Double(-double)),
    ]
}

fn constant() -> impl Strategy<Value = Constant> {
    let numbers = prop_oneof![
        any::<i64>().prop_map(|integer| Constant::Integer(i128::from(integer))),
        double().prop_map(|double| Constant::Double(-double)),
    ];
    prop_oneof![
        Just(Constant::Null),
        any::<bool>().prop_map(Constant::Boolean),
        integer().prop_map(Constant::Integer),
        double().prop_map(Constant::Double),
        text().prop_map(Constant::Text),
        value_parameter(),
        (0..i64::MAX, select(units())).prop_map(|(count, unit)| Constant::Timespan { count, unit }),
        vec(numbers, 1..4).prop_map(Constant::List),
        vec(any::<bool>().prop_map(Constant::Boolean), 1..4).prop_map(Constant::List),
        vec(text().prop_map(Constant::Text), 1..4).prop_map(Constant::List),
    ]
}

fn map() -> impl Strategy<Value = Map> {
    let entries = |value: BoxedStrategy<MapValue>| {
        vec((text(), value), 0..3).prop_map(|entries| {
            let entry =
                |(key, value)| Entry { key, key_place: place(), value, value_place: place() };
            Map { entries: entries.into_iter().map(entry).collect(), place: place() }
        })
    };
    let flat = entries(signed_constant().prop_map(MapValue::Constant).boxed()).boxed();
    let value = prop_oneof![
        3 => signed_constant().prop_map(MapValue::Constant),
        1 => flat.prop_map(MapValue::Map),
    ];
    entries(value.boxed())
}

/// Wraps the parts of a chain that would become part of it.
fn terms(is_and: bool, parts: Vec<Expr>) -> Vec<Expr> {
    let not = |part: Expr| match (&part.kind, is_and) {
        (Kind::And(_), true) | (Kind::Or(_), false) => expr(Kind::Not(Box::new(part))),
        _ => part,
    };
    parts.into_iter().map(not).collect()
}

fn function_name() -> impl Strategy<Value = FunctionName> {
    prop_oneof![
        6 => "[a-zA-Z]{1,6}".prop_map(FunctionName::Text),
        1 => select(vec!["FIRST", "last", "and", "a b"]).prop_map(|name| FunctionName::Text(name.to_owned())),
        1 => parameter().prop_map(FunctionName::Parameter),
    ]
}

fn leaf() -> impl Strategy<Value = Expr> {
    prop_oneof![
        constant().prop_map(|constant| expr(Kind::Constant(constant))),
        column_name().prop_map(|name| expr(Kind::Name(name))),
    ]
}

fn expression() -> BoxedStrategy<Expr> {
    let arithmetic = select(vec![
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Modulo,
    ]);
    let comparison = select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let like = select(vec![LikeOperator::Like, LikeOperator::Rlike]);
    leaf()
        .prop_recursive(8, 40, 4, move |inner| {
            let part = inner.clone().prop_map(Box::new).boxed();
            let pattern = prop_oneof![text().prop_map(Constant::Text), value_parameter()];
            let patterns = prop_oneof![
                part.clone().prop_map(LikePatterns::One),
                vec(pattern, 1..4).prop_map(LikePatterns::List),
            ];
            let args = prop_oneof![
                1 => Just(Args::All),
                6 => (vec(inner.clone(), 0..4), option::weighted(0.2, map())).prop_map(
                    |(values, options)| {
                        let options = options.filter(|_| !values.is_empty());
                        Args::List { values, options }
                    }
                ),
            ];
            let subquery = simple_query(inner.clone().boxed()).prop_map(Box::new);
            prop_oneof![
                2 => (function_name(), args).prop_map(|(name, args)| {
                    expr(Kind::Call(Box::new(Call { name, name_place: place(), args })))
                }),
                1 => (part.clone(), identifier()).prop_map(|(value, ty)| expr(Kind::Cast(value, ty))),
                1 => (select(vec![Sign::Minus, Sign::Plus]), part.clone())
                    .prop_map(|(sign, value)| expr(Kind::Sign(sign, value))),
                2 => (arithmetic.clone(), part.clone(), part.clone())
                    .prop_map(|(operator, left, right)| expr(Kind::Arithmetic(operator, left, right))),
                2 => (comparison.clone(), part.clone(), part.clone())
                    .prop_map(|(operator, left, right)| expr(Kind::Compare(operator, left, right))),
                1 => (part.clone(), vec(inner.clone(), 1..4), any::<bool>())
                    .prop_map(|(value, list, negated)| expr(Kind::In { value, list, negated })),
                1 => (part.clone(), subquery, any::<bool>())
                    .prop_map(|(value, query, negated)| expr(Kind::InSubquery { value, query, negated })),
                1 => (part.clone(), any::<bool>())
                    .prop_map(|(value, negated)| expr(Kind::IsNull { value, negated })),
                1 => (part.clone(), like.clone(), patterns, any::<bool>()).prop_map(
                    |(value, operator, patterns, negated)| {
                        expr(Kind::Like { value, operator, patterns, negated })
                    }
                ),
                1 => (part.clone(), signed_constant())
                    .prop_map(|(value, constant)| expr(Kind::Match { value, constant })),
                1 => part.prop_map(|value| expr(Kind::Not(value))),
                1 => vec(inner.clone(), 2..4).prop_map(|parts| expr(Kind::And(terms(true, parts)))),
                1 => vec(inner, 2..4).prop_map(|parts| expr(Kind::Or(terms(false, parts)))),
            ]
        })
        .boxed()
}

fn step<T>(node: T) -> Step<T> {
    Step { node, word: place(), place: place() }
}

fn simple_query(condition: BoxedStrategy<Expr>) -> impl Strategy<Value = Query> {
    (vec(index(), 1..3), option::of(condition)).prop_map(|(indices, condition)| {
        let items = indices.into_iter().map(FromItem::Index).collect();
        let source = step(Source::From(From { items, metadata: Vec::new() }));
        let commands = condition.map(|condition| step(Command::Where(Where { condition })));
        Query { source, commands: commands.into_iter().collect(), place: place() }
    })
}

/// A column; one without a name carries the text that is written for it.
fn column() -> impl Strategy<Value = Column> {
    (option::of(name()), expression()).prop_map(|(name, value)| {
        let is_named = name.is_some() || matches!(value.kind, Kind::Name(_));
        let text = if is_named { String::new() } else { format_expression(&value) };
        Column { name, value, text, place: place() }
    })
}

fn columns() -> impl Strategy<Value = Vec<Column>> {
    vec(column(), 1..4)
}

/// An aggregate; one with a filter is a call.
fn aggregate() -> impl Strategy<Value = Aggregate> {
    let call = |value: Expr| match value.kind {
        Kind::Call(_) => value,
        _ => expr(Kind::Call(Box::new(Call {
            name: FunctionName::Text("max".to_owned()),
            name_place: place(),
            args: Args::List { values: vec![value], options: None },
        }))),
    };
    (option::of(name()), expression(), option::of(expression())).prop_map(
        move |(name, value, filter)| {
            let value = call(value);
            let is_named = name.is_some();
            let written = if is_named { String::new() } else { format_expression(&value) };
            let text = match (&filter, is_named) {
                (Some(filter), false) => format!("{written} where {}", format_expression(filter)),
                _ => String::new(),
            };
            let column = Column { name, value, text: written, place: place() };
            Aggregate { column, filter, text }
        },
    )
}

fn command() -> BoxedStrategy<Command> {
    let plain = prop_oneof![
        expression().prop_map(|condition| Command::Where(Where { condition })),
        columns().prop_map(|columns| Command::Eval(Eval { columns })),
        (vec(aggregate(), 0..3), columns())
            .prop_map(|(aggregates, by)| Command::Stats(Stats { aggregates, by })),
        (vec(aggregate(), 1..3), option::of(columns())).prop_map(|(aggregates, by)| {
            let by = by.unwrap_or_default();
            Command::InlineStats(InlineStats { aggregates, by })
        }),
        vec(pattern(), 1..4).prop_map(|patterns| Command::Keep(Keep { patterns })),
        vec(pattern(), 1..4).prop_map(|patterns| Command::Drop(Drop { patterns })),
        vec((pattern(), pattern()), 1..3).prop_map(|pairs| {
            let renamings = pairs.into_iter().map(|(old, new)| Renaming { old, new }).collect();
            Command::Rename(Rename { renamings })
        }),
        vec((expression(), any::<Option<bool>>(), any::<Option<bool>>()), 1..3).prop_map(sort),
        (signed_constant(), vec(expression(), 0..3))
            .prop_map(|(count, by)| { Command::Limit(Limit { count, count_place: place(), by }) }),
        name().prop_map(|column| Command::MvExpand(MvExpand { column })),
        (expression(), text()).prop_map(|(input, pattern)| {
            let (pattern_place, options) = (place(), Vec::new());
            Command::Dissect(Dissect { input, pattern, pattern_place, options })
        }),
        (expression(), vec(text(), 1..3)).prop_map(|(input, patterns)| {
            let patterns = patterns.into_iter().map(|pattern| (pattern, place())).collect();
            Command::Grok(Grok { input, patterns })
        }),
        (index(), option::of(pattern()), vec((option::of(pattern()), pattern()), 0..3)).prop_map(
            |(policy, on, with)| {
                let column = |(name, column)| EnrichColumn { name, column };
                let with = with.into_iter().map(column).collect();
                Command::Enrich(Enrich { policy, on, with })
            }
        ),
        (index(), option::of("[a-z]{1,4}"), vec(expression(), 1..3))
            .prop_map(|(index, alias, on)| Command::LookupJoin(LookupJoin { index, alias, on })),
        (name(), option::of(name()), option::of((name(), name())), vec(expression(), 0..2))
            .prop_map(|(value, on, names, by)| Command::ChangePoint(ChangePoint {
                value,
                on,
                names,
                by
            })),
    ];
    plain.boxed()
}

fn sort(keys: Vec<(Expr, Option<bool>, Option<bool>)>) -> Command {
    let key = |(value, is_ascending, is_first): (Expr, Option<bool>, Option<bool>)| SortKey {
        value,
        order: is_ascending.map(|is| if is { Order::Ascending } else { Order::Descending }),
        nulls: is_first.map(|is| if is { Nulls::First } else { Nulls::Last }),
    };
    Command::Sort(Sort { keys: keys.into_iter().map(key).collect() })
}

fn query() -> BoxedStrategy<Query> {
    let item = prop_oneof![
        4 => index().prop_map(FromItem::Index),
        1 => simple_query(expression()).prop_map(FromItem::Subquery),
    ];
    let source = prop_oneof![
        3 => (vec(item, 1..3), metadata())
            .prop_map(|(items, metadata)| Source::From(From { items, metadata })),
        1 => columns().prop_map(|columns| Source::Row(Row { columns })),
    ];
    let branch = vec(command().prop_map(step), 1..3);
    let fork = vec(branch, 1..4).prop_map(|branches| Command::Fork(Fork { branches }));
    let command = prop_oneof![6 => command(), 1 => fork];
    (source, vec(command.prop_map(step), 0..4))
        .prop_map(|(source, commands)| Query { source: step(source), commands, place: place() })
        .boxed()
}

fn statement() -> impl Strategy<Value = Statement> {
    let value =
        prop_oneof![signed_constant().prop_map(MapValue::Constant), map().prop_map(MapValue::Map),];
    let setting =
        (identifier(), value).prop_map(|(name, value)| Setting { name, value, place: place() });
    (vec(setting, 0..2), query()).prop_map(|(settings, query)| Statement { settings, query })
}

/// Pieces of which random text is more like a query than random letters are.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = "FROM|ROW|SHOW|INFO|TS|EQL|PROMQL|SET|WHERE|EVAL|STATS|BY|INLINE|KEEP|DROP|RENAME|AS|SORT|ASC|DESC\
        |NULLS|FIRST|LAST|LIMIT|MV_EXPAND|DISSECT|append_separator|GROK|ENRICH|ON|WITH|LOOKUP|JOIN|COMPLETION|FORK|FUSE\
        |SCORE|KEY|GROUP|SAMPLE|CHANGE_POINT|RERANK|URI_PARTS|USER_AGENT|MMR|METRICS_INFO|METADATA|AND|OR|NOT|IN|LIKE\
        |RLIKE|IS|NULL|true|a|b.c|logs-*|x:y|`q r`|\"t\"|\"\"\"r\"\"\"|'s'|1|2.5|7 days|?|?p|??n|@t|_|f(|COUNT(*)"
        .split('|')
        .map(str::trim)
        .chain([
            "|", "|", "|", ",", ",", "(", ")", "(", ")", "[", "]", "{", "}", "=", "=", "==", "!=", "<", ">=", "+",
            "-", "*", "/", "%", ":", "::", ";", ".", "&&", "||", "!", "=~", "<>", "\"", "`", "/*", "*/", "//", "\n",
            "\u{a0}", "#", "\u{201c}", "\\", "\u{e4}", "'",
        ]);
    let pieces: Vec<&str> = pieces.collect();
    (vec(select(pieces), 0..40), any::<bool>()).prop_map(|(pieces, is_query)| {
        let text = pieces.join(" ");
        if is_query { format!("FROM a | {text}") } else { text }
    })
}

/// All that holds of any text.
fn check_any_text(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(statement) => {
            let written = format(&statement);
            prop_assert_eq!(parse(&written), Ok(statement), "{}", written);
        }
        Err(errors) => {
            prop_assert!(!errors.is_empty() && errors.len() <= ERRORS_MAX + 1);
            for error in &errors {
                for (span, _) in &error.labels {
                    prop_assert!(text.get(span.range()).is_some(), "{:?}", error);
                }
            }
        }
    }
    if let Ok(expr) = parse_expression(text) {
        let written = format_expression(&expr);
        prop_assert_eq!(parse_expression(&written), Ok(expr), "{}", written);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_read_as_they_were_written(statement in statement()) {
        let written = format(&statement);
        let again = parse(&written);
        prop_assert_eq!(again.as_ref(), Ok(&statement), "{}", written);
        prop_assert_eq!(format(&statement), written);
    }

    #[test]
    fn expressions_read_as_they_were_written(expr in expression()) {
        let written = format_expression(&expr);
        let again = parse_expression(&written);
        prop_assert_eq!(again.as_ref(), Ok(&expr), "{}", written);
    }

    #[test]
    fn random_text_is_read_or_refused(text in any::<String>()) {
        check_any_text(&text)?;
    }

    #[test]
    fn random_pieces_are_read_or_refused(text in pieces()) {
        check_any_text(&text)?;
    }

    #[test]
    fn changed_queries_are_read_or_refused(
        statement in statement(),
        changes in vec((any::<prop::sample::Index>(), 0..6_usize, pieces()), 1..4),
    ) {
        let mut text: Vec<char> = format(&statement).chars().collect();
        for (index, cut, insert) in changes {
            let start = index.index(text.len() + 1);
            let end = (start + cut).min(text.len());
            text.splice(start..end, insert.chars().take(10));
        }
        check_any_text(&text.into_iter().collect::<String>())?;
    }
}
