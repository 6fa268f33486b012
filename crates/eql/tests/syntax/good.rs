//! What reads as which tree. The trees are shown with a pair of parentheses for each node.

use std::fmt::Write;

use brokerwatch_eql::ast::{Category, Constant, Expr, Field, Kind, Query, Stage};
use brokerwatch_eql::parse_expression;
use expect_test::{Expect, expect};

use crate::{check_round_trip, read};

#[track_caller]
fn check(query: &str, expected: Expect) {
    let statement = read(query);
    check_round_trip(&statement);
    let mut out = String::new();
    match &statement.query {
        Query::Event(filter) => {
            let _ = writeln!(out, "{} {}", category(&filter.category), show(&filter.condition));
        }
        Query::Sequence(sequence) => {
            let _ = write!(out, "sequence{}", keys(&sequence.by));
            if let Some(maxspan) = &sequence.maxspan {
                let _ = write!(out, " {} {:?}", maxspan.count, maxspan.unit);
            }
            out.push('\n');
            stages(&sequence.stages, "", &mut out);
            stages(sequence.until.as_slice(), "until ", &mut out);
        }
        Query::Sample(sample) => {
            let _ = writeln!(out, "sample{}", keys(&sample.by));
            stages(&sample.stages, "", &mut out);
        }
    }
    for pipe in &statement.pipes {
        let args: Vec<_> = pipe.args.iter().map(show).collect();
        let _ = writeln!(out, "| {} {}", pipe.name, args.join(" "));
    }
    expected.assert_eq(&out);
}

#[track_caller]
fn check_expression(text: &str, expected: &str) {
    let expr = parse_expression(text).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(show(&expr), expected);
}

#[track_caller]
fn check_text(text: &str, expected: &str) {
    let expr = parse_expression(text).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(expr.kind, Kind::Constant(Constant::Text(expected.to_owned())));
}

fn stages(stages: &[Stage], before: &str, out: &mut String) {
    for stage in stages {
        let missing = if stage.missing { "!" } else { "" };
        let (category, condition) =
            (category(&stage.filter.category), show(&stage.filter.condition));
        let keys = keys(&stage.by);
        let _ = writeln!(out, "  {before}{missing}{category} {condition}{keys} x{}", stage.runs);
    }
}

fn keys(by: &[Field]) -> String {
    by.iter().flat_map(|key| [" by ".to_owned(), field(key)]).collect()
}

fn field(field: &Field) -> String {
    format!("{}{}", if field.optional { "?" } else { "" }, field.name)
}

fn category(category: &Category) -> String {
    match category {
        Category::Any => "any".to_owned(),
        Category::Named(name) => format!("{name:?}"),
    }
}

fn show(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Constant(value) => constant(value),
        Kind::Field(name) => field(name),
        Kind::Call(call) => {
            format!(
                "{}{}({})",
                call.name,
                if call.any_case { "~" } else { "" },
                show_all(&call.args)
            )
        }
        Kind::Negate(part) => format!("(- {})", show(part)),
        Kind::Arithmetic(operator, left, right) => {
            format!("({operator:?} {} {})", show(left), show(right))
        }
        Kind::Compare(operator, left, right) => {
            format!("({operator:?} {} {})", show(left), show(right))
        }
        Kind::In { value, list, any_case, negated } => {
            let (not, tilde) =
                (if *negated { "not-" } else { "" }, if *any_case { "~" } else { "" });
            format!("({not}in{tilde} {} {})", show(value), show_all(list))
        }
        Kind::Match { value, operator, list } => {
            let list: Vec<_> = list.iter().map(|(value, _)| constant(value)).collect();
            format!("({operator:?} {} {})", show(value), list.join(" "))
        }
        Kind::Not(part) => format!("(not {})", show(part)),
        Kind::And(parts) => format!("(and {})", show_all(parts)),
        Kind::Or(parts) => format!("(or {})", show_all(parts)),
    }
}

