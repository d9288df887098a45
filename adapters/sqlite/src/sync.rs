//! A run: sessions from what the copy holds, until the copy has come to the end of the log.

use std::{collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use sharepoint_changes::{
    Done, DriveError, Host, ItemPage, ItemQuery, Notice, Reload, ResyncReason, Session, Settings, Site,
    Start, drive,
};

use crate::{
    cells::Unread,
    commit::Committed,
    error::{MirrorError, SyncError},
    guard::Guard,
    heard::{Heard, HeardPage, Listening},
    mirror::Mirror,
};

/// The settings of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SyncSettings {
    /// Those of its sessions. Who decides about a new load is set by the run.
    pub session: Settings,
    /// How many rows may be removed without being told that they are gone.
    pub guard: Guard,
    /// Whether to read the whole list anew, whatever is held.
    pub full: bool,
    /// How long after an unasked new load another may begin, in the server's time; 6 hours. A first load is none.
    pub reload_every: Duration,
}

impl Default for SyncSettings {
    fn default() -> Self {
        SyncSettings {
            session: Settings::default(),
            guard: Guard::default(),
            full: false,
            reload_every: Duration::from_secs(6 * 60 * 60),
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Report {
    /// Rows held at its end.
    pub rows: u64,
    /// Pages that were committed.
    pub pages: u64,
    /// Rows that were written; one may have been written more than once.
    pub written: u64,
    /// Rows that were removed because the server said so, with everything below them.
    pub told: u64,
    /// Rows that were removed because they were not seen.
    pub absent: u64,
    /// Full loads that came to their end.
    pub loads: u64,
    /// Why the list was read anew; `None` where it was not, or for the first time, or because that was asked for.
    pub reloaded: Option<ResyncReason>,
    /// Requests that were sent.
    pub requests: u64,
    /// What the sessions had to tell beside their changes: the first hundred. Behind them, where there were any, the
    /// values that are not of their types: columns cannot hold them, and `sp_raw` does.
    pub notices: Vec<Notice>,
    /// The server's time at the end; `None` where no answer told it.
    pub at: Option<Timestamp>,
    /// How many minutes the server asks to wait before the next run (`MinTimeBetweenSyncs`); `None` where it does
    /// not say.
    pub min_minutes: Option<u32>,
}

/// How far a run has come; told after every commit.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Progress {
    /// What is being read.
    pub phase: Phase,
    /// Pages committed by this run.
    pub pages: u64,
    /// Rows written by this run.
    pub written: u64,
    /// Rows seen by the load or the listing so far, earlier runs included; 0 while changes are followed.
    pub rows: u64,
    /// How many items the list has, as it last said; more than are visible, it may be. `None` where it did not say.
    pub total: Option<u64>,
}

/// What a run is reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The whole list.
    Loading,
    /// What lies below a folder that changed.
    Listing,
    /// What changed.
    Following,
    /// The whole list, beside the copy.
    Comparing,
}

impl Mirror {
    /// Brings the copy to the end of the list's log: a first load where nothing is held, then what changed.
    ///
    /// Every page is committed with its checkpoint before the next is asked for, so a run may end anywhere, by an
    /// error or by the death of the process, and the next one goes on.
    ///
    /// # Errors
    /// [`SyncError`] says who has to act: [`SyncError::Mirror`] with [`MirrorError::TooManyRemoved`] and
    /// [`SyncError::ReloadHeld`] are for a person to decide, by [`Guard::allow`] and [`SyncSettings::full`].
    pub fn sync<H: Host>(
        &mut self,
        host: &mut H,
        site: &Site,
        query: &ItemQuery,
        settings: &SyncSettings,
        progress: impl FnMut(&Progress),
    ) -> Result<Report, SyncError<H::Error>> {
        let by = |session: &mut Listening, host: &mut H, commit: Commit<'_>| drive(session, host, commit);
        self.sync_driven(host, site, query, settings, progress, by)
    }

