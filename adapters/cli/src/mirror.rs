//! `spchanges mirror`: a list kept as a table of a SQLite file.

mod home;
mod notices;
mod pace;
mod record;
mod trouble;

use std::{
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use sharepoint_changes::{ItemQuery, ListRef, Notice, Scope, Site};
use sharepoint_changes_sqlite::{self as sqlite, MirrorError, Report, Status, SyncError, SyncSettings};
use sharepoint_changes_ureq::drive_ahead;

use self::{home::Home, pace::Pace, record::Record};
use crate::{
    address::Address,
    args::Mirror,
    connection::{Connection, Unsent},
    delivery::SLICE,
    exit::{Exit, Failure},
    notice,
    outage::Outage,
    output::Output,
    progress::Progress,
    simulated,
    state::behind_link,
    stop::Stop,
    tail::{LONGEST_KEPT, jittered, keep_away, rest_until},
    token::{self, Stopped},
};

/// Brings the copy to the end of the log, compares it, or tells how it stands.
pub(crate) fn run(args: &Mirror, stop: &Stop, progress: &Progress) -> Result<Exit, Failure> {
    if args.status {
        return tell_status(args, progress);
    }
    let Some(address) = &args.address else { return Err(Failure::usage("the URL is missing")) };
    let query = args.query()?;
    let into = behind_link(&args.into)?;
    let copy = sqlite::Mirror::open(&into)?.tombstones(args.tombstones).fields(args.fields.clone());
    let mut home = Home::open(&into, &address.identity())?;
    let met = home.not_before().is_some() || copy.checkpoint()?.is_some();
    let kept = home.not_before().filter(|_| !args.now);
    let kept = match kept.and_then(|until| keep_away(until, progress)) {
        Some(failure) if !args.follow => return Err(failure),
        kept => kept,
    };
    if kept.is_none() {
        home.rest_until(None)?;
    }
    let connection = Connection::open(address, &args.server, met, stop, progress)?;
    let site = connection.site().clone();
    let out = Output::new(Some(args.format()));
    let outage = Outage::new(args.every, args.give_up);
    let run = Run {
        args,
        stop,
        progress,
        connection,
        site,
        query,
        copy,
        home,
        out,
        outage,
        last: None,
        told: false,
        absurd: None,
    };
    let exit = run.until_done(kept);
    progress.clear();
    exit
}

/// Tells how a copy stands by what its file holds.
fn tell_status(args: &Mirror, progress: &Progress) -> Result<Exit, Failure> {
    let address = match &args.address {
        Some(address) => Some(address.clone()),
        None => Home::address(&args.into)?,
    };
    let now = match address {
        Some(Address::Simulated(simulated)) => simulated::now(&simulated.office)?,
        Some(Address::Site(_)) | None => Timestamp::now(),
    };
    let status = Status::read(&args.into, now, args.limits.retention)?;
    let mut out = Output::new(Some(args.format()));
    out.record(&Record::status(&args.into, &status))?;
    out.flush()?;
    if status.warning {
        progress.note(
            "warning: more than half of the time is over for which the log is trusted; run mirror soon",
        );
    }
    Ok(Exit::CAUGHT_UP)
}

struct Run<'a> {
    args: &'a Mirror,
    stop: &'a Stop,
    progress: &'a Progress,
    connection: Connection,
    site: Site,
    query: ItemQuery,
    /// Closed before the copy, which is left as one file when nobody else has it open.
    home: Home,
    copy: sqlite::Mirror,
    out: Output,
    outage: Outage,
    /// How far the run at hand has come.
    last: Option<sqlite::Progress>,
    /// Whether the end of the log was told.
    told: bool,
    /// The minutes between two looks that the server asked for and cannot mean.
    absurd: Option<u32>,
}

/// What came of a run: its result, or the exit code of one that was interrupted.
type Came<T> = Result<Result<T, Exit>, Failure>;

