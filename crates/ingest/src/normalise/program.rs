//! A mapping compiled for the fields that a run wants: which source fields to read, and what to do with them.

use std::collections::{BTreeMap, BTreeSet};

use brokerwatch_ecs::{
    Event, FieldMapping, Mapped, Projection, Schema, Slot, Type, Value, date, number,
};
use bumpalo::Bump;
use hashbrown::HashMap;

use super::conversions::{Computation, Conversion, INPUTS_MAX};
use super::mapping::{Kind, Mapping, Origin, Statement, Test};
use super::pairs;

/// A compiled mapping.
#[derive(Debug)]
pub struct Program {
    source: Projection,
    unset: Unset,
    /// The distinct conditions of all steps: many steps share some, and each is decided once for an event.
    conditions: Vec<(Slot, Test)>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    to: Slot,
    ty: Type,
    /// The field is a port, and so a number of 16 bits.
    is_port: bool,
    append: bool,
    /// Indices of the conditions that must hold.
    when: Vec<usize>,
    action: Action,
}

#[derive(Debug)]
enum Action {
    Constants(Vec<String>),
    First {
        from: Vec<Slot>,
        change: Change,
    },
    Computed {
        from: Vec<Slot>,
        compute: &'static Computation,
        change: Change,
    },
    /// All that stands below a prefix, as pairs of a name and a value.
    Pairs {
        from: Slot,
        except: BTreeSet<String>,
    },
}

/// Texts that mean that a field is not set. Every value is asked about, and nearly none is one of them: their lengths
/// alone tell most apart.
#[derive(Debug)]
struct Unset {
    /// A bit for each length, the last for all that are longer.
    lengths: u64,
    texts: Vec<String>,
}

impl Unset {
    fn new(texts: &BTreeSet<String>) -> Unset {
        let lengths = texts.iter().fold(0, |lengths, text| lengths | Unset::bit(text));
        Unset { lengths, texts: texts.iter().cloned().collect() }
    }

    fn bit(text: &str) -> u64 {
        1 << text.len().min(63)
    }

    #[inline]
    fn holds(&self, text: &str) -> bool {
        self.lengths & Unset::bit(text) != 0 && self.texts.iter().any(|unset| unset == text)
    }
}

/// What is done with each value on its way.
#[derive(Debug)]
struct Change {
    convert: Vec<&'static Conversion>,
    table: Option<Table>,
}

/// What texts become.
#[derive(Debug)]
struct Table {
    /// By what they are in lower case.
    texts: HashMap<String, String>,
    /// Of the longest text, in bytes.
    longest_bytes: usize,
    /// What every other text becomes.
    other: Option<String>,
}

impl Program {
    /// Compiles the statements that fill fields of `target`; the others are left out.
    pub fn new(mapping: &Mapping, kind: Kind, target: &Projection) -> Program {
        let mut compiler = Compiler::default();
        // A field may be wanted twice, by two languages that read it as two types: under its name, and at its path.
        let mut places: HashMap<&str, Vec<Slot>> = HashMap::new();
        for (slot, field) in target.fields() {
            places.entry(&field.name).or_default().push(slot);
            if field.path != field.name {
                places.entry(&field.path).or_default().push(slot);
            }
        }
        for statement in &mapping.statements {
            if statement.kind.is_some_and(|own| own != kind) {
                continue;
            }
            if let Origin::Below { from, except } = &statement.origin {
                compiler.below(statement, from, except, target);
            } else {
                for to in places.get(statement.to.as_str()).into_iter().flatten() {
                    compiler.step(*to, statement, &statement.origin, target);
                }
            }
        }
        compiler.give_types(mapping, target);
        let Compiler { source, conditions, steps } = compiler;
        Program { source, unset: Unset::new(&mapping.unset), conditions, steps }
    }

    /// The source fields that have to be read. All are text as the source wrote it, so that a number keeps its digits
    /// until the field that it becomes says what it is.
    pub fn source(&self) -> &Projection {
        &self.source
    }

