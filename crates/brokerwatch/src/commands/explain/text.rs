//! An explanation for people: a tree with marks, in colour where colours are shown.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use brokerwatch_detect::explain::sequence::{
    Attempt, Ending, KeyValue, Miss, SequenceExplainer, iso,
};
use brokerwatch_detect::explain::{
    Change, Explanation, FieldReport, FieldState, LeafReport, Node, NodeKind, Place,
};
use brokerwatch_ecs::{Origin, Timestamp};
use brokerwatch_expr::Literal;

use super::sequences::{self, Roles};
use super::{Asked, Explained, Silenced, events};
use crate::commands::alerts::printable;
use crate::commands::input;

const TRUE: Style = AnsiColor::Green.on_default();
const FALSE: Style = AnsiColor::Red.on_default();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const REMARK: Style = AnsiColor::Yellow.on_default();
const CHANGE: Style = AnsiColor::Cyan.on_default().bold();

/// Longest text of a leaf on a line, in characters; JSON has all of it.
const LEAF_CHARS_MAX: usize = 160;

/// Lines, each indented and without control characters.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, indent: usize, style: Style, text: &str) {
        self.marked(indent, style, "", Style::new(), text, "");
    }

    /// A mark, a text, and a remark behind it.
    fn marked(
        &mut self,
        indent: usize,
        mark_style: Style,
        mark: &str,
        style: Style,
        text: &str,
        behind: &str,
    ) {
        let text = printable(text);
        let indent = " ".repeat(indent);
        let out = &mut self.text;
        out.push_str(&indent);
        if mark.is_empty() {
            // Writing to a text cannot fail.
            let _ = write!(out, "{mark_style}{text}{mark_style:#}");
        } else {
            let _ = write!(out, "{mark_style}{mark}{mark_style:#} {style}{text}{style:#}");
        }
        if !behind.is_empty() {
            let _ = write!(out, "  {CHANGE}{behind}{CHANGE:#}");
        }
        out.push('\n');
    }

    fn blank(&mut self) {
        self.text.push('\n');
    }
}

/// The explanations of events.
pub(super) fn events(asked: &Asked, outcome: &events::Outcome) -> String {
    let mut page = Page::default();
    head(&mut page, asked);
    let read = count(outcome.read, "event");
    match outcome.fired {
        Some(0) => page.line(0, Style::new(), &format!("fires on none of {read}")),
        Some(fired) => page.line(0, Style::new(), &format!("fires on {fired} of {read}")),
        None => {}
    }
    match (outcome.why, outcome.explained.len()) {
        ("near", 0) => page.line(0, Style::new(), "there is no event that it does not fire on"),
        ("near", shown) => {
            page.line(
                0,
                Style::new(),
                &format!("the {} that came closest:", count(shown as u64, "event")),
            );
        }
        _ => {}
    }
    for explained in &outcome.explained {
        page.blank();
        event(&mut page, explained);
    }
    page.text
}

fn head(page: &mut Page, asked: &Asked) {
    if let Some(rule) = &asked.rule {
        page.line(0, STRONG, &rule.name);
        page.line(0, FAINT, &format!("{}  {}", rule.id, rule.path));
    }
}

fn event(page: &mut Page, explained: &Explained) {
    let Explained { place, time, explanation, silenced_by } = explained;
    page.line(0, STRONG, &placed(place, *time));
    verdict(page, 0, explanation);
    for Silenced { item, list } in silenced_by {
        let told = format!("no alert: the exception `{item}` of `{list}` holds of it");
        page.line(0, REMARK, &told);
    }
    tree(page, 2, explanation);
}

/// Where an event stands, when it was, and its id.
fn placed(place: &Place, time: Option<Timestamp>) -> String {
    let mut text = at(place);
    if let Some(time) = time {
        let _ = write!(text, "  {}", iso(time));
    }
    text
}

fn at(place: &Place) -> String {
    let origin = Origin { offset_bytes: place.offset_bytes, line: place.line };
    let id = place.id.as_ref().map(|id| format!("  _id {id}")).unwrap_or_default();
    format!("{}{}{id}", place.path, input::place(origin))
}

fn verdict(page: &mut Page, indent: usize, explanation: &Explanation) {
    let all = explanation.leaves.len();
    let to = if explanation.fires { "for it not to" } else { "for it to fire" };
    let change = match &explanation.change {
        Change::Smallest(leaves) => {
            format!(
                "{} of {} would have to change {to}",
                leaves.len(),
                count(all as u64, "condition")
            )
        }
        Change::Approximate(leaves) => format!(
            "at most {} of {} would have to change {to}",
            leaves.len(),
            count(all as u64, "condition")
        ),
        Change::Impossible => "whatever its values are".to_owned(),
        Change::Unknown => {
            "too many conditions stand in several places to say what would have to change"
                .to_owned()
        }
    };
    let (style, what) = if explanation.fires { (TRUE, "fires") } else { (FALSE, "does not fire") };
    page.marked(indent, style, what, Style::new(), &format!("- {change}"), "");
}

