//! What is told of a copy on stdout: control records, a line each as JSON, a few lines as people read them.

use std::{fmt, path::Path};

use jiff::Timestamp;
use serde::Serialize;
use sharepoint_changes::ResyncReason;
use sharepoint_changes_sqlite::{Drift, HeldBack, HoldReason, Progress, Report, Status, Verified};
use uuid::Uuid;

use crate::{event::VERSION, notice::Notice, outage::Waiting, printable::Printable};

/// A line about a copy.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    v: u32,
    #[serde(flatten)]
    kind: Kind,
    /// The file.
    into: String,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Kind {
    CaughtUp {
        #[serde(flatten)]
        copy: Copy,
        #[serde(flatten)]
        run: Run,
    },
    Interrupted {
        signal: usize,
        rows: u64,
        pages: u64,
        written: u64,
    },
    HeldBack(Refused),
    Notice(Notice),
    Waiting(Waiting),
    ResyncRequired {
        /// Absent where an earlier run found it out.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        /// When it may be read anew unasked, by the server's clock.
        until: Timestamp,
    },
    Verified(Compared),
    Status(Box<Standing>),
}

/// What is held.
#[derive(Debug, Serialize)]
struct Copy {
    list: Option<Uuid>,
    title: Option<String>,
    table: Option<String>,
    rows: u64,
    pending: Pending,
    /// How old the position is by the server's clock: what happened since is still to be read.
    checkpoint_age_seconds: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Pending {
    items: u64,
    folders: u64,
}

/// What a run did.
#[derive(Debug, Serialize)]
struct Run {
    loads: u64,
    /// Why the list was read anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    reloaded: Option<&'static str>,
    pages: u64,
    written: u64,
    removed: Removed,
    /// How often the table's columns were changed.
    schema_changes: i64,
    requests: u64,
    notices: usize,
}

#[derive(Debug, Serialize)]
struct Removed {
    /// Because the server said so, with everything below.
    told: u64,
    /// Because they were not seen.
    absent: u64,
}

/// What a comparison found: the first ids of each kind of difference.
#[derive(Debug, Serialize)]
struct Compared {
    compared: u64,
    /// Items that changed meanwhile, and were not compared.
    touched: u64,
    drift: usize,
    missing: Vec<i32>,
    extra: Vec<i32>,
    different: Vec<i32>,
    /// Whether some rows of the list could not be read.
    partial: bool,
}

/// How a copy stands.
#[derive(Debug, Serialize)]
struct Standing {
    #[serde(flatten)]
    copy: Copy,
    tombstones: u64,
    synced_at: Option<Timestamp>,
    seconds_behind: Option<u64>,
    loaded_at: Option<Timestamp>,
    loading: bool,
    log_holds_until: Option<Timestamp>,
    days_left: Option<f64>,
    warning: bool,
    schema_version: i64,
    min_minutes: Option<u32>,
    held_back: Option<Refused>,
}

/// What the guard refused to remove.
#[derive(Debug, Serialize)]
struct Refused {
    rows: u64,
    earlier: u64,
    allowed: u64,
    held: u64,
    /// `too_many`, `emptied`, `still_listed` or `held_since`.
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_count: Option<u64>,
    /// What `--allow-delete` needs, as far as it is known.
    needed: u64,
    since: Timestamp,
    names: Vec<String>,
    at: Timestamp,
}

impl Record {
    /// The copy has come to the end of the log.
    pub(crate) fn caught_up(into: &Path, report: &Report, status: &Status, schema_before: i64) -> Record {
        // Making the table is no change of it.
        let changes = if schema_before == 0 { 0 } else { status.schema_version - schema_before };
        let run = Run {
            loads: report.loads,
            reloaded: report.reloaded.map(ResyncReason::name),
            pages: report.pages,
            written: report.written,
            removed: Removed { told: report.told, absent: report.absent },
            schema_changes: changes,
            requests: report.requests,
            notices: report.notices.len(),
        };
        Record::new(into, Kind::CaughtUp { copy: Copy::of(status), run })
    }

    /// A signal ended the run; `last` is how far it had come.
    pub(crate) fn interrupted(into: &Path, signal: usize, rows: u64, last: Option<&Progress>) -> Record {
        let (pages, written) = last.map_or((0, 0), |last| (last.pages, last.written));
        Record::new(into, Kind::Interrupted { signal, rows, pages, written })
    }

