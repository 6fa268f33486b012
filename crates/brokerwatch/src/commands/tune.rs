//! `tune`: from a rule and telemetry that is known to be honest to the narrowest exceptions.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use brokerwatch_detect::RuleSet;
use brokerwatch_ecs::{Schema, Timestamp, date, similar};
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::tuning::{self, Proposal, Refusal, Warning, Words};
use brokerwatch_rules::{Rule, pack};
use brokerwatch_runtime::Input;
use brokerwatch_runtime::tables::Mapping;
use clap::ValueEnum;

use super::input::{self, ReadArgs, Summary};
use super::matrix::cost::{self, Cost};
use super::rules::{Effective, effective, pack_of, sources};
use super::scan::{exceptions, indicators, moment};
use super::trial::{Trial, esql_rules};
use crate::{ERROR, FOUND, NOTHING, for_people, markdown, report};

mod effect;
mod json;
mod page;
mod seen;

use effect::Effect;
use seen::{Alerts, Seeing};

/// Propose the narrowest exceptions for a rule that fires on honest software
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  brokerwatch tune my-rules/rule.toml logs/\n  \
brokerwatch tune \"Connection to a Publish/Subscribe Port on a Public Address\" logs/ --min-alerts 5\n  \
brokerwatch tune my-rules/rule.toml logs/ --owner \"IT operations\" --reason \"Fleet agent\" --expires 2027-06-30 \
--write my-exceptions.toml\n  \
brokerwatch scan --rules my-rules/rule.toml --exceptions my-exceptions.toml -- logs/\n\n\
Nothing is written without --write. docs/tuning.md says how proposals are made.\n\
Exit codes: 0 nothing to propose, 1 proposals, 2 an error.")]
pub(crate) struct Args {
    /// The rule: its file, or the id or name of a built-in rule
    #[arg(value_name = "RULE")]
    rule: String,
    /// Telemetry that is known to be honest: files, folders and patterns, as for `scan`
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Exceptions that apply already: files and folders, as for `scan`; can be given several times
    #[arg(long, value_name = "PATH")]
    exceptions: Vec<PathBuf>,
    /// Indicators for an indicator match rule, as for `scan`; can be given several times
    #[arg(long, value_name = "NAME=PATH", value_parser = indicators::named)]
    indicators: Vec<(String, PathBuf)>,
    /// An Elasticsearch mapping file with the types of fields
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Only events at or after this time (ISO 8601)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only events before this time (ISO 8601)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Run a rule that looks at a window of time once over everything
    #[arg(long)]
    once: bool,
    /// Most proposals, those of most alerts first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = super::positive)]
    top: usize,
    /// Only proposals of at least so many alerts
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = super::positive)]
    min_alerts: usize,
    /// Who answers for the software: written into each exception
    #[arg(long, value_name = "TEXT")]
    owner: Option<String>,
    /// Why the software is honest: written into each exception
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// When the exceptions end (ISO 8601): written into each exception
    #[arg(long, value_name = "TIME", value_parser = moment)]
    expires: Option<Timestamp>,
    /// Add the proposals to this file of exceptions; it is made if it is not there
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Leave out what the proposals cost in the evasion matrix, which takes the most time
    #[arg(long)]
    no_matrix: bool,
    /// How proposals are shown; `auto` is for people on a terminal, and JSON in a pipe
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people on a terminal, else JSON
    Auto,
    /// A table, and a paragraph for each proposal
    People,
    /// A file of exceptions in Elastic's format
    Toml,
    /// One JSON document (docs/tuning.md says its shape)
    Json,
}

/// What a rule runs over, and with.
struct Ground<'a> {
    rule: &'a Rule,
    lists: &'a [ExceptionList],
    schema: &'a Schema,
    columns: Option<Mapping>,
    /// The time of the newest indicator.
    newest: Option<Timestamp>,
    indicators: &'a [(String, PathBuf)],
    inputs: &'a [Input],
    args: &'a Args,
    /// An empty set, until there is one.
    none: &'a RuleSet<'a>,
    no_indicators: &'a brokerwatch_detect::Indicators,
}

impl<'a> Ground<'a> {
    /// A run over the telemetry, without rules yet.
    fn trial(&self) -> Trial<'a, 'a> {
        Trial {
            columns: self.columns.clone(),
            once: self.args.once,
            since: self.args.since,
            until: self.args.until,
            ..Trial::over((self.none, &[]), self.no_indicators, self.inputs, &self.args.read)
        }
    }
}

/// A proposal with all that is known of it.
struct Told {
    proposal: Proposal,
    effect: Effect,
    /// None if the matrix was left out.
    cost: Option<Cost>,
    warnings: Vec<Warning>,
}

