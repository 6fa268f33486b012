//! Which fields a name stands for, and how the values of each are read.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::rc::Rc;

use brokerwatch_ecs::{FIELDS, FieldMapping, Mapped, Type, definition};
use brokerwatch_expr::pattern::{Case, wildcard::Wildcard};
use brokerwatch_expr::{Diagnostic, Expr, Kind, Span};

use super::Lowering;
use super::test::shown;
use crate::ast::{Language, Piece, Term, Test};
use crate::codes;
use crate::limits::{FIELDS_PER_PATTERN_MAX, NAMES_CHECKED_MAX};

/// The fields that a name stands for.
#[derive(Debug)]
pub(super) enum Fields {
    /// None; that was reported.
    None,
    /// One, which has to take the test.
    One(Target),
    /// Those that match a pattern, of which any may take the test.
    Many(Vec<Target>),
}

/// What a name is looked up by: the nested field it is in, its pieces, and whether an object may answer for its parts.
pub(super) type Key = (Option<String>, Option<Vec<Piece>>, bool);

/// A field, and how it is read.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) reading: Reading,
}

/// How the values of a field are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Whole, as values of a type.
    Typed(Type),
    /// By their words.
    Text,
}

impl Target {
    pub(super) fn field(&self, span: Span) -> Expr {
        let ty = match self.reading {
            Reading::Typed(ty) => ty,
            // The values of a text field are texts whatever its declaration is.
            Reading::Text => Type::Dynamic,
        };
        Expr { kind: Kind::Field(self.name.clone()), ty, span }
    }
}