fn show_all(parts: &[Expr]) -> String {
    parts.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Null => "null".to_owned(),
        Constant::Boolean(value) => value.to_string(),
        Constant::Long(number) => number.to_string(),
        Constant::Double(number) => format!("{number:?}"),
        Constant::Text(text) => format!("{text:?}"),
    }
}

#[test]
fn event_queries() {
    check(
        "process where true",
        expect![[r#"
        "process" true
    "#]],
    );
    check(
        "any where flag",
        expect![[r#"
        any flag
    "#]],
    );
    check(
        r#""file-event" where ?user.id != null"#,
        expect![[r#"
        "file-event" (NotEqual ?user.id null)
    "#]],
    );
    check(
        r#""any" where true"#,
        expect![[r#"
        "any" true
    "#]],
    );
    check(
        r#""sequence" where true"#,
        expect![[r#"
        "sequence" true
    "#]],
    );
    check(
        "Sequence where true",
        expect![[r#"
        "Sequence" true
    "#]],
    );
    check(
        "head where tail == 1 | head 2 | tail 1",
        expect![[r#"
        "head" (Equal tail 1)
        | head 2
        | tail 1
    "#]],
    );
    check(
        "any where true | head 0 | tail (2 + 3) * 4 - -1 % 2",
        expect![[r#"
        any true
        | head 0
        | tail 21
    "#]],
    );
    check(
        "/* a /* nested */ comment */ process where // to the end [ ( ' \"\n\ttrue//x\r\n or false /**/",
        expect![[r#"
            "process" (or true false)
        "#]],
    );
}

#[test]
fn sequences() {
    check(
        "sequence [a where true] [b where false]",
        expect![[r#"
        sequence
          "a" true x1
          "b" false x1
    "#]],
    );
    check(
        "sequence [any where true] with runs=100",
        expect![[r#"
        sequence
          any true x100
    "#]],
    );
    check(
        "sequence by user.id, ?host.id with maxspan = 10 ms
           [a where x == 1] by y, `my-key` with runs = 2
           ![b where true] by ?z, z
           [c where true]by a,b until [d where e]by f,g | head 3",
        expect![[r#"
            sequence by user.id by ?host.id 10 Millisecond
              "a" (Equal x 1) by y by my-key x2
              !"b" true by ?z by z x1
              "c" true by a by b x1
              until "d" e by f by g x1
            | head 3
        "#]],
    );
    for (unit, name) in [("s", "Second"), ("m", "Minute"), ("h", "Hour"), ("d", "Day")] {
        let statement = read(&format!("sequence with maxspan=2{unit} [a where b] [c where d]"));
        let Query::Sequence(sequence) = statement.query else { panic!("a sequence") };
        assert_eq!(format!("{:?}", sequence.maxspan.unwrap().unit), name);
    }
}

#[test]
fn samples() {
    check(
        "sample by host [a where true] [b where false] [any where x : \"y\"]",
        expect![[r#"
        sample by host
          "a" true x1
          "b" false x1
          any (Colon x "y") x1
    "#]],
    );
    check(
        "sample [a where true] by x [b where true] by ?y",
        expect![[r#"
        sample
          "a" true by x x1
          "b" true by ?y x1
    "#]],
    );
}

#[test]
fn precedence() {
    check_expression("not a == 1 and b == 2", "(and (not (Equal a 1)) (Equal b 2))");
    check_expression(
        "a == 1 or b == 2 and c == 3",
        "(or (Equal a 1) (and (Equal b 2) (Equal c 3)))",
    );
    check_expression("(a or b) and not (c or d)", "(and (or a b) (not (or c d)))");
    check_expression("not not a", "(not (not a))");
    check_expression(r#"a + b : "x""#, r#"(Add a (Colon b "x"))"#);
    check_expression(r#"(a + b) : "x""#, r#"(Colon (Add a b) "x")"#);
    check_expression(
        "1 + 2 * 3 - 4 / 5 % 6",
        "(Subtract (Add 1 (Multiply 2 3)) (Modulo (Divide 4 5) 6))",
    );
    check_expression("1 - (2 - 3) - 4", "(Subtract (Subtract 1 (Subtract 2 3)) 4)");
    check_expression("2 * (3 * 4)", "(Multiply 2 (Multiply 3 4))");
    check_expression("-a * -(+b)", "(Multiply (- a) (- b))");
    check_expression("- -1 + +2", "(Add (- (- 1)) 2)");
    check_expression("-a in (1)", "(- (in a 1))");
    check_expression("(-a) in (1)", "(in (- a) 1)");
}

#[test]
fn operators() {
    check_expression("a not in (1, 2.0, null)", "(not-in a 1 2.0 null)");
    check_expression(r#"a not in~ ("x") == true"#, r#"(Equal (not-in~ a "x") true)"#);
    check_expression(r#"not a like "x*""#, r#"(not (Like a "x*"))"#);
    check_expression(r#"a like~ ("x", "y")"#, r#"(LikeAnyCase a "x" "y")"#);
    check_expression(
        r#"a regex "x" or a regex~ ("y")"#,
        r#"(or (Regex a "x") (RegexAnyCase a "y"))"#,
    );
    check_expression(
        r#"a:"x" and b : null and c : (1, true)"#,
        r#"(and (Colon a "x") (Colon b null) (Colon c 1 true))"#,
    );
    check_expression("0 < a", "(Less 0 a)");
    check_expression("1 >= a", "(GreaterOrEqual 1 a)");
    check_expression("1 <= a", "(LessOrEqual 1 a)");
    check_expression("1 > a", "(Greater 1 a)");
    check_expression("(a < b) == false", "(Equal (Less a b) false)");
    check_expression("f(a or b, not c, 1 == 2)", "f((or a b) (not c) (Equal 1 2))");
    check_expression("a in (b or c, f())", "(in a (or b c) f())");
    check_expression(
        r#"startsWith~ (a , "b") == (length(a)==1)"#,
        r#"(Equal startsWith~(a "b") (Equal length(a) 1))"#,
    );
}

#[test]
fn chains_are_flat() {
    check_expression("a and (b and c) and ((d and e) and f)", "(and a b c d e f)");
    check_expression("(a or (b or c)) or (d and e)", "(or a b c (and d e))");
    check_expression("f((a and b) and c) == (d or (e or g))", "(Equal f((and a b c)) (or d e g))");
}

#[test]
fn names() {
    check_expression("@timestamp", "@timestamp");
    check_expression("_a1 . b", "_a1.b");
    check_expression("`my-field`.`6x`.`sequence`", "my-field.6x.sequence");
    check_expression("`a``b` == ````", "(Equal a`b `)");
    check_expression("?`a.b`.c", "?a.b.c");
    check_expression("head == runs", "(Equal head runs)");
    check_expression("AND", "AND");
}

#[test]
fn numbers() {
    check_expression("0", "0");
    check_expression("007", "7");
    check_expression("9223372036854775807", "9223372036854775807");
    check_expression("9223372036854775808", "9.223372036854776e18");
    check_expression("1.", "1.0");
    check_expression("1.5", "1.5");
    check_expression(".5e2", "50.0");
    check_expression("1e3", "1000.0");
    check_expression("1.5E-3", "0.0015");
    check_expression("1.e+2", "100.0");
    check_expression("1-1", "(Subtract 1 1)");
}

#[test]
fn texts() {
    check_text(r#""""#, "");
    check_text(r#""a\b\t\n\f\r\"\'\\z""#, "a\u{8}\t\n\u{c}\r\"'\\z");
    check_text(r#""\u{41}\u{0000e4}\u{0001F600}\u{7f}""#, "A\u{e4}\u{1F600}\u{7f}");
    check_text("\"it's \t // /* no comment\"", "it's \t // /* no comment");
    check_text(r#""""C:\Windows\*""""#, r"C:\Windows\*");
    check_text(r#""""""""#, "");
    check_text(r#"""""a"b"""""#, "\"a\"b\"");
    check_text(r#""""a""""#, "a");
    check_text(r#""""a"""""#, "a\"");
    check_text(r#""""a""""""#, "a\"\"");
    check_text(r#""""\u{41}""""#, r"\u{41}");
    check_text("\"日本\"", "日本");
}
