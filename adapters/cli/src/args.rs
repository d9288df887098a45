//! The command line.

mod list;
mod masked;
mod mirror;
mod path;
mod site;

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use sharepoint_changes::{ChangeQuery, Preset};

pub(crate) use self::{
    mirror::Mirror,
    site::{Place, Server, Session},
};
use crate::{
    address,
    exit::{self, Failure},
    office::{self, Office},
    output::Format,
    since::{Since, duration, token},
};

/// Follow the change log of a SharePoint site: typed changes as JSON lines, resumable, never silently incomplete.
#[derive(Debug, Parser)]
#[command(name = "spchanges", version, max_term_width = 110, after_help = exit::table())]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) volume: Volume,
}

impl Cli {
    /// The command line of this process. Where it cannot be read, the process ends with a usage error (2).
    pub(crate) fn of_process() -> Cli {
        Cli::try_parse().unwrap_or_else(|error| masked::masked(error).exit())
    }
}

/// How much is told on stderr.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Volume {
    /// Tell errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell every request and every rest
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the changes of a site, web or list up to the end of its log, or follow it
    Tail(Box<Tail>),
    /// Keep a list as a table of a SQLite file: load it, then bring it what changed
    Mirror(Box<Mirror>),
    /// Print what a saved answer of a server holds
    Read(Read),
    /// Serve a simulated SharePoint site on this machine, to test against without a tenant
    Simulate(Box<Simulate>),
    /// Take a change token apart, or ask for the current one
    #[command(subcommand)]
    Token(Token),
}

/// The last line on stdout of a run that ends well is a control record: `caught_up`, `limit`, `interrupted` or
/// `resync_required`, with the checkpoint to go on from. Every change is printed at least once.
#[derive(Debug, Args)]
#[command(after_help = exit::table())]
pub(crate) struct Tail {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Where to begin, if the state does not know: now, beginning, a change token, a checkpoint of a control record,
    /// a time (2026-01-31T08:00Z; UTC where it names no zone), or a time ago (-7d). Without it, now; for sim: the
    /// beginning
    #[arg(long, value_name = "WHERE", allow_hyphen_values = true)]
    pub(crate) since: Option<Since>,
    /// What to print; files of libraries are items
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["items", "files"])]
    pub(crate) only: Vec<Only>,
    /// Keep the position in this file and go on from there. It is moved when a page has been printed; FILE.lock keeps
    /// a second process out
    #[arg(long, value_name = "FILE", value_parser = path::path())]
    pub(crate) state: Option<PathBuf>,
    /// When the state is moved: when a page has been printed, or when the consumer answers `ack TOKEN` on stdin, for
    /// this row and all before it. At the end of a run acks are awaited until all has been acknowledged or stdin ends
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) commit: Commit,
    /// Go on behind a gap where a resync is required, and say so. Where the state holds a resync, this says that
    /// everything was read anew
    #[arg(long)]
    pub(crate) accept_gap: bool,
    /// Do not stop at the end of the log. A server that answered once is waited for when it cannot be reached, or
    /// when --bearer-command fails meanwhile: a `waiting` record says why and until when
    #[arg(long)]
    pub(crate) follow: bool,
    /// With --follow, end after an outage of this length; without it an outage never ends it
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "follow")]
    pub(crate) give_up: Option<Duration>,
    /// How long to rest between two looks with --follow
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) every: Duration,
    /// Stop after this many changes; the state is moved to the last one. Those that --overlap brings again are not
    /// counted
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<NonZeroU64>,
    /// Ask the server even if it wants to be left alone, as an earlier run has kept
    #[arg(long, help_heading = "Limits")]
    pub(crate) now: bool,
    #[command(flatten)]
    pub(crate) session: Session,
    /// How to print; without it, text on a terminal and jsonl elsewhere
    #[arg(long, value_enum)]
    pub(crate) output: Option<Format>,
}

/// An answer of a server: a page of GetChanges in any metadata mode, a rowset of GetListItemChangesSinceToken over REST
/// or SOAP, an object with its CurrentChangeToken, a $batch answer, or an error, which is named on stderr and decides
/// the exit code.
#[derive(Debug, Args)]
#[command(after_help = exit::table())]
pub(crate) struct Read {
    /// The answer: its body as it was sent, in UTF-8 or UTF-16, also with its headers before it or as a JSON string;
    /// without it, or as -, stdin
    #[arg(value_name = "FILE", value_parser = path::path())]
    pub(crate) file: Option<PathBuf>,
    /// The status the answer came with; without it that of the headers, or 200
    #[arg(long, value_name = "CODE")]
    pub(crate) status: Option<http::StatusCode>,
    /// How to print; without it, text on a terminal and jsonl elsewhere
    #[arg(long, value_enum)]
    pub(crate) output: Option<Format>,
}

