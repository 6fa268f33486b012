//! The shapes of single conditions, each with values for which it is true and values for which it is false.
//!
//! Words are unique and of one length, so that none is part of another: what contains a word, or ends with it, was made
//! so on purpose.

use serde_json::{Value, json};

use crate::condition::{Leaf, Settled};
use crate::random::Random;

/// Makes one condition.
pub(crate) type Shape = fn(&mut Maker) -> Leaf;

/// Lists each shape once, by the name of its function.
macro_rules! shapes {
    ($($name:ident),* $(,)?) => {
        /// Every shape with its name.
        pub(crate) static ALL: &[(&str, Shape)] = &[$((stringify!($name), $name)),*];
    };
}

shapes![
    equals,
    differs,
    turned_round,
    pattern,
    patterns,
    many_patterns,
    like,
    like_any_case,
    is_one_of,
    many_values,
    is_none_of,
    one_of_any_case,
    regex,
    regex_any_case,
    regexes,
    regex_complement,
    regex_interval,
    regex_quoted,
    longer,
    longer_emoji,
    contains,
    contains_any_case,
    starts,
    starts_any_case,
    ends,
    ends_any_case,
    between,
    between_greedy,
    index,
    index_from,
    index_missing,
    in_block,
    in_block_of_six,
    in_many_blocks,
    is_address,
    joined,
    joined_with_number,
    end_of_text,
    part_of_text,
    number_of_text,
    number_in_base,
    remainder,
    sum,
    difference,
    product,
    quotient,
    arithmetic_functions,
    is_null,
    is_not_null,
    exists,
    flag,
    flag_true,
    flag_false,
    flag_not_true,
    number,
    number_turned_round,
    number_in_list,
    number_range,
    fraction,
    arguments,
    two_arguments,
    no_argument,
    raw_text,
    escaped_text,
    text_of_number,
    moment,
    old_wildcard,
    condition_false,
    one_in_another,
    two_fields,
    text_order,
    null_in_list,
    event_type,
    count_of_arguments,
];

const TEXT: &[&str] = &[
    "process.name",
    "process.executable",
    "process.command_line",
    "process.parent.name",
    "process.parent.executable",
    "process.parent.command_line",
    "process.working_directory",
    "process.hash.sha256",
    "process.pe.original_file_name",
    "process.code_signature.subject_name",
    "file.name",
    "file.path",
    "file.extension",
    "user.name",
    "user.domain",
    "user.id",
    "event.action",
    "event.outcome",
    "event.code",
    "registry.path",
    "registry.value",
    "registry.data.strings",
    "dns.question.name",
    "dll.name",
    "dll.path",
    "host.os.type",
    "host.name",
    "network.protocol",
    "destination.domain",
    "url.full",
];

/// Fields that ECS does not have, as rules write them.
const OTHER: &[&str] = &[
    "?process.Ext.token.integrity_level_name",
    "?winlog.event_data.AuthenticationPackageName",
    "powershell.file.script_block_text",
    "?Target.process.name",
    "Effective_process.executable",
    "`my-agent`.`run-id`",
    "?dll.Ext.load_path",
    "winlog.`computer name`",
    "?kubernetes.audit.verb",
    "azure.auditlogs.operation_name",
];

const LONG: &[&str] = &[
    "process.pid",
    "process.parent.pid",
    "process.exit_code",
    "destination.port",
    "source.port",
    "file.size",
    "network.bytes",
    "source.bytes",
    "destination.bytes",
    "network.packets",
    "process.thread.id",
    "http.response.status_code",
    "?process.Ext.relative_file_creation_time",
    "process.parent.thread.id",
];

const FLAG: &[&str] = &[
    "process.interactive",
    "process.code_signature.trusted",
    "process.code_signature.exists",
    "file.code_signature.trusted",
    "dll.code_signature.exists",
    "process.parent.interactive",
    "?process.Ext.protection",
];

const ADDRESS: &[&str] = &[
    "source.ip",
    "destination.ip",
    "host.ip",
    "client.ip",
    "server.ip",
    "dns.resolved_ip",
    "related.ip",
];

const LIST: &[&str] = &[
    "process.args",
    "process.parent.args",
    "tags",
    "user.roles",
    "file.attributes",
    "process.env_vars",
];

const DATE: &[&str] =
    &["file.created", "file.mtime", "process.start", "file.accessed", "event.created"];

/// Invents conditions for one rule; each takes fields that no other has taken.
pub(crate) struct Maker {
    pub(crate) random: Random,
    taken: Vec<String>,
    words: usize,
}

