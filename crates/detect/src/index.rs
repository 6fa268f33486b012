//! The candidate index: which conditions could be true of an event.
//!
//! It may name conditions that turn out false, and never leaves out one that is true, or that would fail to compute.
//! Trying every condition is authoritative; `tests/matching` holds the two against each other.
//!
//! Conditions stand in one bucket per event category, so that a network event never meets the guards of process
//! conditions. Inside a bucket each field has its guards' keys in hash tables, and in one automaton for texts that
//! stand inside values.

use std::net::Ipv6Addr;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use brokerwatch_ecs::{Event, Slot, Value};
use hashbrown::HashMap;

use crate::conditions::{Leaf, Tree};
use crate::epoch::Known;
use crate::guard::{self, Guard, Key};
use crate::limits::{CATEGORIES_MAX, MEMOS_MAX, TABLE_TEXT_BYTES_MAX};
use crate::memo::Memo;
use crate::witness::whole;

/// The index of a number of conditions; read-only and shared by all workers.
pub(crate) struct Index {
    conditions: usize,
    category: Option<Slot>,
    by_category: HashMap<Box<str>, usize>,
    buckets: Vec<Bucket>,
    /// Fields with a memory, over all buckets.
    memos: usize,
    /// Most texts of one automaton.
    parts_max: usize,
}

/// The bucket of conditions that take events of any category.
const ANY: usize = 0;

#[derive(Default)]
struct Bucket {
    /// The conditions without a guard.
    always: Vec<u32>,
    fields: Vec<FieldIndex>,
}

/// The keys that one field is searched for, each with the conditions that it makes candidates.
struct FieldIndex {
    slot: Slot,
    texts: HashMap<Box<str>, Vec<u32>>,
    lengths: Lengths,
    longs: HashMap<i64, Vec<u32>>,
    ips: HashMap<Ipv6Addr, Vec<u32>>,
    parts: Option<Parts>,
}

/// Texts that are looked for inside values.
struct Parts {
    automaton: AhoCorasick,
    /// By the number of the text.
    conditions: Vec<Vec<u32>>,
    /// The number of the field's memory, if it has one.
    memo: Option<usize>,
}

/// Which lengths the texts of a table have; most values have none of them. The last bit stands for all long ones.
#[derive(Default, Clone, Copy)]
struct Lengths(u64);

/// What one worker needs to ask the index about events.
pub(crate) struct Probe {
    seen: Known<()>,
    search: Search,
    memos: Vec<Memo>,
    buckets: Vec<usize>,
}

/// The candidates of an event, each once.
struct Found<'f> {
    candidates: &'f mut Vec<u32>,
    seen: &'f mut Known<()>,
}

/// Working memory for the search of one value.
struct Search {
    lower: String,
    conditions: Vec<u32>,
    parts: Known<()>,
}

impl Index {
    /// Indexes conditions; `category` is the slot of the event category, if any condition reads it.
    pub(crate) fn new(trees: &[Tree], leaves: &[Leaf], category: Option<Slot>) -> Index {
        let mut by_category: HashMap<Box<str>, usize> = HashMap::new();
        let mut drafts = vec![Draft::default()];
        for (number, tree) in trees.iter().enumerate() {
            let categories = category
                .and_then(|slot| guard::categories(tree, leaves, slot))
                .filter(|names| names.len() <= CATEGORIES_MAX);
            // Beside the bucket the category says nothing more; without one it may still be part of a guard.
            let guard = guard::best(tree, leaves, category.filter(|_| categories.is_some()));
            let mut places = match categories {
                None => vec![ANY],
                Some(names) => names
                    .into_iter()
                    .map(|name| {
                        *by_category.entry(name.into()).or_insert_with(|| {
                            drafts.push(Draft::default());
                            drafts.len() - 1
                        })
                    })
                    .collect(),
            };
            places.sort_unstable();
            places.dedup();
            for place in places {
                drafts[place].add(number as u32, guard.clone());
            }
        }
        let mut spent = Spent::default();
        let buckets: Vec<Bucket> =
            drafts.into_iter().map(|draft| draft.finish(&mut spent)).collect();
        let parts = buckets
            .iter()
            .flat_map(|bucket| &bucket.fields)
            .filter_map(|field| field.parts.as_ref().map(|parts| parts.conditions.len()));
        let parts_max = parts.max().unwrap_or(0);
        let memos = spent.memos;
        Index { conditions: trees.len(), category, by_category, buckets, memos, parts_max }
    }

