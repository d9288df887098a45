//! The wish to stop: SIGINT, SIGTERM and SIGHUP as a value that can be asked.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};

/// Whether the program was asked to stop, and by which signal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// Listens for SIGINT and SIGTERM, and for SIGHUP unless that is ignored, as under `nohup`. The first one is noted, a second one ends the process where it stands, as a
    /// kill would: the state is whole at every moment.
    pub(crate) fn on_signals() -> io::Result<Stop> {
        let stop = Stop::default();
        let asked = Arc::new(AtomicBool::new(false));
        let hangup = hangup().map(|signal| (signal, 1));
        for (signal, number) in [(SIGINT, 2), (SIGTERM, 15)].into_iter().chain(hangup) {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
            flag::register_usize(signal, Arc::clone(&stop.0), number)?;
        }
        Ok(stop)
    }

    /// The number of the signal, once there was one.
    pub(crate) fn signal(&self) -> Option<usize> {
        Some(self.0.load(Ordering::SeqCst)).filter(|number| *number != 0)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.signal().is_some()
    }
}

/// SIGHUP, where it is to be listened for.
#[cfg(target_os = "linux")]
fn hangup() -> Option<i32> {
    use signal_hook::consts::SIGHUP;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Its bit is the lowest. What cannot be known is left as it is.
    ignored.is_some_and(|mask| mask & 1 == 0).then_some(SIGHUP)
}

/// Elsewhere it cannot be known whether it is ignored, and it stays as it is.
#[cfg(not(target_os = "linux"))]
fn hangup() -> Option<i32> {
    None
}