/// A field as a query writes it, and its name.
struct Field {
    shown: String,
    name: String,
}

impl Maker {
    pub(crate) fn new(seed: u64) -> Maker {
        Maker { random: Random::new(seed), taken: Vec::new(), words: 0 }
    }

    /// A word of ten small letters that no other word of the rule is.
    fn word(&mut self) -> String {
        const SYLLABLES: &[&str] = &["ka", "ve", "lo", "mi", "za", "du", "pri", "to", "ne", "ra"];
        let mut word: String = (0..3).map(|_| *self.random.pick(SYLLABLES)).collect();
        word.truncate(6);
        let mut number = self.words;
        self.words += 1;
        for _ in 0..4 {
            word.push(char::from(b'a' + (number % 26) as u8));
            number /= 26;
        }
        word
    }

    fn words(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.word()).collect()
    }

    /// A field of a pool that is not taken; where all are, one that no pool has.
    fn field(&mut self, pool: &[&str]) -> Field {
        let start = self.random.below(pool.len());
        let free = (0..pool.len())
            .map(|i| pool[(start + i) % pool.len()].to_owned())
            .find(|shown| !self.taken.contains(shown))
            .unwrap_or_else(|| format!("labels.field_{}", self.taken.len()));
        self.taken.push(free.clone());
        let name = free.trim_start_matches('?').replace('`', "");
        Field { shown: free, name }
    }

    /// A field for text, now and then one that ECS does not have.
    fn text(&mut self) -> Field {
        let pool = if self.random.below(8) == 0 { OTHER } else { TEXT };
        self.field(pool)
    }

    /// A text as a query writes it: with escapes, or raw.
    fn quoted(&mut self, text: &str) -> String {
        let plain = text.chars().all(|c| !c.is_control() && c != '"');
        if plain && self.random.below(4) == 0 {
            return format!("\"\"\"{text}\"\"\"");
        }
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }

    fn list(&mut self, items: &[String]) -> String {
        let gap = *self.random.pick(&[", ", ",\n      ", ","]);
        items.iter().map(|item| self.quoted(item)).collect::<Vec<_>>().join(gap)
    }

    /// A wildcard pattern around a word, a text that it matches, and one that it just does not.
    fn wildcard(&mut self) -> (String, String, String) {
        const BEFORE: &[&str] = &[
            "",
            "*\\",
            "?:\\Windows\\*\\",
            "/tmp/*/",
            "*",
            "\\Device\\HarddiskVolume*\\",
            "C:\\Users\\?*\\AppData\\",
        ];
        const AFTER: &[&str] = &["", ".exe", "*", ".d?l", "*.ps1", "?"];
        let word = self.word();
        let (before, after) = (*self.random.pick(BEFORE), *self.random.pick(AFTER));
        let (filled_before, filled_after) = (self.filled(before), self.filled(after));
        let hit = format!("{filled_before}{word}{filled_after}");
        // The last letter is replaced, not left out: what fills the pattern after it could begin with that letter.
        let miss = format!("{filled_before}{}_{filled_after}", &word[..9]);
        (format!("{before}{word}{after}"), hit, miss)
    }

    /// A text that a pattern matches.
    fn filled(&mut self, pattern: &str) -> String {
        let mut text = String::new();
        for sign in pattern.chars() {
            match sign {
                '*' => match self.random.below(3) {
                    0 => {}
                    1 => text.push_str(&self.word()),
                    _ => text.push_str("a b\\c"),
                },
                '?' => text.push(*self.random.pick(&['x', 'É', '7', '😀'])),
                other => text.push(other),
            }
        }
        text
    }
}

fn leaf(text: String, yes: Settled, no: Settled) -> Leaf {
    Leaf { text, yes, no }
}

/// A condition on one field.
fn on(field: &Field, text: String, yes: impl Into<Value>, no: impl Into<Value>) -> Leaf {
    let settled =
        |value: Value| vec![(field.name.clone(), Some(value).filter(|value| !value.is_null()))];
    leaf(text, settled(yes.into()), settled(no.into()))
}

fn upper(text: &str) -> String {
    text.to_ascii_uppercase()
}

fn equals(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("{} == {}", f.shown, m.quoted(&word));
    on(&f, text, word.clone(), upper(&word))
}

fn differs(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let yes = if m.random.below(2) == 0 { Value::Null } else { json!(m.word()) };
    on(&f, format!("{} != \"{word}\"", f.shown), yes, word)
}

