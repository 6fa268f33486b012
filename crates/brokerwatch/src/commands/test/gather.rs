//! Which rules are tested, and where their pages and files lie: on disk, or in the packs of the binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use brokerwatch_expr::{Diagnostic, Span};
use brokerwatch_rules::pack::{self, Pack};
use brokerwatch_rules::rule_tests::{self, EXTENSION, TestsFile};
use brokerwatch_rules::{Rule, codes, load_all};

use crate::commands::rules::pack_of;
use crate::commands::scan;

/// A rule and its tests.
pub(super) struct Case {
    /// The rule.
    pub(super) rule: Rule,
    /// Its tests; none if there is no page, or the page is wrong.
    pub(super) tests: Option<TestsFile>,
    /// Whether there is a page, and it is wrong.
    pub(super) broken: bool,
    /// Where the files lie that tests name.
    pub(super) home: Home,
}

/// Where a rule comes from.
#[derive(Clone)]
pub(super) enum Home {
    /// A built-in pack, and the folder in it.
    Pack(&'static Pack, String),
    /// A folder on disk.
    Folder(PathBuf),
}

/// What paths gave.
#[derive(Default)]
pub(super) struct Gathered {
    /// The rules, sorted by path within what named them.
    pub(super) cases: Vec<Case>,
    /// Files that are wrong.
    pub(super) failures: Vec<(String, String, Vec<Diagnostic>)>,
}

/// Files by path, each with where it lies.
type Texts = BTreeMap<String, (String, Home)>;

/// The rules that paths name, with their tests.
pub(super) fn cases(paths: &[PathBuf]) -> Result<Gathered> {
    let mut gathered = Gathered::default();
    let mut texts = Texts::new();
    if paths.is_empty() {
        pack::ALL.iter().for_each(|pack| built_in(pack, &mut texts));
    }
    for path in paths {
        match pack_of(path) {
            Some(pack) => built_in(pack, &mut texts),
            None => on_disk(path, &mut texts)?,
        }
    }
    let (pages, rules): (Texts, Texts) =
        texts.into_iter().partition(|(path, _)| path.ends_with(EXTENSION));
    let homes: BTreeMap<String, Home> =
        rules.iter().map(|(path, (_, home))| (path.clone(), home.clone())).collect();
    let loaded = load_all(rules.into_iter().map(|(path, (text, _))| (path, text)));
    gathered.failures.extend(loaded.failures);
    let mut pages: BTreeMap<String, (String, String)> =
        pages.into_iter().map(|(path, (text, _))| (rule_path(&path), (path, text))).collect();
    for rule in loaded.rules {
        let has_page = pages.contains_key(&rule.path);
        let tests = pages.remove(&rule.path).and_then(|(path, text)| {
            match rule_tests::read(&path, &text) {
                Ok(tests) => Some(tests),
                Err(found) => {
                    gathered.failures.push((path, text, found));
                    None
                }
            }
        });
        let home = homes[&rule.path].clone();
        let broken = has_page && tests.is_none();
        gathered.cases.push(Case { rule, tests, broken, home });
    }
    for (rule, (path, text)) in pages {
        // That of a rule which did not load is told already.
        if !homes.contains_key(&rule) {
            gathered.failures.push((path, text, vec![without_rule(&rule)]));
        }
    }
    if gathered.cases.is_empty() && gathered.failures.is_empty() {
        bail!("no rules in the paths given: rule files end in .toml");
    }
    Ok(gathered)
}

fn without_rule(rule: &str) -> Diagnostic {
    let message = format!("there is no rule `{rule}` for these tests");
    Diagnostic::error(codes::TEST_NO_RULE, Span::default(), message)
        .help("the tests of NAME.toml are in NAME.tests.md beside it: correct one of the names")
}

/// The path of the rule that a page tests.
fn rule_path(page: &str) -> String {
    format!("{}.toml", page.strip_suffix(EXTENSION).unwrap_or(page))
}

/// The path of the page of a rule.
fn page_path(rule: &str) -> Option<String> {
    rule.strip_suffix(".toml").map(|name| format!("{name}{EXTENSION}"))
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
}

/// Whether a TOML file is a rule: packs have others.
fn is_rule(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "[rule]")
}

