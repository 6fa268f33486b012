//! Reads Java's regular expressions (`java.util.regex.Pattern`, as of Java 19) as far as a linear engine can run them.
//!
//! The text is read by `regex-syntax`, whose grammar is close; what the signs mean is decided here, since
//! there the two differ: `\d`, `\w`, `\s` and `\b` are ASCII, `.` stops at five line terminators, `[[:alpha:]]` is a
//! class of those characters. What the two grammars read differently is refused rather than guessed.

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassPerlKind, ClassSet, ClassSetBinaryOpKind, ClassSetItem,
    ClassUnicodeKind, ErrorKind, Flag, FlagsItemKind, GroupKind, LiteralKind, RepetitionKind,
    RepetitionRange, Span, SpecialLiteralKind,
};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::error::RegexError;
use super::node::{Look, Node, Times};
use super::parse::{character, check_length};
use crate::limits::{REGEX_DEPTH_MAX, REGEX_QUANTIFIERS_MAX};
use crate::pattern::Case;

/// Reads a whole pattern.
pub(crate) fn parse(pattern: &str, case: Case) -> Result<Node, RegexError> {
    check_length(pattern.len())?;
    let ast = ParserBuilder::new()
        .nest_limit(REGEX_DEPTH_MAX as u32)
        .build()
        .parse(pattern)
        .map_err(|error| unreadable(pattern, &error))?;
    let flags = Flags {
        any_case: case != Case::Sensitive,
        unicode_case: case == Case::Unicode,
        ..Flags::default()
    };
    Reader { pattern, flags }.node(&ast)
}

/// The switches that `(?i)` and its like set.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the flags of the language are independent switches"
)]
struct Flags {
    any_case: bool,
    unicode_case: bool,
    dot_all: bool,
    multi_line: bool,
}

struct Reader<'a> {
    pattern: &'a str,
    flags: Flags,
}

