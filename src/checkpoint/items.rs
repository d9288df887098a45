//! What a checkpoint keeps for the list feed alone: a load under way, work that was only pointed at, and what the
//! list looked like.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::token::ChangeToken;

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
    /// The caller's rights on the list when it was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) perm_mask: Option<u64>,
    /// A digest of the list's fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<String>,
}

/// A full load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Load {
    /// With `first`, the load's name: counts the loads of this checkpoint.
    pub(crate) counter: u32,
    /// The first full page's LastChangeToken, where the increment will start.
    #[serde(with = "super::text")]
    pub(crate) first: ChangeToken,
    /// When, in server time, `first` was read; its age counts from here.
    pub(crate) moment: Timestamp,
    /// Where the next page begins; `None` at the start, and when the load has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// Rows handed out so far.
    pub(crate) rows: u64,
    /// Windows of ids that a page was halved into, still to be read.
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
    /// Counts the listings begun: the name under which its rows are marked.
    pub(crate) listing: u32,
    /// Where the next page of the listing begins; `None` before its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
}

/// Ids as inclusive ranges that rise and do not touch; on the wire `3-7,12`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ids(Vec<(i32, i32)>);

impl Ids {
    #[allow(clippy::trivially_copy_pass_by_ref)]
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads ranges; `None` for anything that [`Ids`] would not write.
    fn read(text: &str) -> Option<Ids> {
        let mut ranges: Vec<(i32, i32)> = Vec::new();
        for part in text.split(',').filter(|_| !text.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range: (i32, i32) = (first.parse().ok()?, last.parse().ok()?);
            let rises = range.0 <= range.1 && range.0 >= 0;
            if !rises || ranges.last().is_some_and(|before| i64::from(before.1) + 1 >= i64::from(range.0)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_read_what_they_write_and_nothing_else() {
        for text in ["", "7", "3-7,12", "0-2147483647"] {
            assert_eq!(Ids::read(text).unwrap().written(), text);
        }
        for text in ["7-3", "3-4,5", "12,3", "a", "3-", "-3", "3,,4", "3-3", "03", "1,1", "2147483648"] {
            assert_eq!(Ids::read(text), None, "{text}");
        }
    }
}
