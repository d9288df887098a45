//! Answers whose `Date` is not true.

use std::time::Duration;

use fastrand::Rng;
use http::header::{DATE, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Response};

use crate::ticks::Ticks;

/// Which answers of a run tell another time than it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Dates {
    /// Single ones, by the number of their request, and by how many seconds they are off.
    pub(super) one: Vec<(u64, i64)>,
    /// One in three, each by another time.
    pub(super) some: Option<Rng>,
    /// All of them, by these seconds.
    pub(super) all: Option<i64>,
}

/// How much of what answers tell about the time may be believed in a story so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lied {
    #[default]
    Never,
    /// Single answers told another time.
    Once,
    /// Many did, or all of a run.
    Often,
}

impl Dates {
    pub(super) fn lied(&self) -> Lied {
        if self.some.is_some() || self.all.is_some() {
            Lied::Often
        } else if self.one.is_empty() {
            Lied::Never
        } else {
            Lied::Once
        }
    }

    /// Changes the `Date` of an answer, where that is to be done; whether it did. A time to come back at is told by
    /// the answer's own `Date`: such an answer stays true.
    pub(super) fn change(&mut self, number: u64, now: Ticks, answer: &mut Response<Vec<u8>>) -> bool {
        let one = self.one.iter().find(|(at, _)| *at == number).map(|(_, off)| *off);
        let some = self.some.as_mut().and_then(|rng| (rng.u8(..3) == 0).then(|| off(rng)));
        let Some(off) = one.or(some).or(self.all) else { return false };
        let headers: &mut HeaderMap = answer.headers_mut();
        if headers.contains_key(RETRY_AFTER) || !headers.contains_key(DATE) {
            return false;
        }
        let by = Duration::from_secs(off.unsigned_abs());
        let told = if off < 0 { now.before(by) } else { now.after(by) };
        let Ok(value) = HeaderValue::try_from(told.http_date()) else { return false };
        headers.insert(DATE, value);
        true
    }
}

/// By how many seconds an answer is off: by hours, weeks, or decades.
pub(super) fn off(rng: &mut Rng) -> i64 {
    let most = [2, 40, 120, 20_000][rng.usize(..4)] * DAY;
    let off = rng.i64(most / 2..most);
    // Before 1990 there was no such server.
    if rng.bool() { off } else { -off.min(12_000 * DAY) }
}

/// By how many seconds all answers of a run are off. One that is ahead by less than the log keeps its rows cannot be
/// told from a true one by anybody.
pub(super) fn off_for_all(rng: &mut Rng) -> i64 {
    let ahead = rng.i64(4_000 * DAY..20_000 * DAY);
    let behind = [2, 40, 120, 12_000][rng.usize(..4)] * DAY;
    if rng.bool() { ahead } else { -behind }
}

const DAY: i64 = 24 * 60 * 60;
