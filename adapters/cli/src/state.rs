//! The state file: where a run goes on, written so that no crash can leave half of it.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sharepoint_changes::Checkpoint;

use crate::exit::{Exit, Failure};

/// A state file that this process alone may write.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    /// Held as long as the state is: it keeps other processes out.
    _lock: File,
    saved: Saved,
}

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    v: u32,
    /// The address the state belongs to.
    address: String,
    /// The text of the checkpoint to go on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    /// What is to be read anew before going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resync: Option<Pending>,
    /// The server wants to be left alone until then, by the clock of this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
}

/// A resync that nobody has accepted yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
    pub(crate) reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) age_days: Option<i64>,
    /// The text of the checkpoint that was taken before the resync was first said.
    pub(crate) then: String,
}

impl State {
    /// Locks and reads the state; a file that is not there is an empty state of this address.
    pub(crate) fn open(path: &Path, address: &str) -> Result<State, Failure> {
        let path = behind_link(path)?;
        let lock = lock(&path)?;
        clear(&path)?;
        let empty = Saved {
            v: VERSION,
            address: address.to_owned(),
            checkpoint: None,
            resync: None,
            not_before: None,
        };
        let saved = read(&path)?.unwrap_or(empty);
        if saved.address != address {
            let is = &saved.address;
            return Err(unfit(&path, format!("it belongs to {is}, not to {address}")).advice(
                "Use one state file for each address; if the site was renamed, correct `address` in the file.",
            ));
        }
        Ok(State { path, _lock: lock, saved })
    }

    /// Where to go on.
    pub(crate) fn checkpoint(&self) -> Result<Option<Checkpoint>, Failure> {
        self.saved.checkpoint.as_deref().map(|text| self.parse(text)).transpose()
    }

    /// The resync that an earlier run said and nobody has accepted, and where it goes on.
    pub(crate) fn pending(&self) -> Result<Option<(&Pending, Checkpoint)>, Failure> {
        let Some(pending) = &self.saved.resync else { return Ok(None) };
        Ok(Some((pending, self.parse(&pending.then)?)))
    }

    /// Until when the server wants to be left alone.
    pub(crate) fn not_before(&self) -> Option<Timestamp> {
        self.saved.not_before
    }

    /// Whether the address answered an earlier run.
    pub(crate) fn was_answered(&self) -> bool {
        let Saved { checkpoint, resync, not_before, .. } = &self.saved;
        checkpoint.is_some() || resync.is_some() || not_before.is_some()
    }

    /// The exact text of the checkpoint that is held.
    pub(crate) fn held(&self) -> Option<&str> {
        self.saved.checkpoint.as_deref()
    }

    /// Moves to a checkpoint, if the file holds the one that it follows. A resync that was kept is over with it.
    pub(crate) fn commit(&mut self, follows: Option<&str>, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let text = checkpoint.as_str();
        let saved =
            Saved { checkpoint: Some(text.to_owned()), resync: None, not_before: None, ..self.saved.clone() };
        self.replace(follows, saved)
    }

    /// Moves to a checkpoint that the consumer has come to. A resync that was kept behind it stays.
    pub(crate) fn acknowledge(&mut self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let follows = self.saved.checkpoint.clone();
        let text = checkpoint.as_str().to_owned();
        self.replace(
            follows.as_deref(),
            Saved { checkpoint: Some(text), not_before: None, ..self.saved.clone() },
        )
    }

    /// Keeps a resync until somebody accepts it. The checkpoint stays.
    pub(crate) fn pend(&mut self, pending: Pending) -> Result<(), Failure> {
        let follows = self.saved.checkpoint.clone();
        self.replace(
            follows.as_deref(),
            Saved { resync: Some(pending), not_before: None, ..self.saved.clone() },
        )
    }

    /// Keeps the time before which the server must not be asked. The checkpoint stays.
    pub(crate) fn rest_until(&mut self, time: Timestamp) -> Result<(), Failure> {
        let follows = self.saved.checkpoint.clone();
        self.replace(follows.as_deref(), Saved { not_before: Some(time), ..self.saved.clone() })
    }

    fn replace(&mut self, follows: Option<&str>, saved: Saved) -> Result<(), Failure> {
        let held = read(&self.path)?;
        if held.as_ref().and_then(|held| held.checkpoint.as_deref()) != follows {
            return Err(unfit(
                &self.path,
                "it does not hold the checkpoint that this run's next one follows",
            )
            .advice("See who else writes to it; the last rows were printed, but the state was not moved."));
        }
        if held.as_ref() != Some(&saved) {
            write(&self.path, &saved).map_err(|error| {
                let place = format!("while writing the state file {}", self.path.display());
                Failure::new(Exit::FAILURE, error).detail(place)
            })?;
        }
        self.saved = saved;
        Ok(())
    }