impl Lowering<'_> {
    /// The fields of a test. Each name is looked up once: a list of values has as many tests, and what is wrong with the
    /// name is told at the first of them.
    pub(super) fn fields(&mut self, term: Option<&Term>, test: &Test, span: Span) -> Rc<Fields> {
        if term.is_none() && (self.options.default_fields.is_empty() || self.nested.is_some()) {
            self.errors.push(no_field(self.language, test, span));
            return Rc::new(Fields::None);
        }
        let path = self.nested.clone();
        let key = (path, term.map(|term| term.pieces.clone()), *test == Test::Exists);
        if let Some(known) = self.known_fields.get(&key) {
            return Rc::clone(known);
        }
        let fields = Rc::new(match term {
            Some(term) => self.look_up(term, test),
            None => self.default_fields(test, span),
        });
        self.known_fields.insert(key, Rc::clone(&fields));
        fields
    }

    fn look_up(&mut self, term: &Term, test: &Test) -> Fields {
        match term.plain() {
            Some(name) => self.named(&self.full_name(name), term.span, test),
            None => self.matching(term),
        }
    }

    /// The fields of a value that names none.
    fn default_fields(&mut self, test: &Test, span: Span) -> Fields {
        let options = self.options;
        let mut targets = Vec::new();
        for name in &options.default_fields {
            match self.look_up(&Term::name(name, span), test) {
                Fields::None => {}
                Fields::One(target) => targets.push(target),
                Fields::Many(many) => targets.extend(many),
            }
        }
        Fields::Many(targets)
    }

    /// The name inside the nested field that is open.
    fn full_name(&self, name: &str) -> String {
        match &self.nested {
            Some(path) => format!("{path}.{name}"),
            None => name.to_owned(),
        }
    }

    fn named(&mut self, name: &str, span: Span, test: &Test) -> Fields {
        match self.schema.lookup(name) {
            Mapped::Field(mapping) => {
                let unknown = mapping.ty == Type::Dynamic && !self.is_declared(name);
                if unknown && *test == Test::Exists {
                    let parts = self.parts(name);
                    if !parts.is_empty() {
                        return self.bounded(parts, name, span);
                    }
                }
                if unknown && self.nested.is_none() {
                    self.warn_if_misspelt(name, span);
                }
                Fields::One(self.target(name, &mapping))
            }
            Mapped::Unsupported(ty) if ty == "text" => {
                Fields::One(Target { name: name.to_owned(), reading: Reading::Text })
            }
            Mapped::Unsupported(ty) if ty == "nested" && self.nested.is_some() => {
                let reading = Reading::Typed(Type::Dynamic);
                Fields::One(Target { name: name.to_owned(), reading })
            }
            Mapped::Unsupported(ty) => {
                self.errors.push(unsupported(name, &ty, span));
                Fields::None
            }
            Mapped::Ambiguous(types) => {
                let message = format!("`{}` has different types: {types}", shown(name));
                let help = "search the sources one by one, or give them mappings that agree";
                self.errors
                    .push(Diagnostic::error(codes::AMBIGUOUS_FIELD, span, message).help(help));
                Fields::None
            }
            Mapped::Unknown => self.unknown(name, span, test),
        }
    }

    /// A name that a strict schema lacks: an object whose parts it has, a field inside nested objects, or one without values.
    fn unknown(&mut self, name: &str, span: Span, test: &Test) -> Fields {
        if *test == Test::Exists {
            let parts = self.parts(name);
            if !parts.is_empty() {
                return self.bounded(parts, name, span);
            }
        }
        if self.nested.is_some() {
            let reading = Reading::Typed(Type::Dynamic);
            return Fields::One(Target { name: name.to_owned(), reading });
        }
        if self.warned.insert(name.to_owned()) {
            let checked = self.warned.len() <= NAMES_CHECKED_MAX;
            let near = if checked { self.schema.similar(name) } else { Vec::new() };
            let message = match near.first() {
                Some(near) => format!("unknown field `{}`, did you mean `{near}`?", shown(name)),
                None => format!("unknown field `{}`", shown(name)),
            };
            let help = "no mapping has this field, so that no document has a value in it";
            self.warnings.push(Diagnostic::warning(codes::UNKNOWN_FIELD, span, message).help(help));
        }
        Fields::None
    }

    /// An open schema takes any name; one that is a slip away from an ECS name deserves a word.
    fn warn_if_misspelt(&mut self, name: &str, span: Span) {
        if NAMES_CHECKED_MAX <= self.warned.len() || !self.warned.insert(name.to_owned()) {
            return;
        }
        if let Some(near) = self.schema.similar(name).first() {
            let message = format!("unknown field `{}`, did you mean `{near}`?", shown(name));
            let help = "ECS has no such field; documents that lack it have no value in it";
            self.warnings.push(Diagnostic::warning(codes::UNKNOWN_FIELD, span, message).help(help));
        }
    }

    /// The known fields whose names a pattern matches.
    fn matching(&mut self, term: &Term) -> Fields {
        let mut pattern = self.full_name("");
        for piece in &term.pieces {
            match piece {
                Piece::Text(text) => pattern.push_str(text),
                Piece::Any => pattern.push('*'),
                Piece::One => pattern.push('?'),
            }
        }
        let wildcard = Wildcard::new(&pattern, Case::Sensitive);
        let names = self.known().iter().filter(|name| wildcard.is_match(name));
        let targets: Vec<Target> = names.filter_map(|name| self.searchable(name)).collect();
        if targets.is_empty() {
            let open = !self.schema.is_strict();
            let message = format!("no known field matches `{}`", term.shown());
            if open {
                let help = "only ECS fields and those of a mapping are known by name; write the whole name, or declare the fields in a mapping";
                self.errors
                    .push(Diagnostic::error(codes::UNKNOWN_FIELD, term.span, message).help(help));
            } else {
                let help = "no mapping has such a field, so that no document has a value in one";
                self.warnings
                    .push(Diagnostic::warning(codes::UNKNOWN_FIELD, term.span, message).help(help));
            }
            return Fields::None;
        }
        self.bounded(targets, &pattern, term.span)
    }

    fn bounded(&mut self, targets: Vec<Target>, name: &str, span: Span) -> Fields {
        if targets.len() <= FIELDS_PER_PATTERN_MAX {
            return Fields::Many(targets);
        }
        let message = format!(
            "`{}` stands for {} fields, at most {FIELDS_PER_PATTERN_MAX} are tested",
            shown(name),
            targets.len()
        );
        let help = "name the fields that are meant";
        self.errors.push(Diagnostic::error(codes::TOO_MANY_TESTS, span, message).help(help));
        Fields::None
    }

    /// The fields of an object.
    fn parts(&self, name: &str) -> Vec<Target> {
        let prefix = format!("{name}.");
        let names =
            self.known().range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        let parts = names.take_while(|known| known.starts_with(&prefix));
        parts.filter_map(|name| self.searchable(name)).collect()
    }

    /// The names that are known before a document is read; put together when the first is asked for.
    fn known(&self) -> &BTreeSet<&str> {
        self.known_names.get_or_init(|| {
            let ecs = if self.schema.is_strict() { &[] } else { FIELDS };
            self.schema.names().chain(ecs.iter().map(|definition| definition.name)).collect()
        })
    }

    /// A known field, if it can be searched.
    fn searchable(&self, name: &str) -> Option<Target> {
        match self.schema.lookup(name) {
            Mapped::Field(mapping) => Some(self.target(name, &mapping)),
            Mapped::Unsupported(ty) if ty == "text" => {
                Some(Target { name: name.to_owned(), reading: Reading::Text })
            }
            Mapped::Unsupported(_) | Mapped::Ambiguous(_) | Mapped::Unknown => None,
        }
    }

    fn target(&self, name: &str, mapping: &FieldMapping) -> Target {
        let textual = matches!(mapping.ty, Type::Keyword | Type::Dynamic);
        let by_words = self.options.text_fields.contains(name) || is_ecs_text(name);
        let reading = if textual && by_words { Reading::Text } else { Reading::Typed(mapping.ty) };
        // Documents hold a text beside a keyword (`process.name.text`) under the keyword's name alone.
        let parent = name.strip_suffix(".text").filter(|parent| {
            reading == Reading::Text && definition(parent).is_some() && !self.is_declared(name)
        });
        Target { name: parent.unwrap_or(name).to_owned(), reading }
    }

    fn is_declared(&self, name: &str) -> bool {
        self.declared_names.get_or_init(|| self.schema.names().collect()).contains(name)
    }
}

