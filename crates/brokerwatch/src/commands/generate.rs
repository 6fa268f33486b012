//! `generate`: shell completions and the manual page, from the command line itself.

use std::io;

use anyhow::Result;
use clap::{Command, Subcommand};
use clap_complete::Shell;

use crate::NOTHING;

/// Write shell completions or the manual page
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Completions for a shell, such as `brokerwatch generate completions bash`
    Completions {
        /// The shell
        shell: Shell,
    },
    /// The manual page, such as `brokerwatch generate man | man -l -`
    Man,
}

pub(crate) fn run(args: &Args, mut command: Command) -> Result<u8> {
    match args.what {
        What::Completions { shell } => {
            clap_complete::generate(shell, &mut command, "brokerwatch", &mut io::stdout());
        }
        What::Man => clap_mangen::Man::new(command).render(&mut io::stdout())?,
    }
    Ok(NOTHING)
}
