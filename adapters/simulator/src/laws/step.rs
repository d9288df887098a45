//! What happens in a story, one step after the other.

use std::fmt;
use std::time::Duration;

use fastrand::Rng;

use super::deed::Deed;
use crate::fault::Fault;
use crate::lie::Lie;
use crate::switch::Switch;

/// One step of a story. Those with an `at` prepare the next run.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// People work until the log has had this many rows more.
    Act(u16),
    /// Time passes, and nobody works.
    Sleep(Duration),
    /// The content database moves: the log counts anew, this much of its clock set back.
    Move(Duration),
    /// The content database is restored from a backup that is at least this old: its content and its log go back. Runs
    /// without trouble follow, until one has noticed.
    Restore(Duration),
    /// The same, and people do again what they did since: the log has other changes of the same numbers.
    Redo(Duration),
    /// Answers of the next run come from copies of the database that lag behind by up to this much, as often as not.
    Lag(Duration),
    /// Before the request with this number of the next run, people work until the log has had that many rows more.
    Meanwhile(u64, u16),
    /// Before the request with this number of the next run, some of the list's items go along with a folder.
    Swallow(u64),
    /// A column of the list is taken off and put on again.
    Column,
    /// Some items are hidden from the caller, or shown again.
    Hide,
    /// The request with this number of the next run meets a fault.
    Fault(u64, String),
    /// Something happens to the list that is followed, drawn from this seed.
    Deed(Deed, u64),
    /// The same before the request with this number of the next run.
    MeanwhileDeed(u64, Deed, u64),
    /// The `Date` of the answer with this number of the next run is off by these seconds.
    Date(u64, i64),
    /// The `Date` of one answer in three of the next run is off, each by another time, drawn from this seed.
    Dates(u64),
    /// The `Date` of all answers of the next run is off by these seconds.
    Clock(i64),
    /// The process dies at this point of the next run.
    Crash(u64),
    /// The page with this number of the next run is worked off up to the row with that index, and the run ends.
    Stop(u64, usize),
    /// A run: a session to its end, its failure or its death.
    Run,
    /// On the side: a run against a server that lies, then one against an honest one.
    Lie(Lie),
    /// On the side: a run against a server that from some request on only fails in this way.
    Dead(String),
    /// On the side: a run whose answers are spoilt byte by byte, drawn from this seed.
    Noise(u64),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Act(rows) => write!(f, "act:{rows}"),
            Self::Sleep(time) => write!(f, "sleep:{}s", time.as_secs()),
            Self::Move(back) => write!(f, "move:{}s", back.as_secs()),
            Self::Restore(age) => write!(f, "restore:{}s", age.as_secs()),
            Self::Redo(age) => write!(f, "redo:{}s", age.as_secs()),
            Self::Lag(most) => write!(f, "lag:{}s", most.as_secs()),
            Self::Meanwhile(at, rows) => write!(f, "act@{at}:{rows}"),
            Self::Swallow(at) => write!(f, "swallow@{at}"),
            Self::Column => f.write_str("column"),
            Self::Hide => f.write_str("hide"),
            Self::Fault(at, fault) => write!(f, "fault@{at}:{fault}"),
            Self::Deed(deed, seed) => write!(f, "deed:{}:{seed}", deed.show()),
            Self::MeanwhileDeed(at, deed, seed) => write!(f, "deed@{at}:{}:{seed}", deed.show()),
            Self::Date(at, off) => write!(f, "date@{at}:{off}s"),
            Self::Dates(seed) => write!(f, "dates:{seed}"),
            Self::Clock(off) => write!(f, "clock:{off}s"),
            Self::Crash(at) => write!(f, "crash@{at}"),
            Self::Stop(page, row) => write!(f, "stop@{page}:{row}"),
            Self::Run => f.write_str("run"),
            Self::Lie(lie) => write!(f, "lie:{}", lie.show()),
            Self::Dead(fault) => write!(f, "dead:{fault}"),
            Self::Noise(seed) => write!(f, "noise:{seed}"),
        }
    }
}

impl Step {
    pub(super) fn read(word: &str) -> Option<Self> {
        match word {
            "run" => return Some(Self::Run),
            "column" => return Some(Self::Column),
            "hide" => return Some(Self::Hide),
            _ => {}
        }
        if let Some((kind, rest)) = word.split_once('@') {
            let (at, what) = rest.split_once(':').unwrap_or((rest, ""));
            let at = at.parse().ok()?;
            return Some(match kind {
                "act" => Self::Meanwhile(at, what.parse().ok()?),
                "fault" => Self::Fault(at, Fault::read(what).map(|_| what.to_owned())?),
                "swallow" => Self::Swallow(at),
                "deed" => {
                    let (deed, seed) = what.split_once(':')?;
                    Self::MeanwhileDeed(at, Deed::read(deed)?, seed.parse().ok()?)
                }
                "date" => Self::Date(at, what.strip_suffix('s')?.parse().ok()?),
                "crash" => Self::Crash(at),
                "stop" => Self::Stop(at, what.parse().ok()?),
                _ => return None,
            });
        }
        let (kind, what) = word.split_once(':')?;
        Some(match kind {
            "act" => Self::Act(what.parse().ok()?),
            "sleep" => Self::Sleep(Duration::read(what)?),
            "move" => Self::Move(Duration::read(what)?),
            "restore" => Self::Restore(Duration::read(what)?),
            "redo" => Self::Redo(Duration::read(what)?),
            "lag" => Self::Lag(Duration::read(what)?),
            "deed" => {
                let (deed, seed) = what.split_once(':')?;
                Self::Deed(Deed::read(deed)?, seed.parse().ok()?)
            }
            "dates" => Self::Dates(what.parse().ok()?),
            "clock" => Self::Clock(what.strip_suffix('s')?.parse().ok()?),
            "lie" => Self::Lie(Lie::read(what)?),
            "dead" => Self::Dead(Fault::read(what).map(|_| what.to_owned())?),
            "noise" => Self::Noise(what.parse().ok()?),
            _ => return None,
        })
    }

    /// A fault: most are such that a patient client gets over them.
    pub(super) fn fault(rng: &mut Rng) -> String {
        let among = if rng.u8(..10) == 0 { LASTING } else { PASSING };
        among[rng.usize(..among.len())].to_owned()
    }

    /// A way to fail for ever.
    pub(super) fn death(rng: &mut Rng) -> String {
        let both = [LASTING, PASSING].concat();
        both.iter()
            .copied()
            .filter(|fault| !fault.starts_with("slow"))
            .nth(rng.usize(..17))
            .unwrap_or("lost")
            .to_owned()
    }
}

/// Faults that a patient client gets over.
const PASSING: &[&str] = &[
    "throttled:31",
    "throttled:limits:31",
    "throttled:date:20",
    "throttled:html:30",
    "throttled:none",
    "throttled:600",
    "busy:12",
    "busy:date:90",
    "busy:none",
    "bad-gateway",
    "gateway-timeout",
    "server-error",
    "lost",
    "cut",
    "truncated",
    "slow:7s",
    "slow:150s",
];

/// Faults that end a run.
const LASTING: &[&str] =
    &["sign-in", "redirect", "unauthorized", "forbidden", "stale-digest", "oauth", "access-denied"];
