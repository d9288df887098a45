//! Delivery: rows are printed, then the state is moved, never the other way round.

use std::time::Duration;

use jiff::Timestamp;
use sharepoint_changes::{self as core, Checkpoint, Page, ResyncReason};

use crate::{
    ack::Acks,
    control::{Control, Count},
    exit::{Exit, Failure},
    notice::Notice,
    outage::Waiting,
    output::Output,
    progress::Progress,
    state::{Pending, State},
    stop::Stop,
};

/// Prints what a run finds, and keeps how far its consumer has come.
#[derive(Debug)]
pub(crate) struct Delivery {
    out: Output,
    state: Option<State>,
    /// With `--commit manual`, what the consumer has not acknowledged yet.
    acks: Option<Acks>,
    /// `--max`
    max: Option<u64>,
    count: Count,
    /// What of it counts against `--max`: rows that an overlap brings again do not, or a run would never come past them.
    counted: u64,
    /// What was counted when the end of the log was last told.
    told: Option<Count>,
    /// How far was printed.
    reached: Option<Checkpoint>,
    /// When the position was last known to be inside the log.
    moment: Option<Timestamp>,
    /// Whether this run has gone on behind a gap; a second one is not passed by.
    passed_a_gap: bool,
    stop: Stop,
    progress: Progress,
}

/// What ends a session from within a page.
#[derive(Debug)]
pub(crate) enum Halt {
    /// `--max` was reached.
    Limit,
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Halt {
    fn from(error: E) -> Self {
        Halt::Failed(error.into())
    }
}

impl Delivery {
    pub(crate) fn new(
        out: Output,
        state: Option<State>,
        acks: Option<Acks>,
        max: Option<u64>,
        stop: &Stop,
        progress: &Progress,
    ) -> Delivery {
        Delivery {
            out,
            state,
            acks,
            max,
            count: Count::default(),
            counted: 0,
            told: None,
            reached: None,
            moment: None,
            passed_a_gap: false,
            stop: stop.clone(),
            progress: progress.clone(),
        }
    }

    pub(crate) fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// Takes note of where a session begins.
    pub(crate) fn begins_at(&mut self, moment: Option<Timestamp>, checkpoint: Option<&Checkpoint>) {
        self.moment = moment;
        self.reached = checkpoint.cloned();
    }

    /// Puts a checkpoint that was given from outside into a state that holds none.
    pub(crate) fn adopt(&mut self, checkpoint: &Checkpoint) -> Result<(), Failure> {
        self.commit(None, checkpoint)
    }

    /// Keeps the time before which the server must not be asked.
    pub(crate) fn rest_until(&mut self, time: Timestamp) -> Result<(), Failure> {
        self.state.as_mut().map_or(Ok(()), |state| state.rest_until(time))
    }

    /// Prints a page, then moves the state behind it; `--max` may cut both.
    pub(crate) fn page(&mut self, mut page: Page) -> Result<(), Halt> {
        self.notices(&page.notices)?;
        if let Some(gap) = &page.gap {
            self.out.control(&Control::gap(gap))?;
        }
        let room = self.max.map_or(usize::MAX, |max| {
            usize::try_from(max.saturating_sub(self.counted)).unwrap_or(usize::MAX)
        });
        let repeated = page.repeated();
        let rows = page.changes.len().min(room.saturating_add(repeated));
        page.changes[..rows].iter().try_for_each(|change| self.out.change(change))?;
        self.out.flush()?;
        self.count.changes += u64::try_from(rows).unwrap_or(u64::MAX);
        self.count.pages += 1;
        self.counted += u64::try_from(rows.saturating_sub(repeated)).unwrap_or(u64::MAX);
        self.progress.count(self.count);
        let whole = rows == page.changes.len();
        let checkpoint = if whole { page.checkpoint.clone() } else { page.checkpoint_after(rows - 1) };
        self.begins_at(Some(checkpoint.moment()), Some(&checkpoint));
        match &mut self.acks {
            None => self.commit(page.follows.as_deref(), &checkpoint)?,
            Some(acks) => {
                page.changes.truncate(rows);
                acks.expect(page);
                self.take_acks()?;
            }
        }
        if self.max == Some(self.counted) { Err(Halt::Limit) } else { Ok(()) }
    }

    /// Tells what a run has to tell beside its changes.
    pub(crate) fn notices(&mut self, notices: &[core::Notice]) -> Result<(), Failure> {
        notices.iter().filter_map(Notice::of).try_for_each(|notice| self.control(&Control::notice(notice)))
    }

    /// Tells that the log was read to its end, and moves the state there. While following it is told again only
    /// after news.
    pub(crate) fn caught_up(
        &mut self,
        checkpoint: &Checkpoint,
        follows: Option<&str>,
    ) -> Result<(), Failure> {
        if self.told.replace(self.count) != Some(self.count) {
            self.control(&Control::caught_up(checkpoint, self.count))?;
        }
        self.begins_at(Some(checkpoint.moment()), Some(checkpoint));
        match &mut self.acks {
            None => self.commit(follows, checkpoint),
            Some(acks) => {
                acks.end_with(checkpoint.clone());
                self.take_acks()
            }
        }
    }

    /// Tells that `--max` was reached, and waits for the acks of what was printed.
    pub(crate) fn limited(&mut self) -> Result<Exit, Failure> {
        if let Some(checkpoint) = &self.reached {
            let record = Control::limit("max", checkpoint, self.count);
            self.out.control(&record)?;
            self.out.flush()?;
        }
        self.finish(Exit::LIMIT)
    }

    /// How far was printed, and how much.
    pub(crate) fn reached(&self) -> (Option<&Checkpoint>, Count) {
        (self.reached.as_ref(), self.count)
    }