    /// The same with another driver than [`drive`]: one that reads the next page while one is committed, say
    /// (`drive_ahead` of `sharepoint-changes-ureq`). It has to commit the pages in order, and to stop at the first
    /// that is not taken.
    ///
    /// # Errors
    /// As for [`sync`](Mirror::sync).
    pub fn sync_driven<H: Host>(
        &mut self,
        host: &mut H,
        site: &Site,
        query: &ItemQuery,
        settings: &SyncSettings,
        mut progress: impl FnMut(&Progress),
        mut driver: impl FnMut(&mut Listening, &mut H, Commit<'_>) -> Result<Done, DriveError<H::Error, Halt>>,
    ) -> Result<Report, SyncError<H::Error>> {
        self.begin(settings.guard.clone());
        if !settings.full {
            self.ask_for_definition()?;
        }
        let held = self.checkpoint()?.filter(|_| !settings.full);
        if held.is_none() {
            self.begin_anew()?;
        }
        let mut start = held.map_or(Start::Beginning, Start::Checkpoint);
        let mut held_until = self.reload_held(&start, settings)?;
        let mut asked_for = BTreeSet::new();
        let mut heard = Heard::default();
        let mut report = Report::default();
        let mut unread = Unread::default();
        for _ in 0..MOST_SESSIONS {
            let mut session_settings = settings.session.clone();
            session_settings.reload = Reload::Refused;
            let session = Session::new(site.clone(), query.clone(), start, session_settings)
                .map_err(SyncError::Start)?;
            let mut listening = Listening::new(session, heard);
            let done = driver(&mut listening, host, &mut |HeardPage { page, at }| {
                if let Some(until) = held_until.filter(|until| at < *until) {
                    return Err(Halt(Stop::Held(until)));
                }
                let committed = self.commit(&page, at).map_err(|error| Halt(Stop::Failed(error)))?;
                if held_until.take().is_some() {
                    self.note_reload(at).map_err(|error| Halt(Stop::Failed(error)))?;
                }
                report.add(&page, &committed);
                unread.add(&committed);
                progress(&report.progress(&page, &committed));
                if committed.orphans > 0 { Err(Halt(Stop::GoOn)) } else { Ok(()) }
            });
            heard = listening.heard;
            report.tell(done.as_ref().map_or(&[], Done::notices));
            let at = |moment| heard.time.unwrap_or(moment);
            start = match done {
                Ok(Done::UpToDate { checkpoint, follows, .. }) => {
                    let mut orphans = self.orphans()?;
                    orphans.retain(|id| asked_for.insert(*id));
                    if !orphans.is_empty() {
                        // What claims a folder that is not held was true of another moment: it is asked for again.
                        let pending = checkpoint.with_pending(orphans);
                        self.pend(&pending, follows.as_deref(), at(checkpoint.moment()))?;
                        start = Start::Checkpoint(pending);
                        continue;
                    }
                    self.finish(&checkpoint, follows.as_deref(), at(checkpoint.moment()))?;
                    self.note_interval(heard.min_minutes)?;
                    report.rows = self.rows()?;
                    report.at = heard.time;
                    report.min_minutes = heard.min_minutes;
                    report.requests = heard.requests;
                    report.notices.extend(unread.notice());
                    return Ok(report);
                }
                Ok(Done::Resync { reason, then, follows, .. }) => {
                    let now = at(then.moment());
                    if let Some(until) = self.reload_barred(now, settings, report.reloaded.is_some())? {
                        // Found out once, it is not to be found out again: by the next run the log may look as if
                        // nothing had happened.
                        self.pend(&then, follows.as_deref(), now)?;
                        let notices = report.notices;
                        return Err(SyncError::ReloadHeld { reason: Some(reason), until, notices });
                    }
                    self.reload(&then, follows.as_deref(), now)?;
                    report.reloaded = Some(reason);
                    Start::Checkpoint(then)
                }
                Err(DriveError::Commit(Halt(Stop::GoOn))) => {
                    if let Some(error) = listening.exhausted.take() {
                        return Err(SyncError::Session(error));
                    }
                    self.checkpoint()?.map_or(Start::Beginning, Start::Checkpoint)
                }
                Err(DriveError::Commit(Halt(Stop::Held(until)))) => {
                    let notices = report.notices;
                    return Err(SyncError::ReloadHeld { reason: None, until, notices });
                }
                Err(DriveError::Commit(Halt(Stop::Failed(error)))) => return Err(SyncError::Mirror(error)),
                Err(DriveError::Machine(error)) => return Err(SyncError::Session(error)),
                Err(DriveError::Transport(error)) => return Err(SyncError::Transport(error)),
                Err(DriveError::Stopped) => return Err(SyncError::Stopped),
            };
        }
        Err(SyncError::Unsettled(MOST_SESSIONS))
    }

    /// Until when a load may not begin that an earlier run found necessary; `None` where none waits.
    ///
    /// A load that was begun with leave is younger than its checkpoint, which was taken before it.
    fn reload_held(&self, start: &Start, settings: &SyncSettings) -> Result<Option<Timestamp>, MirrorError> {
        let Start::Checkpoint(checkpoint) = start else { return Ok(None) };
        let before = self.state()?.reloaded_at.filter(|_| checkpoint.is_loading());
        let waits = before.filter(|before| *before < checkpoint.moment());
        Ok(waits.map(|before| before.saturating_add(settings.reload_every).unwrap_or(Timestamp::MAX)))
    }

    /// Until when no new load may begin unasked; `None` where one may: once a run, and not soon after another.
    fn reload_barred(
        &self,
        now: Timestamp,
        settings: &SyncSettings,
        again: bool,
    ) -> Result<Option<Timestamp>, MirrorError> {
        // One that is still to come was noted under a clock that was wrong.
        let has_been = |before: &Timestamp| before.duration_since(now) <= CLOCKS_DIFFER;
        let before = self.state()?.reloaded_at.filter(has_been);
        let until = before.map_or(now, |before| before.saturating_add(settings.reload_every).unwrap_or(now));
        Ok((again || (!settings.full && until > now)).then_some(until))
    }
}

impl Report {
    fn add(&mut self, page: &ItemPage, committed: &Committed) {
        self.pages += 1;
        self.written += committed.written;
        self.told += committed.told;
        self.absent += committed.absent;
        self.loads += u64::from(committed.loaded);
        self.tell(&page.notices);
    }