fn turned_round(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("\"{word}\" == {}", f.shown), word.clone(), Value::Null)
}

fn pattern(m: &mut Maker) -> Leaf {
    let (f, (pattern, hit, miss)) = (m.text(), m.wildcard());
    let text = format!("{} : {}", f.shown, m.quoted(&pattern));
    on(&f, text, upper(&hit), miss)
}

fn patterns(m: &mut Maker) -> Leaf {
    let count = 2 + m.random.below(8);
    pattern_list(m, count)
}

fn many_patterns(m: &mut Maker) -> Leaf {
    let count = 150 + m.random.below(200);
    pattern_list(m, count)
}

fn pattern_list(m: &mut Maker, count: usize) -> Leaf {
    let f = m.text();
    let all: Vec<_> = (0..count).map(|_| m.wildcard()).collect();
    let patterns: Vec<String> = all.iter().map(|(pattern, ..)| pattern.clone()).collect();
    let text = format!("{} : ({})", f.shown, m.list(&patterns));
    let (_, hit, miss) = m.random.pick(&all).clone();
    on(&f, text, upper(&hit), miss)
}

fn like(m: &mut Maker) -> Leaf {
    let (f, (pattern, hit, _)) = (m.text(), m.wildcard());
    let text = format!("{} like {}", f.shown, m.quoted(&pattern));
    let miss = upper(&hit);
    on(&f, text, hit, miss)
}

fn like_any_case(m: &mut Maker) -> Leaf {
    let f = m.text();
    let all = [m.wildcard(), m.wildcard(), m.wildcard()];
    let text = format!("{} like~ ({})", f.shown, m.list(&all.clone().map(|(pattern, ..)| pattern)));
    on(&f, text, upper(&all[1].1), all[2].2.clone())
}

fn is_one_of(m: &mut Maker) -> Leaf {
    let count = 1 + m.random.below(8);
    value_list(m, count)
}

fn many_values(m: &mut Maker) -> Leaf {
    let count = 150 + m.random.below(200);
    value_list(m, count)
}

fn value_list(m: &mut Maker, count: usize) -> Leaf {
    let (f, words) = (m.text(), m.words(count));
    let text = format!("{} in ({})", f.shown, m.list(&words));
    let word = m.random.pick(&words).clone();
    on(&f, text, word.clone(), upper(&word))
}

fn is_none_of(m: &mut Maker) -> Leaf {
    let (f, words) = (m.text(), m.words(5));
    let text = format!("{} not in ({})", f.shown, m.list(&words));
    on(&f, text, upper(&words[0]), words[0].clone())
}

fn one_of_any_case(m: &mut Maker) -> Leaf {
    let (f, words) = (m.text(), m.words(6));
    let text = format!("{} in~ ({}, \"star*\")", f.shown, m.list(&words));
    // No wildcard: the star is a star.
    on(&f, text, upper(&words[2]), "starfish")
}

fn regex(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("{} regex \"{word}[0-9]{{2,4}}\"", f.shown);
    on(&f, text, format!("{word}123"), format!("{word}1"))
}

fn regex_any_case(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("{} regex~ \"\"\".*\\\\{word}\\.(exe|dll)\"\"\"", f.shown);
    on(&f, text, upper(&format!("c:\\x\\{word}.dll")), format!("c:\\x\\{word}xdll"))
}

fn regexes(m: &mut Maker) -> Leaf {
    let (f, words) = (m.text(), m.words(4));
    let text = format!(
        "{} regex~ (\"{}[a-c]+\", \"{}-?\", \".{{2,3}}{}@\", \"{}[^x]\")",
        f.shown, words[0], words[1], words[2], words[3]
    );
    let (yes, no) = match m.random.below(4) {
        0 => (format!("{}ABC", words[0]), format!("{}abd", words[0])),
        1 => (words[1].clone(), format!("{}--", words[1])),
        2 => (format!("xy{}anything", words[2]), format!("x{}anything", words[2])),
        _ => (format!("{}y", words[3]), format!("{}x", words[3])),
    };
    on(&f, text, yes, no)
}

fn regex_complement(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("{} regex \"~({word}.*)\"", f.shown), format!("x{word}"), format!("{word}x"))
}

fn regex_interval(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(
        &f,
        format!("{} regex \"{word}<10-99>\"", f.shown),
        format!("{word}42"),
        format!("{word}100"),
    )
}

