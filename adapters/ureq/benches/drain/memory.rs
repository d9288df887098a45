//! The memory of a run: that of a process which does nothing else, above one which does nothing at all.

use std::{
    env, fs, io,
    process::{Command, Stdio},
};

use crate::clients;

/// What a process is made for.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    Nothing,
    Drain,
    Load,
}

impl Run {
    fn name(self) -> &'static str {
        match self {
            Run::Nothing => "nothing",
            Run::Drain => "drain",
            Run::Load => "load",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Run> {
        [Run::Nothing, Run::Drain, Run::Load].into_iter().find(|run| run.name() == name)
    }

    /// Does it in this process and prints how much came, and how many KiB were resident at most.
    pub(crate) fn here(self, site: &str) -> io::Result<()> {
        let came = match self {
            Run::Nothing => 0,
            Run::Drain => clients::drain(site, clients::PLAIN),
            Run::Load => clients::load(site),
        };
        println!("{came} {}", peak()?);
        Ok(())
    }

    /// The most KiB that are resident in a process that does it, which is `total` changes or rows long.
    pub(crate) fn peak(self, site: &str, total: u64) -> io::Result<u64> {
        let mut command = Command::new(env::current_exe()?);
        let output = command.args(["--run", self.name(), site]).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let (came, peak) = text.trim().split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
        assert_eq!(came.parse(), Ok(total), "everything came");
        peak.parse().map_err(|_| io::ErrorKind::InvalidData.into())
    }
}

/// The most KiB of this process that were ever resident, as Linux counts them.
fn peak() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
