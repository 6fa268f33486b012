//! What reads as which tree. The trees are shown with a pair of parentheses for each node.

use brokerwatch_esql::ast::{
    Args, Constant, Expr, FunctionName, Kind, LikePatterns, Map, MapValue, Name, NamePart,
    Parameter, ParameterKey, Sign,
};
use brokerwatch_esql::{format_expression, parse_expression};

#[track_caller]
fn check(text: &str, expected: &str) {
    let expr = parse_expression(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    assert_eq!(show(&expr), expected, "{text}");
    let written = format_expression(&expr);
    assert_eq!(parse_expression(&written), Ok(expr), "{written}");
}

#[track_caller]
fn check_text(text: &str, expected: &str) {
    let expr = parse_expression(text).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(expr.kind, Kind::Constant(Constant::Text(expected.to_owned())));
    assert_eq!(parse_expression(&format_expression(&expr)), Ok(expr));
}

fn show(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Constant(value) => constant(value),
        Kind::Name(value) => name(value),
        Kind::Call(call) => {
            let called = match &call.name {
                FunctionName::Text(name) => name.clone(),
                FunctionName::Parameter(value) => parameter(value),
            };
            match &call.args {
                Args::All => format!("{called}(*)"),
                Args::List { values, options } => {
                    let options = options.iter().map(map);
                    let args: Vec<_> = values.iter().map(show).chain(options).collect();
                    format!("{called}({})", args.join(" "))
                }
            }
        }
        Kind::Cast(value, ty) => format!("({}::{})", show(value), ty.text),
        Kind::Sign(Sign::Minus, value) => format!("(-{})", show(value)),
        Kind::Sign(Sign::Plus, value) => format!("(+{})", show(value)),
        Kind::Arithmetic(operator, left, right) => {
            format!("({operator:?} {} {})", show(left), show(right))
        }
        Kind::Compare(operator, left, right) => {
            format!("({operator:?} {} {})", show(left), show(right))
        }
        Kind::In { value, list, negated } => {
            let list: Vec<_> = list.iter().map(show).collect();
            format!("({}In {} [{}])", not(*negated), show(value), list.join(" "))
        }
        Kind::InSubquery { value, query, negated } => {
            format!("({}InSubquery {} {})", not(*negated), show(value), query.source.node.words())
        }
        Kind::IsNull { value, negated } => format!("({}IsNull {})", not(*negated), show(value)),
        Kind::Like { value, operator, patterns, negated } => {
            let patterns = match patterns {
                LikePatterns::One(pattern) => show(pattern),
                LikePatterns::List(list) => {
                    format!("[{}]", list.iter().map(constant).collect::<Vec<_>>().join(" "))
                }
            };
            format!("({}{operator:?} {} {patterns})", not(*negated), show(value))
        }
        Kind::Match { value, constant: wanted } => {
            format!("(Match {} {})", show(value), constant(wanted))
        }
        Kind::Not(value) => format!("(Not {})", show(value)),
        Kind::And(terms) => format!("(And {})", all(terms)),
        Kind::Or(terms) => format!("(Or {})", all(terms)),
    }
}

fn all(terms: &[Expr]) -> String {
    terms.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn not(negated: bool) -> &'static str {
    if negated { "Not" } else { "" }
}

fn name(name: &Name) -> String {
    let part = |part: &NamePart| match part {
        NamePart::Text(text) => text.clone(),
        NamePart::Parameter(value) => parameter(value),
    };
    name.parts.iter().map(part).collect::<Vec<_>>().join("/")
}

fn parameter(parameter: &Parameter) -> String {
    let marks = if parameter.is_name { "??" } else { "?" };
    match &parameter.key {
        ParameterKey::Next => marks.to_owned(),
        ParameterKey::Position(position) => format!("{marks}{position}"),
        ParameterKey::Named(name) => format!("{marks}{name}"),
    }
}

