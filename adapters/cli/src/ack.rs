//! `--commit manual`: the consumer says what it has done, and only that moves the state.

use std::{
    cmp::Ordering,
    collections::VecDeque,
    io::{self, BufRead},
    sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError},
    thread,
    time::Duration,
};

use sharepoint_changes::{ChangeToken, Checkpoint, Page};

/// What was handed out and not acknowledged yet.
///
/// The consumer answers `ack TOKEN` with the token of a row: this row and all before it are done. The token of the
/// last control record stands for everything. Acks are read by a thread of their own, so a consumer may read and
/// answer in whatever order it likes.
#[derive(Debug)]
pub(crate) struct Acks {
    lines: Receiver<String>,
    /// Whether more acks may come.
    open: bool,
    pending: VecDeque<Page>,
    /// The last row that is done.
    passed: Option<ChangeToken>,
    /// Acks of what was not handed out yet.
    early: Vec<ChangeToken>,
    /// The checkpoint that holds once everything is done.
    end: Option<Checkpoint>,
}

impl Acks {
    /// Listens on stdin.
    pub(crate) fn on_stdin() -> io::Result<Acks> {
        let (sender, lines) = mpsc::channel();
        thread::Builder::new().name("acks".to_owned()).spawn(move || {
            for line in io::stdin().lock().lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        })?;
        Ok(Acks::of(lines))
    }

    fn of(lines: Receiver<String>) -> Acks {
        Acks { lines, open: true, pending: VecDeque::new(), passed: None, early: Vec::new(), end: None }
    }

    /// Takes note of a page that was handed out.
    pub(crate) fn expect(&mut self, page: Page) {
        self.end = None;
        self.pending.push_back(page);
    }

    /// Takes note of the checkpoint that holds once all that was handed out is done.
    pub(crate) fn end_with(&mut self, checkpoint: Checkpoint) {
        self.end = Some(checkpoint);
    }

    /// Whether all that was handed out is done.
    pub(crate) fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether more acks can come.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether nothing more can move: all is done, or no more acks can come.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_done() || !self.open
    }

    /// An ack of something that was never handed out.
    pub(crate) fn unmatched(&self) -> Option<&ChangeToken> {
        self.early.first()
    }

    /// Takes the acks that have come, and says how far they go; `None` where nothing has moved. `refuse` hears of
    /// lines that are no acks.
    pub(crate) fn settle(&mut self, refuse: impl Fn(&str)) -> Option<Checkpoint> {
        let mut moved = self.advance();
        loop {
            match self.lines.try_recv() {
                Ok(line) => moved = self.take(&line, &refuse).or(moved),
                Err(TryRecvError::Empty) => return moved,
                Err(TryRecvError::Disconnected) => {
                    self.open = false;
                    return moved;
                }
            }
        }
    }

    /// As [`settle`](Acks::settle), after waiting this long for an ack to come.
    pub(crate) fn wait(&mut self, most: Duration, refuse: impl Fn(&str)) -> Option<Checkpoint> {
        let moved = match self.lines.recv_timeout(most) {
            Ok(line) => self.take(&line, &refuse),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.open = false;
                None
            }
        };
        self.settle(refuse).or(moved)
    }

    fn take(&mut self, line: &str, refuse: impl Fn(&str)) -> Option<Checkpoint> {
        let line = line.trim();
        let token = line.strip_prefix("ack ").map(|token| token.trim().parse::<ChangeToken>());
        match token {
            Some(Ok(token)) => {
                self.early.push(token);
                self.advance()
            }
            None if line.is_empty() => None,
            _ => {
                refuse(line);
                None
            }
        }
    }

    /// Passes what the open acks stand for, as far as it was handed out.
    fn advance(&mut self) -> Option<Checkpoint> {
        let mut moved = None;
        for token in std::mem::take(&mut self.early) {
            if self.end.as_ref().and_then(Checkpoint::token) == Some(&token) {
                self.pending.clear();
            } else if let Some((page, row)) = self.find(&token) {
                self.pending.drain(..page);
                moved = Some(self.pending[0].checkpoint_after(row));
                if row + 1 == self.pending[0].changes.len() {
                    self.pending.pop_front();
                }
                self.passed = Some(token);
            } else if !self.is_passed(&token) && self.early.len() < MOST_EARLY {
                self.early.push(token);
            }
        }
        // A gap has no row that could be acknowledged: it is passed with what stands before it.
        while let Some(gap) = self.pending.pop_front_if(|page| page.changes.is_empty()) {
            moved = Some(gap.checkpoint);
        }
        if self.pending.is_empty() { self.end.take().or(moved) } else { moved }
    }

    /// Whether an ack says what is known: another one stood for it.
    fn is_passed(&self, token: &ChangeToken) -> bool {
        self.passed.as_ref().and_then(|passed| token.order(passed)).is_some_and(Ordering::is_le)
    }

    /// The page and the row of a token.
    fn find(&self, token: &ChangeToken) -> Option<(usize, usize)> {
        self.pending.iter().enumerate().find_map(|(n, page)| {
            let row =
                page.changes.binary_search_by_key(&token.number(), |change| change.token.number()).ok()?;
            (page.changes[row].token == *token).then_some((n, row))
        })
    }
}

/// Acks of what was not handed out that are remembered; more of them are noise.
const MOST_EARLY: usize = 1_000;