fn tree(page: &mut Page, indent: usize, explanation: &Explanation) {
    node(page, indent, &explanation.root, explanation);
}

fn node(page: &mut Page, indent: usize, node: &Node, explanation: &Explanation) {
    let (style, mark) = if node.holds { (TRUE, "✓") } else { (FALSE, "✗") };
    match &node.kind {
        NodeKind::Constant => {
            page.marked(
                indent,
                style,
                mark,
                Style::new(),
                if node.holds { "true" } else { "false" },
                "",
            );
        }
        NodeKind::Leaf(number) => {
            let leaf = &explanation.leaves[*number];
            let behind = match (explanation.change.leaves().contains(number), leaf.holds) {
                (false, _) => "",
                (true, true) => "<- would have to be false",
                (true, false) => "<- would have to be true",
            };
            page.marked(indent, style, mark, Style::new(), &cut(&leaf.text), behind);
            saw(page, indent + 4, leaf);
        }
        NodeKind::Not(part) => {
            page.marked(indent, style, mark, STRONG, "not", "");
            self::node(page, indent + 2, part, explanation);
        }
        NodeKind::And(parts) | NodeKind::Or(parts) => {
            let word = if matches!(node.kind, NodeKind::And(_)) { "and" } else { "or" };
            page.marked(indent, style, mark, STRONG, word, "");
            for part in parts {
                self::node(page, indent + 2, part, explanation);
            }
        }
    }
}

/// The values that a leaf saw, and the remarks on them.
fn saw(page: &mut Page, indent: usize, leaf: &LeafReport) {
    for field in &leaf.fields {
        page.line(indent, FAINT, &format!("{} = {}", field.name, values(field)));
    }
    for part in &leaf.computed {
        let values: Vec<String> = part.values.iter().map(Literal::to_string).collect();
        page.line(indent, FAINT, &format!("{} = {}", part.text, values.join(", ")));
    }
    for remark in &leaf.remarks {
        page.line(indent, REMARK, &format!("! {}", remark.message));
    }
}

