//! The part of the command line that says which log, on which server, within which limits.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use clap::{Args, ValueEnum};
use sharepoint_changes::{Generation, ListRef, Metadata, Policy, Scope, Settings, Site};
use sharepoint_changes_ureq::{Ask, Credential, CredentialError};

use super::list;
use crate::{address::Address, credential::Source, exit::Failure, since::duration, stop::Stop};

/// Which log.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The address of a web, https://…, or sim: for the embedded simulated site, sim:?seed=1&changes=200 in full;
    /// live=1s lets its office go on while it is followed, and the switches of `simulate` may be set the same way
    #[arg(value_name = "URL")]
    pub(crate) address: Address,
    /// Whose log; without it the web's, or the list's where --list is given
    #[arg(long, value_enum)]
    scope: Option<ScopeName>,
    /// The list: its id, its title, its address, or the server-relative path of its root folder, which begins with a
    /// slash
    #[arg(long, value_name = "LIST")]
    list: Option<ListName>,
}

/// How to speak to the server.
#[derive(Args)]
pub(crate) struct Server {
    /// A command that prints an access token; it is run when one is needed, and again after a 401. Without it and
    /// --cookie, the token is taken from the variable SPCHANGES_TOKEN, or else a cookie from SPCHANGES_COOKIE
    #[arg(long, value_name = "CMD", conflicts_with = "cookie", help_heading = "Server")]
    bearer_command: Option<String>,
    /// How long that command may take; then it is ended, with all it began
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration, help_heading = "Server")]
    bearer_timeout: Duration,
    /// The Cookie header of a signed-in session on premises; better given by SPCHANGES_COOKIE, which other users of
    /// the machine do not see
    #[arg(long, value_name = "COOKIE", help_heading = "Server")]
    cookie: Option<String>,
    /// Send the credential over plain http to another machine
    #[arg(long, help_heading = "Server")]
    pub(crate) allow_cleartext: bool,
    /// Which server answers; what it does not know is not asked
    #[arg(long, value_enum, help_heading = "Server")]
    server: Option<ServerName>,
    /// How much answers say about types; with none, a file cannot be told from a folder
    #[arg(long, value_enum, default_value = "verbose", help_heading = "Server")]
    metadata: MetadataName,
    /// The User-Agent, as NONISV|Company|Application/1.0; SharePoint Online throttles callers without a name first
    #[arg(long, value_name = "TEXT", help_heading = "Server")]
    user_agent: Option<String>,
    /// The largest answer taken, unpacked, as 64MiB; 512MiB at most
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size, help_heading = "Limits")]
    pub(crate) max_body: u64,
}

/// The limits of a run over the changes of a log.
#[derive(Debug, Args)]
pub(crate) struct Session {
    /// The most rows a page may have; without it the server's own, which is 1000
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(crate) page_size: Option<NonZeroU32>,
    /// Begin each run this much before the end of the last one: what becomes visible late is not lost, what was
    /// printed comes again. A run that ended within it is gone on with where it stood
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Limits")]
    overlap: Option<Duration>,
    #[command(flatten)]
    limits: Limits,
}

/// The limits of every run.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// How old a position may be before it is no longer believed
    #[arg(long, value_name = "TIME", default_value = "55d", value_parser = duration, help_heading = "Limits")]
    pub(crate) retention: Duration,
    /// How long to rest in all because the server wants it or its quota is nearly used up, before giving up. A server
    /// that asks for more than this and more than a day is not believed
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration, help_heading = "Limits")]
    max_rest: Duration,
    /// The most rows, or removals, that one answer may hold; without it 100000 changes and 1000000 items, which is far
    /// more than servers send
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_rows: Option<NonZeroU32>,
}

impl Place {
    /// The scope that was named.
    pub(crate) fn scope(&self) -> Result<Scope, Failure> {
        match (self.scope, &self.list) {
            (None | Some(ScopeName::List), Some(name)) => Ok(Scope::List(name.at(&self.address)?.clone())),
            (None | Some(ScopeName::Web), None) => Ok(Scope::Web),
            (Some(ScopeName::Site), None) => Ok(Scope::Site),
            (Some(ScopeName::List), None) => Err(Failure::usage("--scope list needs --list")),
            (Some(_), Some(_)) => Err(Failure::usage("--list is for --scope list")),
        }
    }
}

