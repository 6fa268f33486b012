//! `rules export`: rules and exceptions as Elastic's detection-rules keeps them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use brokerwatch_rules::lists::Lists;

use super::sources::{self, Text};
use crate::{ERROR, NOTHING, report};

/// Rules and their exceptions as files of Elastic's detection-rules
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch rules export --to elastic/\n  brokerwatch rules export --to elastic/ --effective \
my-rules/\n\nThe rules are put into rules/ and the exceptions into exceptions/. A file that is there with another content is \
not written over."
)]
pub(crate) struct Args {
    /// Rule files and folders, and built-in packs by name [default: the built-in packs that are on]
    paths: Vec<PathBuf>,
    /// The folder to write to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// With the lists filled in as the site's `brokerwatch.toml` wants them
    #[arg(long)]
    effective: bool,
}

pub(super) fn run(args: &Args) -> Result<u8> {
    let (rules, exceptions, failed) = if args.effective {
        let effective = super::effective(&args.paths)?;
        super::show_failures(&effective.loaded);
        let failed = !effective.loaded.failures.is_empty();
        let rules = effective.files.into_iter().map(|((path, _), filled)| (path, filled.text));
        (rules.collect(), effective.exceptions, failed)
    } else {
        let sources = sources::sources(&args.paths)?;
        let (_, wrong) = Lists::load_all(sources.lists.into_iter());
        for (path, text, found) in &wrong {
            report::diagnostics(path, text, found);
        }
        (sources.rules, sources.exceptions, !wrong.is_empty())
    };
    let count = write(&args.to.join("rules"), &rules, Twice::Refused)?;
    let named: Vec<Text> = exceptions.into_iter().filter(|file| is_named(file, &rules)).collect();
    let lists = write(&args.to.join("exceptions"), &named, Twice::First)?;
    report::note(&format!(
        "{count} rules and {lists} files of exceptions in {}",
        args.to.display()
    ));
    Ok(if failed { ERROR } else { NOTHING })
}

/// Whether a rule names a list of a file of exceptions, or the file a rule.
fn is_named((_, text): &Text, rules: &[Text]) -> bool {
    let value = |line: &str| line.split_once('=').map(|(_, value)| value.trim().to_owned());
    let lists = text.lines().filter(|line| line.trim_start().starts_with("list_id"));
    let lists: Vec<String> = lists.filter_map(value).filter(|id| 2 < id.len()).collect();
    rules.iter().any(|(_, rule)| lists.iter().any(|list| rule.contains(list.as_str())))
}

/// What happens to a second file of one name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Twice {
    /// It is an error: a rule would be missing.
    Refused,
    /// The first one counts: a pack on disk comes before the one in the binary.
    First,
}

/// Writes files into a folder under their names; gives how many there are. Nothing is written if one cannot be.
fn write(folder: &Path, files: &[Text], twice: Twice) -> Result<usize> {
    let mut named: BTreeMap<String, &Text> = BTreeMap::new();
    for file in files {
        let name = Path::new(&file.0).file_name().context("rule files have names")?;
        let name = name.to_string_lossy().into_owned();
        match named.get(&name) {
            Some(first) if twice == Twice::Refused => {
                bail!("{} and {} have the same name: export them apart", first.0, file.0)
            }
            Some(_) => {}
            None => {
                named.insert(name, file);
            }
        }
    }
    for (name, (_, text)) in &named {
        let path = folder.join(name);
        if path.exists() && brokerwatch_runtime::text(&path).ok().as_ref() != Some(text) {
            bail!(
                "{} is there with another content: name an empty folder, or remove it",
                path.display()
            );
        }
    }
    if !named.is_empty() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    for (name, (_, text)) in &named {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
    }
    Ok(named.len())
}