fn built_in(pack: &'static Pack, texts: &mut Texts) {
    for (path, text) in pack.files {
        if path.ends_with(EXTENSION) || (is_toml(Path::new(path)) && is_rule(text)) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let home = Home::Pack(pack, folder.to_owned());
            texts.insert(format!("packs/{}/{path}", pack.name), ((*text).to_owned(), home));
        }
    }
}

fn on_disk(path: &Path, texts: &mut Texts) -> Result<()> {
    if !path.exists() {
        let packs: Vec<&str> = pack::ALL.iter().map(|pack| pack.name).collect();
        let (path, packs) = (path.display(), packs.join(", "));
        bail!("{path}: no such file, folder or built-in pack; the packs are {packs}");
    }
    if path.is_dir() {
        for (file, error) in brokerwatch_runtime::files(&[path.to_owned()]) {
            if let Some(error) = error {
                bail!("{}: {error}", file.display());
            }
            let name = file.display().to_string();
            if name.ends_with(EXTENSION) {
                add(&file, scan::text(&file)?, texts);
            } else if is_toml(&file) {
                let text = scan::text(&file)?;
                if is_rule(&text) {
                    add(&file, text, texts);
                }
            }
        }
        return Ok(());
    }
    let name = path.display().to_string();
    add(path, scan::text(path)?, texts);
    // A rule brings its page, and a page its rule.
    let other = if name.ends_with(EXTENSION) { Some(rule_path(&name)) } else { page_path(&name) };
    if let Some(other) = other.map(PathBuf::from).filter(|other| other.is_file()) {
        add(&other, scan::text(&other)?, texts);
    }
    Ok(())
}

fn add(path: &Path, text: String, texts: &mut Texts) {
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    texts.insert(path.display().to_string(), (text, Home::Folder(folder)));
}

impl Home {
    /// The exceptions of the rule's pack: path and text of each file.
    pub(super) fn exceptions(&self) -> Result<Vec<(String, String)>> {
        match self {
            Home::Pack(pack, _) => Ok(pack
                .toml_files(EXCEPTIONS)
                .map(|(path, text)| (path, text.to_owned()))
                .collect()),
            Home::Folder(folder) => {
                let Some(root) = root(folder) else { return Ok(Vec::new()) };
                let files = brokerwatch_runtime::files(&[root.join(EXCEPTIONS)]);
                let found = files.into_iter().map(|(path, _)| path);
                found
                    .filter(|path| path.extension().is_some_and(|end| end == "toml"))
                    .map(|path| Ok((path.display().to_string(), scan::text(&path)?)))
                    .collect()
            }
        }
    }

    /// A file that a page names, by its path relative to the page.
    pub(super) fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        match self {
            Home::Folder(folder) => {
                brokerwatch_runtime::bytes(&folder.join(path)).map_err(|error| error.to_string())
            }
            Home::Pack(pack, folder) => {
                let inside = within(folder, path)
                    .ok_or_else(|| format!("the path leaves the pack `{}`", pack.name))?;
                let text = pack.file(&inside);
                let text = text.ok_or_else(|| format!("the pack has no text file `{inside}`"))?;
                Ok(text.as_bytes().to_vec())
            }
        }
    }
}

/// The folder of a pack that holds its exceptions.
const EXCEPTIONS: &str = "exceptions";

/// The folder of the pack that a folder lies in.
fn root(folder: &Path) -> Option<PathBuf> {
    // A path without a parent of its own, such as `rules`, lies in the folder of the process.
    let full = std::path::absolute(folder).ok()?;
    let root = full.ancestors().find(|folder| folder.join(pack::MANIFEST).is_file())?;
    Some(root.to_owned())
}

/// A relative path, seen from the folder of the page, as one from the root of the pack.
fn within(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_a_page_stays_in_its_pack() {
        assert_eq!(within("rules", "../matrix/./x.ndjson").as_deref(), Some("matrix/x.ndjson"));
        assert_eq!(within("rules", "x").as_deref(), Some("rules/x"));
        assert_eq!(within("rules", "../../pubsub/x"), None);
    }

    #[test]
    fn a_rule_and_its_page_find_each_other() {
        assert_eq!(rule_path("a/b.tests.md"), "a/b.toml");
        assert_eq!(page_path("a/b.toml").as_deref(), Some("a/b.tests.md"));
        assert!(is_rule("x\n[rule]\n") && !is_rule("[pack]\nname = \"[rule]\"\n"));
    }
}