impl Server {
    /// Where the credential comes from.
    pub(crate) fn credential(&self) -> Source {
        Source::new(self.bearer_command.clone(), self.cookie.clone())
    }

    /// What the transport asks for each request.
    pub(crate) fn ask(
        &self,
        stop: &Stop,
    ) -> impl FnMut(Ask) -> Result<Credential, CredentialError> + Send + 'static + use<> {
        self.credential().into_closure(self.bearer_timeout, stop)
    }

    /// Whether it was told which server answers.
    pub(crate) fn names_generation(&self) -> bool {
        self.server.is_some()
    }

    fn generation(&self) -> Generation {
        match self.server {
            None | Some(ServerName::Online) => Generation::Online,
            Some(ServerName::Server2019) => Generation::Server2019,
            Some(ServerName::Server2016) => Generation::Server2016,
            Some(ServerName::Server2013) => Generation::Server2013,
        }
    }

    /// The site, spoken to as was asked.
    pub(crate) fn site(&self, site: Site) -> Result<Site, Failure> {
        let site = match &self.user_agent {
            Some(text) => site.user_agent(text)?,
            None => site,
        };
        let site = site.metadata(match self.metadata {
            MetadataName::Verbose => Metadata::Verbose,
            MetadataName::Minimal => Metadata::Minimal,
            MetadataName::None => Metadata::None,
        });
        Ok(site.generation(self.generation()).digest(self.credential().digest()))
    }
}

/// The credential is left out.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("credential", &self.credential()).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = self.limits.settings();
        settings.overlap = self.overlap;
        settings
    }
}

impl Limits {
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings::default();
        let mut policy = Policy::default();
        policy.max_rest = self.max_rest;
        settings.policy = policy;
        settings.retention = self.retention;
        if let Some(most) = self.max_rows {
            let most = usize::try_from(most.get()).unwrap_or(usize::MAX);
            let limits = &mut settings.limits;
            (limits.changes, limits.rows, limits.events) = (most, most, most);
        }
        settings
    }
}

/// A number of bytes such as `65536`, `512KiB` or `64MiB`.
fn size(text: &str) -> Result<u64, &'static str> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    let (number, unit) = units
        .into_iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))
        .unwrap_or((text, 1));
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    size.filter(|size| (1..=LARGEST).contains(size)).ok_or("give a size such as 64MiB, 512MiB at most")
}

/// No larger answer is read.
const LARGEST: u64 = 512 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScopeName {
    Site,
    Web,
    List,
}

/// `--list`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListName {
    list: ListRef,
    /// Where it was named by an address.
    host: Option<String>,
}

impl ListName {
    /// The list, if it may be one of the site at this address.
    pub(crate) fn at(&self, address: &Address) -> Result<&ListRef, Failure> {
        match (&self.host, address) {
            (Some(host), Address::Site(site)) if host != site.host() => Err(Failure::usage(format!(
                "the list's address leads to {host}, the site's to {}",
                site.host()
            ))),
            _ => Ok(&self.list),
        }
    }
}

impl FromStr for ListName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        list::named(text).map(|(list, host)| ListName { list, host })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ServerName {
    Online,
    #[value(name = "2019")]
    Server2019,
    #[value(name = "2016")]
    Server2016,
    #[value(name = "2013")]
    Server2013,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MetadataName {
    Verbose,
    Minimal,
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_shown_without_the_credential() {
        #[derive(Debug, clap::Parser)]
        struct Command {
            #[command(flatten)]
            server: Server,
        }
        for given in ["--cookie", "--bearer-command"] {
            let command = <Command as clap::Parser>::try_parse_from(["a", given, "hunter2"]).unwrap();
            let shown = format!("{command:?}");
            assert!(shown.contains("[redacted]") && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_list_of_another_host_is_refused() {
        let name: ListName =
            "https://fabrikam.example/sites/ops/Lists/Q1%20Bids/AllItems.aspx".parse().unwrap();
        let path = ListRef::Path("/sites/ops/Lists/Q1 Bids".into());
        for site in ["https://Fabrikam.example/sites/ops", "sim:"] {
            assert_eq!(name.at(&site.parse().unwrap()).unwrap(), &path);
        }
        let elsewhere = name.at(&"https://contoso.example/sites/ops".parse().unwrap()).unwrap_err();
        assert_eq!(elsewhere.exit(), crate::exit::Exit::USAGE);
    }
}