    /// Fills `event` from the fields of a source record. Gives how many values did not fit their field.
    pub fn run<'c>(&self, fields: &Event<'c>, arena: &'c Bump, event: &mut Event<'c>) -> u32 {
        let mut ill_typed = 0;
        let mut values = Vec::new();
        let decided = arena.alloc_slice_fill_copy(self.conditions.len(), None);
        for step in &self.steps {
            if !step.append && !event.values(step.to).is_empty() {
                continue;
            }
            let holds = |&index: &usize| {
                let (slot, test) = &self.conditions[index];
                *decided[index].get_or_insert_with(|| self.holds(fields, *slot, test))
            };
            if !step.when.iter().all(holds) {
                continue;
            }
            if let Action::First { from, change } = &step.action
                && change.is_nothing()
            {
                // Most steps: nothing is computed, so nothing needs to be kept until it is.
                let from = from.iter().find(|slot| self.first(fields, **slot).is_some());
                for value in from.map(|slot| fields.values(*slot)).unwrap_or_default() {
                    if self.is_set(value) {
                        ill_typed += step.put(*value, arena, event);
                    }
                }
                continue;
            }
            values.clear();
            self.act(&step.action, fields, arena, &mut values);
            for value in &values {
                ill_typed += step.put(*value, arena, event);
            }
        }
        ill_typed
    }

    fn act<'c>(
        &self,
        action: &Action,
        fields: &Event<'c>,
        arena: &'c Bump,
        out: &mut Vec<Value<'c>>,
    ) {
        match action {
            Action::Constants(texts) => {
                out.extend(texts.iter().map(|text| Value::Keyword(arena.alloc_str(text))));
            }
            Action::First { from, change } => {
                let Some(slot) = from.iter().find(|slot| self.first(fields, **slot).is_some())
                else {
                    return;
                };
                for value in fields.values(*slot) {
                    if self.is_set(value) {
                        change.run(*value, arena, out);
                    }
                }
            }
            Action::Computed { from, compute, change } => {
                let mut inputs = [None; INPUTS_MAX];
                for (input, slot) in inputs.iter_mut().zip(from) {
                    *input = self.first(fields, *slot);
                }
                let inputs = &inputs[..compute.inputs];
                if change.is_nothing() {
                    return (compute.run)(inputs, arena, out);
                }
                let mut computed = Vec::new();
                (compute.run)(inputs, arena, &mut computed);
                for value in computed {
                    change.run(value, arena, out);
                }
            }
            Action::Pairs { from, except } => {
                for (name, value) in pairs::of(fields.values(*from)) {
                    if self.is_set(&value) && !except.contains(name) {
                        out.extend([Value::Keyword(name), value]);
                    }
                }
            }
        }
    }

    fn holds(&self, fields: &Event<'_>, slot: Slot, test: &Test) -> bool {
        let first = self.first(fields, slot);
        let among = |texts: &[String], value: Value<'_>| match value {
            Value::Keyword(found) => texts.iter().any(|text| text.eq_ignore_ascii_case(found)),
            other => {
                let found = other.to_string();
                texts.iter().any(|text| text.eq_ignore_ascii_case(&found))
            }
        };
        match (test, first) {
            (Test::Present, value) => value.is_some(),
            (Test::Absent, value) => value.is_none(),
            (Test::In(texts), Some(value)) => among(texts, value),
            (Test::In(_), None) => false,
            (Test::NotIn(texts), Some(value)) => !among(texts, value),
            (Test::NotIn(_), None) => true,
        }
    }

    /// The first value of a source field that means something.
    fn first<'c>(&self, fields: &Event<'c>, slot: Slot) -> Option<Value<'c>> {
        fields.values(slot).iter().copied().find(|value| self.is_set(value))
    }

    fn is_set(&self, value: &Value<'_>) -> bool {
        value.as_str().is_none_or(|text| !self.unset.holds(text))
    }
}

impl Step {
    /// Puts a value into the step's field. Gives how many did not fit.
    fn put<'c>(&self, value: Value<'c>, arena: &'c Bump, event: &mut Event<'c>) -> u32 {
        let is_port = |value: &Value<'_>| !self.is_port || is_port(value);
        let Some(value) = fit(value, self.ty, arena).filter(is_port) else { return 1 };
        if !self.append || !event.values(self.to).contains(&value) {
            event.push(self.to, value);
        }
        0
    }
}

impl Change {
    fn new(convert: &[&'static Conversion], table: Option<&BTreeMap<String, String>>) -> Change {
        Change { convert: convert.to_vec(), table: table.map(Table::new) }
    }

    fn is_nothing(&self) -> bool {
        self.convert.is_empty() && self.table.is_none()
    }

    /// Adds what comes of one value.
    fn run<'c>(&self, value: Value<'c>, arena: &'c Bump, out: &mut Vec<Value<'c>>) {
        let before = out.len();
        match &self.convert[..] {
            [] => out.push(value),
            [only] => (only.run)(value, arena, out),
            [first, rest @ ..] => {
                let (mut now, mut next) = (Vec::new(), Vec::new());
                (first.run)(value, arena, &mut now);
                for conversion in rest {
                    for value in now.drain(..) {
                        (conversion.run)(value, arena, &mut next);
                    }
                    std::mem::swap(&mut now, &mut next);
                }
                out.append(&mut now);
            }
        }
        let Some(table) = &self.table else { return };
        let mut kept = before;
        for i in before..out.len() {
            if let Some(text) = table.look_up(out[i], arena) {
                out[kept] = Value::Keyword(arena.alloc_str(text));
                kept += 1;
            }
        }
        out.truncate(kept);
    }
}

impl Table {
    /// The table of a mapping: its keys are in lower case, and `*` is for what has none.
    fn new(table: &BTreeMap<String, String>) -> Table {
        let texts: HashMap<_, _> = table.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        let longest_bytes = table.keys().map(String::len).max().unwrap_or_default();
        Table { texts, longest_bytes, other: table.get("*").cloned() }
    }

