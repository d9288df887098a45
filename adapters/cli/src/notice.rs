//! What a run has to tell beside what it brings, as a line on stdout.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use sharepoint_changes as core;

/// What a program that reads stdout may want to know, too.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub(crate) enum Notice {
    /// The position was kept under a time that has not come yet.
    MomentAhead {
        /// That time.
        moment: Timestamp,
        /// The server's.
        now: Timestamp,
    },
}

impl Notice {
    /// `None` for what is told on stderr only.
    pub(crate) fn of(notice: &core::Notice) -> Option<Notice> {
        match notice {
            core::Notice::MomentAhead { moment, now } => {
                Some(Notice::MomentAhead { moment: *moment, now: *now })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Notice {
    /// As people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Notice::MomentAhead { moment, now } = self;
        write!(
            f,
            "the position was kept as of {moment}, which has not come yet by the server's clock ({now}): that clock was \
             wrong then, or is now. It was set right; at worst everything is read anew once"
        )
    }
}