    /// Tells that the run rests, because of an outage. After it the end of the log is told anew.
    pub(crate) fn waiting(&mut self, waiting: &Waiting) -> Result<(), Failure> {
        self.told = None;
        let record = Control::waiting(waiting, self.reached.as_ref(), self.count);
        self.out.control(&record)?;
        Ok(self.out.flush()?)
    }

    /// Tells that a signal ended the run. Acks that have not come by now are not waited for.
    pub(crate) fn interrupted(&mut self) -> Result<Exit, Failure> {
        let signal = self.stop.signal().unwrap_or_default();
        let record = Control::interrupted(signal, self.reached.as_ref(), self.count);
        self.out.control(&record)?;
        self.out.flush()?;
        self.take_acks()?;
        Ok(Exit::signal(signal))
    }

    /// Tells that everything has to be read anew. The state keeps `then` first, until somebody accepts it: by the next
    /// run the log may look as if nothing had happened. Where the gap is accepted already the state moves behind it, and
    /// the run goes on; else the run ends.
    pub(crate) fn resync(
        &mut self,
        reason: ResyncReason,
        then: &Checkpoint,
        follows: Option<&str>,
        accept: bool,
    ) -> Result<Option<Exit>, Failure> {
        let accepted = accept && !std::mem::replace(&mut self.passed_a_gap, true);
        let age = self.moment.map(|moment| then.moment().duration_since(moment).as_hours() / 24);
        if let Some(state) = &mut self.state {
            let then = then.to_string();
            state.pend(Pending { reason: reason.name().to_owned(), age_days: age, then })?;
        }
        self.control(&Control::resync_required(reason, age, accepted, then, self.count))?;
        let done = self.await_acks()?;
        if !accepted {
            return Ok(Some(Exit::RESYNC));
        }
        if !done {
            return self.finish(Exit::LIMIT).map(Some);
        }
        self.commit(follows, then)?;
        Ok(None)
    }

    /// A resync that an earlier run has said: goes on from its checkpoint, where that is accepted.
    pub(crate) fn resync_pending(
        &mut self,
        accept: bool,
    ) -> Result<Option<Result<Checkpoint, Exit>>, Failure> {
        let Some(state) = &self.state else { return Ok(None) };
        let Some((pending, then)) = state.pending()? else { return Ok(None) };
        let record =
            Control::resync_still_required(&pending.reason, pending.age_days, accept, &then, self.count);
        self.out.control(&record)?;
        self.out.flush()?;
        if !accept {
            return Ok(Some(Err(Exit::RESYNC)));
        }
        let follows = state.held().map(str::to_owned);
        self.commit(follows.as_deref(), &then)?;
        Ok(Some(Ok(then)))
    }

    /// Ends a run once its acks are in: as was meant, or with fewer things done than were printed.
    pub(crate) fn finish(&mut self, exit: Exit) -> Result<Exit, Failure> {
        if self.await_acks()? {
            return Ok(exit);
        }
        if let Some(signal) = self.stop.signal() {
            return Ok(Exit::signal(signal));
        }
        self.progress
            .note("stdin ended before everything was acknowledged; the rest comes again in the next run");
        Ok(Exit::LIMIT)
    }

    /// Lets time pass, and takes the acks that come; says whether there is still somebody to deliver to.
    pub(crate) fn idle(&mut self, time: Duration) -> Result<bool, Failure> {
        let Some(acks) = &mut self.acks else {
            std::thread::sleep(time);
            return Ok(true);
        };
        let moved = acks.wait(time, |line| refuse(&self.progress, line));
        let open = acks.is_open();
        if !open {
            // Nothing wakes it any more.
            std::thread::sleep(time);
        }
        self.move_to(moved)?;
        Ok(open)
    }

    /// Takes the acks that have come.
    pub(crate) fn take_acks(&mut self) -> Result<(), Failure> {
        let Some(acks) = &mut self.acks else { return Ok(()) };
        let moved = acks.settle(|line| refuse(&self.progress, line));
        self.move_to(moved)
    }

    /// Waits until everything was acknowledged, no more acks can come, or a signal has; says whether the first is
    /// true.
    fn await_acks(&mut self) -> Result<bool, Failure> {
        self.take_acks()?;
        loop {
            let Some(acks) = &mut self.acks else { return Ok(true) };
            if acks.is_settled() || self.stop.is_asked() {
                if let Some(token) = acks.unmatched() {
                    self.progress.note(format_args!("{token} was acknowledged, but never printed"));
                }
                return Ok(acks.is_done());
            }
            let moved = acks.wait(SLICE, |line| refuse(&self.progress, line));
            self.move_to(moved)?;
        }
    }

    fn move_to(&mut self, moved: Option<Checkpoint>) -> Result<(), Failure> {
        let (Some(checkpoint), Some(state)) = (moved, &mut self.state) else { return Ok(()) };
        state.acknowledge(&checkpoint)
    }

    /// Moves the state. What a page follows is what the last one printed, which the state holds unless it waits for
    /// acks.
    fn commit(&mut self, follows: Option<&str>, checkpoint: &Checkpoint) -> Result<(), Failure> {
        let Some(state) = &mut self.state else { return Ok(()) };
        let held = state.held().map(str::to_owned);
        let follows = if self.acks.is_some() { held.as_deref() } else { follows };
        state.commit(follows, checkpoint)
    }

    fn control(&mut self, record: &Control<'_>) -> Result<(), Failure> {
        self.out.control(record)?;
        Ok(self.out.flush()?)
    }
}

fn refuse(progress: &Progress, line: &str) {
    let line: String = line.chars().take(200).collect();
    progress.note(format_args!("{line:?} is no `ack TOKEN`; it is passed over"));
}

/// How long a wish to stop may go unnoticed.
pub(crate) const SLICE: Duration = Duration::from_millis(100);