fn constant(value: &Constant) -> String {
    match value {
        Constant::Null => "null".to_owned(),
        Constant::Boolean(value) => value.to_string(),
        Constant::Integer(value) => value.to_string(),
        Constant::Double(value) => format!("{value:?}"),
        Constant::Text(value) => format!("{value:?}"),
        Constant::Timespan { count, unit } => format!("{count}*{unit:?}"),
        Constant::Parameter(value) => parameter(value),
        Constant::List(values) => {
            format!("[{}]", values.iter().map(constant).collect::<Vec<_>>().join(" "))
        }
    }
}

fn map(map: &Map) -> String {
    let entry = |(key, value): (&String, &MapValue)| match value {
        MapValue::Constant(value) => format!("{key}={}", constant(value)),
        MapValue::Map(inner) => format!("{key}={}", self::map(inner)),
    };
    let entries = map.entries.iter().map(|one| entry((&one.key, &one.value)));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
}

#[test]
fn or_is_looser_than_and_is_looser_than_not() {
    check("a or b and not c or d", "(Or a (And b (Not c)) d)");
    check("(a or b) and (c and d)", "(And (Or a b) c d)");
    check("not not a and b", "(And (Not (Not a)) b)");
    check("not (a and b)", "(Not (And a b))");
    check("NOT x IN (1, 2)", "(Not (In x [1 2]))");
    check("not a == b", "(Not (Equal a b))");
    check("a OR (b OR (c OR d))", "(Or a b c d)");
}

#[test]
fn arithmetic_leans_to_the_left() {
    check("a - b - c", "(Subtract (Subtract a b) c)");
    check("a - (b - c)", "(Subtract a (Subtract b c))");
    check("a + b * c % d / e", "(Add a (Divide (Modulo (Multiply b c) d) e))");
    check("(a + b) * c", "(Multiply (Add a b) c)");
    check("-a * +b", "(Multiply (-a) (+b))");
    check("- -1", "(-(-1))");
    check("a --1", "(Subtract a (-1))");
    check("-(a + b)", "(-(Add a b))");
    check("a + 1 < b * 2", "(Less (Add a 1) (Multiply b 2))");
    check("a <= b", "(LessOrEqual a b)");
    check("a != b", "(NotEqual a b)");
    check("(a == b) == c", "(Equal (Equal a b) c)");
}

#[test]
fn casts_hold_tightest() {
    check("1::STRING::LONG::BOOL", "(((1::STRING)::LONG)::BOOL)");
    check("-1::int + 2", "(Add (-(1::int)) 2)");
    check("(a + b)::double", "((Add a b)::double)");
    check("a::ip == \"10.0.0.1\"::ip", "(Equal (a::ip) (\"10.0.0.1\"::ip))");
    check("f(a)::`my type`", "(f(a)::my type)");
}

#[test]
fn predicates_take_one_value() {
    check("a in (b)", "(In a [b])");
    check("a NOT IN (b == c, 1 + 2)", "(NotIn a [(Equal b c) (Add 1 2)])");
    check("a == b in (true)", "(In (Equal a b) [true])");
    check("(a or b) is not null", "(NotIsNull (Or a b))");
    check("a + b IS NULL and c", "(And (IsNull (Add a b)) c)");
    check("a like \"x*\"", "(Like a \"x*\")");
    check("a not rlike concat(\"x\", b)", "(NotRlike a concat(\"x\" b))");
    check("a like (\"x*\", ?p)", "(Like a [\"x*\" ?p])");
    check("a like (\"x*\")", "(Like a [\"x*\"])");
    check("a like (concat(\"x\", \"*\"))", "(Like a concat(\"x\" \"*\"))");
    check("a like (\"x\" + \"y\")", "(Like a (Add \"x\" \"y\"))");
    check("a:\"x\" or b::text : -5", "(Or (Match a \"x\") (Match (b::text) -5))");
    check("a : [1, 2]", "(Match a [1 2])");
}