impl Reader<'_> {
    fn node(&mut self, ast: &Ast) -> Result<Node, RegexError> {
        match ast {
            Ast::Empty(_) => Ok(Node::Empty),
            Ast::Flags(set) => {
                self.set_flags(&set.flags)?;
                Ok(Node::Empty)
            }
            Ast::Literal(literal) if is_vertical_space(literal) => {
                Ok(Node::class(vertical_space()))
            }
            Ast::Literal(literal) => Ok(character(literal.c, self.case())),
            Ast::Dot(_) if self.flags.dot_all => Ok(Node::any_char()),
            Ast::Dot(_) => {
                let mut class = line_terminators();
                class.negate();
                Ok(Node::class(class))
            }
            Ast::Assertion(assertion) => self.assertion(assertion),
            Ast::ClassUnicode(class) => self.property(class).map(Node::class),
            Ast::ClassPerl(class) => Ok(Node::class(shorthand(class))),
            Ast::ClassBracketed(class) => self.bracketed(class).map(Node::class),
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Group(group) => self.group(group),
            Ast::Alternation(all) => self.nodes(&all.asts).map(Node::union),
            Ast::Concat(all) => self.nodes(&all.asts).map(Node::concat),
        }
    }

    fn nodes(&mut self, asts: &[Ast]) -> Result<Vec<Node>, RegexError> {
        asts.iter().map(|ast| self.node(ast)).collect()
    }

    fn case(&self) -> Case {
        match (self.flags.any_case, self.flags.unicode_case) {
            (false, _) => Case::Sensitive,
            (true, false) => Case::Ascii,
            (true, true) => Case::Unicode,
        }
    }

    fn group(&mut self, group: &ast::Group) -> Result<Node, RegexError> {
        let outer = self.flags;
        match &group.kind {
            GroupKind::NonCapturing(flags) => self.set_flags(flags)?,
            GroupKind::CaptureName { starts_with_p: true, .. } => {
                return Err(refused(group.span, "groups named by `(?P<` are not supported")
                    .help("write `(?<name>`, or leave the name out"));
            }
            GroupKind::CaptureName { .. } | GroupKind::CaptureIndex(_) => {}
        }
        let node = self.node(&group.ast)?;
        self.flags = outer;
        Ok(node)
    }

    fn set_flags(&mut self, flags: &ast::Flags) -> Result<(), RegexError> {
        let mut on = true;
        for item in &flags.items {
            match &item.kind {
                FlagsItemKind::Negation => on = false,
                FlagsItemKind::Flag(Flag::CaseInsensitive) => self.flags.any_case = on,
                FlagsItemKind::Flag(Flag::Unicode) => self.flags.unicode_case = on,
                FlagsItemKind::Flag(Flag::DotMatchesNewLine) => self.flags.dot_all = on,
                FlagsItemKind::Flag(Flag::MultiLine) => self.flags.multi_line = on,
                // Dealt with while the text was read.
                FlagsItemKind::Flag(Flag::IgnoreWhitespace) => {}
                FlagsItemKind::Flag(Flag::SwapGreed | Flag::CRLF) => {
                    let flag = self.text(item.span);
                    return Err(refused(item.span, &format!("the flag `{flag}` is not supported"))
                        .help("the flags are `i`, `m`, `s`, `u` and `x`"));
                }
            }
        }
        Ok(())
    }

    fn assertion(&self, assertion: &ast::Assertion) -> Result<Node, RegexError> {
        let look = match assertion.kind {
            AssertionKind::StartLine | AssertionKind::EndLine if self.flags.multi_line => {
                return Err(refused(assertion.span, "anchors under `(?m)` are not supported")
                    .help("leave the anchor out; the expression covers the whole value"));
            }
            AssertionKind::StartLine | AssertionKind::StartText => Look::Start,
            AssertionKind::EndLine | AssertionKind::EndText => Look::End,
            AssertionKind::WordBoundary => Look::WordBoundary,
            AssertionKind::NotWordBoundary => Look::NotWordBoundary,
            AssertionKind::WordBoundaryStartAngle => return Ok(Node::Char('<')),
            AssertionKind::WordBoundaryEndAngle => return Ok(Node::Char('>')),
            AssertionKind::WordBoundaryStart
            | AssertionKind::WordBoundaryEnd
            | AssertionKind::WordBoundaryStartHalf
            | AssertionKind::WordBoundaryEndHalf => {
                return Err(
                    refused(assertion.span, "`\\b{...}` is not supported").help("use `\\b`")
                );
            }
        };
        Ok(Node::Look(look))
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<Node, RegexError> {
        let operator = repetition.op.span;
        if let Ast::Repetition(inner) = &*repetition.ast {
            let sign = self.text(Span::new(inner.op.span.start, operator.end));
            return Err(match repetition.op.kind {
                RepetitionKind::OneOrMore => refused(
                    operator,
                    &format!("possessive quantifiers are not supported: `{sign}`"),
                )
                .help("leave the `+` out; it never matches more"),
                _ => refused(operator, &format!("two quantifiers in a row: `{sign}`"))
                    .help("put the inner one into a group"),
            });
        }
        let times = match &repetition.op.kind {
            RepetitionKind::ZeroOrOne => Times::OPTIONAL,
            RepetitionKind::ZeroOrMore => Times::ANY,
            RepetitionKind::OneOrMore => Times::SOME,
            RepetitionKind::Range(range) => self.counts(operator, range)?,
        };
        self.node(&repetition.ast)?.repeat(times).ok_or_else(|| {
            refused(operator, &format!("more than {REGEX_QUANTIFIERS_MAX} quantifiers in a row"))
        })
    }

    fn counts(&self, operator: Span, range: &RepetitionRange) -> Result<Times, RegexError> {
        let text = self.text(operator).trim_end_matches('?');
        let inner = text.trim_start_matches('{').trim_end_matches('}');
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (min, max) = inner.split_once(',').unwrap_or((inner, ""));
        if min.is_empty() || !digits(min) || !digits(max) {
            return Err(refused(operator, &format!("`{text}` is no count"))
                .help("write `{n}`, `{n,}` or `{n,m}`"));
        }
        Ok(match *range {
            RepetitionRange::Exactly(count) => Times::exactly(count),
            RepetitionRange::AtLeast(min) => Times { min, max: None },
            RepetitionRange::Bounded(min, max) => Times { min, max: Some(max) },
        })
    }

    fn bracketed(&self, bracketed: &ast::ClassBracketed) -> Result<ClassUnicode, RegexError> {
        let mut class = self.class_set(&bracketed.kind)?;
        if bracketed.negated {
            class.negate();
        }
        Ok(class)
    }

    fn class_set(&self, set: &ClassSet) -> Result<ClassUnicode, RegexError> {
        match set {
            ClassSet::Item(item) => self.class_item(item),
            ClassSet::BinaryOp(operation) => match operation.kind {
                ClassSetBinaryOpKind::Intersection => {
                    let mut class = self.class_set(&operation.lhs)?;
                    class.intersect(&self.class_set(&operation.rhs)?);
                    Ok(class)
                }
                ClassSetBinaryOpKind::Difference | ClassSetBinaryOpKind::SymmetricDifference => {
                    Err(refused(operation.span, "`--` and `~~` inside a class are not supported")
                        .help(
                            "write `\\-` or `\\~` for the character; `[a&&[^b]]` is a difference",
                        ))
                }
            },
        }
    }

    fn class_item(&self, item: &ClassSetItem) -> Result<ClassUnicode, RegexError> {
        match item {
            ClassSetItem::Empty(_) => Ok(ClassUnicode::empty()),
            ClassSetItem::Literal(literal) if is_vertical_space(literal) => Ok(vertical_space()),
            ClassSetItem::Literal(literal) => {
                Ok(self.in_all_cases(ranges(&[(literal.c, literal.c)])))
            }
            ClassSetItem::Range(range) => {
                Ok(self.in_all_cases(ranges(&[(range.start.c, range.end.c)])))
            }
            ClassSetItem::Ascii(class) => {
                // To Java `[:alpha:]` is a class of these seven characters.
                let chars = self.text(class.span).trim_matches(['[', ']']).chars();
                let class = ClassUnicode::new(chars.map(|c| ClassUnicodeRange::new(c, c)));
                Ok(self.in_all_cases(class))
            }
            ClassSetItem::Unicode(class) => self.property(class),
            ClassSetItem::Perl(class) => Ok(shorthand(class)),
            ClassSetItem::Bracketed(class) => self.bracketed(class),
            ClassSetItem::Union(union) => {
                let mut all = ClassUnicode::empty();
                for item in &union.items {
                    all.union(&self.class_item(item)?);
                }
                Ok(all)
            }
        }
    }

    fn in_all_cases(&self, mut class: ClassUnicode) -> ClassUnicode {
        self.case().close(&mut class);
        class
    }

    /// `\p{...}`: the POSIX classes, which are ASCII, the general categories, and binary properties and scripts as
    /// `Is...`.
    fn property(&self, class: &ast::ClassUnicode) -> Result<ClassUnicode, RegexError> {
        let found = match &class.kind {
            ClassUnicodeKind::OneLetter(letter) => unicode_property(&letter.to_string()),
            ClassUnicodeKind::Named(name) => {
                posix(name).or_else(|| match name.strip_prefix("Is") {
                    Some(name) => unicode_property(name),
                    None if name.len() <= 2 => unicode_property(name),
                    None => None,
                })
            }
            ClassUnicodeKind::NamedValue { .. } => None,
        };
        let Some(mut found) = found else {
            let text = self.text(class.span);
            return Err(refused(class.span, &format!("the property `{text}` is not supported"))
                .help("write a general category as `\\p{Lu}`, a script or property as `\\p{IsGreek}`, or a class"));
        };
        // Under `(?i)` Java lets these three categories, and no other, stand for one another.
        if let ClassUnicodeKind::Named(name) = &class.kind
            && ["Lower", "Upper", "Lu", "Ll", "Lt", "IsLowercase", "IsUppercase"].contains(&&**name)
        {
            found = self.in_all_cases(found);
        }
        if class.negated {
            found.negate();
        }
        Ok(found)
    }

    fn text(&self, span: Span) -> &str {
        self.pattern.get(span.start.offset..span.end.offset).unwrap_or_default()
    }
}