fn regex_quoted(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("{} regex \"\\\"{word}.*\\\"x?\"", f.shown);
    on(&f, text, format!("{word}.*x"), format!("{word}abx"))
}

fn longer(m: &mut Maker) -> Leaf {
    let (f, length) = (m.text(), m.random.below(300));
    let text = format!("length({}) > {length}", f.shown);
    on(
        &f,
        text,
        "x".repeat(length + 1),
        if length == 0 { Value::Null } else { json!("x".repeat(length)) },
    )
}

fn longer_emoji(m: &mut Maker) -> Leaf {
    let f = m.text();
    on(&f, format!("length({}) >= 5", f.shown), "😀😀é", "😀😀")
}

fn contains(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("stringContains({}, \"{word}\")", f.shown);
    on(&f, text, format!("a {word} b"), format!("a {} b", upper(&word)))
}

fn contains_any_case(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("stringcontains~({}, \"{}\")", f.shown, upper(&word));
    on(&f, text, format!("a{word}"), word[1..].to_owned())
}

fn starts(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("startsWith({}, \"{word}\")", f.shown), format!("{word}!"), format!("!{word}"))
}

fn starts_any_case(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("startswith~({}, \"{word}\")", f.shown);
    on(&f, text, upper(&word), word[..9].to_owned())
}

fn ends(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(
        &f,
        format!("endswith({}, \"{word}.exe\")", f.shown),
        format!("\\{word}.exe"),
        format!("{word}.EXE"),
    )
}

fn ends_any_case(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("endsWith~({}, \"{word}\")", f.shown), upper(&word), format!("{word} "))
}

fn between(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("between({}, \"(\", \")\") == \"{word}\"", f.shown);
    on(&f, text, format!("x({word})y)"), format!("({word}y)"))
}

fn between_greedy(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("between({}, \"<\", \">\", true) : \"*{word}>v\"", f.shown);
    on(&f, text, format!("a<{}>v>b", upper(&word)), format!("a<{word}>v"))
}

fn index(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("indexOf({}, \"-\") == 10", f.shown), format!("{word}-x-"), format!("x{word}-"))
}

fn index_from(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(
        &f,
        format!("indexOf({}, \".\", 11) == 12", f.shown),
        format!("{word}.a."),
        format!("{word}..a"),
    )
}

fn index_missing(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("indexOf~({}, \"{word}\") == null", f.shown), word[1..].to_owned(), upper(&word))
}

fn in_block(m: &mut Maker) -> Leaf {
    let (f, part) = (m.field(ADDRESS), m.random.below(256));
    let text = format!("cidrMatch({}, \"10.{part}.0.0/16\", \"192.0.2.0/24\")", f.shown);
    on(&f, text, format!("10.{part}.255.1"), format!("11.{part}.255.1"))
}

fn in_block_of_six(m: &mut Maker) -> Leaf {
    let f = m.field(ADDRESS);
    let text = format!("cidrmatch({}, \"::1\", \"FE80::/10\", \"2001:db8::/32\")", f.shown);
    on(&f, text, "febf::1", "fec0::1")
}

fn in_many_blocks(m: &mut Maker) -> Leaf {
    let f = m.field(ADDRESS);
    let blocks: Vec<String> = BLOCKS.iter().map(|block| (*block).to_owned()).collect();
    let text = format!("cidrmatch({}, {})", f.shown, m.list(&blocks));
    let yes = *m.random.pick(&[
        "10.1.2.3",
        "172.31.255.255",
        "255.255.255.255",
        "ff02::1",
        "::1",
        "198.19.0.1",
    ]);
    on(&f, text, yes, *m.random.pick(&["8.8.8.8", "172.32.0.0", "2606:4700::1111"]))
}

const BLOCKS: &[&str] = &[
    "10.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.168.0.0/16",
    "192.88.99.0/24",
    "224.0.0.0/4",
    "100.64.0.0/10",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::1",
    "FE80::/10",
    "FF00::/8",
];

fn is_address(m: &mut Maker) -> Leaf {
    let f = m.field(ADDRESS);
    let text = format!("{} != \"127.0.0.1\"", f.shown);
    on(&f, text, json!(["127.0.0.2", "::1"]), json!(["127.0.0.2", "127.0.0.1"]))
}

fn joined(m: &mut Maker) -> Leaf {
    let (f, g, words) = (m.text(), m.text(), m.words(2));
    let text = format!("concat({}, \":\", {}) == \"{}:{}\"", f.shown, g.shown, words[0], words[1]);
    leaf(
        text,
        vec![(f.name.clone(), Some(json!(words[0]))), (g.name.clone(), Some(json!(words[1])))],
        vec![(f.name, Some(json!(words[0]))), (g.name, None)],
    )
}

