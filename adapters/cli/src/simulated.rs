//! The embedded simulated site, as a connection sees it.

use std::time::Duration;

use http::{HeaderValue, header};
use jiff::Timestamp;
use sharepoint_changes::{Generation, Site};
use sharepoint_changes_ureq::{Ask, Credential};
use sharepoint_simulator::{self as simulator, SimulatedHost};

use crate::{
    args::Server,
    exit::{Exit, Failure},
    office::Office,
    stop::Stop,
};

/// Opens an office on a clock of its own, with the site's address and what its server is known to be.
pub(crate) fn open(office: &Office, server: &Server, stop: &Stop) -> Result<(SimulatedHost, Site), Failure> {
    let generation = match office.dialect.generation {
        simulator::Generation::Online => Generation::Online,
        simulator::Generation::Server2019 => Generation::Server2019,
        simulator::Generation::Server2016 => Generation::Server2016,
        simulator::Generation::Server2013 => Generation::Server2013,
    };
    let mut host = SimulatedHost::new(office.clone().open().map_err(Failure::usage)?);
    host.latency = Duration::ZERO;
    let address = format!("{}{SITE}", host.server().world().host());
    let site = server.site(Site::new(&address)?)?;
    let site = if server.names_generation() { site } else { site.generation(generation) };
    let credential = server.ask(stop)(Ask::First)
        .map_err(|error| Failure::new(stop.signal().map_or(Exit::PERMISSION, Exit::signal), error))?;
    let header = match credential {
        Credential::Bearer(token) => Some((header::AUTHORIZATION, format!("Bearer {token}"))),
        Credential::Cookie(cookie) => Some((header::COOKIE, cookie)),
        _ => None,
    };
    if let Some((name, value)) = header {
        let value = HeaderValue::try_from(value).map_err(|_| {
            Failure::new(Exit::PERMISSION, "the credential holds a character that cannot be sent")
        })?;
        host.headers.insert(name, value);
    }
    Ok((host, site))
}

/// What time it is in an office when it is opened.
pub(crate) fn now(office: &Office) -> Result<Timestamp, Failure> {
    let server = office.clone().open().map_err(Failure::usage)?;
    server.world().now().iso().parse().map_err(|error| Failure::new(Exit::FAILURE, error))
}

/// Where the office's site is.
pub(crate) const SITE: &str = "/sites/ops";