/// The first line on stdout is JSON with the address of the site, its lists and the current tokens. It runs until
/// SIGINT or SIGTERM. The path /_control takes commands that change the world, {"do":"add-item","list":"Tasks"}.
#[derive(Debug, Args)]
#[command(after_long_help = office::switches())]
pub(crate) struct Simulate {
    /// The port on 127.0.0.1; 0 for a free one
    #[arg(long, value_name = "N", default_value = "0")]
    pub(crate) port: u16,
    /// What the office's history is made of; the same seed is the same history
    #[arg(long, value_name = "S", default_value_t = address::SEED)]
    seed: u64,
    /// How many rows the history has at the start; with fewer it is a prefix
    #[arg(long, value_name = "N", default_value_t = address::CHANGES)]
    changes: u64,
    /// Add so many items to a list behind the history, in folders of so many each
    #[arg(long, value_name = "LIST:N[:M]")]
    fill: Vec<String>,
    /// Let the office go on while it is served, with this mean time between two operations; without a time, 1s
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "1s")]
    follow_activity: Option<String>,
    /// Set a switch of the server's dialect, several times if need be; --help lists them
    #[arg(long, value_name = "NAME=VALUE")]
    dialect: Vec<String>,
    /// Answer with a fault: throttled:30, busy:5, server-error, lost, cut, sign-in…; @n for the n-th request, *m for m
    /// of them, else for ever
    #[arg(long, value_name = "KIND[@N[*M]]")]
    fault: Vec<String>,
    /// Answer this share of requests with faults that a patient client survives
    #[arg(long, value_name = "PERCENT")]
    trouble: Option<String>,
    /// Tell a lie about the log: same-token, invalid-token, fence-backwards…
    #[arg(long, value_name = "KIND")]
    lie: Vec<String>,
    /// Throttle callers that cost more units a minute
    #[arg(long, value_name = "UNITS")]
    throttle: Option<String>,
    /// Let nobody in without: bearer:TOKEN, cookie:VALUE, or rotating:PREFIX:TIME
    #[arg(long, value_name = "HOW")]
    auth: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Take a change token apart: whose it is, when, how old, how long it is good for
    Show {
        /// The token, 1;scope;id;ticks;number, in quotes
        #[arg(value_name = "TOKEN", value_parser = token)]
        token: sharepoint_changes::ChangeToken,
        /// How long a log is trusted to hold a token
        #[arg(long, value_name = "TIME", default_value = "55d", value_parser = duration)]
        retention: Duration,
        /// How to print; without it, text on a terminal and jsonl elsewhere
        #[arg(long, value_enum)]
        output: Option<Format>,
    },
    /// Ask for the current change token of a site, web or list
    Now(Box<TokenNow>),
}

/// The end of a log.
#[derive(Debug, Args)]
pub(crate) struct TokenNow {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) session: Session,
    /// How to print; without it, text on a terminal and jsonl elsewhere
    #[arg(long, value_enum)]
    pub(crate) output: Option<Format>,
}

impl Simulate {
    /// The office that was described, by the same switches as a `sim:` address.
    pub(crate) fn office(&self) -> Result<Office, Failure> {
        let mut office = Office::new(self.seed, self.changes);
        let named = [
            ("live", &self.follow_activity),
            ("trouble", &self.trouble),
            ("throttle", &self.throttle),
            ("auth", &self.auth),
        ];
        let mut switches: Vec<(&str, &str)> =
            named.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect();
        switches.extend(self.fill.iter().map(|value| ("fill", &**value)));
        switches.extend(self.fault.iter().map(|value| ("fault", &**value)));
        switches.extend(self.lie.iter().map(|value| ("lie", &**value)));
        switches.extend(self.dialect.iter().map(|pair| pair.split_once('=').unwrap_or((pair, "yes"))));
        for (name, value) in switches {
            office.set(name, value).map_err(Failure::usage)?;
        }
        Ok(office)
    }
}

impl Tail {
    /// The query for what was asked, each row with its own text.
    pub(crate) fn query(&self) -> Result<ChangeQuery, Failure> {
        let scope = self.place.scope()?;
        let mut presets = self.only.iter().map(|only| only.preset());
        let first = presets.next().ok_or_else(|| Failure::usage("--only names nothing"))?;
        let query = presets.fold(ChangeQuery::preset(scope, first), |query, preset| {
            query.also(preset.objects(), preset.kinds())
        });
        let query = query.keep_raw(true);
        Ok(match self.session.page_size {
            Some(rows) => query.page_size(rows),
            None => query,
        })
    }
}

/// What a run prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// List items and documents, and the lists themselves
    Items,
    /// These, and files and folders that are no items
    Files,
    /// Roles, groups, sharing, and what carries permissions
    #[value(alias = "acl")]
    Permissions,
    /// Columns, content types, views, lists and webs
    Schema,
    /// Everything the log holds
    Everything,
}

impl Only {
    fn preset(self) -> Preset {
        match self {
            Only::Items => Preset::Items,
            Only::Files => Preset::Files,
            Only::Permissions => Preset::Permissions,
            Only::Schema => Preset::Schema,
            Only::Everything => Preset::Everything,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Commit {
    Auto,
    Manual,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use sharepoint_changes::{ListRef, Scope};

    use super::*;

    fn tail(args: &str) -> Result<Tail, String> {
        let words = ["spchanges", "tail"].into_iter().chain(args.split(' '));
        match Cli::try_parse_from(words).map_err(|error| error.to_string())?.command {
            Command::Tail(tail) => Ok(*tail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_scope_is_the_webs_or_that_of_the_list_named() {
        let scope = |args: &str| tail(args).unwrap().place.scope();
        assert_eq!(scope("sim:").unwrap(), Scope::Web);
        assert_eq!(scope("sim: --scope site").unwrap(), Scope::Site);
        assert_eq!(scope("sim: --list Bids").unwrap(), Scope::List(ListRef::Title("Bids".into())));
        for wrong in ["sim: --scope list", "sim: --scope web --list Bids"] {
            assert_eq!(scope(wrong).unwrap_err().exit(), crate::exit::Exit::USAGE, "{wrong}");
        }
    }

    #[test]
    fn a_time_ago_is_no_option_and_kinds_are_united() {
        let args = tail("sim: --since -7d --only schema,acl --max 3").unwrap();
        assert_eq!(args.since, Some(Since::Ago(Duration::from_secs(7 * 86_400))));
        assert_eq!(args.only, [Only::Schema, Only::Permissions]);
        assert_eq!(tail("sim:").unwrap().only, [Only::Items, Only::Files]);
        assert!(tail("sim: --max 0").is_err() && tail("sim: --only nothing").is_err());
    }
}
