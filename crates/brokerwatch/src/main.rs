//! The command line: arguments, one call, and what is shown.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

mod commands;
mod markdown;
mod report;

use commands::site::Choice;

/// Ran, and nothing was found.
const NOTHING: u8 = 0;
/// Ran, and something was found.
const FOUND: u8 = 1;
/// A usage, rule or input error.
const ERROR: u8 = 2;

/// Finds command and control hidden in publish/subscribe protocols, with Elastic's own detection language and no
/// cluster.
#[derive(Parser)]
#[command(name = "brokerwatch", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Colours in what is shown; `auto` follows the terminal, `NO_COLOR` and `CLICOLOR_FORCE`
    #[arg(long, global = true, value_enum, default_value_t = clap::ColorChoice::Auto, value_name = "WHEN")]
    color: clap::ColorChoice,
    /// Show no remarks and no progress, errors only
    #[arg(short, long, global = true)]
    quiet: bool,
    /// The site's changes to lists and its exceptions [default: `BROKERWATCH_CONFIG`, or `brokerwatch.toml` in this folder
    /// or the nearest one above]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Run rules as they are published, without the site's changes
    #[arg(long, global = true)]
    no_config: bool,
}

const EXIT_CODES: &str = "Exit codes: 0 nothing found, 1 something found, 2 an error.";

#[derive(Subcommand)]
enum Command {
    Scan(commands::scan::Args),
    Query(commands::query::Args),
    Shell(commands::shell::Args),
    Explain(commands::explain::Args),
    Guide(commands::guide::Args),
    Coverage(commands::coverage::Args),
    Inspect(commands::inspect::Args),
    Import(commands::import::Args),
    Ecs(commands::ecs::Args),
    Rules(commands::rules::Args),
    Test(commands::test::Args),
    Tune(commands::tune::Args),
    Matrix(commands::matrix::Args),
    Generate(commands::generate::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    colours(cli.color).write_global();
    if cli.quiet {
        report::be_quiet();
    }
    commands::site::choose(match (cli.config, cli.no_config) {
        (_, true) => Choice::Nothing,
        (Some(path), false) => Choice::File(path),
        (None, false) => Choice::Search,
    });
    let result = match cli.command {
        Command::Scan(args) => commands::scan::run(&args),
        Command::Query(args) => commands::query::run(args),
        Command::Shell(args) => commands::shell::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Guide(args) => commands::guide::run(&args),
        Command::Coverage(args) => commands::coverage::run(&args),
        Command::Inspect(args) => commands::inspect::run(&args),
        Command::Import(args) => commands::import::run(&args),
        Command::Ecs(args) => commands::ecs::run(&args),
        Command::Rules(args) => commands::rules::run(&args),
        Command::Test(args) => commands::test::run(&args),
        Command::Tune(args) => commands::tune::run(&args),
        Command::Matrix(args) => commands::matrix::run(&args),
        Command::Generate(args) => commands::generate::run(&args, Cli::command()),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // Whoever reads the output has seen enough: not an error.
        Err(error) if closed_pipe(&error) => ExitCode::from(NOTHING),
        Err(error) => {
            report::error(&format!("{error:#}"));
            ExitCode::from(ERROR)
        }
    }
}

fn colours(choice: clap::ColorChoice) -> anstream::ColorChoice {
    match choice {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    }
}

fn closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Whether a person reads standard output.
fn for_people() -> bool {
    io::stdout().is_terminal()
}
