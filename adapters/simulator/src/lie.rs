//! Answers that no honest server gives, to test what a client believes.

use crate::switch::choices;

choices! {
    /// A lie of the server about its log. All but the first three, and those that name a list's feed, concern GetChanges.
    Lie {
        /// CurrentChangeToken goes backwards with every answer.
        FenceBackwards = "fence-backwards",
        /// CurrentChangeToken is that of another object.
        ForeignFence = "foreign-fence",
        /// CurrentChangeToken cannot be read.
        UnreadableFence = "unreadable-fence",
        /// Every row has the start's token; the first row's where there is no start.
        SameToken = "same-token",
        /// Rows come newest first though nobody asked.
        OutOfOrder = "out-of-order",
        /// The end bound is ignored.
        BeyondEnd = "beyond-end",
        /// The start bound is ignored: one page comes for ever.
        RepeatedPage = "repeated-page",
        /// The last row's token is labelled with another object's id.
        ForeignRow = "foreign-row",
        /// The last row has no token.
        NoToken = "no-token",
        /// The collection is left out.
        NoCollection = "no-collection",
        /// The collection is null.
        NullCollection = "null-collection",
        /// Every token is older than the log, a new one too.
        InvalidToken = "invalid-token",
        /// Every token is another object's.
        WrongObject = "wrong-object",
        /// Nothing has happened. A list's feed says so of a token older than its log, and gives a new one; of a younger
        /// token it could only be believed.
        Nothing = "nothing",
        /// 429, to be asked again in three hundred years.
        AbsurdRetryAfter = "absurd-retry-after",
        /// 429, to be asked again "soon".
        UnreadableRetryAfter = "unreadable-retry-after",
        /// 204 without a body.
        NoContent = "no-content",
        /// A list's feed: the token that was sent comes back, and more follows, for ever.
        EverMore = "ever-more",
        /// A list's feed: the new token is older than the one that was sent.
        SinceBackwards = "since-backwards",
        /// A list's feed: every page says that the next one is the first.
        SamePlace = "same-place",
        /// A list's feed: no LastChangeToken.
        NoLastToken = "no-last-token",
        /// A list's feed: no data.
        NoData = "no-data",
        /// A list's feed: an `Id` whose ChangeType nobody knows.
        UnknownChange = "unknown-change",
        /// A list's feed: other rights in every answer.
        ShiftingMask = "shifting-mask",
        /// A list's feed: the XML ends in the middle, and the connection does not tell.
        CutRowset = "cut-rowset",
        /// A list's feed: an error in JSON, with status 200, in place of the rowset.
        JsonRowset = "json-rowset",
    }
}

/// The lies a server tells, and to which requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lies {
    told: Vec<(Lie, std::ops::Range<u64>)>,
}

impl Lies {
    /// Tells a lie in every answer it fits.
    pub fn tell(&mut self, lie: Lie) {
        self.told.push((lie, 0..u64::MAX));
    }

    /// Tells a lie in some answers: requests are counted from 1, the control path's left out.
    pub fn tell_during(&mut self, lie: Lie, requests: std::ops::Range<u64>) {
        self.told.push((lie, requests));
    }

    /// Tells the truth from now on.
    pub fn stop(&mut self) {
        self.told.clear();
    }

    /// Whether a lie is told to the request of that number.
    pub(crate) fn told(&self, lie: Lie, request: u64) -> bool {
        self.told.iter().any(|(told, requests)| *told == lie && requests.contains(&request))
    }
}
