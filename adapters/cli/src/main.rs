//! `spchanges`: follow the change log of a SharePoint site from the command line.

mod ack;
mod address;
mod args;
mod connection;
mod control;
mod credential;
mod delivery;
mod event;
mod exit;
mod mirror;
mod notice;
mod office;
mod outage;
mod output;
mod printable;
mod progress;
mod read;
mod rowset;
mod saved;
mod simulate;
mod simulated;
mod since;
mod state;
mod stop;
mod table;
mod tail;
mod token;
mod value;

use std::process::ExitCode;

use crate::{
    args::{Cli, Command},
    exit::{Exit, Failure},
    progress::{Bar, Progress},
    stop::Stop,
};

fn main() -> ExitCode {
    let cli = Cli::of_process();
    let bar = match cli.command {
        Command::Tail(_) => Bar::UnlessDataGoesBy,
        Command::Mirror(_) => Bar::Always,
        _ => Bar::Never,
    };
    let progress = Progress::new(cli.volume.quiet, cli.volume.verbose, bar);
    let exit = run(&cli, &progress).unwrap_or_else(|failure| {
        progress.clear();
        if failure.exit() != Exit::BROKEN_PIPE {
            progress.error(&failure);
        }
        failure.exit()
    });
    ExitCode::from(exit.code())
}

fn run(cli: &Cli, progress: &Progress) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Tail(args) => tail::run(args, &Stop::on_signals()?, progress),
        Command::Mirror(args) => mirror::run(args, &Stop::on_signals()?, progress),
        Command::Read(args) => read::run(args, progress),
        Command::Simulate(args) => simulate::run(args, &Stop::on_signals()?, progress),
        Command::Token(command) => token::run(command, &Stop::on_signals()?, progress),
    }
}