    /// The run rests, because of an outage.
    pub(crate) fn waiting(into: &Path, waiting: Waiting) -> Record {
        Record::new(into, Kind::Waiting(waiting))
    }

    /// What a run has to tell beside what it did.
    pub(crate) fn notice(into: &Path, notice: Notice) -> Record {
        Record::new(into, Kind::Notice(notice))
    }

    /// The guard refused a page.
    pub(crate) fn held_back(into: &Path, held: &HeldBack) -> Record {
        Record::new(into, Kind::HeldBack(Refused::of(held)))
    }

    /// The list has to be read anew, and may not be yet.
    pub(crate) fn resync_required(into: &Path, reason: Option<ResyncReason>, until: Timestamp) -> Record {
        let reason = reason.map(ResyncReason::name);
        Record::new(into, Kind::ResyncRequired { reason, until })
    }

    pub(crate) fn verified(into: &Path, verified: &Verified) -> Record {
        let ids = |which: fn(&Drift) -> bool| -> Vec<i32> {
            verified
                .drift
                .iter()
                .filter(|drift| which(drift))
                .take(MOST_IDS)
                .map(|drift| drift.id())
                .collect()
        };
        Record::new(
            into,
            Kind::Verified(Compared {
                compared: verified.read,
                touched: verified.touched,
                drift: verified.drift.len(),
                missing: ids(|drift| matches!(drift, Drift::Missing(_))),
                extra: ids(|drift| matches!(drift, Drift::Extra(_))),
                different: ids(|drift| matches!(drift, Drift::Different(_))),
                partial: verified.partial,
            }),
        )
    }

    pub(crate) fn status(into: &Path, status: &Status) -> Record {
        Record::new(
            into,
            Kind::Status(Box::new(Standing {
                copy: Copy::of(status),
                tombstones: status.tombstones,
                synced_at: status.synced_at,
                seconds_behind: status.seconds_behind,
                loaded_at: status.loaded_at,
                loading: status.loading,
                log_holds_until: status.log_holds_until,
                days_left: status.days_left.map(|days| (days * 1_000.0).round() / 1_000.0),
                warning: status.warning,
                schema_version: status.schema_version,
                min_minutes: status.min_minutes,
                held_back: status.held_back.as_ref().map(Refused::of),
            })),
        )
    }

    fn new(into: &Path, kind: Kind) -> Record {
        Record { v: VERSION, kind, into: into.display().to_string() }
    }
}

impl Copy {
    fn of(status: &Status) -> Copy {
        Copy {
            list: status.list_id,
            title: status.list_title.clone(),
            table: status.table.clone(),
            rows: status.rows,
            pending: Pending { items: status.pending_items, folders: status.pending_folders },
            checkpoint_age_seconds: status.checkpoint_age.map(|age| age.as_secs()),
        }
    }
}

impl Refused {
    fn of(held: &HeldBack) -> Refused {
        let (reason, item_count) = match held.reason {
            HoldReason::Emptied => ("emptied", None),
            HoldReason::StillListed { item_count } => ("still_listed", Some(item_count)),
            HoldReason::HeldSince(_) => ("held_since", None),
            _ => ("too_many", None),
        };
        Refused {
            rows: held.rows,
            earlier: held.earlier,
            allowed: held.limit,
            held: held.held,
            reason,
            item_count,
            needed: held.needed(),
            since: held.since(),
            names: held.names.clone(),
            at: held.at,
        }
    }
}

impl fmt::Display for Record {
    /// As people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::CaughtUp { copy, run } => {
                writeln!(f, "caught up   {}: {copy}", Printable(&self.into))?;
                write!(f, "this run    {run}")
            }
            Kind::Interrupted { signal, rows, pages, written } => write!(
                f,
                "interrupted (signal {signal}): {rows} rows held; this run wrote {written} on {pages} pages"
            ),
            Kind::HeldBack(held) => write!(f, "held back   {held}"),
            Kind::Notice(notice) => write!(f, "notice      {notice}"),
            Kind::Waiting(waiting) => write!(f, "{waiting}"),
            Kind::ResyncRequired { reason, until } => {
                let reason =
                    reason.map_or("found by an earlier run".to_owned(), |reason| reason.replace('_', " "));
                write!(f, "resync required ({reason}): unasked only after {until}")
            }
            Kind::Verified(compared) => write!(f, "{compared}"),
            Kind::Status(standing) => {
                writeln!(f, "copy        {}: {}", Printable(&self.into), standing.copy)?;
                write!(f, "{standing}")
            }
        }
    }
}

