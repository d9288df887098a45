//! What a checkpoint keeps for the list feed alone: a load under way, work that was only pointed at, and what the
//! list looked like.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use uuid::Uuid;

use super::Candidate;
use crate::{item::SchemaDigest, token::ChangeToken};

/// The list feed's own facts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemState {
    /// The full load under way, or the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) load: Option<Load>,
    /// Items that were pointed at and not brought yet.
    #[serde(default, skip_serializing_if = "Ids::is_empty")]
    pub(crate) pending: Ids,
    /// Folders whose contents have to be listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) folders: Vec<PendingFolder>,
    /// Where GetChanges is to be read from, should something go that may have taken other items along: the start of
    /// the increment before this one, because an answer's rows may be younger than its token.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "token")]
    pub(crate) names_from: Option<ChangeToken>,
    /// Whether such a thing went, so that it has to be read.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub(crate) names_due: bool,
    /// When `names_from` was surely inside the log; `None` stands for the time of its change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) names_moment: Option<Timestamp>,
    /// What GetChanges must bring before its end is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expected: Option<Expected>,
    /// Items that are told to be restored, and did not come since.
    #[serde(default, skip_serializing_if = "Ids::is_empty")]
    pub(crate) restored: Ids,
    /// What GetChanges named in the place of an increment, which it names once more when the end of the log has settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) named: Option<Named>,
    /// How far the log was read for permissions of items; `None` before a position is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permissions: Option<Permissions>,
    /// Those of the pending items that are asked for because the caller's permissions on them may have changed.
    #[serde(default, skip_serializing_if = "Ids::is_empty")]
    pub(crate) maybe_hidden: Ids,
    /// The change up to which an answer must know the list before a row in it, or absence from it, is believed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) as_of: i64,
    /// The caller's rights on the list when it was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) perm_mask: Option<u64>,
    /// What the list's fields were when it was last read.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "digest")]
    pub(crate) schema: Option<SchemaDigest>,
    /// The list's `Version` when its fields were last compared, and the end of the log then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "token")]
    pub(crate) version_as_of: Option<ChangeToken>,
    /// The changes of columns that GetChanges was read for last, behind `version_as_of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) columns_read: Option<ColumnsRead>,
    /// The change up to which the list's definition is known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) defined_as_of: i64,
    /// The path of the list's root folder when it was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<String>,
    /// How many loads there were; with it no two of them have the same name.
    #[serde(default)]
    pub(crate) loads: u32,
    /// How many listings of folders there were.
    #[serde(default)]
    pub(crate) listings: u32,
}

impl ItemState {
    /// When this start of GetChanges, which is `names_from`, was surely inside the log.
    pub(crate) fn moment_of_names(&self, from: &ChangeToken) -> Timestamp {
        self.names_moment.unwrap_or(from.time())
    }

    /// Has an item asked for no longer. Returns whether it was because of the caller's permissions on it.
    pub(crate) fn settle(&mut self, id: i32) -> bool {
        self.pending.remove(id);
        let maybe_hidden = self.maybe_hidden.contains(id);
        self.maybe_hidden.remove(id);
        maybe_hidden
    }
}

/// How far GetChanges was read for permissions of items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Permissions {
    /// Where the next reading begins. It moves to an end of the log only once that end has settled: GetChanges says
    /// nothing of how old its answer is, and one of a copy that lags behind is silent about the newest changes.
    #[serde(with = "super::text")]
    pub(crate) from: ChangeToken,
    /// When `from` was surely inside the log.
    pub(crate) moment: Timestamp,
    /// An end of the log up to which it was read, which `from` moves to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) candidate: Option<Candidate>,
    /// The number of the change up to which it was read last.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) read: i64,
    /// The highest number of a change that came, and whose item was made pending.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) seen: i64,
}

impl Permissions {
    /// Nothing was read yet behind this position, which was surely inside the log at this moment.
    pub(crate) fn after(from: ChangeToken, moment: Timestamp) -> Self {
        Permissions { from, moment, candidate: None, read: 0, seen: 0 }
    }