/// All that there is to show.
struct Outcome<'a> {
    rule: &'a Rule,
    alerts: &'a Alerts,
    told: Vec<Told>,
    together: Effect,
    refusals: Vec<Refusal>,
    /// Proposals that `--top` and `--min-alerts` leave out.
    left_out: usize,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let schema = match &args.schema {
        Some(path) => super::query::schema(path)?,
        None => Schema::open(),
    };
    let home = home(&args.rule)?;
    let effective = effective(&home)?;
    for (path, text, diagnostics) in &effective.loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
    let rule = chosen(&args.rule, &effective)?;
    let excepted = exceptions::of_run(&args.exceptions, &effective)?;
    let rules = std::slice::from_ref(rule);
    let newest = indicators::newest(&indicators::read(&args.indicators)?);
    let set = RuleSet::compile_at(rules, &excepted.lists, &schema, newest);
    super::rules::show_refused(&set);
    let mut failed = exceptions::show(&excepted, &set, &effective.loaded.rules);
    if !set.refused.is_empty() {
        return Ok(ERROR);
    }
    if let Some(not_run) = set.not_run.iter().find(|one| !esql_rules::is_esql(one.rule)) {
        bail!("{}: {} in this version", not_run.rule.path, not_run.why);
    }
    let inputs = input::inputs(&args.paths);
    let inputs: Vec<Input> =
        inputs.into_iter().map(|input| input.kept(None)).collect::<io::Result<_>>()?;
    let none = RuleSet::compile(&[], &schema);
    let no_indicators = brokerwatch_detect::Indicators::default();
    let ground = Ground {
        rule,
        lists: &excepted.lists,
        schema: &schema,
        columns: args.schema.as_deref().map(super::query::columns).transpose()?,
        newest,
        indicators: &args.indicators,
        inputs: &inputs,
        args,
        none: &none,
        no_indicators: &no_indicators,
    };
    let (alerts, read_whole) = fired(&ground, &set)?;
    failed |= !read_whole;
    let outcome = outcome(&ground, &alerts, &effective, &home)?;
    show(&outcome, args)?;
    if let Some(path) = &args.write {
        write(path, &outcome, args)?;
    }
    Ok(if failed {
        ERROR
    } else if outcome.told.is_empty() {
        NOTHING
    } else {
        FOUND
    })
}

/// Where a rule is to be looked for: its file, or the built-in pack that has it.
fn home(name: &str) -> Result<Vec<PathBuf>> {
    if Path::new(name).exists() || pack_of(Path::new(name)).is_some() {
        return Ok(vec![PathBuf::from(name)]);
    }
    for pack in pack::ALL {
        if pack.load().rules.iter().any(|rule| is_called(rule, name)) {
            return Ok(vec![PathBuf::from(pack.name)]);
        }
    }
    let rules: Vec<Rule> = pack::ALL.iter().flat_map(|pack| pack.load().rules).collect();
    let known = rules.iter().flat_map(|rule| [rule.name.as_str(), rule.id.as_str()]);
    let way_out = match similar(name, known).first() {
        Some(near) => format!("`{near}` is close"),
        None => "`brokerwatch rules list` shows the built-in rules".to_owned(),
    };
    bail!("no rule file and no built-in rule `{name}`; {way_out}")
}

fn is_called(rule: &Rule, name: &str) -> bool {
    rule.id == name || rule.name.eq_ignore_ascii_case(name)
}

/// The one rule that is meant.
fn chosen<'e>(name: &str, effective: &'e Effective) -> Result<&'e Rule> {
    let rules = &effective.loaded.rules;
    if let Some(rule) = rules.iter().find(|rule| is_called(rule, name)) {
        return Ok(rule);
    }
    match rules.as_slice() {
        [rule] => Ok(rule),
        [] => bail!("{name}: no rule could be loaded"),
        many => bail!("{name} has {} rules; name one by its file, id or name", many.len()),
    }
}

/// The alerts of the rule, and whether all of the telemetry could be read.
fn fired(ground: &Ground<'_>, set: &RuleSet<'_>) -> Result<(Alerts, bool)> {
    let sources = indicators::read(ground.indicators)?;
    let indicators = indicators::load(set, sources);
    let rules = std::slice::from_ref(ground.rule);
    let trial = Trial { set, rules, indicators: &indicators, ..ground.trial() };
    let mut alerts = Alerts::default();
    let totals = trial.run(&Seeing, Summary::default(), &mut |sheet| {
        alerts.take(sheet);
        Ok(())
    })?;
    totals.esql.show(rules);
    let counts = totals.summary.counts;
    report::note(&format!(
        "{} alerts of `{}`; {} events in {} files, {} malformed records",
        alerts.count,
        ground.rule.name,
        counts.events + counts.passed_over,
        totals.summary.inputs,
        counts.malformed
    ));
    if 0 < alerts.left_out {
        report::note(&format!(
            "note: {} events of alerts are past the bound and left out",
            alerts.left_out
        ));
    }
    let read_whole = totals.summary.unread_inputs == 0
        && totals.esql.failed.is_empty()
        && totals.esql.unread == 0;
    Ok((alerts, read_whole))
}

