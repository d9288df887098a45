//! The command line of `spchanges mirror`.

use std::{num::NonZeroU32, path::PathBuf, str::FromStr, time::Duration};

use clap::Args;
use sharepoint_changes::{Dialect, ItemQuery, ListRef, caml::ViewFields};
use sharepoint_changes_sqlite::{Guard, SyncSettings};

use super::{
    path::path,
    site::{Limits, ListName, Server},
};
use crate::{
    address::Address,
    exit::{self, Failure},
    output::Format,
    since::duration,
};

/// The first run reads the whole list; later ones read what changed. Each page is one transaction: kill it at any
/// moment, and the next run goes on. The last line on stdout is a control record.
#[derive(Debug, Args)]
#[command(after_help = exit::table())]
pub(crate) struct Mirror {
    /// The address of a web, https://…, or sim: for the embedded simulated site, sim:?seed=1&changes=200 in full
    #[arg(value_name = "URL", required_unless_present = "status")]
    pub(crate) address: Option<Address>,
    /// The list: its id, its title, its address, or the server-relative path of its root folder, which begins with a
    /// slash
    #[arg(long, value_name = "LIST", required_unless_present = "status")]
    list: Option<ListName>,
    /// The SQLite file; made where there is none. FILE.lock keeps a second writer out, readers need nothing
    #[arg(long, value_name = "FILE", value_parser = path())]
    pub(crate) into: PathBuf,
    /// The columns to keep, by internal name; without it all that the list stores
    #[arg(long, value_name = "FIELD", value_delimiter = ',')]
    pub(crate) fields: Option<Vec<String>>,
    /// Keep deleted rows in the table _tombstones, with their time and last path
    #[arg(long)]
    pub(crate) tombstones: bool,
    /// Do not stop at the end of the log. A server that answered once is waited for when it cannot be reached, or
    /// when --bearer-command fails meanwhile: a `waiting` record says why and until when
    #[arg(long)]
    pub(crate) follow: bool,
    /// With --follow, end after an outage of this length; without it an outage never ends it
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "follow")]
    pub(crate) give_up: Option<Duration>,
    /// How long to rest between two looks with --follow; longer, where the server asks for it (MinTimeBetweenSyncs)
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    pub(crate) every: Duration,
    /// Read the whole list anew, whatever is held
    #[arg(long)]
    pub(crate) full: bool,
    /// How many rows may be removed within seven days only because they were not seen: a number, or a part of those
    /// held. Without it 10%, and ten at any rate. What the server says was deleted is not counted. Once more would
    /// go, none does until --allow-delete says so; nor ever the last one, nor what the list itself still counts
    #[arg(long, value_name = "N|P%", help_heading = "Guard")]
    max_delete: Option<MaxDelete>,
    /// Let this one run remove up to so many rows that it did not see
    #[arg(long, value_name = "N", help_heading = "Guard")]
    allow_delete: Option<u64>,
    /// Do not ask the log which items were shared with you or taken from you: for an account that sees every item,
    /// whatever is granted on it. It saves a request a run
    #[arg(long)]
    ignore_role_assignments: bool,
    /// Compare the copy with the list, name the items that differ, and end with 1 if there are any. Where you see a part
    /// of the list because of your groups, do so once a week: who belongs to a group is told on no item
    #[arg(long, conflicts_with_all = ["follow", "status"])]
    pub(crate) verify: bool,
    /// Compare, and fetch the items that differ
    #[arg(long, conflicts_with_all = ["follow", "status"])]
    pub(crate) repair: bool,
    /// Tell how the copy stands, without asking the server; needs only --into
    #[arg(long, conflicts_with_all = ["follow", "full"])]
    pub(crate) status: bool,
    /// Tell it as JSON, also on a terminal
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// The most rows a page may have; without it 2000
    #[arg(long, value_name = "N", help_heading = "Limits")]
    rows_per_page: Option<NonZeroU32>,
    /// Ask the server even if it wants to be left alone, as an earlier run has kept
    #[arg(long, help_heading = "Limits")]
    pub(crate) now: bool,
    #[command(flatten)]
    pub(crate) limits: Limits,
    /// Ask over SOAP (_vti_bin/Lists.asmx) instead of REST; the list by its id or title
    #[arg(long, help_heading = "Server")]
    soap: bool,
    #[command(flatten)]
    pub(crate) server: Server,
    /// How to print; without it, text on a terminal and jsonl elsewhere
    #[arg(long, value_enum)]
    output: Option<Format>,
}

