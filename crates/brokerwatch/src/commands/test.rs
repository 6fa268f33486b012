//! `test`: runs the tests that lie beside rules.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use brokerwatch_ecs::Schema;
use clap::ValueEnum;

use crate::{ERROR, FOUND, NOTHING, report};

mod compare;
mod coverage;
mod gather;
mod mutate;
mod run;
mod show;
mod telemetry;

use gather::{Case, Gathered};
use run::{Ground, Outcome};

/// Run the tests that lie beside rules
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  brokerwatch test\n  brokerwatch test my-rules/ --watch\n  \
brokerwatch test my-rules/command_and_control_mqtt.toml --filter shell\n  \
brokerwatch test --format junit packs/ > tests.xml\n\n\
A rule NAME.toml is tested by the page NAME.tests.md beside it: docs/testing-rules.md says how to write one.\n\
Exit codes: 0 all passed, 1 a test failed or a change was not noticed, 2 an error in a rule or a page.")]
pub(crate) struct Args {
    /// Rule files, pages of tests, folders of them, and names of built-in packs [default: all built-in packs]
    paths: Vec<PathBuf>,
    /// Only tests in whose title, or in the name or file name of whose rule, this text stands
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// A rule without tests is a failure
    #[arg(long)]
    strict: bool,
    /// Exceptions that apply beside those of the rules' pack: files and folders, as for `scan`; can be given several times
    #[arg(long, value_name = "PATH")]
    exceptions: Vec<PathBuf>,
    /// An Elasticsearch mapping file with the types of fields
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// How the outcome is shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show what the tests saw of each leaf of the rules' conditions, not only of those that were never true or never false
    #[arg(long)]
    coverage: bool,
    /// Change each rule in every small way and show the changes that no test notices
    #[arg(long, conflicts_with = "filter")]
    mutate: bool,
    /// How many threads work; the output is the same for any number
    #[arg(long, value_name = "N", env = "BROKERWATCH_THREADS", default_value_t = super::input::threads(),
          hide_default_value = true, value_parser = super::positive)]
    threads: usize,
    /// Run again whenever a file changes, until Ctrl-C
    #[arg(long, requires = "paths")]
    watch: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line for each test, for people
    Text,
    /// A JSON document for each test and one for the whole, a line each
    Json,
    /// XML as `JUnit` writes it, for continuous integration
    Junit,
    /// Annotations of GitHub's workflows, for what failed
    Github,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    if args.watch {
        return watch(args);
    }
    let mut told = Vec::new();
    let code = once(args, &mut told)?;
    write(&told)?;
    Ok(code)
}

fn write(text: &[u8]) -> Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(())
}

/// Runs everything once; what there is to show goes to `out`.
fn once(args: &Args, out: &mut Vec<u8>) -> Result<u8> {
    let clock = Clock::start();
    let gathered = gather::cases(&args.paths)?;
    let mut wrong = wrong_files(&gathered);
    let schema = match &args.schema {
        Some(path) => super::query::schema(path)?,
        None => Schema::open(),
    };
    let columns = args.schema.as_deref().map(super::query::columns).transpose()?;
    let ground = Ground { schema, columns, exceptions: &args.exceptions };
    let mut tally = Tally::default();
    let mut show = show::Show::new(args.format, out);
    show.failures(&gathered);
    let done =
        brokerwatch_runtime::each(&gathered.cases, args.threads, |case| done(args, case, &ground));
    for (case, done) in gathered.cases.iter().zip(done) {
        let Some(done) = done? else {
            if args.filter.is_none() && case.tests.is_none() && !case.broken {
                tally.untested.push(case.rule.path.clone());
            }
            continue;
        };
        tally.rules += 1;
        for outcome in &done.outcomes {
            tally.add(outcome);
            show.test(case, outcome)?;
        }
        show.coverage(case, done.coverage.as_deref(), args.coverage, &mut tally);
        if let Some(mutated) = &done.mutated {
            show.mutated(case, mutated, &mut tally);
        }
    }
    wrong |= 0 < tally.errors;
    for path in &tally.untested {
        let severity = if args.strict { "error" } else { "warning" };
        let page = path.strip_suffix(".toml").unwrap_or(path);
        report::note(&format!(
            "{severity}: {path} has no tests: write some into {page}{}",
            brokerwatch_rules::rule_tests::EXTENSION
        ));
    }
    show.finish(&tally, clock.seconds())?;
    if tally.rules == 0 && args.filter.is_some() {
        report::note("warning: the filter leaves no test");
    }
    Ok(if wrong {
        ERROR
    } else if 0 < tally.failed + tally.survivors + tally.idle
        || (args.strict && !tally.untested.is_empty())
    {
        FOUND
    } else {
        NOTHING
    })
}

