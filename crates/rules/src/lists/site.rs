//! What a site changes: `brokerwatch.toml`, read and applied to lists.

use brokerwatch_expr::{Diagnostic, Severity, Span};
use toml::de::DeTable;

use super::{Change, Done, Entry, Kind, List, Lists, Value, codes, file};
use crate::fields::Fields;
use crate::load::silence_echoes;
use crate::report::{Report, excerpt};
use crate::{Data, codes as file_codes, limits};

/// What a site wants.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// The lists with the changes of the site.
    pub lists: Lists,
    /// Files and folders with exceptions of the site, as the file writes them: relative to its folder.
    pub exceptions: Vec<String>,
    /// What is odd without stopping the file from counting.
    pub warnings: Vec<Diagnostic>,
}

/// Reads the text of a `brokerwatch.toml` and applies it to lists. On failure all of its problems come back, in the order
/// of the file.
pub fn site(path: &str, text: &str, lists: &Lists) -> Result<Site, Vec<Diagnostic>> {
    if limits::FILE_BYTES_MAX < text.len() {
        let message =
            format!("the file has {} bytes, more than {}", text.len(), limits::FILE_BYTES_MAX);
        return Err(vec![Diagnostic::error(file_codes::FILE_TOO_LONG, Span::default(), message)]);
    }
    let report = Report::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    let fields = Fields::new("", &document, &report);
    let mut changing = Changing { path, report: &report, lists: lists.clone() };
    if fields.choice("profile", &[("lab", ())]).is_some() {
        changing.leave_out_lab_networks();
    }
    let exceptions = fields.texts("exceptions");
    if let Some(table) = fields.table("lists") {
        for (name, span) in table.keys() {
            changing.list(&table, &name, span);
        }
    }
    if let Some(table) = fields.table("tune") {
        for (name, span) in table.keys() {
            changing.tune(&table, &name, span);
        }
    }
    fields.finish();
    let lists = changing.lists;
    if !syntax.is_empty() {
        silence_echoes(text, &report, &syntax);
    }
    let found = report.into_diagnostics();
    if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(found);
    }
    Ok(Site { lists, exceptions, warnings: found })
}

/// Lists under change.
struct Changing<'c, 't> {
    path: &'c str,
    report: &'c Report<'t>,
    lists: Lists,
}

/// A value as a site writes it: alone, or in a table with its group and a reason.
struct Wish {
    value: Data,
    group: Option<String>,
    reason: Option<String>,
    span: Span,
}

impl Changing<'_, '_> {
    fn leave_out_lab_networks(&mut self) {
        for list in self.lists.lists.values_mut() {
            let groups = list.lab_networks.clone();
            list.remove(
                |entry| entry.group.as_ref().is_some_and(|group| groups.contains(group)),
                Some("profile `lab`"),
                self.path,
            );
        }
    }

    /// `[lists.NAME]`
    fn list(&mut self, table: &Fields<'_>, name: &str, span: Span) {
        let Some(fields) = table.table(name) else { return };
        let replace = fields.has("replace").then(|| wishes(&fields, "replace"));
        let add = wishes(&fields, "add");
        let remove = wishes(&fields, "remove");
        let has_new = fields.has("replace") || fields.has("add");
        fields.finish();
        let unknown = self.lists.unknown(name, span);
        let Some(list) = self.lists.lists.get_mut(name) else {
            self.report.add(unknown);
            return;
        };
        if list.kind == Kind::Software {
            if has_new {
                let message = format!("rows cannot be added to `{name}` here");
                let found = Diagnostic::error(codes::VALUE, span, message);
                let help = "give own software as a file of exceptions: `exceptions = [\"my-exceptions.toml\"]`";
                self.report.add(found.help(help));
            }
            remove
                .into_iter()
                .for_each(|wish| remove_software(list, &wish, self.path, self.report));
            return;
        }
        if let Some(wishes) = replace {
            list.remove(|_| true, Some("replaced"), self.path);
            wishes.into_iter().for_each(|wish| add_to(list, wish, self.path, self.report));
        }
        add.into_iter().for_each(|wish| add_to(list, wish, self.path, self.report));
        remove.into_iter().for_each(|wish| remove_from(list, &wish, self.path, self.report));
    }

    /// A key of `[tune]`: a value, or a table with a value for each group.
    fn tune(&mut self, table: &Fields<'_>, name: &str, span: Span) {
        let wishes: Vec<Wish> = match table.data(name) {
            Some(Data::Table(_)) => {
                let Some(groups) = table.table(name) else { return };
                let keys = groups.keys().into_iter();
                keys.filter_map(|(group, span)| {
                    Some(Wish {
                        value: groups.data(&group)?,
                        group: Some(group),
                        reason: None,
                        span,
                    })
                })
                .collect()
            }
            Some(value) => {
                let span = table.value_span(name).unwrap_or(span);
                vec![Wish { value, group: None, reason: None, span }]
            }
            None => return,
        };
        let unknown = self.lists.unknown(name, span);
        let Some(list) = self.lists.lists.get_mut(name) else {
            self.report.add(unknown);
            return;
        };
        if !list.kind.is_scalar() {
            let message = format!("`{name}` is a list of many values");
            let help =
                format!("change it under `[lists.{name}]` with `add`, `remove` or `replace`");
            self.report.add(Diagnostic::error(codes::VALUE, span, message).help(help));
            return;
        }
        for wish in wishes {
            if let Err(found) = list.check_group(wish.group.as_deref(), wish.span) {
                self.report.add(found);
                continue;
            }
            let group = wish.group.clone();
            list.remove(|entry| entry.group == group, Some("tuned"), self.path);
            add_to(list, wish, self.path, self.report);
        }
    }
}