impl Mirror {
    /// The list that was named.
    pub(crate) fn list(&self) -> Result<&ListRef, Failure> {
        let name = self.list.as_ref().ok_or_else(|| Failure::usage("--list is missing"))?;
        let address = self.address.as_ref().ok_or_else(|| Failure::usage("the URL is missing"))?;
        name.at(address)
    }

    /// The query for it.
    pub(crate) fn query(&self) -> Result<ItemQuery, Failure> {
        let dialect = if self.soap { Dialect::Soap } else { Dialect::Rest };
        let mut query = ItemQuery::new(self.list()?.clone()).dialect(dialect);
        if let Some(fields) = &self.fields {
            query = query.view_fields(ViewFields::new(fields).map_err(Failure::usage)?);
        }
        Ok(match self.rows_per_page {
            Some(rows) => query.row_limit(rows),
            None => query,
        })
    }

    pub(crate) fn settings(&self) -> SyncSettings {
        let mut settings = SyncSettings::default();
        settings.session = self.limits.settings();
        settings.session.role_assignments = !self.ignore_role_assignments;
        settings.full = self.full;
        settings.guard = match self.max_delete {
            None => Guard::default(),
            Some(MaxDelete::Rows(rows)) => Guard::default().part(0.0).rows(rows),
            Some(MaxDelete::Part(part)) => Guard::default().part(part).rows(0),
        };
        if let Some(rows) = self.allow_delete {
            settings.guard = settings.guard.allow(rows);
        }
        settings
    }

    pub(crate) fn format(&self) -> Format {
        if self.json { Format::Jsonl } else { Format::or_default(self.output) }
    }
}

/// `--max-delete`: rows, or a part of those held.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum MaxDelete {
    Rows(u64),
    /// From 0 to 1.
    Part(f64),
}

impl FromStr for MaxDelete {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "give a number of rows, such as 500, or a part, such as 10%";
        match text.strip_suffix('%') {
            None => text.parse().map(MaxDelete::Rows).map_err(|_| wrong()),
            Some(percent) => {
                let percent: f64 = percent.parse().map_err(|_| wrong())?;
                let part = (0.0..=100.0).contains(&percent).then_some(percent / 100.0);
                part.map(MaxDelete::Part).ok_or_else(wrong)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn mirror(args: &str) -> Result<Mirror, String> {
        let words = ["spchanges", "mirror"].into_iter().chain(args.split_whitespace());
        match Cli::try_parse_from(words).map_err(|error| error.to_string())?.command {
            Command::Mirror(mirror) => Ok(*mirror),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_guard_is_what_was_asked_for() {
        let guard = |args: &str| mirror(&format!("sim: --list A --into a {args}")).unwrap().settings().guard;
        assert_eq!(guard(""), Guard::default());
        assert_eq!(guard("--max-delete 7"), Guard::default().part(0.0).rows(7));
        assert_eq!(guard("--max-delete 2.5%"), Guard::default().part(0.025).rows(0));
        assert_eq!(guard("--allow-delete 9"), Guard::default().allow(9));
        for wrong in ["x", "-1", "101%", "%", "nan%"] {
            assert!(wrong.parse::<MaxDelete>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn role_assignments_are_followed_unless_somebody_says_otherwise() {
        let followed = |args| {
            mirror(&format!("sim: --list A --into a {args}")).unwrap().settings().session.role_assignments
        };
        assert!(followed("") && !followed("--ignore-role-assignments"));
    }

    #[test]
    fn only_the_status_needs_no_list() {
        assert!(mirror("--into a --status").is_ok() && mirror("--into a").is_err());
        assert!(mirror("sim: --into a").is_err() && mirror("sim: --list A --into a").is_ok());
        assert!(
            mirror("sim: --list A").is_err() && mirror("sim: --list A --into a --verify --follow").is_err()
        );
    }

    #[test]
    fn fields_are_names_and_the_query_carries_them() {
        let query = mirror("sim: --list A --into a --fields Title,Bid").unwrap().query().unwrap();
        assert_eq!(query.fields().unwrap().names().collect::<Vec<_>>(), ["Title", "Bid"]);
        assert!(mirror("sim: --list A --into a --fields ,").unwrap().query().is_err());
    }
}
