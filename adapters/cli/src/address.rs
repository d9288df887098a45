//! Addresses: a real site, or the embedded simulated one.

use std::{fmt, str::FromStr};

use percent_encoding::percent_decode_str;
use sharepoint_changes::{Site, SiteError};

/// Where a command looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// `https://…`
    Site(Site),
    /// `sim:`
    Simulated(Simulated),
}

/// The embedded simulated site: `sim:?seed=7&changes=100&expired=empty`.
///
/// The same address is the same world in every process, and with fewer changes a prefix of the same history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Simulated {
    pub(crate) seed: u64,
    pub(crate) changes: u64,
    /// Every other parameter, decoded: a switch of the simulator.
    pub(crate) switches: Vec<(String, String)>,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix("sim:") {
            Some(rest) => simulated(rest).map(Address::Simulated),
            None => Ok(Address::Site(Site::new(text)?)),
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Site(site) => f.write_str(site.url()),
            Address::Simulated(simulated) => {
                write!(f, "sim:?seed={}&changes={}", simulated.seed, simulated.changes)
            }
        }
    }
}

/// An address that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error(transparent)]
    Site(#[from] SiteError),
    #[error("a simulated site's address reads sim: or sim:?seed=…&changes=…")]
    Simulated,
    #[error("{name}={value} is no number")]
    Number { name: &'static str, value: String },
}

fn simulated(rest: &str) -> Result<Simulated, AddressError> {
    let mut simulated = Simulated { seed: SEED, changes: CHANGES, switches: Vec::new() };
    let query = match rest.trim_start_matches('/') {
        "" => "",
        rest => rest.strip_prefix('?').ok_or(AddressError::Simulated)?,
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, "yes"));
        let decode = |text| percent_decode_str(text).decode_utf8().map_err(|_| AddressError::Simulated);
        let (name, value) = (decode(name)?, decode(value)?);
        let number = |name| {
            let wrong = |_| AddressError::Number { name, value: value.clone().into_owned() };
            value.parse().map_err(wrong)
        };
        match &*name {
            "seed" => simulated.seed = number("seed")?,
            "changes" => simulated.changes = number("changes")?,
            _ => simulated.switches.push((name.into_owned(), value.into_owned())),
        }
    }
    Ok(simulated)
}

/// What `sim:` alone means.
pub(crate) const SEED: u64 = 1;
pub(crate) const CHANGES: u64 = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulated_address_names_seed_changes_and_switches() {
        let plain = Simulated { seed: SEED, changes: CHANGES, switches: Vec::new() };
        for text in ["sim:", "sim://", "sim:?", "sim:/?seed=1"] {
            assert_eq!(text.parse(), Ok(Address::Simulated(plain.clone())), "{text}");
        }
        let switches = vec![
            ("expired".into(), "empty".into()),
            ("bom".into(), "yes".into()),
            ("a b".into(), "&".into()),
        ];
        let full = Simulated { seed: 7, changes: 0, switches };
        assert_eq!("sim:?seed=7&expired=empty&changes=0&bom&a%20b=%26".parse(), Ok(Address::Simulated(full)));
        for text in ["sim:x", "sim:?seed=x", "sim:?changes=-1", "sim:?a=%ff", "simulator:", "example.com"] {
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