/// What came of the tests of a rule.
struct Done<'c> {
    outcomes: Vec<Outcome<'c>>,
    /// The leaves of its conditions, if it has any.
    coverage: Option<Vec<coverage::Covered>>,
    /// What came of changing it, or why that says nothing.
    mutated: Option<Result<mutate::Mutated, String>>,
}

/// Runs the tests of a rule; `None` if there are none, or none is wanted.
fn done<'c>(args: &Args, case: &'c Case, ground: &Ground<'_>) -> Result<Option<Done<'c>>> {
    let Some(file) = &case.tests else { return Ok(None) };
    let chosen: Vec<usize> = (0..file.tests.len())
        .filter(|number| is_wanted(args.filter.as_deref(), case, *number))
        .collect();
    if chosen.is_empty() {
        return Ok(None);
    }
    let outcomes = run::rule(case, file, &chosen, ground)?;
    // Some tests of a rule say little about all of it.
    let coverage = match args.filter {
        Some(_) => None,
        None => coverage::of(case, file, ground)?,
    };
    let mutated = if !args.mutate {
        None
    } else if outcomes.iter().any(|outcome| !matches!(outcome.verdict, run::Verdict::Passed)) {
        Some(Err("changed only when all its tests pass".to_owned()))
    } else {
        let lists = run::exceptions(case, ground)?;
        Some(lists.and_then(|lists| mutate::rule(case, file, &lists, ground)))
    };
    Ok(Some(Done { outcomes, coverage, mutated }))
}

/// Shows the files that are wrong; gives whether there are any.
fn wrong_files(gathered: &Gathered) -> bool {
    for (path, text, diagnostics) in &gathered.failures {
        report::diagnostics(path, text, diagnostics);
    }
    !gathered.failures.is_empty()
}

fn is_wanted(filter: Option<&str>, case: &Case, number: usize) -> bool {
    let Some(filter) = filter else { return true };
    let filter = filter.to_lowercase();
    let title = case.tests.as_ref().map(|file| file.tests[number].title.as_str());
    let texts = [Some(case.rule.name.as_str()), Some(&case.rule.path), title];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&filter))
}

/// Runs again and again, and shows what is not as it was.
fn watch(args: &Args) -> Result<u8> {
    let mut watched = brokerwatch_runtime::Watch::default();
    let mut before = Vec::new();
    loop {
        let mut told = Vec::new();
        if let Err(error) = once(args, &mut told) {
            report::error(&format!("{error:#}"));
        }
        let lines = |text: &[u8]| -> Vec<String> {
            String::from_utf8_lossy(text).lines().map(str::to_owned).collect()
        };
        let (now, was) = (lines(&told), lines(&before));
        for line in now.iter().filter(|line| !was.contains(line)) {
            write(format!("{line}\n").as_bytes())?;
        }
        before = told;
        report::note("waiting for a change; Ctrl-C ends");
        watched.wait(&args.paths);
    }
}

/// How many tests did what.
#[derive(Default)]
struct Tally {
    /// Rules that have tests which ran.
    rules: usize,
    passed: usize,
    failed: usize,
    /// Tests that could not be run.
    errors: usize,
    /// The files of rules without tests.
    untested: Vec<String>,
    /// Leaves of conditions.
    leaves: usize,
    /// Leaves that the tests never saw true, or never false.
    uncovered: usize,
    /// Changes of rules.
    mutants: usize,
    /// Changes that no test noticed.
    survivors: usize,
    /// Changes that make no difference, as their pages say.
    equivalents: usize,
    /// Changes that pages call so wrongly.
    idle: usize,
}

impl Tally {
    fn add(&mut self, outcome: &Outcome<'_>) {
        match &outcome.verdict {
            run::Verdict::Passed => self.passed += 1,
            run::Verdict::Failed(_) => self.failed += 1,
            run::Verdict::Error(_) => self.errors += 1,
        }
    }
}

/// How long something takes.
struct Clock(Instant);

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the binary asks the clock, to say how long tests took"
    )]
    fn start() -> Clock {
        Clock(Instant::now())
    }

    fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