    /// The number of the change up to which nothing is left to be read.
    pub(crate) fn end(&self) -> i64 {
        self.read.max(self.from.number())
    }
}

/// A stretch of the log whose changed items GetChanges named, because no increment could. It is silent about the newest
/// changes where a copy that lags behind answers, and does not say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    #[serde(with = "super::text")]
    pub(crate) from: ChangeToken,
    /// When `from` was surely inside the log.
    pub(crate) moment: Timestamp,
    /// When its end was read.
    pub(crate) time: Timestamp,
}

/// Changes of columns that GetChanges was read for. They are read once more when the end of the log has settled: GetChanges
/// says nothing of how old its answer is, and one of a copy that lags behind is silent about the newest changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnsRead {
    /// The end of the log up to which they were read.
    pub(crate) end: Candidate,
    /// Columns that went by the difference of the fields, of which no change was read yet.
    #[serde(default)]
    pub(crate) removed: usize,
    /// The highest number of a change that was read.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) seen: i64,
}

/// Items that an increment said are gone: GetChanges has these rows, too, unless a copy answers that lags behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    pub(crate) gone: Ids,
    /// The number of the change after which they went.
    pub(crate) after: i64,
}

/// A full load under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    /// With `first`, the load's name.
    pub(crate) counter: u32,
    /// The first full page's LastChangeToken, where the increment will start.
    #[serde(with = "super::text")]
    pub(crate) first: ChangeToken,
    /// When, in server time, `first` was read; its age counts from here.
    pub(crate) moment: Timestamp,
    /// Where the next page begins, as the server said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// The highest id that was handed out.
    pub(crate) passed: i32,
    /// Rows handed out so far.
    pub(crate) rows: u64,
    /// Windows of ids still to be read, where the server fails on whole pages; then `place` is not used.
    #[serde(default, skip_serializing_if = "Ids::is_empty")]
    pub(crate) windows: Ids,
    /// Items the server cannot answer with, passed by and reported.
    #[serde(default, skip_serializing_if = "Ids::is_empty")]
    pub(crate) poison: Ids,
    /// Whether the rows that were not seen may be removed at its end.
    pub(crate) sweeps: bool,
}

/// A folder whose contents have to be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingFolder {
    pub(crate) id: i32,
    /// The listing under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) listing: Option<Listing>,
}

/// The listing of a folder, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listing {
    /// The listing's name.
    pub(crate) counter: u32,
    /// Where the folder was when the listing began.
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unique_id: Option<Uuid>,
    /// Where the next page begins, as the server said; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
}

// serde's `skip_serializing_if` hands out references.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// Ids as inclusive ranges that rise and do not overlap; on the wire `3-7,12`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ids(Vec<(i32, i32)>);