    /// What the table has for a value, without regard to ASCII case.
    fn look_up<'c>(&self, value: Value<'c>, arena: &'c Bump) -> Option<&String> {
        let text = value.as_str().unwrap_or_else(|| arena.alloc_str(&value.to_string()));
        let found = if self.longest_bytes < text.len() {
            None
        } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let lower = arena.alloc_str(text);
            lower.make_ascii_lowercase();
            self.texts.get(lower)
        } else {
            self.texts.get(text)
        };
        found.or(self.other.as_ref())
    }
}

/// A program while it grows.
#[derive(Default)]
struct Compiler {
    source: Projection,
    conditions: Vec<(Slot, Test)>,
    steps: Vec<Step>,
}

impl Compiler {
    fn step(&mut self, to: Slot, statement: &Statement, origin: &Origin, target: &Projection) {
        let action = match origin {
            Origin::Constants(texts) => Action::Constants(texts.clone()),
            Origin::First { from, convert, table } => Action::First {
                from: self.want_all(from),
                change: Change::new(convert, table.as_ref()),
            },
            Origin::Computed { from, compute, convert, table } => Action::Computed {
                from: self.want_all(from),
                compute,
                change: Change::new(convert, table.as_ref()),
            },
            Origin::Below { from, except } => {
                Action::Pairs { from: self.want(&pairs::all(from)), except: except.clone() }
            }
        };
        let when = statement.when.iter().map(|test| self.condition(&test.field, &test.test));
        let when = when.collect();
        let field = target.field(to);
        // A port is a number of 16 bits everywhere.
        let is_port = field.name.rsplit('.').next() == Some("port");
        self.steps.push(Step { to, ty: field.ty, is_port, append: statement.append, when, action });
    }

    /// Gives the fields of the source's own the types that the mapping says, where whoever asks for them knows none: a
    /// flag or a number is one then, as it is in a document of the same source.
    fn give_types(&mut self, mapping: &Mapping, target: &Projection) {
        for step in self.steps.iter_mut().filter(|step| step.ty == Type::Dynamic) {
            step.ty = mapping.type_of(&target.field(step.to).name).unwrap_or(Type::Dynamic);
        }
    }

    /// A step for each field of `target` below the prefix that a statement fills.
    fn below(
        &mut self,
        statement: &Statement,
        from: &str,
        except: &BTreeSet<String>,
        target: &Projection,
    ) {
        let prefix = statement.to.trim_end_matches('*');
        for (to, field) in target.fields() {
            let name = field.name.strip_prefix(prefix);
            match name.or_else(|| field.path.strip_prefix(prefix)) {
                Some("*") => self.step(to, statement, &statement.origin, target),
                Some(name) if !except.contains(name) => {
                    let from = vec![format!("{from}{name}")];
                    let origin = Origin::First { from, convert: Vec::new(), table: None };
                    self.step(to, statement, &origin, target);
                }
                _ => {}
            }
        }
    }

    fn condition(&mut self, field: &str, test: &Test) -> usize {
        let condition = (self.want(field), test.clone());
        self.conditions.iter().position(|known| *known == condition).unwrap_or_else(|| {
            self.conditions.push(condition);
            self.conditions.len() - 1
        })
    }

    fn want_all(&mut self, names: &[String]) -> Vec<Slot> {
        names.iter().map(|name| self.want(name)).collect()
    }

    fn want(&mut self, name: &str) -> Slot {
        let mut text = Schema::strict();
        text.declare(name, Mapped::Field(FieldMapping::of(Type::Keyword)));
        self.source.want(name, &text)
    }
}

/// A value as an ECS field of a type holds it; `None` if it is no such value.
fn fit<'c>(value: Value<'c>, ty: Type, arena: &'c Bump) -> Option<Value<'c>> {
    match (value, ty) {
        (Value::Keyword(text), ty) => Value::from_text(text, ty),
        (Value::Ip(_), Type::Ip | Type::Dynamic)
        | (Value::Boolean(_), Type::Boolean | Type::Dynamic)
        | (Value::Long(_), Type::Long | Type::Dynamic)
        | (Value::Double(_), Type::Double | Type::Dynamic)
        | (Value::Date(_), Type::DateNanos | Type::Dynamic) => Some(value),
        (Value::Date(moment), Type::Date) => Some(Value::Date(date::to_millis(moment))),
        (Value::Long(whole), Type::Double) => {
            #[expect(clippy::cast_precision_loss, reason = "a double field holds no more")]
            let double = whole as f64;
            Some(Value::Double(double))
        }
        (Value::Long(millis), Type::Date | Type::DateNanos) => {
            date::from_millis(millis).map(Value::Date)
        }
        (Value::Double(_), Type::Long) => {
            number::long_from_text(&value.to_string()).map(Value::Long)
        }
        (other, Type::Keyword | Type::Version) => {
            Some(Value::Keyword(arena.alloc_str(&other.to_string())))
        }
        _ => None,
    }
}

fn is_port(value: &Value<'_>) -> bool {
    !matches!(value, Value::Long(port) if !(0..=65_535).contains(port))
}
