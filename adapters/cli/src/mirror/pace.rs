//! How far a run has come, in words: rows, rate, pages, time left.

use std::time::{Duration, Instant};

use sharepoint_changes_sqlite::{Phase, Progress};

/// Measures a run.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// What was being read, how many rows there were when its first page had come, and when that was: a load may go
    /// on where another process was killed.
    first: Option<(Phase, u64, Instant)>,
}

impl Pace {
    /// How far the run has come now.
    pub(crate) fn tell(&mut self, now: Instant, come: &Progress) -> String {
        let (rows, total) = match come.phase {
            Phase::Loading | Phase::Comparing => (come.rows, come.total),
            _ => (come.written, None),
        };
        let (begun, time) = self.since(now, come.phase, rows);
        words(come.phase, rows, total, come.pages, rate(rows.saturating_sub(begun), time))
    }

    /// How many rows there were when this part of the run began, and how long ago that was.
    fn since(&mut self, now: Instant, phase: Phase, rows: u64) -> (u64, Duration) {
        let (_, begun, at) = *match &mut self.first {
            Some(first) if first.0 == phase => first,
            first => first.insert((phase, rows, now)),
        };
        (begun, now.duration_since(at))
    }
}

fn words(phase: Phase, rows: u64, total: Option<u64>, pages: u64, rate: Option<f64>) -> String {
    let doing = match phase {
        Phase::Loading => "loading",
        Phase::Listing => "listing a folder",
        Phase::Following => "following changes",
        Phase::Comparing => "comparing",
        _ => "reading",
    };
    let mut text = match total {
        Some(total) if total >= rows => format!("{doing}: {rows} of {total} rows, page {pages}"),
        _ => format!("{doing}: {rows} rows, page {pages}"),
    };
    if let Some(rate) = rate {
        text.push_str(&format!(", {rate:.0} rows/s"));
        if let Some(left) = total.and_then(|total| total.checked_sub(rows)).filter(|_| rate > 0.0) {
            text.push_str(&format!(", {} left", time(left, rate)));
        }
    }
    text
}

#[allow(clippy::cast_precision_loss, reason = "it is told in whole rows a second")]
fn rate(rows: u64, time: Duration) -> Option<f64> {
    let seconds = time.as_secs_f64();
    (seconds >= 0.5 && rows > 0).then(|| rows as f64 / seconds)
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds to go"
)]
fn time(rows: u64, rate: f64) -> String {
    let seconds = (rows as f64 / rate).ceil() as u64;
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6_000 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_rate_pages_and_time_left_are_told_where_they_are_known() {
        assert_eq!(words(Phase::Loading, 2_000, None, 1, None), "loading: 2000 rows, page 1");
        assert_eq!(
            words(Phase::Loading, 50_000, Some(200_000), 25, Some(5_000.0)),
            "loading: 50000 of 200000 rows, page 25, 5000 rows/s, 30 s left"
        );
        let more_than_there_are = words(Phase::Comparing, 7, Some(5), 1, Some(1.0));
        assert_eq!(more_than_there_are, "comparing: 7 rows, page 1, 1 rows/s");
        assert_eq!(time(360_000, 100.0), "60 min");
        assert_eq!(time(750_000, 100.0), "2 h 5 min");
    }

    #[test]
    fn the_rate_is_that_of_this_run_where_a_load_goes_on() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert_eq!(pace.since(start, Phase::Loading, 9_000), (9_000, Duration::ZERO));
        let second = pace.since(start + Duration::from_secs(2), Phase::Loading, 9_500);
        assert_eq!(second, (9_000, Duration::from_secs(2)));
        assert_eq!(pace.since(start + Duration::from_secs(3), Phase::Comparing, 5), (5, Duration::ZERO));
        assert_eq!(rate(500, second.1), Some(250.0));
        assert_eq!(rate(500, Duration::from_millis(1)), None);
    }
}