/// Whether ECS defines the field as a text (`match_only_text`), beside a keyword or alone.
fn is_ecs_text(name: &str) -> bool {
    let text =
        matches!(name, "message" | "error.message") || name.rsplit('.').next() == Some("text");
    text && definition(name).is_some()
}

fn unsupported(name: &str, ty: &str, span: Span) -> Diagnostic {
    let message = format!("`{}` is of type {ty}, which cannot be searched", shown(name));
    let help = match (ty, name.rsplit_once('.')) {
        ("nested", Some((path, last))) => {
            format!("write `{path}: {{ {last}: value }}` for a field of nested objects")
        }
        _ => "use a field of a type that can be searched".to_owned(),
    };
    Diagnostic::error(codes::UNSUPPORTED_FIELD, span, message).help(help)
}

fn no_field(language: Language, test: &Test, span: Span) -> Diagnostic {
    let shown = match test {
        Test::Is(term) => term.shown(),
        Test::Exists | Test::Range { .. } | Test::Regex(_) => "the condition".to_owned(),
    };
    let message = match test {
        Test::Is(_) => format!("`{shown}` names no field"),
        _ => format!("{shown} names no field"),
    };
    let help = match (test, language) {
        (Test::Is(_), _) if shown.contains('=') => {
            "a value follows a colon: `field: value`".to_owned()
        }
        (Test::Is(_), Language::Kuery) => format!("write `field: {shown}`"),
        (Test::Is(_), Language::Lucene) => format!(
            "write `field:{shown}`; a value of several words stands in quotes, several values in parentheses"
        ),
        _ => "write the field and a colon before it".to_owned(),
    };
    Diagnostic::error(codes::NO_FIELD, span, message).help(help)
}
