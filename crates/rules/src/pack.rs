//! The rule packs that come inside the binary.
//!
//! A pack is a folder under `packs/`: `pack.toml` and `rules/*.toml`. The build script finds them, so a rule that is
//! added there needs no registration.

use brokerwatch_expr::Diagnostic;
use toml::de::DeTable;

use crate::fields::Fields;
use crate::report::{Report, span_in};
use crate::{Loaded, codes, load_all};

include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// A pack: its `pack.toml` and its rule files, sorted by path.
#[derive(Debug)]
pub struct Pack {
    /// The name of its folder.
    pub name: &'static str,
    /// The text of `pack.toml`.
    pub manifest: &'static str,
    /// Path and text of each rule file.
    pub rules: &'static [(&'static str, &'static str)],
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
}

impl Pack {
    /// Reads `pack.toml`.
    pub fn manifest(&self) -> Result<Manifest, Vec<Diagnostic>> {
        manifest(self.manifest)
    }

    /// Reads the rules.
    pub fn load(&self) -> Loaded {
        load_all(self.rules.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
    }
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
            assert_eq!(loaded.rules.len(), pack.rules.len());
            for rule in &loaded.rules {
                assert!(rule.warnings.is_empty(), "{}: {:?}", rule.path, rule.warnings);
            }
        }
    }

    #[test]
    fn the_seed_rule_is_word_for_word() {
        let loaded = PUBSUB.load();
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
    fn a_manifest_names_its_mistakes() {
        let found =
            manifest("[pack]\nname = \"x\"\ntitel = \"X\"\ndescription = \"\"\n").unwrap_err();
        let codes: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [codes::MISSING_KEY, codes::UNKNOWN_KEY, codes::RANGE]);
    }
}