    /// Sets `candidates` to the numbers of the conditions that could be true of the event, in ascending order.
    pub(crate) fn candidates(
        &self,
        event: &Event<'_>,
        probe: &mut Probe,
        candidates: &mut Vec<u32>,
    ) {
        let Probe { seen, search, memos, buckets } = probe;
        candidates.clear();
        seen.forget();
        let found = &mut Found { candidates, seen };
        self.choose_buckets(event, &mut search.lower, buckets);
        for &bucket in &*buckets {
            let bucket = &self.buckets[bucket];
            found.add(&bucket.always);
            for field in &bucket.fields {
                for value in event.values(field.slot) {
                    field.look_up(value, search, memos, found);
                }
            }
        }
        found.candidates.sort_unstable();
    }

    fn choose_buckets(&self, event: &Event<'_>, lower: &mut String, buckets: &mut Vec<usize>) {
        buckets.clear();
        buckets.push(ANY);
        let Some(category) = self.category else { return };
        for value in event.values(category) {
            let Some(text) = value.as_str() else { continue };
            if let Some(&bucket) = self.by_category.get(lower_case(text, lower))
                && !buckets.contains(&bucket)
            {
                buckets.push(bucket);
            }
        }
    }
}

impl Probe {
    pub(crate) fn new(index: &Index) -> Probe {
        Probe {
            seen: Known::new(index.conditions),
            search: Search {
                lower: String::new(),
                conditions: Vec::new(),
                parts: Known::new(index.parts_max),
            },
            memos: (0..index.memos).map(|_| Memo::default()).collect(),
            buckets: Vec::new(),
        }
    }
}

impl Found<'_> {
    fn add(&mut self, conditions: &[u32]) {
        for &condition in conditions {
            if self.seen.insert(condition as usize) {
                self.candidates.push(condition);
            }
        }
    }
}

impl FieldIndex {
    fn look_up(
        &self,
        value: &Value<'_>,
        search: &mut Search,
        memos: &mut [Memo],
        found: &mut Found<'_>,
    ) {
        let conditions = match value {
            Value::Keyword(text) | Value::Version(text) => {
                return self.look_up_text(text, search, memos, found);
            }
            Value::Long(number) => self.longs.get(number),
            // A double is equal to a long by value.
            Value::Double(number) => whole(*number).and_then(|number| self.longs.get(&number)),
            Value::Ip(address) => self.ips.get(address),
            Value::Boolean(_) | Value::Date(_) => None,
        };
        found.add(conditions.map_or(&[], Vec::as_slice));
    }

    fn look_up_text(
        &self,
        text: &str,
        search: &mut Search,
        memos: &mut [Memo],
        found: &mut Found<'_>,
    ) {
        let Some(parts) = &self.parts else {
            if self.lengths.has(text.len()) {
                let known = self.texts.get(lower_case(text, &mut search.lower));
                found.add(known.map_or(&[], Vec::as_slice));
            }
            return;
        };
        let ticket = match parts.memo.map(|memo| memos[memo].look_up(text)) {
            Some(Ok(known)) => return found.add(known),
            Some(Err(ticket)) => ticket,
            None => None,
        };
        self.search(parts, text, search);
        found.add(&search.conditions);
        if let (Some(memo), Some(ticket)) = (parts.memo, ticket) {
            memos[memo].remember(&ticket, text, &search.conditions);
        }
    }

    /// Collects the conditions of the whole text and of each text inside it.
    fn search(&self, parts: &Parts, text: &str, search: &mut Search) {
        search.conditions.clear();
        search.parts.forget();
        let lower = lower_case(text, &mut search.lower);
        if let Some(known) = self.texts.get(lower) {
            search.conditions.extend_from_slice(known);
        }
        for hit in parts.automaton.find_overlapping_iter(lower) {
            let number = hit.pattern().as_usize();
            if search.parts.insert(number) {
                search.conditions.extend_from_slice(&parts.conditions[number]);
            }
        }
    }
}

impl Lengths {
    fn bit(bytes: usize) -> u64 {
        1 << bytes.min(63)
    }