fn values(field: &FieldReport) -> String {
    if field.values.is_empty() {
        return match &field.state {
            FieldState::Present | FieldState::Missing | FieldState::Absent => "missing".to_owned(),
            FieldState::IllTyped(_) | FieldState::TooLong(_) => "left out".to_owned(),
        };
    }
    let shown: Vec<String> = field.values.iter().map(Literal::to_string).collect();
    let more = field.count - field.values.len();
    let more = if 0 < more { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LEAF_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// One event under each bracket of a sequence.
pub(super) fn roles(asked: &Asked, sequence: &SequenceExplainer, all: &[Roles]) -> String {
    let mut page = Page::default();
    head(&mut page, asked);
    for (i, roles) in all.iter().enumerate() {
        if 0 < i || asked.rule.is_some() {
            page.blank();
        }
        page.line(0, STRONG, &placed(&roles.place, roles.time));
        for (number, (text, explanation)) in roles.brackets.iter().enumerate() {
            let name = if number < sequence.len() {
                bracket(sequence, number)
            } else {
                format!("until [{text}]")
            };
            let (style, what) =
                if explanation.fires { (TRUE, "meets") } else { (FALSE, "does not meet") };
            page.marked(2, style, what, Style::new(), &cut(&name), "");
            tree(&mut page, 4, explanation);
        }
    }
    page.text
}

/// A bracket with its number, as written.
fn bracket(sequence: &SequenceExplainer, number: usize) -> String {
    let (text, missing, runs) = sequence.bracket(number);
    let (sign, runs) = (
        if missing { "!" } else { "" },
        if 1 < runs { format!(" with runs={runs}") } else { String::new() },
    );
    format!("{}: {sign}[{text}]{runs}", number + 1)
}

/// How far a sequence came.
pub(super) fn sequence(
    asked: &Asked,
    sequence: &SequenceExplainer,
    outcome: &sequences::Outcome,
) -> String {
    let mut page = Page::default();
    head(&mut page, asked);
    let replay = &outcome.replay;
    let began = replay.keys as u64 + u64::from(0 < replay.fired);
    let verdict = match (replay.fired, began) {
        (0, 0) => format!("no sequence began in {}", count(outcome.read, "event")),
        (0, _) => format!(
            "no sequence is complete in {}; {} began one",
            count(outcome.read, "event"),
            count(replay.keys as u64, "key")
        ),
        (fired, _) => format!(
            "{} complete in {}; {} began one and never came to its end",
            count(fired, "sequence"),
            count(outcome.read, "event"),
            count(replay.keys as u64, "key")
        ),
    };
    page.line(0, if 0 < replay.fired { TRUE } else { FALSE }, &verdict);
    for (number, met) in replay.met.iter().enumerate() {
        let mut by = format!("met by {}", count(met.events, "event"));
        if 0 < met.without_key {
            let _ = write!(by, ", {} of them without a key", met.without_key);
        }
        page.line(2, Style::new(), &format!("{}  {by}", cut(&bracket(sequence, number))));
    }
    if 0 < outcome.without_time {
        page.line(
            2,
            REMARK,
            &format!("! {} without a time, left out", count(outcome.without_time, "event")),
        );
    }
    if 0 < replay.left_out {
        page.line(
            2,
            REMARK,
            &format!(
                "! {} of event and key past a bound, left out",
                count(replay.left_out, "pair")
            ),
        );
    }
    let shown = if outcome.shows_complete { &replay.complete } else { &replay.attempts };
    for attempt in shown {
        page.blank();
        self::attempt(&mut page, sequence, attempt);
    }
    if !outcome.openings.is_empty() {
        page.blank();
        page.line(0, Style::new(), "events that came closest to opening one:");
        outcome.openings.iter().for_each(|opening| miss(&mut page, 2, opening));
    }
    page.text
}

fn attempt(page: &mut Page, sequence: &SequenceExplainer, attempt: &Attempt) {
    let came = format!("{} of {}", attempt.events.len(), count(sequence.steps() as u64, "event"));
    let name = if attempt.key.is_empty() { came } else { format!("{}: {came}", key(&attempt.key)) };
    page.line(0, STRONG, &name);
    for (i, (place, number)) in attempt.events.iter().zip(&attempt.brackets).enumerate() {
        let text = match i {
            0 => placed(place, Some(attempt.times.0)),
            _ if i + 1 == attempt.events.len() => placed(place, Some(attempt.times.1)),
            _ => at(place),
        };
        page.marked(2, TRUE, "✓", Style::new(), &format!("[{}] {text}", number + 1), "");
    }
    let next = attempt.next.map(|next| cut(&bracket(sequence, next))).unwrap_or_default();
    let maxspan = sequence.maxspan_ms().map(duration).unwrap_or_default();
    let (style, mark, text) = match &attempt.ending {
        Ending::Complete => (TRUE, "✓", "complete".to_owned()),
        Ending::NoNext => (FALSE, "✗", format!("no event came for {next}")),
        Ending::TooLate { event, elapsed_ms } => (
            FALSE,
            "✗",
            format!(
                "{} came {} after the first event, past maxspan={maxspan}, for {next}",
                at(event),
                duration(u64::try_from(*elapsed_ms).unwrap_or_default())
            ),
        ),
        Ending::Until(event) => {
            (FALSE, "✗", format!("{} met `until`; {next} had not come", at(event)))
        }
        Ending::Missing { event, bracket: number } => (
            FALSE,
            "✗",
            format!("complete, but {} met {}", at(event), cut(&bracket(sequence, *number))),
        ),
        Ending::Replaced(event) => {
            (FALSE, "✗", format!("replaced by a newer candidate at {}", at(event)))
        }
    };
    page.marked(2, style, mark, Style::new(), &text, "");
    if let Some((opened, by)) = &attempt.last_replaced {
        let message = format!(
            "! {} of this key came as far before and gave way to a newer one, the last: opened by {}, replaced by {}",
            count(attempt.replaced, "candidate"),
            at(opened),
            at(by)
        );
        page.line(4, REMARK, &message);
    }
    attempt.misses.iter().for_each(|one| miss(page, 4, one));
}

fn miss(page: &mut Page, indent: usize, miss: &Miss) {
    match miss {
        Miss::OtherKey { event, key: own } => {
            page.line(
                indent,
                REMARK,
                &format!("! {} met it with another key: {}", at(event), key(own)),
            );
        }
        Miss::NoKey { event, field } => {
            page.line(indent, REMARK, &format!("! {} met it, but has no `{field}`", at(event)));
        }
        Miss::Condition { event, missed, explanation } => {
            let by = count(*missed as u64, "condition");
            page.line(indent, Style::new(), &format!("nearest miss: {}, by {by}", at(event)));
            tree(page, indent + 2, explanation);
        }
    }
}

fn key(key: &[(String, Option<KeyValue>)]) -> String {
    let parts: Vec<String> = key
        .iter()
        .map(|(name, value)| match value {
            Some(KeyValue::Text(text)) => {
                format!("{name} = {}", Literal::Keyword(text.as_str().into()))
            }
            Some(number) => format!("{name} = {number}"),
            None => format!("{name} = null"),
        })
        .collect();
    parts.join(", ")
}

/// Milliseconds in the largest unit that tells them whole.
fn duration(millis: u64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let whole = units.into_iter().find(|(unit, _)| 0 < millis && millis.is_multiple_of(*unit));
    match whole {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None => format!("{millis}ms"),
    }
}
