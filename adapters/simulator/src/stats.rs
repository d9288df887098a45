//! What a server has seen.

use std::collections::BTreeMap;

/// What a server has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests, those that met a fault included.
    pub requests: u64,
    /// Requests that were throttled, by the throttler or a fault.
    pub throttled: u64,
    /// Requests that came before the wait told to their sender was over.
    pub impolite: u64,
    /// Faults met, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Requests by the last segment of their path, in lower case and without its arguments.
    pub calls: BTreeMap<String, u64>,
    /// Answers that were otherwise than most servers', by what was otherwise about them.
    pub habits: BTreeMap<&'static str, u64>,
}