    fn has(self, bytes: usize) -> bool {
        self.0 & Lengths::bit(bytes) != 0
    }
}

/// The text with ASCII letters in lower case, as keys are.
fn lower_case<'b>(text: &str, buffer: &'b mut String) -> &'b str {
    buffer.clear();
    buffer.push_str(text);
    buffer.make_ascii_lowercase();
    buffer
}

/// A bucket while conditions are added.
#[derive(Default)]
struct Draft {
    always: Vec<u32>,
    fields: Vec<FieldDraft>,
    places: HashMap<Slot, usize>,
}

/// What the fields of an index have taken so far of what is bounded for all together.
#[derive(Default)]
struct Spent {
    memos: usize,
    table_bytes: usize,
}

/// The keys of one field in the order in which they came, each once: the index must not depend on a hash seed.
struct FieldDraft {
    slot: Slot,
    keys: Vec<(Key, Vec<u32>)>,
    places: HashMap<Key, usize>,
}

impl Draft {
    fn add(&mut self, condition: u32, guard: Option<Guard>) {
        let Some(guard) = guard else {
            self.always.push(condition);
            return;
        };
        for (slot, key) in guard.keys {
            let place = *self.places.entry(slot).or_insert_with(|| {
                self.fields.push(FieldDraft { slot, keys: Vec::new(), places: HashMap::new() });
                self.fields.len() - 1
            });
            self.fields[place].add(key, condition);
        }
    }

    fn finish(mut self, spent: &mut Spent) -> Bucket {
        let mut fields = Vec::with_capacity(self.fields.len());
        for draft in self.fields {
            fields.push(draft.finish(spent, &mut self.always));
        }
        self.always.sort_unstable();
        self.always.dedup();
        Bucket { always: self.always, fields }
    }
}

impl FieldDraft {
    fn add(&mut self, key: Key, condition: u32) {
        let place = *self.places.entry(key).or_insert_with_key(|key| {
            self.keys.push((key.clone(), Vec::new()));
            self.keys.len() - 1
        });
        let conditions = &mut self.keys[place].1;
        // Conditions come in order, so a repeat is the last one.
        if conditions.last() != Some(&condition) {
            conditions.push(condition);
        }
    }

    /// Conditions whose texts no automaton could be built over go to `always`.
    fn finish(self, spent: &mut Spent, always: &mut Vec<u32>) -> FieldIndex {
        let mut field = FieldIndex {
            slot: self.slot,
            texts: HashMap::new(),
            lengths: Lengths::default(),
            longs: HashMap::new(),
            ips: HashMap::new(),
            parts: None,
        };
        let mut parts: Vec<(Box<str>, Vec<u32>)> = Vec::new();
        for (key, conditions) in self.keys {
            match key {
                Key::Text(text) => {
                    field.lengths.0 |= Lengths::bit(text.len());
                    field.texts.insert(text, conditions);
                }
                Key::Part(text) => parts.push((text, conditions)),
                Key::Long(number) => {
                    field.longs.insert(number, conditions);
                }
                Key::Ip(address) => {
                    field.ips.insert(address, conditions);
                }
            }
        }
        if parts.is_empty() {
            return field;
        }
        let (texts, conditions): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        match spent.automaton(&texts) {
            Some(automaton) => {
                field.parts = Some(Parts { automaton, conditions, memo: spent.memo() });
            }
            None => always.extend(conditions.concat()),
        }
        field
    }
}

impl Spent {
    fn memo(&mut self) -> Option<usize> {
        let memo = self.memos;
        self.memos = (memo + 1).min(MEMOS_MAX);
        (memo < MEMOS_MAX).then_some(memo)
    }

    fn automaton(&mut self, texts: &[Box<str>]) -> Option<AhoCorasick> {
        let bytes: usize = texts.iter().map(|text| text.len()).sum();
        let kind = if self.table_bytes + bytes <= TABLE_TEXT_BYTES_MAX {
            self.table_bytes += bytes;
            AhoCorasickKind::DFA
        } else {
            AhoCorasickKind::ContiguousNFA
        };
        AhoCorasick::builder().kind(Some(kind)).build(texts.iter().map(|text| text.as_bytes())).ok()
    }
}