fn joined_with_number(m: &mut Maker) -> Leaf {
    let (f, n, word) = (m.text(), m.field(LONG), m.word());
    let text = format!("concat({}, \"/\", {}) == \"{word}/22\"", f.shown, n.shown);
    leaf(
        text,
        vec![(f.name.clone(), Some(json!(word))), (n.name.clone(), Some(json!(22)))],
        vec![(f.name, Some(json!(word))), (n.name, Some(json!(23)))],
    )
}

fn end_of_text(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("substring({}, -4) == \".exe\"", f.shown);
    on(&f, text, format!("{word}.exe"), format!("{word}.exe "))
}

fn part_of_text(m: &mut Maker) -> Leaf {
    let f = m.text();
    on(&f, format!("substring({}, 2, 5) : (\"AB?\", \"xyz\")", f.shown), "__abc__", "_abc___")
}

fn number_of_text(m: &mut Maker) -> Leaf {
    let f = m.text();
    on(&f, format!("number({}) >= 1000", f.shown), "1000", "999.5")
}

fn number_in_base(m: &mut Maker) -> Leaf {
    let f = m.text();
    on(&f, format!("number({}, 16) == 255", f.shown), *m.random.pick(&["ff", "0xFF"]), "fe")
}

fn remainder(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    let text = match m.random.below(2) {
        0 => format!("{} % 4 == 3", f.shown),
        _ => format!("modulo({}, 4) == 3", f.shown),
    };
    on(&f, text, 4_099, 4_100)
}

fn sum(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    on(&f, format!("{} + 2 * 3 > 10", f.shown), 5, 4)
}

fn difference(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    on(&f, format!("-{} - 1 <= -100", f.shown), 99, 98)
}

fn product(m: &mut Maker) -> Leaf {
    let (f, g) = (m.field(LONG), m.field(LONG));
    leaf(
        format!("{} * {} == 42", f.shown, g.shown),
        vec![(f.name.clone(), Some(json!(6))), (g.name.clone(), Some(json!(7)))],
        vec![(f.name, Some(json!(6))), (g.name, Some(json!([8, 9])))],
    )
}

fn quotient(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    on(&f, format!("{} / 2 == 3", f.shown), 7, 8)
}

fn arithmetic_functions(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    let text = format!("add(multiply({}, 2), subtract(3, 1)) == divide(84, 2)", f.shown);
    on(&f, text, 20, 21)
}

fn is_null(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("{} == null", f.shown), Value::Null, word)
}

fn is_not_null(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    on(&f, format!("{} != null", f.shown), 0, Value::Null)
}

fn exists(m: &mut Maker) -> Leaf {
    let f = m.text();
    on(&f, format!("{} : \"?*\"", f.shown), "x", "")
}

fn flag(m: &mut Maker) -> Leaf {
    let f = m.field(FLAG);
    on(&f, f.shown.clone(), true, false)
}

fn flag_true(m: &mut Maker) -> Leaf {
    let f = m.field(FLAG);
    on(&f, format!("{} == true", f.shown), true, Value::Null)
}

fn flag_false(m: &mut Maker) -> Leaf {
    let f = m.field(FLAG);
    on(&f, format!("{} == false", f.shown), false, Value::Null)
}

fn flag_not_true(m: &mut Maker) -> Leaf {
    let f = m.field(FLAG);
    let yes = if m.random.below(2) == 0 { Value::Null } else { json!(false) };
    on(&f, format!("{} != true", f.shown), yes, true)
}

fn number(m: &mut Maker) -> Leaf {
    let (f, bound) = (m.field(LONG), 1 + m.random.below(60_000) as i64);
    let (sign, yes, no) = *m.random.pick(&[
        ("==", 0, 1),
        ("!=", 1, 0),
        ("<", -1, 0),
        ("<=", 0, 1),
        (">", 1, 0),
        (">=", 0, -1),
    ]);
    on(&f, format!("{} {sign} {bound}", f.shown), bound + yes, bound + no)
}

fn number_turned_round(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    on(&f, format!("49152 <= {}", f.shown), 49_152, 49_151)
}

fn number_in_list(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    let text = format!("{} in (1883, 8883, 5222, 5672, 61613)", f.shown);
    on(&f, text, 5_672, json!([5_673, 1_884]))
}

