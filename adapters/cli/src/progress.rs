//! What is told on stderr: notes, and how far a run has come, where somebody is looking.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use sharepoint_changes::{Wait, WaitReason};

use crate::{
    control::Count,
    printable::{Printable, Screen},
};

/// Notes and progress on stderr. Cheap to clone: clones speak through the same bar.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    volume: Volume,
}

/// Whether how far a run has come is worth a line. It is shown on a terminal only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bar {
    Never,
    /// Not where the changes themselves go by.
    UnlessDataGoesBy,
    Always,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Volume {
    Errors,
    Notes,
    Everything,
}

impl Progress {
    pub(crate) fn new(quiet: bool, verbose: bool, bar: Bar) -> Progress {
        let volume = match (quiet, verbose) {
            (true, _) => Volume::Errors,
            (false, false) => Volume::Notes,
            (false, true) => Volume::Everything,
        };
        let worth = match bar {
            Bar::Never => false,
            Bar::UnlessDataGoesBy => !io::stdout().is_terminal(),
            Bar::Always => true,
        };
        let shown = worth && !quiet && io::stderr().is_terminal();
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Progress { bar, volume }
    }

    /// Tells how much was handed out.
    pub(crate) fn count(&self, count: Count) {
        self.show(format!("{} changes, page {}", count.changes, count.pages));
    }

    /// Tells how far a run has come, in words.
    pub(crate) fn show(&self, text: String) {
        self.bar.set_message(text);
        self.bar.tick();
    }

    /// Does something with the bar out of the way, as printing on the same screen.
    pub(crate) fn aside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }

    /// Tells something worth knowing on a line, unless `--quiet`.
    pub(crate) fn note(&self, note: impl fmt::Display) {
        self.say(Volume::Notes, Printable(&note.to_string()));
    }

    /// Tells a detail on a line, with `-v` only.
    pub(crate) fn detail(&self, detail: impl fmt::Display) {
        self.say(Volume::Everything, Printable(&detail.to_string()));
    }

    /// Tells of a rest; a short one is a detail.
    pub(crate) fn rest(&self, wait: &Wait) {
        let volume = if wait.at_least < LONG { Volume::Everything } else { Volume::Notes };
        let why = match wait.reason {
            WaitReason::Throttled => "the server asks to be left alone",
            WaitReason::Unavailable => "the server could not answer",
            WaitReason::Lost => "no complete answer came",
            WaitReason::Pacing => "the server's quota is nearly used up",
            _ => "resting",
        };
        self.say(volume, format_args!("{why}: waiting {} s", wait.at_least.as_secs_f32().ceil()));
    }

    /// Tells what went wrong, whatever the volume.
    pub(crate) fn error(&self, error: impl fmt::Display) {
        self.say(Volume::Errors, error);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, volume: Volume, text: impl fmt::Display) {
        if volume <= self.volume {
            // Nobody reads a stderr that is closed.
            self.bar.suspend(|| writeln!(io::stderr(), "{}", Screen(text)).unwrap_or_default());
        }
    }
}

const LONG: Duration = Duration::from_secs(5);
