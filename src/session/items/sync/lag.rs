//! Answers from a copy of the list that lags behind, and pages that bring nothing: which of them are believed.

use super::{Said, Sync};
use crate::{
    checkpoint::Position,
    item::Rowset,
    session::{
        course::Trouble,
        log::{self, Judgement},
    },
    token::ChangeToken,
};

impl Sync {
    /// Whether an answer without a token of its own knows what made it necessary to ask: it is as old as its
    /// LastChangeToken, and neither a row in it nor absence from it may be put over what is known of a later moment.
    ///
    /// # Errors
    /// [`Trouble::Behind`] where it came from a copy that lags behind.
    pub(super) fn knows_what_is_held(&self, answer: &Rowset) -> Result<(), Trouble> {
        let last = answer.token.as_ref().ok_or("an answer with rows has no LastChangeToken")?;
        self.check(last)?;
        let as_of = self.position_number().max(self.items().as_of);
        if last.number() < as_of {
            return Err(Trouble::Behind(format!(
                "the list was answered as of the change {}, and {as_of} is known already",
                last.number()
            )));
        }
        Ok(())
    }

    /// Takes the moment of such an answer: those that come after it know no less. Were an answer of a listing older
    /// than the one before, the folder could have been elsewhere in between.
    ///
    /// # Errors
    /// [`Trouble::Behind`] where it came from a copy that lags behind.
    pub(in crate::session::items) fn remember_answer(&mut self, answer: &Rowset) -> Result<(), Trouble> {
        self.knows_what_is_held(answer)?;
        self.know(answer.token.as_ref().map_or(0, ChangeToken::number));
        self.answered.clone_from(&answer.token);
        Ok(())
    }

    /// Whether a page after which more is said to follow may bring nothing: a circle of such pages would have no end.
    pub(in crate::session::items) fn passes_empty(&mut self, answer: &Rowset) -> bool {
        let brings = answer.rows.len() + answer.broken.len() > 0;
        self.empty_pages = if brings { 0 } else { self.empty_pages.saturating_add(1) };
        !brings && self.empty_pages <= MOST_EMPTY
    }

    pub(super) fn position_number(&self) -> i64 {
        match &self.state.position {
            Position::Token(token) => token.number(),
            _ => 0,
        }
    }

    /// From here on, answers that know less than this are not believed.
    pub(super) fn know(&mut self, number: i64) {
        let items = self.items_mut();
        items.as_of = items.as_of.max(number);
    }

    /// An answer ended before what it continues. One of them is no proof of another log: the end of this one was read
    /// when the run began.
    pub(super) fn ended_before(
        &mut self,
        begun: &ChangeToken,
        last: &ChangeToken,
        what: String,
    ) -> Result<Said, Trouble> {
        self.behind += 1;
        match log::behind(begun.ticks(), last.ticks()) {
            Judgement::Resync(reason) if self.behind >= MOST_BEHIND => Ok(self.reload(reason)),
            _ => Err(Trouble::Behind(what)),
        }
    }
}

/// Pages in a row without a row. A server looks through a list in pieces of some thousand items, and nothing of what
/// it found in one may be for the caller.
const MOST_EMPTY: u32 = 1_000;
/// Answers in a row that end long before they began, after which it is another log.
const MOST_BEHIND: u32 = 3;
