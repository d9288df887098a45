//! Moments as the server counts them: .NET ticks, and the grid SQL Server keeps them on.

use std::time::Duration;

use jiff::Timestamp;

/// A moment in UTC: hundreds of nanoseconds since 0001-01-01, as tokens carry it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub i64);

/// 1970-01-01 in ticks.
const UNIX: i64 = 621_355_968_000_000_000;
/// Ticks of one second.
const SECOND: i64 = 10_000_000;

impl Ticks {
    /// The tick count of a calendar moment; what is finer than 100 ns is cut off.
    pub fn of(moment: Timestamp) -> Self {
        let whole = moment.as_second() * SECOND;
        Self(whole + i64::from(moment.subsec_nanosecond()) / 100 + UNIX)
    }

    /// The calendar moment; the far ends of the calendar where ticks reach beyond it.
    pub fn timestamp(self) -> Timestamp {
        let unix = self.0 - UNIX;
        let nanosecond = i32::try_from(unix.rem_euclid(SECOND) * 100).unwrap_or_default();
        Timestamp::new(unix.div_euclid(SECOND), nanosecond).unwrap_or(if unix < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// This moment moved on.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(length(time)))
    }

    /// This moment moved back.
    #[must_use]
    pub fn before(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(length(time)))
    }

    /// The time from `earlier` to this moment; zero where `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        let ticks = u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default();
        Duration::new(ticks / 10_000_000, u32::try_from(ticks % 10_000_000 * 100).unwrap_or_default())
    }

    /// The nearest moment a SQL Server `datetime` can hold: thirds of 10 ms, told as .000, .003 or .007.
    #[must_use]
    pub fn on_grid(self) -> Self {
        let second = self.0.div_euclid(SECOND);
        let steps = (self.0.rem_euclid(SECOND) * 300 + SECOND / 2) / SECOND;
        let milliseconds = (steps * 10 + 1) / 3;
        Self(second * SECOND + milliseconds * 10_000)
    }

    /// The start of this moment's second.
    #[must_use]
    pub fn whole_second(self) -> Self {
        Self(self.0.div_euclid(SECOND) * SECOND)
    }

    /// How far into its second this moment is, in ticks.
    pub(crate) fn within_second(self) -> i64 {
        self.0.rem_euclid(SECOND)
    }

    /// Appends the moment as OData writes it: ISO 8601 with `Z`, the fraction without trailing zeros. Moments written
    /// one after another often share their date.
    pub(crate) fn write_iso(self, out: &mut Vec<u8>, date: &mut Date) {
        let seconds = self.0.div_euclid(SECOND);
        let day = seconds.div_euclid(86_400);
        let time = seconds.rem_euclid(86_400);
        if date.text.is_empty() || date.day != day {
            *date = Date::of(day);
        }
        out.extend_from_slice(&date.text);
        two(out, time / 3_600);
        out.push(b':');
        two(out, time / 60 % 60);
        out.push(b':');
        two(out, time % 60);
        let fraction = self.within_second();
        if fraction != 0 {
            out.push(b'.');
            let mut text = [b'0'; 7];
            let mut rest = fraction;
            for place in text.iter_mut().rev() {
                *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
            out.extend_from_slice(&text);
            while out.last() == Some(&b'0') {
                out.pop();
            }
        }
        out.push(b'Z');
    }

    /// The moment as OData writes it.
    pub fn iso(self) -> String {
        let mut out = Vec::with_capacity(28);
        self.write_iso(&mut out, &mut Date::default());
        String::from_utf8(out).unwrap_or_default()
    }

    /// The moment as HTTP headers write it, whole seconds.
    pub fn http_date(self) -> String {
        jiff::fmt::rfc2822::DateTimePrinter::new()
            .timestamp_to_rfc9110_string(&self.whole_second().timestamp())
            .unwrap_or_default()
    }
}

/// A day and its text, `2026-03-04T`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Date {
    day: i64,
    text: Vec<u8>,
}

impl Date {
    fn of(day: i64) -> Self {
        let (year, month, of_month) = civil(day);
        let mut text = Vec::with_capacity(11);
        two(&mut text, year / 100);
        two(&mut text, year % 100);
        text.push(b'-');
        two(&mut text, month);
        text.push(b'-');
        two(&mut text, of_month);
        text.push(b'T');
        Self { day, text }
    }
}

/// A length of time in ticks.
pub(crate) fn length(time: Duration) -> i64 {
    i64::try_from(time.as_nanos() / 100).unwrap_or(i64::MAX)
}

/// Year, month and day of a day counted from 0001-01-01 in the Gregorian calendar.
fn civil(day: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that the leap day is the last of its year: 306 days before 0001-01-01.
    let day = day + 306;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Appends a number of two digits.
fn two(out: &mut Vec<u8>, number: i64) {
    let digit = |number: i64| b'0' + u8::try_from(number % 10).unwrap_or_default();
    out.extend_from_slice(&[digit(number / 10), digit(number)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_and_calendar_agree_with_the_known_pairs() {
        let march: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(Ticks::of(march), Ticks(639_079_200_000_000_000));
        let bid: Timestamp = "2026-03-04T10:15:30.447Z".parse().unwrap();
        assert_eq!(Ticks::of(bid), Ticks(639_082_161_304_470_000));
        assert_eq!(Ticks(639_082_189_649_770_000).timestamp().to_string(), "2026-03-04T11:02:44.977Z");
    }

    #[test]
    fn iso_text_drops_trailing_zeros_and_agrees_with_the_calendar() {
        assert_eq!(Ticks(639_082_161_621_200_000).iso(), "2026-03-04T10:16:02.12Z");
        assert_eq!(Ticks(639_082_161_690_000_000).iso(), "2026-03-04T10:16:09Z");
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..2_000 {
            let ticks = Ticks(rng.i64(UNIX / 2..UNIX + 4_000_000_000 * SECOND)).whole_second();
            assert_eq!(ticks.iso(), ticks.timestamp().to_string());
        }
    }

    #[test]
    fn the_grid_ends_every_millisecond_in_0_3_or_7() {
        let mut rng = fastrand::Rng::with_seed(2);
        for _ in 0..2_000 {
            let exact = Ticks(rng.i64(UNIX..UNIX + 4_000_000_000 * SECOND));
            let grid = exact.on_grid();
            assert_eq!(grid.0 % 10_000, 0);
            assert!(matches!(grid.0 / 10_000 % 10, 0 | 3 | 7), "{grid:?}");
            assert!((grid.0 - exact.0).abs() < 22_000, "{exact:?} {grid:?}");
            assert_eq!(grid.on_grid(), grid);
        }
    }

    #[test]
    fn http_dates_are_gmt() {
        assert_eq!(Ticks(639_082_161_304_470_000).http_date(), "Wed, 04 Mar 2026 10:15:30 GMT");
    }
}