    fn tell(&mut self, notices: &[Notice]) {
        let room = MOST_NOTICES.saturating_sub(self.notices.len());
        self.notices.extend(notices.iter().take(room).cloned());
    }

    fn progress(&self, page: &ItemPage, committed: &Committed) -> Progress {
        use sharepoint_changes::Basis;
        let phase = match page.basis {
            Basis::Delta => Phase::Following,
            Basis::Snapshot { .. } => Phase::Loading,
            Basis::Subtree { .. } => Phase::Listing,
        };
        let rows = committed.seen.unwrap_or(0);
        Progress { phase, pages: self.pages, written: self.written, rows, total: page.item_count }
    }
}

/// Commits a page of a run; what a driver is given.
pub type Commit<'c> = &'c mut dyn FnMut(HeardPage) -> Result<(), Halt>;

/// Why a page was the last of its session. A driver only hands it on.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Halt(Stop);

#[derive(Debug, thiserror::Error)]
enum Stop {
    /// It made work pending that the session does not know of.
    #[error("the store made items pending")]
    GoOn,
    #[error("the list may not be read anew before {0}")]
    Held(Timestamp),
    #[error("the page was not committed")]
    Failed(#[source] MirrorError),
}

/// How far the clocks of a farm's servers may lie apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(10);
/// Sessions a run begins; two or three are usual.
const MOST_SESSIONS: u32 = 16;
const MOST_NOTICES: usize = 100;