impl fmt::Display for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Count(self.rows, "row"))?;
        match (&self.title, &self.table) {
            (Some(title), Some(table)) => {
                write!(f, " of {} in table {}", Printable(title), Printable(table))?;
            }
            _ => write!(f, ", nothing read yet")?,
        }
        if self.pending.items + self.pending.folders > 0 {
            let (items, folders) = (Count(self.pending.items, "item"), Count(self.pending.folders, "folder"));
            write!(f, "; {items} and {folders} still to be read")?;
        }
        Ok(())
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} written on {}", Count(self.written, "row"), Count(self.pages, "page"))?;
        write!(f, ", {} removed as told, {} unseen", self.removed.told, self.removed.absent)?;
        if self.loads > 0 {
            write!(f, ", {}", Count(self.loads, "full load"))?;
        }
        if self.schema_changes > 0 {
            write!(f, ", columns changed {}", Count(self.schema_changes.unsigned_abs(), "time"))?;
        }
        write!(f, ", {}", Count(self.requests, "request"))
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "compared    {} of the list, {} changed meanwhile: ",
            Count(self.compared, "row"),
            self.touched
        )?;
        if self.drift == 0 {
            return write!(f, "no drift");
        }
        write!(f, "{} drifted", self.drift)?;
        for (what, ids) in [
            ("only in the list", &self.missing),
            ("only in the copy", &self.extra),
            ("different", &self.different),
        ] {
            if !ids.is_empty() {
                let shown: Vec<String> = ids.iter().take(SHOWN_IDS).map(i32::to_string).collect();
                let more = if ids.len() > SHOWN_IDS { "…" } else { "" };
                write!(f, "\n{what:<18}{}{more}", shown.join(", "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.synced_at, self.seconds_behind) {
            (Some(at), Some(behind)) => write!(f, "last sync   {at}, {} ago", Ago(behind))?,
            _ => write!(f, "last sync   none yet")?,
        }
        if self.loading {
            write!(f, "; a full load is under way")?;
        }
        if let Some(age) = self.copy.checkpoint_age_seconds {
            write!(f, "\ncheckpoint  {} old", Ago(age))?;
        }
        if let (Some(days), Some(until)) = (self.days_left, self.log_holds_until) {
            let warning = if self.warning { "; more than half of the time is over" } else { "" };
            write!(f, "\nlog         trusted for {days:.1} days more, until {until}{warning}")?;
        }
        if self.tombstones > 0 {
            write!(f, "\ntombstones  {}", self.tombstones)?;
        }
        match &self.held_back {
            Some(held) => write!(f, "\nheld back   {held}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { rows, earlier, allowed, held, since, .. } = self;
        write!(f, "{rows} of {held} rows would be removed unseen; {allowed} may be in seven days")?;
        if *earlier > 0 {
            write!(f, " and {earlier} were")?;
        }
        if let Some(items) = self.item_count {
            write!(f, "; the list still counts {items} items")?;
        }
        write!(f, " (since {since})")?;
        for name in &self.names {
            write!(f, "\n            {}", Printable(name))?;
        }
        Ok(())
    }
}

/// A number and what is counted.
struct Count(u64, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Count(number, what) = self;
        write!(f, "{number} {what}{}", if *number == 1 { "" } else { "s" })
    }
}

/// A number of seconds, in the unit that fits.
struct Ago(u64);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds @ 0..120 => write!(f, "{}", Count(seconds, "second")),
            seconds @ 120..7_200 => write!(f, "{}", Count(seconds / 60, "minute")),
            seconds @ 7_200..172_800 => write!(f, "{}", Count(seconds / 3_600, "hour")),
            seconds => write!(f, "{}", Count(seconds / 86_400, "day")),
        }
    }
}

/// Ids that are named, of each kind of difference.
const MOST_IDS: usize = 1_000;
/// Those of them that people see.
const SHOWN_IDS: usize = 20;
