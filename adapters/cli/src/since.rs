//! Where to begin, and lengths of time, as they are written on the command line.

use std::{str::FromStr, time::Duration};

use jiff::{Span, SpanRelativeTo, Timestamp, civil, tz::TimeZone};
use sharepoint_changes::{ChangeToken, Checkpoint, TokenError};

/// `--since`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Since {
    /// `now`
    Now,
    /// `beginning`
    Beginning,
    /// `1;3;…`
    Token(ChangeToken),
    /// The `checkpoint` of a control record.
    Checkpoint(Box<Checkpoint>),
    /// `2026-01-31T08:00Z`
    Time(Timestamp),
    /// `-7d`: this long before the server's now.
    Ago(Duration),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "now" => return Ok(Since::Now),
            "beginning" => return Ok(Since::Beginning),
            _ => {}
        }
        if text.starts_with("sharepoint-changes-checkpoint/") {
            return text.parse().map(|it| Since::Checkpoint(Box::new(it))).map_err(|it| format!("{it}"));
        }
        if text.contains(';') {
            return token(text).map(Since::Token);
        }
        if let Some(ago) = text.strip_prefix('-') {
            return duration(ago).map(Since::Ago);
        }
        time(text).map(Since::Time).ok_or_else(|| {
            "give now, beginning, a change token, a checkpoint, a time such as 2026-01-31T08:00Z (UTC where it names \
             no zone), or a time ago such as -7d"
                .to_owned()
        })
    }
}

/// A change token. The error repeats nothing: what was pasted in its place may be a secret.
pub(crate) fn token(text: &str) -> Result<ChangeToken, String> {
    text.parse().map_err(|error: TokenError| {
        format!(
            "the {} of the change token is malformed; a token reads 1;scope;guid;ticks;number",
            error.part()
        )
    })
}

/// A length of time such as `90s`, `15m`, `1h` or `55d`; days have 24 hours.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "give a length of time such as 90s, 15m, 1h or 55d".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(length).map_err(|_| wrong())
}

/// A moment with a zone, or a civil time or date, which is taken as UTC.
fn time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    // A civil reader would take the time and drop a zone that it cannot read.
    if text.ends_with(['Z', 'z', ']']) {
        return None;
    }
    let time = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(|date| date.at(0, 0, 0, 0)))
        .ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since(text: &str) -> Since {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn every_way_to_say_where_to_begin_is_understood() {
        assert_eq!(since("now"), Since::Now);
        assert_eq!(since("beginning"), Since::Beginning);
        assert_eq!(since("-7d"), Since::Ago(Duration::from_secs(7 * 86_400)));
        assert_eq!(since("-1h30m"), Since::Ago(Duration::from_secs(5_400)));
        let time = |text: &str| Since::Time(text.parse().expect("a time"));
        assert_eq!(since("2026-01-31T00:00Z"), time("2026-01-31T00:00:00Z"));
        assert_eq!(since("2026-01-31T08:18:29+01:00"), time("2026-01-31T07:18:29Z"));
        assert_eq!(since("2026-01-31T08:00"), time("2026-01-31T08:00:00Z"));
        assert_eq!(since("2026-01-31"), time("2026-01-31T00:00:00Z"));
        let token = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";
        assert_eq!(since(token), Since::Token(token.parse().expect("a token")));
    }

    #[test]
    fn what_says_nothing_is_refused_with_what_would() {
        for text in ["", "yesterday", "1;3;x", "-", "-7", "-7x", "2026-13-01", "2026-01-31T25:00Z", "-1y"] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
        assert!("1;3;x".parse::<Since>().unwrap_err().contains("scope id"));
        assert!("sharepoint-changes-checkpoint/1 {} 0".parse::<Since>().unwrap_err().contains("damaged"));
    }

    #[test]
    fn lengths_of_time_are_whole_or_refused() {
        assert_eq!(duration("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("55d"), Ok(Duration::from_secs(55 * 86_400)));
        assert_eq!(duration("2w"), Ok(Duration::from_secs(14 * 86_400)));
        assert!(duration("60").is_err() && duration("-5m").is_err() && duration("1mo").is_err());
    }
}