    fn parse(&self, text: &str) -> Result<Checkpoint, Failure> {
        text.parse().map_err(|error| unfit(&self.path, error))
    }
}

/// The file that is meant: where the path is a link, what stands behind it is written and locked, and not the link.
///
/// # Errors
/// [`Exit::STATE`], where nothing stands behind it: a disk may not be there, and a new file in the link's place would
/// hide what it holds.
pub(crate) fn behind_link(path: &Path) -> Result<PathBuf, Failure> {
    match fs::canonicalize(path) {
        Ok(path) => Ok(path),
        Err(error) if path.is_symlink() => {
            let to = fs::read_link(path).unwrap_or_default();
            let text = format!("{} is a link to {}, which cannot be found", path.display(), to.display());
            Err(Failure::new(Exit::STATE, text).detail(error.to_string()).advice(
                "See whether the disk or folder it leads to is there; to begin anew, remove the link.",
            ))
        }
        Err(_) => Ok(path.to_owned()),
    }
}

/// Where a state is written before it takes its place: one name for each state, so that the holder of its lock knows
/// it for its own.
fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(TEMPORARY);
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    path.with_file_name(name)
}

/// Removes what killed processes left of states. The lock of this one is held, so that nobody writes what bears its
/// name; under other names, as an earlier version chose by chance, only where no other state or copy has a lock.
fn clear(path: &Path) -> Result<(), Failure> {
    let (own, lock) = (temporary(path), beside(path, ".lock"));
    let folder = folder(path);
    // A folder that cannot be listed may still be written.
    let names =
        fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.file_name()).collect());
    let names: Vec<OsString> = names.unwrap_or_default();
    let is_lock = |name: &OsString| Path::new(name).extension().is_some_and(|extension| extension == "lock");
    let alone = !names.iter().any(|name| is_lock(name) && Some(&**name) != lock.file_name());
    let is_left = |name: &&OsString| {
        let text = name.to_string_lossy();
        text.starts_with(TEMPORARY) && text.ends_with(".tmp")
    };
    let left = names.iter().filter(is_left).filter(|_| alone).map(|name| folder.join(name));
    for file in left.chain([own]) {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let place = format!("while removing {}, which an earlier run left", file.display());
                return Err(Failure::new(Exit::STATE, error).detail(place));
            }
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    PathBuf::from(name)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Keeps other processes out for as long as the file that is returned stays open.
fn lock(path: &Path) -> Result<File, Failure> {
    let name = beside(path, ".lock");
    let open = || File::options().create(true).write(true).truncate(false).open(&name);
    let file = open().map_err(|error| {
        Failure::new(Exit::STATE, error).detail(format!("while opening the lock {}", name.display()))
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(unfit(path, "another process is using it")
            .advice("Wait for that process to end, or give this one a state file of its own.")),
        Err(TryLockError::Error(error)) => Err(Failure::new(Exit::STATE, error)
            .detail(format!("while locking {}", name.display()))
            .advice("Keep the state on a file system that knows locks.")),
    }
}

fn read(path: &Path) -> Result<Option<Saved>, Failure> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unfit(path, error)),
    };
    // The version goes first: another one may have other members.
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let version: Version = serde_json::from_slice(&text).map_err(|error| unfit(path, error))?;
    if version.v != VERSION {
        let reads = format!("it has version {}, this program reads version {VERSION}", version.v);
        return Err(unfit(path, reads));
    }
    serde_json::from_slice(&text).map(Some).map_err(|error| unfit(path, error))
}

/// Writes a file that is there whole or not at all, and still is after a power cut.
fn write(path: &Path, saved: &Saved) -> io::Result<()> {
    let (folder, temporary) = (folder(path), temporary(path));
    let mut builder = tempfile::Builder::new();
    builder.prefix(temporary.file_name().unwrap_or_default()).rand_bytes(0);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    serde_json::to_writer_pretty(&mut file, saved)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The new name is on disk only once its folder is.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn unfit(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::new(Exit::STATE, error).detail(format!("the state file is {}", path.display()))
}

const VERSION: u32 = 1;

/// How the name of a state begins that is not written to its end yet.
const TEMPORARY: &str = ".spchanges-";
