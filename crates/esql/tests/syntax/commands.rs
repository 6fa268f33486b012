//! Every form of every command reads, and is written in its one form. The examples of the commands themselves are
//! tested beside them.

use brokerwatch_esql::ast::{Index, PatternPart, Piece};
use brokerwatch_esql::commands::{Command, FromItem, Source};
use brokerwatch_esql::format;

use crate::{check_round_trip, read};

/// A query is written so.
#[track_caller]
fn check(query: &str, expected: &str) {
    let statement = read(query);
    check_round_trip(&statement);
    assert_eq!(format(&statement), expected);
}

/// A command is written so.
#[track_caller]
fn command(text: &str, expected: &str) {
    check(&format!("from a | {text}"), &format!("FROM a | {expected}"));
}

#[test]
fn settings_stand_before_the_query() {
    check(
        "set a=1;SET `b c`={\"d\":[true]};\nfrom e",
        "SET a = 1;\nSET `b c` = {\"d\": [true]};\nFROM e",
    );
    check("set a = -1.5; show info", "SET a = -1.5;\nSHOW INFO");
}

#[test]
fn sources() {
    check("from a,b-*,-c , \"d e\"", "FROM a, b-*, -c, \"d e\"");
    check("FROM x:logs-*::failures, \"x:y::data\"", "FROM x:logs-*::failures, x:y::data");
    check("from <logs-{now/d}>, .alerts?a", "FROM \"<logs-{now/d}>\", .alerts?a");
    check("from a /* b */ , // c\n d metadata _id , _index", "FROM a, d METADATA _id, _index");
    check("from metadata Metadata metadata", "FROM metadata METADATA metadata");
    check("from (from a|limit 1),b,(row c=1)", "FROM (FROM a | LIMIT 1), b, (ROW c = 1)");
    check(
        "FROM (TS a METADATA _id), (EQL b \"any where true\")",
        "FROM (TS a METADATA _id), (EQL b \"any where true\")",
    );
    check("ts a, b metadata _tsid", "TS a, b METADATA _tsid");
    check("row a = 1, b", "ROW a = 1, b");
    check("SHOW info", "SHOW INFO");
    check(
        "eql a, \"b c\" \"\"\"x where y == \"z\" \"\"\" with {\"size\": 10}",
        "EQL a, \"b c\" \"\"\"x where y == \"z\" \"\"\" WITH {\"size\": 10}",
    );
    check("promql (up)", "PROMQL (up)");
    check(
        "PROMQL index=a,b:c* step=\"5 m\" start=?from x = (a{b=\")\"} # ) \n + c('\\')'))|limit 1",
        "PROMQL\n    index=\"a,b:c*\"\n    step=\"5 m\"\n    start=?from\n    x = (a{b=\")\"} # ) \n + c('\\')'))\n| LIMIT 1",
    );
}

#[test]
fn names_of_indices_have_parts() {
    let statement = read("FROM \"a:b::c\", a:b::c, \"a::b\", \":a\", \"a:\", \"::\"");
    let Source::From(from) = &statement.query.source.node else { panic!("from") };
    let parts: Vec<_> = from
        .items
        .iter()
        .map(|item| match item {
            FromItem::Index(Index { cluster, name, selector, .. }) => {
                (cluster.as_deref(), name.as_str(), selector.as_deref())
            }
            FromItem::Subquery(_) => panic!("no subquery"),
        })
        .collect();
    assert_eq!(
        parts,
        [
            (Some("a"), "b", Some("c")),
            (Some("a"), "b", Some("c")),
            (None, "a", Some("b")),
            (None, ":a", None),
            (None, "a:", None),
            (None, "::", None),
        ]
    );
    check_round_trip(&statement);
}

#[test]
fn patterns_have_pieces() {
    let statement = read("FROM a | KEEP x*`*`y.`b.c`*, ?p.*");
    let Command::Keep(keep) = &statement.query.commands[0].node else { panic!("keep") };
    let text = |text: &str| Piece::Text(text.to_owned());
    assert_eq!(
        keep.patterns[0].parts,
        [
            PatternPart::Glob(vec![text("x"), Piece::Any, text("*y")]),
            PatternPart::Glob(vec![text("b.c"), Piece::Any]),
        ]
    );
    assert!(matches!(keep.patterns[1].parts[0], PatternPart::Parameter(_)));
    check_round_trip(&statement);
}

