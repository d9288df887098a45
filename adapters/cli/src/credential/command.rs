//! The command that prints an access token: run within a time, with a bounded output, and ended with all it began.

use std::{
    io::{self, Read},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use sharepoint_changes_ureq::CredentialError;

use crate::stop::Stop;

/// A failure of the command that may pass by itself: what it asks may be as unreachable as the site.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct MayPass(String);

/// Runs a command in the system's shell and takes what it prints. It may speak to people on stderr; it is given no
/// stdin, because that may be the consumer's.
///
/// It is a process group of its own, which is ended as a whole when the command is over, when its time is, at the wish
/// to stop, and on Unix also when this process is killed: nothing that it began lives on, unless it left the group.
///
/// # Errors
/// In words that hold nothing of what it printed.
pub(super) fn run(command: &str, limit: Duration, stop: &Stop) -> Result<String, CredentialError> {
    let mut shell = shell(command);
    shell.stdout(Stdio::piped()).stderr(Stdio::inherit());
    let cannot = |error: io::Error| format!("the bearer command could not be run: {error}");
    let mut group = Group { leader: shell.spawn().map_err(cannot)?, ended: false };
    let printed = group.printed().map_err(cannot)?;
    let until = Instant::now() + limit;
    let mut text = Vec::new();
    let mut silent = false;
    let status = loop {
        if stop.is_asked() {
            return Err("the bearer command was ended, as was the run".into());
        }
        if Instant::now() >= until {
            let seconds = limit.as_secs_f64();
            return Err(MayPass(format!(
                "the bearer command did not end within {seconds} s and was ended (--bearer-timeout)"
            ))
            .into());
        }
        silent = silent || !take(&printed, &mut text)?;
        if silent {
            thread::sleep(SLICE);
        }
        if let Some(status) = group.leader.try_wait().map_err(cannot)? {
            break status;
        }
    };
    // Whoever it left behind may hold its stdout open.
    group.end();
    let until = Instant::now() + GRACE;
    while !silent && Instant::now() < until {
        silent = !take(&printed, &mut text)?;
    }
    if !status.success() {
        let error = format!("the bearer command failed ({status})");
        // As a shell tells that there is no such command, or that it cannot be run.
        let is_missing = matches!(status.code(), Some(126 | 127));
        return Err(if is_missing { error.into() } else { MayPass(error).into() });
    }
    let text = String::from_utf8(text).map_err(|_| "the bearer command printed no text")?;
    match text.trim() {
        "" => Err("the bearer command printed nothing".into()),
        token => Ok(token.to_owned()),
    }
}

/// The system's shell with the command. Behind it waits a watcher that reads a pipe of which this process holds the other
/// end: however this process ends, the pipe is closed then, and the watcher ends the group. It is no child of the command,
/// which may wait for all of its own.
#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", WATCHED, "sh", command]).stdin(Stdio::piped());
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.args(["/C", command]).stdin(Stdio::null());
    shell
}

#[cfg(unix)]
const WATCHED: &str = r#"
    exec 3<&0 </dev/null
    ( { read -r _ <&3; kill -s KILL 0; } >/dev/null 2>&1 & )
    exec 3<&-
    exec sh -c "$1"
"#;

/// Takes what was printed, waiting a little for it; `false` where no more can come.
fn take(printed: &Receiver<Vec<u8>>, text: &mut Vec<u8>) -> Result<bool, CredentialError> {
    match printed.recv_timeout(SLICE) {
        Ok(more) => text.extend(more),
        Err(RecvTimeoutError::Timeout) => return Ok(true),
        Err(RecvTimeoutError::Disconnected) => return Ok(false),
    }
    if text.len() > MOST {
        return Err(format!("the bearer command printed more than {MOST} bytes: no access token").into());
    }
    Ok(true)
}

/// A process and those that it began; dropped, they are ended.
struct Group {
    leader: Child,
    ended: bool,
}

impl Group {
    /// What it prints, piece by piece; a thread reads it, as nothing else can be done while reading.
    fn printed(&mut self) -> io::Result<Receiver<Vec<u8>>> {
        let (sender, printed) = mpsc::sync_channel(1);
        let mut out = self.leader.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        thread::Builder::new().name("bearer command".to_owned()).spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut piece) {
                if sender.send(piece[..read].to_vec()).is_err() {
                    break;
                }
            }
        })?;
        Ok(printed)
    }

    /// Ends them all, once: the number of a group that is no more may come to be another's. It may be empty by now,
    /// which is as good.
    fn end(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.leader.id()).ok().and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap_or_default();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
        self.leader.kill().unwrap_or_default();
        // Not to leave it in the table of processes; it is dead.
        drop(self.leader.wait());
    }
}

/// How long the wish to stop, or the end of the command, may go unnoticed.
const SLICE: Duration = Duration::from_millis(10);
/// How long is waited for what was printed before the end.
const GRACE: Duration = Duration::from_millis(500);
/// Access tokens have a few thousand characters.
const MOST: usize = 1 << 16;

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn failed(command: &str, limit: Duration) -> String {
        run(command, limit, &Stop::default()).unwrap_err().to_string()
    }

    /// Whether a process is there that is no mere entry in the table.
    fn lives(id: &str) -> bool {
        let state = Command::new("ps").args(["-o", "stat=", "-p", id.trim()]).output().unwrap().stdout;
        !state.is_empty() && !state.starts_with(b"Z")
    }

    /// Waits until a process is gone, as it soon must be.
    fn ends(id: &str) -> bool {
        (0..500).any(|_| {
            thread::sleep(SLICE);
            !lives(id)
        })
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_all_it_began() {
        let folder = tempfile::tempdir().unwrap();
        let ids = folder.path().join("ids");
        let command = format!("sleep 1000 & echo $! > '{}'; echo hunter2; wait", ids.display());
        let error = failed(&command, Duration::from_millis(300));
        assert!(error.contains("did not end within 0.3 s") && !error.contains("hunter2"), "{error}");
        assert!(ends(&std::fs::read_to_string(ids).unwrap()));
    }

    #[test]
    fn what_a_command_leaves_behind_neither_delays_its_token_nor_lives_on() {
        let folder = tempfile::tempdir().unwrap();
        let ids = folder.path().join("ids");
        let command = format!("sleep 1000 & echo $! > '{}'; echo token", ids.display());
        assert_eq!(run(&command, LONG, &Stop::default()).unwrap(), "token");
        assert!(ends(&std::fs::read_to_string(ids).unwrap()));
    }

    #[test]
    fn a_command_that_prints_without_end_is_ended() {
        let error = failed("yes hunter2", LONG);
        assert!(error.contains("more than 65536 bytes") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_long_token_is_taken_whole() {
        let token = run("head -c 60000 /dev/zero | tr '\\0' x", LONG, &Stop::default()).unwrap();
        assert_eq!(token.len(), 60_000);
    }

    #[test]
    fn a_command_that_fails_or_says_nothing_is_named_without_what_it_printed() {
        for (command, says) in
            [("echo hunter2; exit 3", "failed"), ("true", "printed nothing"), ("printf '\\377'", "no text")]
        {
            let error = failed(command, LONG);
            assert!(error.contains(says) && !error.contains("hunter2"), "{error}");
        }
    }
}