#[test]
fn subqueries_are_told_from_lists() {
    check("a in (FROM logs-* | keep b)", "(InSubquery a from)");
    check("a not in (row b = 1)", "(NotInSubquery a row)");
    check("a in (from (from b | limit 1))", "(InSubquery a from)");
    check("a in (from -b, \"c d\")", "(InSubquery a from)");
    check("a in (from .alerts)", "(InSubquery a from)");
    check("a in (from <logs-{now/d}>)", "(InSubquery a from)");
    check("a in (from < 3, from - 1)", "(In a [(Less from 3) (Subtract from 1)])");
    check("a in (from, to)", "(In a [from to])");
    check("a in (from.x)", "(In a [from/x])");
    check("a in (row)", "(In a [row])");
    check("a in (ts + 1)", "(In a [(Add ts 1)])");
}

#[test]
fn calls_take_values_then_options() {
    check("f()", "f()");
    check("COUNT(*)", "COUNT(*)");
    check("count()", "count()");
    check("First(a, b) + last(c)", "(Add First(a b) last(c))");
    check(
        "match(a, \"b\", {\"c\": 1, \"d\": {\"e\": [\"x\", \"y\"]}})",
        "match(a \"b\" {c=1 d={e=[\"x\" \"y\"]}})",
    );
    check("f(a, {})", "f(a {})");
    check("?fn(a) or ??fn(b)", "(Or ?fn(a) ??fn(b))");
    check("f(a and b, not c)", "f((And a b) (Not c))");
    check("`odd name`(1)", "odd name(1)");
}

#[test]
fn names_are_parts_with_dots() {
    check("host.name", "host/name");
    check("`a b`.c.`d``e`", "a b/c/d`e");
    check("@timestamp . _x", "@timestamp/_x");
    check("host.from", "host/from");
    check("`and`.`a.b`", "and/a.b");
    check("?", "?");
    check("?a.b.??c.?1", "?a/b/??c/?1");
    check("??name", "??name");
}

#[test]
fn numbers_keep_what_they_are() {
    check("2147483648", "2147483648");
    check("18446744073709551615", "18446744073709551615");
    check("18446744073709551616", "1.8446744073709552e19");
    check("1. + .5 + 1e3 + 1.5e-3 + .5E+2", "(Add (Add (Add (Add 1.0 0.5) 1000.0) 0.0015) 50.0)");
    check("[-9223372036854775808, +1, 2.5]", "[-9223372036854775808 1 2.5]");
    check("[-18446744073709551615]", "[-1.8446744073709552e19]");
    check("[true, FALSE]", "[true false]");
    check("Null is null", "(IsNull null)");
}

#[test]
fn timespans_have_all_their_units() {
    for (written, unit) in [
        ("millisecond milliseconds millis ms", "Millisecond"),
        ("second seconds sec s", "Second"),
        ("minute minutes min m", "Minute"),
        ("hour hours h", "Hour"),
        ("day days d", "Day"),
        ("week weeks w", "Week"),
        ("month months mo", "Month"),
        ("quarter quarters q", "Quarter"),
        ("year years yr y", "Year"),
    ] {
        for name in written.split(' ') {
            check(&format!("7 {name}"), &format!("7*{unit}"));
            check(&format!("1{}", name.to_uppercase()), &format!("1*{unit}"));
        }
    }
    check("now() - 7 days", "(Subtract now() 7*Day)");
}

#[test]
fn texts_are_decoded() {
    check_text(r#""a\t\n\r\"\\b""#, "a\t\n\r\"\\b");
    check_text(r#""""C:\dir\"x""""#, r#"C:\dir\"x"#);
    check_text(r#""""say "x""""#, r#"say "x"#);
    check_text(r#""""say "x"""""#, r#"say "x""#);
    check_text(r#""""say ""x""""""#, r#"say ""x"""#);
    check_text("\"\"", "");
    check_text("\"\"\"\"\"\"", "");
    check_text("\"é 😀 \u{a0}\"", "é 😀 \u{a0}");
    check_text("/* one /* two */ */ \"a\" // three", "a");
}