fn wishes(fields: &Fields<'_>, key: &str) -> Vec<Wish> {
    fields
        .members(key)
        .into_iter()
        .filter_map(|(data, span)| wish(fields, key, data, span))
        .collect()
}

fn wish(fields: &Fields<'_>, key: &str, data: Data, span: Span) -> Option<Wish> {
    let Data::Table(mut table) = data else {
        return Some(Wish { value: data, group: None, reason: None, span });
    };
    let mut text = |key: &str| match table.remove(key) {
        Some(Data::Text(text)) => Some(text),
        Some(_) => {
            fields.error(file_codes::TYPE, span, format!("`{key}` must be a string"));
            None
        }
        None => None,
    };
    let (group, reason) = (text("group"), text("reason"));
    let value = table.remove("value");
    for other in table.keys() {
        let message = format!("unknown key `{}` in `{}`", excerpt(other), fields.dotted(key));
        let found = Diagnostic::error(file_codes::UNKNOWN_KEY, span, message);
        fields.add(found.help("its keys are `value`, `group` and `reason`"));
    }
    if value.is_none() {
        fields.error(
            file_codes::MISSING_KEY,
            span,
            format!("missing key `value` in `{}`", fields.dotted(key)),
        );
    }
    Some(Wish { value: value?, group, reason, span })
}

fn add_to(list: &mut List, wish: Wish, path: &str, report: &Report<'_>) {
    let value = match file::value(&wish.value, list.kind) {
        Ok(value) => value,
        Err(expected) => {
            let message = format!("a value of `{}` is {expected}", list.name);
            report.add(Diagnostic::error(codes::VALUE, wish.span, message));
            return;
        }
    };
    // A list that is empty from home has no groups to choose from.
    if (!list.groups.is_empty() || wish.group.is_some())
        && let Err(found) = list.check_group(wish.group.as_deref(), wish.span)
    {
        report.add(found);
        return;
    }
    if list.entries.iter().any(|entry| entry.value == value && entry.group == wish.group) {
        let message = format!("`{}` already has `{}`", list.name, excerpt(&value.to_string()));
        report.add(Diagnostic::warning(codes::NO_EFFECT, wish.span, message));
        return;
    }
    list.changes.push(Change {
        done: Done::Added,
        value: value.clone(),
        group: wish.group.clone(),
        reason: wish.reason.clone(),
        path: path.to_owned(),
    });
    let note = wish.reason.unwrap_or_default();
    list.entries.push(Entry { value, group: wish.group, note, source: String::new(), date: None });
}

fn remove_from(list: &mut List, wish: &Wish, path: &str, report: &Report<'_>) {
    let value = match file::value(&wish.value, list.kind) {
        Ok(value) => value,
        Err(expected) => {
            let message = format!("a value of `{}` is {expected}", list.name);
            report.add(Diagnostic::error(codes::VALUE, wish.span, message));
            return;
        }
    };
    if let Some(group) = &wish.group
        && let Err(found) = list.check_group(Some(group), wish.span)
    {
        report.add(found);
        return;
    }
    let is_it =
        |entry: &Entry| entry.value == value && (wish.group.is_none() || entry.group == wish.group);
    if !list.remove(is_it, wish.reason.as_deref(), path) {
        let message = format!("`{}` has no `{}` to remove", list.name, excerpt(&value.to_string()));
        report.add(Diagnostic::warning(codes::NO_EFFECT, wish.span, message));
    }
}

/// Removes the rows of a product.
fn remove_software(list: &mut List, wish: &Wish, path: &str, report: &Report<'_>) {
    let Data::Text(product) = &wish.value else {
        report.add(Diagnostic::error(
            codes::VALUE,
            wish.span,
            "software is removed by the name of its product",
        ));
        return;
    };
    let before = list.software.len();
    list.software.retain(|row| row.product != *product);
    if list.software.len() == before {
        let message = format!("`{}` has no product `{}`", list.name, excerpt(product));
        let near =
            brokerwatch_ecs::similar(product, list.software.iter().map(|row| row.product.as_str()));
        let found = Diagnostic::warning(codes::NO_EFFECT, wish.span, message);
        report.add(match near.first() {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found,
        });
        return;
    }
    list.changes.push(Change {
        done: Done::Removed,
        value: Value::Text(product.clone()),
        group: None,
        reason: wish.reason.clone(),
        path: path.to_owned(),
    });
}

impl List {
    /// Removes entries; gives whether there were any.
    fn remove(&mut self, which: impl Fn(&Entry) -> bool, reason: Option<&str>, path: &str) -> bool {
        let (gone, kept): (Vec<Entry>, Vec<Entry>) = self.entries.drain(..).partition(which);
        self.entries = kept;
        let any = !gone.is_empty();
        self.changes.extend(gone.into_iter().map(|entry| Change {
            done: Done::Removed,
            value: entry.value,
            group: entry.group,
            reason: reason.map(str::to_owned),
            path: path.to_owned(),
        }));
        any
    }
}