impl Run<'_> {
    fn until_done(mut self, mut kept: Option<Failure>) -> Result<Exit, Failure> {
        loop {
            if let Some(failure) = kept.take()
                && let Some(exit) = self.wait_out(failure)?
            {
                return Ok(exit);
            }
            match self.same_list() {
                Ok(Ok(())) => break,
                Ok(Err(exit)) => return Ok(exit),
                Err(failure) => kept = Some(failure),
            }
        }
        let mut settings = self.args.settings();
        if self.args.verify || self.args.repair {
            return self.verify(&settings);
        }
        loop {
            self.last = None;
            let came = self.sync(&settings);
            if self.last.is_some() || came.is_ok() {
                self.outage.is_over();
            }
            let report = match came {
                Ok(Ok(report)) => report,
                Ok(Err(exit)) => return Ok(exit),
                Err(failure) => match self.wait_out(failure)? {
                    // A load that was asked for goes on where it stands.
                    None => {
                        settings.full &= self.last.is_none();
                        continue;
                    }
                    Some(exit) => return Ok(exit),
                },
            };
            if !self.args.follow {
                return Ok(Exit::CAUGHT_UP);
            }
            settings.full = false;
            if let Some(exit) = self.rest(report.min_minutes)? {
                return Ok(exit);
            }
        }
    }

    /// Refuses a file that holds another list than the one that was named; one that took the place of the list
    /// under its name is for the session to tell.
    fn same_list(&mut self) -> Came<()> {
        let Some(checkpoint) = self.copy.checkpoint()? else { return Ok(Ok(())) };
        let held = checkpoint.scope_id();
        let title = self.status(checkpoint.moment())?.list_title;
        let asked = match self.args.list()? {
            ListRef::Id(id) => *id,
            ListRef::Title(asked) if title.as_ref() == Some(asked) => held,
            list => {
                let scope = Scope::List(list.clone());
                let settings = self.args.limits.settings();
                match token::now(&mut self.connection, scope, settings)? {
                    Ok(now) => now.scope_id(),
                    Err(Stopped) => return self.interrupted().map(Err),
                }
            }
        };
        if asked == held {
            return Ok(Ok(()));
        }
        let title = title.unwrap_or_default();
        let error = format!("the file holds the list {title} ({held}), not the one asked for ({asked})");
        Err(Failure::new(Exit::STATE, error).advice("Use one file for each list."))
    }

    /// Brings the copy to the end of the log, once, and tells it where there is news.
    fn sync(&mut self, settings: &SyncSettings) -> Came<Report> {
        let before = self.status(Timestamp::now())?.schema_version;
        let mut pace = Pace::default();
        let (progress, last) = (self.progress, &mut self.last);
        let come = |come: &sqlite::Progress| {
            progress.show(pace.tell(Instant::now(), come));
            *last = Some(come.clone());
        };
        // The next page is read while one is committed.
        let result = self.copy.sync_driven(
            &mut self.connection,
            &self.site,
            &self.query,
            settings,
            come,
            |session, connection, commit| drive_ahead(session, connection, commit),
        );
        match result {
            Ok(report) => {
                self.caught_up(&report, before)?;
                Ok(Ok(report))
            }
            Err(error) => self.failed(error).map(Err),
        }
    }

    fn caught_up(&mut self, report: &Report, schema_before: i64) -> Result<(), Failure> {
        if let Some(reason) = report.reloaded {
            self.progress.note(format_args!("the list was read anew: {}", reason.name().replace('_', " ")));
        }
        self.tell_notices(&report.notices)?;
        if self.told && report.pages == 0 {
            return Ok(());
        }
        self.told = true;
        let status = self.status(report.at.unwrap_or_else(Timestamp::now))?;
        self.print(&Record::caught_up(&self.args.into, report, &status, schema_before))
    }

    fn tell_notices(&mut self, notices: &[Notice]) -> Result<(), Failure> {
        for notice in notices {
            match notice::Notice::of(notice) {
                Some(notice) => self.print(&Record::notice(&self.args.into, notice))?,
                None => notices::note(self.progress, notice),
            }
        }
        Ok(())
    }

    /// Compares the copy with the list, and with `--repair` fetches what differs.
    fn verify(&mut self, settings: &SyncSettings) -> Result<Exit, Failure> {
        let before = self.status(Timestamp::now())?.schema_version;
        let mut pace = Pace::default();
        let (progress, last) = (self.progress, &mut self.last);
        let mut tell = |come: &sqlite::Progress| {
            progress.show(pace.tell(Instant::now(), come));
            *last = Some(come.clone());
        };
        let result = self.copy.verify(&mut self.connection, &self.site, &self.query, settings, &mut tell);
        let verified = match result {
            Ok(verified) => verified,
            Err(error) => return self.failed(error),
        };
        self.tell_notices(&verified.notices)?;
        self.print(&Record::verified(&self.args.into, &verified))?;
        if verified.drift.is_empty() || !self.args.repair {
            return Ok(if verified.drift.is_empty() { Exit::CAUGHT_UP } else { Exit::FAILURE });
        }
        let (progress, last) = (self.progress, &mut self.last);
        let mut pace = Pace::default();
        let result =
            self.copy.repair(&verified, &mut self.connection, &self.site, &self.query, settings, |come| {
                progress.show(pace.tell(Instant::now(), come));
                *last = Some(come.clone());
            });
        match result {
            Ok(report) => self.caught_up(&report, before).map(|()| Exit::CAUGHT_UP),
            Err(error) => self.failed(error),
        }
    }

    /// Rests between two looks, at least as long as the server asks for; `Some` where there is nothing more to do.
    fn rest(&mut self, min_minutes: Option<u32>) -> Result<Option<Exit>, Failure> {
        let floor = min_minutes.map_or(Ok(Duration::ZERO), floor);
        if let Err(minutes) = floor
            && self.absurd.replace(minutes) != Some(minutes)
        {
            self.progress.note(format_args!(
                "warning: the server asks for {minutes} minutes between two looks (MinTimeBetweenSyncs); that is more \
                 than a day, and not believed"
            ));
        }
        let rest = jittered(self.args.every.max(floor.unwrap_or_default()));
        self.progress.show(format!("up to date; looking again in {} s", rest.as_secs_f64().ceil()));
        self.pass(rest)
    }

    /// Waits for a server that cannot be reached, where the run is to go on: `None` says to try again.
    ///
    /// # Errors
    /// The failure itself, where it needs a person or has lasted too long.
    fn wait_out(&mut self, failure: Failure) -> Result<Option<Exit>, Failure> {
        let goes_on = self.args.follow && self.connection.is_met();
        let (rest, waiting) = self.outage.survive(failure, goes_on)?;
        self.progress.note(&waiting);
        self.print(&Record::waiting(&self.args.into, waiting))?;
        // After it the end of the log is told anew.
        self.told = false;
        let exit = self.pass(rest)?;
        if exit.is_none() {
            self.home.rest_until(None)?;
        }
        Ok(exit)
    }

    /// Lets time pass; `Some` where a signal came.
    fn pass(&mut self, rest: Duration) -> Result<Option<Exit>, Failure> {
        let until = Instant::now() + rest;
        loop {
            if self.stop.is_asked() {
                return self.interrupted().map(Some);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.connection.pass(rest);
                return Ok(None);
            }
            thread::sleep(left.min(SLICE));
        }
    }

    fn interrupted(&mut self) -> Result<Exit, Failure> {
        let signal = self.stop.signal().unwrap_or_default();
        let rows = self.copy.rows()?;
        let record = Record::interrupted(&self.args.into, signal, rows, self.last.as_ref());
        self.print(&record)?;
        Ok(Exit::signal(signal))
    }

    /// What ended a run before its end; what its pages brought stays.
    fn failed(&mut self, error: SyncError<Unsent>) -> Result<Exit, Failure> {
        Err(match error {
            SyncError::Stopped | SyncError::Transport(Unsent::Stopped) => return self.interrupted(),
            SyncError::Transport(error) => error.into(),
            SyncError::Mirror(MirrorError::TooManyRemoved(held)) => {
                self.print(&Record::held_back(&self.args.into, &held))?;
                trouble::held_back(&held)
            }
            SyncError::Mirror(error) => error.into(),
            SyncError::Start(error) => trouble::unfit(error),
            SyncError::ReloadHeld { reason, until, notices } => {
                self.tell_notices(&notices)?;
                self.print(&Record::resync_required(&self.args.into, reason, until))?;
                trouble::reload_held(reason, until)
            }
            SyncError::Session(error) => {
                if let Some(until) = rest_until(&error) {
                    self.home.rest_until(Some(until))?;
                }
                self.connection.explain(error)
            }
            error @ (SyncError::Unverified(_) | SyncError::Unsettled(_)) => {
                Failure::new(Exit::TEMPORARY, error).advice("Run again later.")
            }
            error => Failure::new(Exit::FAILURE, error),
        })
    }

    fn status(&self, now: Timestamp) -> Result<Status, Failure> {
        Ok(Status::read(&self.args.into, now, self.args.limits.retention)?)
    }

    fn print(&mut self, record: &Record) -> Result<(), Failure> {
        let out = &mut self.out;
        Ok(self.progress.aside(|| out.record(record).and_then(|()| out.flush()))?)
    }
}

/// What the server asks for between two looks; as an error, what it cannot mean.
fn floor(minutes: u32) -> Result<Duration, u32> {
    let floor = Duration::from_secs(60).saturating_mul(minutes);
    if floor > LONGEST_KEPT { Err(minutes) } else { Ok(floor) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_minutes_are_a_floor_for_following_unless_they_are_more_than_a_day() {
        assert_eq!(floor(0), Ok(Duration::ZERO));
        assert_eq!(floor(5), Ok(Duration::from_secs(300)));
        assert_eq!(floor(1440), Ok(Duration::from_secs(86_400)));
        assert_eq!((floor(1441), floor(u32::MAX)), (Err(1441), Err(u32::MAX)));
    }
}