fn refused(span: Span, message: &str) -> RegexError {
    RegexError::new(span.start.offset, message)
}

fn unreadable(pattern: &str, error: &ast::Error) -> RegexError {
    let span = *error.span();
    let from = pattern.get(span.start.offset..).unwrap_or_default();
    let before = pattern.get(..span.start.offset).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnsupportedLookAround => {
            refused(span, "look-around is not supported: `(?=`, `(?!`, `(?<=` and `(?<!`")
                .help("use `and` and `not` of several conditions")
        }
        ErrorKind::UnsupportedBackreference => {
            refused(span, "back-references and octal escapes are not supported")
                .help("write a character by its number as `\\x41`")
        }
        ErrorKind::FlagUnrecognized if before.ends_with("(?") && from.starts_with('>') => {
            refused(span, "atomic groups are not supported: `(?>`").help("write `(?:`")
        }
        ErrorKind::EscapeUnrecognized if from.starts_with("\\k") => {
            refused(span, "back-references are not supported")
        }
        ErrorKind::EscapeUnrecognized => {
            let escape: String = from.chars().take(2).collect();
            refused(span, &format!("the escape `{escape}` is not supported")).help(
                "a character that is no letter or digit needs no name: put a backslash before it",
            )
        }
        ErrorKind::NestLimitExceeded(_) => {
            refused(span, &format!("more than {REGEX_DEPTH_MAX} nested groups"))
                .help("use fewer parentheses")
        }
        kind => refused(span, &kind.to_string()),
    }
}