#[test]
fn commands_on_columns() {
    command("keep *,a*b . c,`d`e.f, @timestamp,and", "KEEP *, a*b.c, de.f, @timestamp, and");
    command("keep `a-b`*, `1`, _x, ??n.`*`", "KEEP `a-b`*, `1`, _x, ??n.`*`");
    command("drop a , b*", "DROP a, b*");
    command("rename a as b.c, d=e, `f g` AS h", "RENAME a AS b.c, e AS d, `f g` AS h");
    command("eval a=1,b.c = a+1 , f(d)", "EVAL a = 1, b.c = a + 1, f(d)");
    command("eval ?x = 1, ??y.z = 2, `and` = 3", "EVAL ?x = 1, ??y.z = 2, `and` = 3");
    command("mv_expand a.`b c`", "MV_EXPAND a.`b c`");
}

#[test]
fn commands_on_rows() {
    command("where a and(b or c)", "WHERE a AND (b OR c)");
    command(
        "sort a,b desc,c asc nulls first , d+1 nulls last",
        "SORT a, b DESC, c ASC NULLS FIRST, d + 1 NULLS LAST",
    );
    command("limit 10", "LIMIT 10");
    command("limit ? by a.b , f(c)", "LIMIT ? BY a.b, f(c)");
    command("sample .5", "SAMPLE 0.5");
    command("fork (where a|limit 1)(sort b)", "FORK (WHERE a | LIMIT 1) (SORT b)");
    command("fuse", "FUSE");
    command("fuse rrf with {\"k\":1}", "FUSE rrf WITH {\"k\": 1}");
    command("fuse key by a,b score by c", "FUSE SCORE BY c KEY BY a, b");
    command("fuse with {}", "FUSE WITH {}");
    command("mmr on a limit 5", "MMR ON a LIMIT 5");
    command(
        "mmr ?v on a limit 5 with {\"lambda\":.5}",
        "MMR ?v ON a LIMIT 5 WITH {\"lambda\": 0.5}",
    );
}

#[test]
fn aggregates() {
    command("stats count(*)", "STATS count(*)");
    command("stats by a, b=f(c)", "STATS BY a, b = f(c)");
    command(
        "stats x = max( a ) where b>1 , min(c)  where d by e",
        "STATS x = max(a) WHERE b > 1, min(c)  where d BY e",
    );
    command("inline stats a = sum(b)+1 by c", "INLINE STATS a = sum(b) + 1 BY c");
    command("INLINE\n/* */STATS count()", "INLINE STATS count()");
    command("inlinestats count()", "INLINE STATS count()");
    command("change_point a", "CHANGE_POINT a");
    command("change_point a.b on c as d,e by f, g+1", "CHANGE_POINT a.b ON c AS d, e BY f, g + 1");
}

#[test]
fn commands_on_texts() {
    command("dissect a.b \"%{c}\"", "DISSECT a.b \"%{c}\"");
    command("grok a \"x\" , \"\"\"\\d+\"\"\"", "GROK a \"x\", \"\"\"\\d+\"\"\"");
    command("uri_parts a.b = c::string", "URI_PARTS a.b = c::string");
    command("registered_domain a=b", "REGISTERED_DOMAIN a = b");
    command("user_agent a=b", "USER_AGENT a = b");
    command(
        "ip_location a = b with {\"c\" : {\"d\":null}}",
        "IP_LOCATION a = b WITH {\"c\": {\"d\": null}}",
    );
}

#[test]
fn commands_with_other_sources() {
    command("enrich p", "ENRICH p");
    command(
        "enrich _coordinator:my-policy on a.* with b=c,d",
        "ENRICH _coordinator:my-policy ON a.* WITH b = c, d",
    );
    command("enrich \"p q\" with b", "ENRICH \"p q\" WITH b");
    command("lookup join b on c", "LOOKUP JOIN b ON c");
    command(
        "lookup join \"b c\" as d on e==f and g<h",
        "LOOKUP JOIN \"b c\" AS d ON e == f AND g < h",
    );
    command("lookup join b c on d , e", "LOOKUP JOIN b AS c ON d, e");
    command("completion \"x\"", "COMPLETION \"x\"");
    command(
        "completion a = concat(b, c) with { \"inference_id\" : \"d\" }",
        "COMPLETION a = concat(b, c) WITH {\"inference_id\": \"d\"}",
    );
    command("rerank ?q on a, b = c+1", "RERANK ?q ON a, b = c + 1");
    command("rerank a.b = \"x\" on c with {\"d\":1}", "RERANK a.b = \"x\" ON c WITH {\"d\": 1}");
}