fn number_range(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    on(&f, format!("({0} >= 1024 and {0} < 49152)", f.shown), 1_024, 49_152)
}

fn fraction(m: &mut Maker) -> Leaf {
    let f = m.field(&[
        "host.cpu.usage",
        "event.risk_score",
        "event.risk_score_norm",
        "?dll.Ext.entropy",
    ]);
    on(&f, format!("{} > 6.5e-1", f.shown), 0.66, 0.65)
}

fn arguments(m: &mut Maker) -> Leaf {
    let (f, word) = (m.field(LIST), m.word());
    let text = format!("{} : (\"-enc*\", \"/{word}\", \"--{word}=*\")", f.shown);
    on(
        &f,
        text,
        json!(["powershell.exe", format!("--{}=1", upper(&word))]),
        json!(["powershell.exe", "-e", word]),
    )
}

fn two_arguments(m: &mut Maker) -> Leaf {
    let (f, words) = (m.field(LIST), m.words(2));
    let text = format!("({0} == \"{1}\" and {0} == \"{2}\")", f.shown, words[0], words[1]);
    on(&f, text, json!([words[1], "x", words[0]]), json!([words[1], "x"]))
}

fn no_argument(m: &mut Maker) -> Leaf {
    let (f, word) = (m.field(LIST), m.word());
    on(&f, format!("{} != \"{word}\"", f.shown), json!([upper(&word), "x"]), json!(["x", word]))
}

fn raw_text(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!(r#"{} == """C:\new\{word} "quoted" \u{{41}}""""#, f.shown);
    on(
        &f,
        text,
        format!(r#"C:\new\{word} "quoted" \u{{41}}"#),
        format!("C:\new\\{word} \"quoted\" A"),
    )
}

fn escaped_text(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!(r#"{} == "a\t\"{word}\" \\ \'\u{{e9}}\u{{1F600}}""#, f.shown);
    on(&f, text, format!("a\t\"{word}\" \\ 'é😀"), format!("a\\t\"{word}\" \\ 'é😀"))
}

fn text_of_number(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    on(&f, format!("string({}) : \"47*\"", f.shown), 4_711, 5_711)
}

fn moment(m: &mut Maker) -> Leaf {
    let f = m.field(DATE);
    let text = format!("{} >= \"2026-03-02T10:00:00.000Z\"", f.shown);
    on(&f, text, "2026-03-02T10:00:00.000Z", "2026-03-02T09:59:59.999Z")
}

fn old_wildcard(m: &mut Maker) -> Leaf {
    let (f, one, other) = (m.text(), m.wildcard(), m.wildcard());
    let patterns = m.list(&[one.0, other.0]);
    on(&f, format!("wildcard~({}, {patterns})", f.shown), upper(&one.1), other.2)
}

fn condition_false(m: &mut Maker) -> Leaf {
    let f = m.field(LONG);
    let yes = if m.random.below(2) == 0 { Value::Null } else { json!(1) };
    on(&f, format!("({} > 1) == false", f.shown), yes, 2)
}

fn one_in_another(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    let text = format!("length(between(concat({}, \"|\"), \"{word}\", \"|\")) == 3", f.shown);
    on(&f, text, format!("{word}abc"), format!("{word}abcd"))
}

fn two_fields(m: &mut Maker) -> Leaf {
    let (f, g, word) = (m.text(), m.text(), m.word());
    leaf(
        format!("endswith~({}, {})", f.shown, g.shown),
        vec![
            (f.name.clone(), Some(json!(format!("/bin/{word}")))),
            (g.name.clone(), Some(json!(upper(&word)))),
        ],
        vec![
            (f.name, Some(json!(format!("/bin/{word}")))),
            (g.name, Some(json!(format!("{word}x")))),
        ],
    )
}

fn text_order(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("{} < \"{word}\"", f.shown), upper(&word), word)
}

fn null_in_list(m: &mut Maker) -> Leaf {
    let (f, word) = (m.text(), m.word());
    on(&f, format!("{} in (\"{word}\", null)", f.shown), word, Value::Null)
}

fn event_type(m: &mut Maker) -> Leaf {
    let f = m.field(&["event.type"]);
    let text = format!("{} in (\"start\", \"process_started\")", f.shown);
    on(&f, text, json!(["info", "start"]), json!(["end", "info"]))
}

fn count_of_arguments(m: &mut Maker) -> Leaf {
    let f = m.field(&["process.args_count", "process.parent.args_count"]);
    on(&f, format!("{} == 1", f.shown), 1, 2)
}