fn ranges(pairs: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(pairs.iter().map(|(from, to)| ClassUnicodeRange::new(*from, *to)))
}

/// What `.` does not match.
fn line_terminators() -> ClassUnicode {
    ranges(&[('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
}

/// `\v`, which is a class to Java and one character elsewhere.
fn vertical_space() -> ClassUnicode {
    ranges(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
}

fn is_vertical_space(literal: &ast::Literal) -> bool {
    literal.kind == LiteralKind::Special(SpecialLiteralKind::VerticalTab)
}

fn shorthand(class: &ast::ClassPerl) -> ClassUnicode {
    let mut found = match class.kind {
        ClassPerlKind::Digit => ranges(&[('0', '9')]),
        ClassPerlKind::Space => ranges(&[('\t', '\r'), (' ', ' ')]),
        ClassPerlKind::Word => ranges(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
    };
    if class.negated {
        found.negate();
    }
    found
}

fn posix(name: &str) -> Option<ClassUnicode> {
    Some(match name {
        "Lower" => ranges(&[('a', 'z')]),
        "Upper" => ranges(&[('A', 'Z')]),
        "ASCII" => ranges(&[('\0', '\x7f')]),
        "Alpha" => ranges(&[('A', 'Z'), ('a', 'z')]),
        "Digit" => ranges(&[('0', '9')]),
        "Alnum" => ranges(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
        "Punct" => ranges(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        "Graph" => ranges(&[('!', '~')]),
        "Print" => ranges(&[(' ', '~')]),
        "Blank" => ranges(&[('\t', '\t'), (' ', ' ')]),
        "Cntrl" => ranges(&[('\0', '\x1f'), ('\x7f', '\x7f')]),
        "XDigit" => ranges(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
        "Space" => ranges(&[('\t', '\r'), (' ', ' ')]),
        _ => return None,
    })
}

/// A property of Unicode by its name, as `regex-syntax` knows it.
fn unicode_property(name: &str) -> Option<ClassUnicode> {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    match regex_syntax::parse(&format!("\\p{{{name}}}")).ok()?.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::pattern::Case;
    use crate::pattern::lucene::Regex;
    use crate::pattern::naive::naive_java;
    use crate::pattern::strategies::{any_case, text};

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        check_case(pattern, Case::Sensitive, matching, others);
    }

    #[track_caller]
    fn check_case(pattern: &str, case: Case, matching: &[&str], others: &[&str]) {
        let regex = Regex::java(pattern, case).unwrap();
        for (texts, expected) in [(matching, true), (others, false)] {
            for text in texts {
                assert_eq!(regex.is_match(text), expected, "{pattern:?} on {text:?}");
                assert_eq!(
                    naive_java(pattern, text, case),
                    Ok(expected),
                    "naive {pattern:?} on {text:?}"
                );
            }
        }
    }

    #[track_caller]
    fn refused(pattern: &str, at: usize, message: &str) {
        let error = Regex::java(pattern, Case::Sensitive).unwrap_err();
        assert_eq!((error.at, error.message.as_str()), (at, message), "{pattern:?}");
    }

    #[test]
    fn expressions_of_rules_mean_what_they_say() {
        let line = r"indows\system32\net1  localgroup administrators findme2";
        check(".*?net[1]?  localgroup.*?", &[line], &["net localgroup"]);
        check(".*? myappserver.py .*?", &["x myappserver.py y"], &["myappserver.py"]);
    }

    #[test]
    fn shorthands_are_ascii() {
        check(r"\d+", &["12"], &["\u{661}", ""]);
        check(r"\w\W", &["a-", "_é"], &["é-", "ab"]);
        check(r"\s\S", &["\u{b}a", " \u{a0}"], &["\u{a0}a"]);
        check(r"[\d.]+", &["1.2"], &["a"]);
        check(r"a\b.*", &["a", "a b", "aé"], &["ab", "a_"]);
        check(r"a\B.*", &["ab"], &["a b"]);
        check(r"\p{Alpha}\p{L}\pL\p{IsGreek}", &["aééΣ"], &["éééΣ"]);
        check(r"\P{Lu}", &["a", "1"], &["A", "É"]);
        check(r"\v", &["\n", "\u{2028}"], &["\t"]);
    }

    #[test]
    fn a_dot_stops_at_line_terminators() {
        check("a.b", &["axb", "a\tb"], &["a\nb", "a\rb", "a\u{85}b", "a\u{2028}b"]);
        check("(?s)a.b", &["a\nb"], &["ab"]);
        check("(?s:a.)b.", &["a\nbx"], &["a\nb\n"]);
        check(".*", &["", "ab"], &["a\nb"]);
        check("(?s).*a.*", &["\na\n"], &["b"]);
        check("(?s).*^a.*", &["ab"], &["ba"]);
    }

    #[test]
    fn anchors_are_allowed_where_they_hold() {
        check("^abc$", &["abc"], &["^abc$", "abc\n"]);
        check(r"\Aab\z", &["ab"], &["b"]);
        check("a^b", &[], &["ab", "a^b"]);
    }

    #[test]
    fn classes_are_sets() {
        check("[a-c&&[^b]]", &["a", "c"], &["b", "d"]);
        check("[a[xy]]", &["a", "y"], &["b"]);
        check("[^a&&b]", &["a", "b", "c"], &[]);
        check("[[:alpha:]]", &["a", ":", "p"], &["b", "[:alpha:]"]);
        check("[]a-]+", &["]a-"], &["b"]);
        check(r"[\p{Lower}\d]", &["a", "1"], &["é", "A"]);
    }

    #[test]
    fn case_follows_the_flags() {
        check("(?i)ab[c-d](?-i)e", &["ABCe"], &["ABCE"]);
        check("(?i)é", &["é"], &["É"]);
        check("(?iu)é", &["É"], &[]);
        check("((?i)a)a", &["Aa"], &["aA"]);
        check("(?i)a|b", &["A", "B"], &[]);
        check_case("é[^a]", Case::Unicode, &["Éb"], &["ÉA"]);
        check_case("aé", Case::Ascii, &["Aé"], &["AÉ"]);
        check_case("(?-i)a", Case::Ascii, &["a"], &["A"]);
        check_case(r"\p{Lower}", Case::Ascii, &["A"], &["1"]);
        check_case(r"\w", Case::Unicode, &["K"], &["\u{212a}"]);
    }

    #[test]
    fn escapes_and_quantifiers() {
        check(r"\x41\u0042\t\<\>\-\ \/", &["AB\t<>- /"], &[]);
        check("a*?b+?c{1,2}?", &["bc", "aabbcc"], &["ab"]);
        check("(?:a|)b()", &["ab", "b"], &["a"]);
        check("(?<name>a)", &["a"], &[]);
        check("(?x) a b # c", &["ab"], &[]);
        check("(a+)+", &["aaa"], &[""]);
    }

    #[test]
    fn what_no_linear_engine_has_is_refused() {
        let look = "look-around is not supported: `(?=`, `(?!`, `(?<=` and `(?<!`";
        refused("a(?=b)", 1, look);
        refused("a(?<!b)", 1, look);
        refused(r"(a)\1", 3, "back-references and octal escapes are not supported");
        refused(r"(?<n>a)\k<n>", 7, "back-references are not supported");
        refused("a*+b", 2, "possessive quantifiers are not supported: `*+`");
        refused("a{2}+b", 4, "possessive quantifiers are not supported: `{2}+`");
        refused("a**", 2, "two quantifiers in a row: `**`");
        refused("x(?>a)", 3, "atomic groups are not supported: `(?>`");
    }

    #[test]
    fn what_is_read_differently_is_refused() {
        refused("(?m)^a", 4, "anchors under `(?m)` are not supported");
        refused("(?U)a", 2, "the flag `U` is not supported");
        refused("(?P<n>a)", 0, "groups named by `(?P<` are not supported");
        refused("[a--b]", 1, "`--` and `~~` inside a class are not supported");
        refused(r"\b{start}", 0, "`\\b{...}` is not supported");
        refused(r"\p{InGreek}", 0, "the property `\\p{InGreek}` is not supported");
        refused(r"\p{Greek}", 0, "the property `\\p{Greek}` is not supported");
        refused(r"\Qa\E", 0, r"the escape `\Q` is not supported");
        refused("a{,3}", 2, "repetition quantifier expects a valid decimal");
        refused("a{ 2}", 1, "`{ 2}` is no count");
        refused("(?x)a{2, 3}", 5, "`{2, 3}` is no count");
        refused("(a", 0, "unclosed group");
        let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(Regex::java(&deep, Case::Sensitive).unwrap_err().message.contains("nested"));
    }

    proptest! {
        #[test]
        fn fast_is_naive_and_never_panics(
            pattern in r"([abBé.?*+|^$]|\\[bBdwsv]|\(\?i\)|\[\^?[ab]|[\])(]|\{[0-3]\}|&&){0,9}",
            text in text(),
            case in any_case(),
        ) {
            match (Regex::java(&pattern, case), naive_java(&pattern, &text, case)) {
                (Ok(fast), Ok(naive)) => prop_assert_eq!(fast.is_match(&text), naive),
                (fast, naive) => prop_assert_eq!(fast.err(), naive.err()),
            }
        }
    }
}
