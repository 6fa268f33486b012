//! Automation: `cargo xtask codegen` writes what is generated, `cargo xtask tidy` checks the house, and
//! `cargo xtask readme` runs what the README promises.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod codegen;
mod ecs_table;
mod files;
mod packs;
mod readme;
mod reference;
mod tidy;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            files::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["codegen"] => codegen::write(),
        ["tidy"] => tidy::run(),
        ["readme"] => readme::run(),
        _ => bail!("use: cargo xtask codegen|tidy|readme"),
    }
}