/// What there is to propose, and what it does.
fn outcome<'a>(
    ground: &Ground<'a>,
    alerts: &'a Alerts,
    effective: &Effective,
    home: &[PathBuf],
) -> Result<Outcome<'a>> {
    let args = ground.args;
    let proposed = tuning::propose(&alerts.sightings());
    let all = proposed.proposals.len();
    let mut proposals = proposed.proposals;
    proposals.retain(|own| args.min_alerts <= own.sightings.len());
    proposals.truncate(args.top);
    let left_out = all - proposals.len();
    let (effects, together) = if proposals.is_empty() {
        (Vec::new(), Effect { alerts: 0, events: 0 })
    } else {
        effect::effects(ground, &proposals, alerts.count)?
    };
    let costs = costs(ground, &proposals, home)?;
    let told =
        proposals.into_iter().zip(effects).enumerate().map(|(number, (proposal, effect))| {
            let warnings = tuning::warnings(&proposal, &effective.lists);
            let cost = costs.as_ref().map(|costs| costs[number].clone());
            Told { proposal, effect, cost, warnings }
        });
    Ok(Outcome {
        rule: ground.rule,
        alerts,
        told: told.collect(),
        together,
        refusals: proposed.refusals,
        left_out,
    })
}

/// What the proposals cost in the matrix; none where it is left out.
fn costs(
    ground: &Ground<'_>,
    proposals: &[Proposal],
    home: &[PathBuf],
) -> Result<Option<Vec<Cost>>> {
    if ground.args.no_matrix || proposals.is_empty() {
        return Ok(None);
    }
    let matrix = cost::Ground {
        rule: &ground.rule.id,
        sources: &sources(home)?,
        pack: &sources(&[])?,
        lists: ground.lists,
    };
    match cost::costs(&matrix, &effect::lists(ground.rule, proposals)?)? {
        Ok(costs) => Ok(Some(costs)),
        Err(failures) => {
            for (path, text, found) in &failures {
                report::diagnostics(path, text, found);
            }
            bail!("the matrix cannot be run; `--no-matrix` leaves it out")
        }
    }
}

fn words(outcome: &Outcome<'_>, args: &Args) -> Words {
    Words {
        owner: args.owner.clone(),
        reason: args.reason.clone(),
        expires: args.expires.map(date::format),
        day: outcome.alerts.day(),
    }
}

fn show(outcome: &Outcome<'_>, args: &Args) -> Result<()> {
    let format = match args.format {
        Format::Auto if for_people() => Format::People,
        Format::Auto => Format::Json,
        other => other,
    };
    let mut out = anstream::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{:#}", json::document(outcome))?,
        Format::Toml if outcome.told.is_empty() => {}
        Format::Toml => {
            let proposals: Vec<&Proposal> =
                outcome.told.iter().map(|told| &told.proposal).collect();
            let text = tuning::document(outcome.rule, &proposals, &words(outcome, args));
            write!(out, "{text}")?;
        }
        Format::Auto | Format::People => {
            write!(out, "{}", markdown::text(&page::page(outcome)))?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Puts the proposals into a file.
fn write(path: &Path, outcome: &Outcome<'_>, args: &Args) -> Result<()> {
    let proposals: Vec<&Proposal> = outcome.told.iter().map(|told| &told.proposal).collect();
    if proposals.is_empty() {
        report::note(&format!(
            "note: {} is left as it is: there is nothing to propose",
            path.display()
        ));
        return Ok(());
    }
    let (name, words) = (path.display().to_string(), words(outcome, args));
    let added = if path.exists() {
        let text = brokerwatch_runtime::text(path).with_context(|| name.clone())?;
        let beside = |path: &str, id: &str| {
            brokerwatch_runtime::text(&Path::new(path).with_file_name(id)).ok()
        };
        match tuning::added(&name, &text, outcome.rule, &proposals, &words, &beside) {
            Ok(added) => added,
            Err(why) => bail!("{name}: nothing is written: {why}"),
        }
    } else {
        let text = tuning::document(outcome.rule, &proposals, &words);
        tuning::Added { text, added: proposals.len(), known: 0 }
    };
    if 0 < added.added {
        brokerwatch_runtime::replace(path, added.text.as_bytes()).with_context(|| name.clone())?;
    }
    report::note(&format!(
        "note: {name}: {} exceptions added, {} were there; `scan --exceptions {name}` applies them",
        added.added, added.known
    ));
    Ok(())
}
