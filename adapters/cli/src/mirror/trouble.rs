//! What can go wrong with a copy, as the end of a process.

use jiff::Timestamp;
use sharepoint_changes::{ResyncReason, StartError};
use sharepoint_changes_sqlite::{HeldBack, HoldReason, MirrorError};

use crate::exit::{Exit, Failure};

impl From<MirrorError> for Failure {
    fn from(error: MirrorError) -> Self {
        let (exit, advice) = match &error {
            MirrorError::TooManyRemoved(held) => return held_back(held),
            MirrorError::Busy(_) => {
                (Exit::STATE, Some("Wait for that process to end, or give this one a file of its own."))
            }
            MirrorError::Reading(_) => {
                (Exit::TEMPORARY, Some("Run again later, or see who reads for so long; nothing was asked."))
            }
            MirrorError::Conflict => {
                (Exit::STATE, Some("See who else writes to the file; nothing was lost."))
            }
            MirrorError::NotAMirror(_) | MirrorError::Version { .. } | MirrorError::Missing(_) => {
                (Exit::STATE, None)
            }
            MirrorError::Checkpoint(_) | MirrorError::Damaged(_) => {
                (Exit::STATE, Some("Run with --full to read the list anew, or begin a new file."))
            }
            MirrorError::Lock(_) => (Exit::STATE, Some("Keep the copy on a file system that knows locks.")),
            _ => (Exit::FAILURE, None),
        };
        let failure = Failure::new(exit, error);
        match advice {
            Some(advice) => failure.advice(advice),
            None => failure,
        }
    }
}

/// A page that would remove rows that were only not seen.
pub(crate) fn held_back(held: &HeldBack) -> Failure {
    let look = match held.reason {
        HoldReason::StillListed { .. } => {
            "Ask for the right to see them, and run the same command again. If the copy should follow what you see"
        }
        _ => "See whether they are really gone, or only no longer visible to you. If they are gone",
    };
    let needed = held.needed();
    let more = match held.pending_folders {
        0 => String::new(),
        folders => format!("; what lies below {folders} folders that are still to be listed may need more"),
    };
    Failure::new(Exit::HELD_BACK, held.to_string())
        .detail("nothing of that page was written, and nothing else is removed unseen until it is decided")
        .advice(format!("{look}, run it with --allow-delete {needed}{more}."))
}

/// A run that cannot begin from what the copy holds, or by what was asked for.
pub(crate) fn unfit(error: StartError) -> Failure {
    match error {
        StartError::Checkpoint(_) => Failure::new(Exit::STATE, error).advice(
            "Use one file for each list; where --fields names more than before, run with --full to read them.",
        ),
        error => error.into(),
    }
}

/// A load that may not begin unasked.
pub(crate) fn reload_held(reason: Option<ResyncReason>, until: Timestamp) -> Failure {
    let reason =
        reason.map_or("an earlier run found that".to_owned(), |reason| reason.name().replace('_', " "));
    Failure::new(
        Exit::RESYNC,
        format!("the list has to be read anew ({reason}), which was begun unasked less than 6 hours ago"),
    )
    .advice(format!("Run with --full to read it now, or again after {until} by the server's clock."))
}
