//! The wish to stop: SIGINT and SIGTERM as a value that can be asked.

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
    /// Listens for SIGINT and SIGTERM. The first one is noted, a second one ends the process where it stands, as a
    /// kill would: the state is whole at every moment.
    pub(crate) fn on_signals() -> io::Result<Stop> {
        let stop = Stop::default();
        let asked = Arc::new(AtomicBool::new(false));
        for (signal, number) in [(SIGINT, 2), (SIGTERM, 15)] {
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