impl Ids {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many ids there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| (i64::from(*last) - i64::from(*first) + 1).unsigned_abs()).sum()
    }

    /// The lowest ids, at most this many.
    pub(crate) fn lowest(&self, most: usize) -> Vec<i32> {
        self.ids().take(most).collect()
    }

    pub(crate) fn contains(&self, id: i32) -> bool {
        self.place(id).is_ok()
    }

    /// The range that holds the id, or where one that does would stand.
    fn place(&self, id: i32) -> Result<usize, usize> {
        self.0.binary_search_by(|&(first, last)| match (first.cmp(&id), last.cmp(&id)) {
            (Ordering::Greater, _) => Ordering::Greater,
            (_, Ordering::Less) => Ordering::Less,
            _ => Ordering::Equal,
        })
    }

    pub(crate) fn insert(&mut self, id: i32) {
        let Err(after) = self.place(id) else { return };
        let joins_before = after > 0 && self.0[after - 1].1.checked_add(1) == Some(id);
        let joins_after = self.0.get(after).is_some_and(|(first, _)| id.checked_add(1) == Some(*first));
        match (joins_before, joins_after) {
            (true, true) => {
                self.0[after - 1].1 = self.0[after].1;
                self.0.remove(after);
            }
            (true, false) => self.0[after - 1].1 = id,
            (false, true) => self.0[after].0 = id,
            (false, false) => self.0.insert(after, (id, id)),
        }
    }

    pub(crate) fn remove(&mut self, id: i32) {
        let Ok(at) = self.place(id) else { return };
        let (first, last) = self.0.remove(at);
        if id < last {
            self.0.insert(at, (id + 1, last));
        }
        if first < id {
            self.0.insert(at, (first, id - 1));
        }
    }

    /// Windows to be worked off: the ranges themselves, kept apart where they touch.
    pub(crate) fn windows(ranges: impl IntoIterator<Item = (i32, i32)>) -> Ids {
        Ids(ranges.into_iter().collect())
    }

    /// The first window.
    pub(crate) fn first_window(&self) -> Option<(i32, i32)> {
        self.0.first().copied()
    }

    /// All of them, rising.
    pub(crate) fn ids(&self) -> impl Iterator<Item = i32> + '_ {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Puts these windows in the place of the first one.
    pub(crate) fn replace_first(&mut self, windows: &[(i32, i32)]) {
        self.0.splice(..1.min(self.0.len()), windows.iter().copied());
    }

    /// Reads ranges; `None` for anything that [`Ids`] would not write.
    fn read(text: &str) -> Option<Ids> {
        let mut ranges: Vec<(i32, i32)> = Vec::new();
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range: (i32, i32) = (first.parse().ok()?, last.parse().ok()?);
            let rises = range.0 <= range.1 && range.0 >= 0;
            if !rises || ranges.last().is_some_and(|before| before.1 >= range.0) {
                return None;
            }
            ranges.push(range);
        }
        Some(Ids(ranges)).filter(|ids| ids.written() == text)
    }

    fn written(&self) -> String {
        let part = |&(first, last): &(i32, i32)| {
            if first == last { first.to_string() } else { format!("{first}-{last}") }
        };
        self.0.iter().map(part).collect::<Vec<_>>().join(",")
    }
}

impl Serialize for Ids {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written())
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ids::read(&text).ok_or_else(|| D::Error::custom(format_args!("{text:?} is no list of id ranges")))
    }
}

/// A token as its exact text, where there is one.
mod token {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::token::ChangeToken;

    pub(super) fn serialize<S: Serializer>(
        token: &Option<ChangeToken>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match token {
            Some(token) => serializer.collect_str(token),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<ChangeToken>, D::Error> {
        String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
    }
}

/// A digest of fields as its text.
mod digest {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::item::SchemaDigest;

    pub(super) fn serialize<S: Serializer>(
        digest: &Option<SchemaDigest>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => serializer.collect_str(digest),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SchemaDigest>, D::Error> {
        String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_what_they_write_and_nothing_else() {
        for text in ["", "7", "3-7,12", "3-7,8-9", "0-2147483647"] {
            assert_eq!(Ids::read(text).unwrap().written(), text);
        }
        for text in ["7-3", "3-4,4", "12,3", "a", "3-", "-3", "3,,4", "3-3", "03", "1,1", "2147483648"] {
            assert_eq!(Ids::read(text), None, "{text}");
        }
    }

    #[test]
    fn ids_are_a_set() {
        let mut ids = Ids::default();
        for id in [5, 3, 4, 9, 7, 8, 5, i32::MAX, 1] {
            ids.insert(id);
        }
        assert_eq!(ids.written(), "1,3-5,7-9,2147483647");
        assert_eq!((ids.count(), ids.lowest(4)), (8, vec![1, 3, 4, 5]));
        for id in [4, 4, 9, 1, 2] {
            ids.remove(id);
        }
        assert_eq!(ids.written(), "3,5,7-8,2147483647");
        assert!(ids.contains(7) && !ids.contains(6) && !ids.contains(9));
    }

    #[test]
    fn windows_are_halved_in_their_place() {
        let mut windows = Ids::windows([(1, 100), (101, i32::MAX)]);
        windows.replace_first(&[(1, 50), (51, 100)]);
        assert_eq!(windows.written(), "1-50,51-100,101-2147483647");
        windows.replace_first(&[]);
        assert_eq!(windows.first_window(), Some((51, 100)));
        assert_eq!(Ids::read(&windows.written()), Some(windows));
    }
}
