//! The rule packs that come inside the binary.
//!
//! A pack is a folder under `packs/`: `pack.toml`, `rules/*.toml`, and what goes with the rules: their tests, lists,
//! exceptions, guides and fixtures. The build script finds them, so a file that is added there needs no registration.

use brokerwatch_expr::Diagnostic;
use toml::de::DeTable;

use crate::fields::Fields;
use crate::lists::Lists;
use crate::report::{Report, span_in};
use crate::{Failure, Loaded, codes, load_all};

include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// A pack: every text file of its folder, sorted by path.
#[derive(Debug)]
pub struct Pack {
    /// The name of its folder.
    pub name: &'static str,
    /// Path and text of each file. The path is relative to the folder and has `/` between its parts.
    pub files: &'static [(&'static str, &'static str)],
}

/// What `pack.toml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The name by which the command line knows the pack.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it finds.
    pub description: String,
    /// Whether commands that are given no rules use it; true if the file does not say.
    pub enabled: bool,
}

impl Pack {
    /// Reads `pack.toml`.
    pub fn manifest(&self) -> Result<Manifest, Vec<Diagnostic>> {
        manifest(self.file(MANIFEST).unwrap_or_default())
    }

    /// The text of a file, by its path relative to the folder, such as `rules/NAME.toml`.
    pub fn file(&self, path: &str) -> Option<&'static str> {
        self.files.iter().find(|(own, _)| *own == path).map(|(_, text)| *text)
    }

    /// The TOML files of a folder of the pack, such as `rules`, each with its path in the repository.
    pub fn toml_files(&self, folder: &str) -> impl Iterator<Item = (String, &'static str)> {
        let inside = self.files.iter().filter(move |(path, _)| {
            path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
                && path.strip_suffix(".toml").is_some()
        });
        inside.map(|(path, text)| (format!("packs/{}/{path}", self.name), *text))
    }

    /// Reads the lists.
    pub fn lists(&self) -> (Lists, Vec<Failure>) {
        Lists::load_all(self.toml_files(LISTS).map(|(path, text)| (path, text.to_owned())))
    }

    /// Reads the rules.
    pub fn load(&self) -> Loaded {
        load_all(self.toml_files(RULES).map(|(path, text)| (path, text.to_owned())))
    }
}

/// The file that makes a folder a pack.
pub const MANIFEST: &str = "pack.toml";

/// The folder of a pack that holds its rules.
pub const RULES: &str = "rules";

/// The folder of a pack that holds its lists.
pub const LISTS: &str = "lists";

/// The folder of a pack that holds its exceptions.
pub const EXCEPTIONS: &str = "exceptions";

/// The pack of that name.
pub fn named(name: &str) -> Option<&'static Pack> {
    ALL.iter().copied().find(|pack| pack.name == name)
}

/// The packs that run where no rules are given.
pub fn enabled() -> impl Iterator<Item = &'static Pack> {
    ALL.iter().copied().filter(|pack| pack.manifest().is_ok_and(|manifest| manifest.enabled))
}

/// Reads the text of a `pack.toml`.
pub fn manifest(text: &str) -> Result<Manifest, Vec<Diagnostic>> {
    let report = Report::new(text);
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let span = span_in(text, error.span().unwrap_or(0..0));
            return Err(vec![Diagnostic::error(codes::SYNTAX, span, error.message())]);
        }
    };
    let file = Fields::new("", &document, &report);
    file.require(&["pack"]);
    let manifest = file.table("pack").map(|fields| {
        fields.require(&["name", "title", "description"]);
        let manifest = Manifest {
            name: fields.filled_text("name").unwrap_or_default(),
            title: fields.filled_text("title").unwrap_or_default(),
            description: fields.filled_text("description").unwrap_or_default(),
            enabled: fields.boolean("enabled").unwrap_or(true),
        };
        fields.finish();
        manifest
    });
    file.finish();
    match manifest {
        Some(manifest) if !report.has_errors() => Ok(manifest),
        _ => Err(report.into_diagnostics()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_loads_without_a_warning() {
        for pack in ALL {
            assert_eq!(pack.manifest().unwrap().name, pack.name);
            let loaded = pack.load();
            assert!(loaded.failures.is_empty(), "{:?}", loaded.failures);
            assert_eq!(loaded.rules.len(), pack.toml_files(RULES).count());
            for rule in &loaded.rules {
                assert!(rule.warnings.is_empty(), "{}: {:?}", rule.path, rule.warnings);
            }
        }
    }

    #[test]
    fn the_seed_rule_is_word_for_word() {
        let loaded = SEED.load();
        let seed = loaded
            .rules
            .iter()
            .find(|rule| rule.name == "Outbound Publish/Subscribe Protocol Connection");
        let words: Vec<&str> = seed.unwrap().query_text.split_whitespace().collect();
        let expected = r#"
            network where event.action == "connection_attempted" and
              destination.port in (1883, 8883, 5222, 5223, 5269, 5672, 5671, 61613, 61614) and
              not cidrmatch(destination.ip, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8") and
              not (destination.port in (1883, 8883) and
                   process.name in~ ("mosquitto", "mosquitto_pub", "mosquitto_sub", "mosquitto.exe"))
        "#;
        assert_eq!(words, expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn rule_files_are_named_as_elastic_wants() {
        for rule in ALL.iter().flat_map(|pack| pack.load().rules) {
            let file = rule.path.rsplit('/').next().unwrap().to_owned();
            let tactics = rule.threat.iter().map(|threat| &threat.tactic.name);
            let starts = tactics.map(|name| name.to_lowercase().replace(' ', "_"));
            assert!(starts.into_iter().any(|start| file.starts_with(&start)), "{file}");
            assert!(
                file.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c))
            );
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test compares with the file on disk")]
    fn every_file_of_text_comes_along() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/pubsub");
        let hunt = "hunts/long_sessions.esql";
        let text = std::fs::read_to_string(folder.join(hunt)).unwrap();
        assert_eq!(PUBSUB.file(hunt), Some(text.as_str()));
        assert_eq!(PUBSUB.file("hunts"), None);
        assert!(PUBSUB.files.is_sorted_by_key(|(path, _)| path.split('/').collect::<Vec<_>>()));
    }

    #[test]
    fn a_pack_is_on_unless_it_says_otherwise() {
        let text = "[pack]\nname = \"x\"\ntitle = \"X\"\ndescription = \"x\"\n";
        assert!(manifest(text).unwrap().enabled);
        assert!(!manifest(&format!("{text}enabled = false\n")).unwrap().enabled);
        assert!(manifest(&format!("{text}enabled = \"no\"\n")).is_err());
        assert!(enabled().any(|pack| pack.name == "pubsub"));
    }

    #[test]
    fn a_manifest_names_its_mistakes() {
        let found =
            manifest("[pack]\nname = \"x\"\ntitel = \"X\"\ndescription = \"\"\n").unwrap_err();
        let codes: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [codes::MISSING_KEY, codes::UNKNOWN_KEY, codes::RANGE]);
    }
}
