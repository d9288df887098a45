//! Addresses: a real site, or the embedded simulated one.

use std::str::FromStr;

use percent_encoding::percent_decode_str;
use sharepoint_changes::Site;

use crate::office::Office;

/// Where a command looks.
#[derive(Debug, Clone)]
pub(crate) enum Address {
    /// `https://…`
    Site(Site),
    /// `sim:`
    Simulated(Box<Simulated>),
}

/// The embedded simulated site: `sim:?seed=7&changes=100&expired=empty`.
///
/// The same address is the same world in every process, and with fewer changes a prefix of the same history.
#[derive(Debug, Clone)]
pub(crate) struct Simulated {
    seed: u64,
    pub(crate) office: Office,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix("sim:") {
            Some(rest) => simulated(rest).map(|it| Address::Simulated(Box::new(it))),
            None => Site::new(text).map(Address::Site).map_err(|error| AddressError::Site(error.reason())),
        }
    }
}

impl Address {
    /// The address as state files know it: without what may differ between two runs of one feed.
    pub(crate) fn identity(&self) -> String {
        match self {
            Address::Site(site) => site.url().to_lowercase(),
            Address::Simulated(simulated) => format!("sim:?seed={}", simulated.seed),
        }
    }
}

/// An address that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// It is not repeated here: the parser of arguments does that, without what may be a secret.
    #[error("the address {0}")]
    Site(&'static str),
    #[error("a simulated site's address reads sim: or sim:?seed=…&changes=…")]
    Simulated,
    #[error("{0}")]
    Switch(String),
}

fn simulated(rest: &str) -> Result<Simulated, AddressError> {
    let query = match rest.trim_start_matches('/') {
        "" => "",
        rest => rest.strip_prefix('?').ok_or(AddressError::Simulated)?,
    };
    let decode = |text| percent_decode_str(text).decode_utf8().map_err(|_| AddressError::Simulated);
    let (mut seed, mut changes, mut switches) = (SEED, CHANGES, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "yes"));
        let (name, value) = (decode(name)?, decode(value)?);
        let number =
            || value.parse().map_err(|_| AddressError::Switch(format!("{name}={value}: give a number")));
        match &*name {
            "seed" => seed = number()?,
            "changes" => changes = number()?,
            _ => switches.push((name, value)),
        }
    }
    let mut office = Office::new(seed, changes);
    for (name, value) in switches {
        office.set(&name, &value).map_err(AddressError::Switch)?;
    }
    Ok(Simulated { seed, office })
}

/// What `sim:` alone means.
pub(crate) const SEED: u64 = 1;
pub(crate) const CHANGES: u64 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn office(text: &str) -> Office {
        match text.parse() {
            Ok(Address::Simulated(simulated)) => simulated.office,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_simulated_address_names_seed_changes_and_switches() {
        for text in ["sim:", "sim://", "sim:?", "sim:/?seed=1"] {
            let office = office(text);
            assert_eq!((office.seed, office.changes), (SEED, CHANGES), "{text}");
        }
        let office = office("sim:?seed=7&refuse=a%20%26b&changes=0&bom");
        assert_eq!((office.seed, office.changes), (7, 0));
        assert_eq!((&*office.dialect.refuse, office.dialect.bom), ("a &b", true));
        for text in
            ["sim:x", "sim:?seed=x", "sim:?changes=-1", "sim:?a=%ff", "sim:?a=b", "simulator:", "x.com"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn two_spellings_of_one_feed_share_their_state() {
        let identity = |text: &str| text.parse::<Address>().expect("an address").identity();
        assert_eq!(identity("sim:?changes=100"), identity("sim:?changes=150&bom"));
        assert_ne!(identity("sim:?seed=2"), identity("sim:"));
        assert_eq!(
            identity("https://Fabrikam.sharepoint.com/Sites/Ops/"),
            "https://fabrikam.sharepoint.com/sites/ops"
        );
    }
}
