//! Reads a page of GetChanges: rows in any metadata mode, members in any order.
//!
//! There are two readers. The [`plain`] one takes all of that and words the errors: what it says is right. The
//! [`fast`] one takes only what servers are known to write, and leaves everything else to the plain one.

mod fast;
mod row;
mod value;

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use self::row::{Row, Typed};
use crate::{
    change::{self, Change, ChangedObject},
    error::DecodeError,
    feed::{self, Limits, limits::beyond},
};

/// Reads the rows of a page; `keep_raw` keeps each row's text beside its values.
///
/// # Errors
/// Where the body is no page of changes, or a row lacks what every server sends; the row is named. An empty page is
/// only what says so: `{"d":{"results":[]}}` or `{"value":[]}`.
pub(crate) fn read(body: &[u8], keep_raw: bool, limits: &Limits) -> Result<Vec<Change>, DecodeError> {
    let text = feed::text(body)?;
    let most = limits.changes;
    fast::read(text, keep_raw, most).map_or_else(|| plain(text, keep_raw, most), Ok)
}

/// Reads a page row by row: each is made into a value before the next one is looked at, and the first that is none
/// ends the reading.
fn plain(text: &str, keep_raw: bool, most: usize) -> Result<Vec<Change>, DecodeError> {
    let mut rows = Rows { changes: Vec::new(), keep_raw, most, wrong: None };
    let mut page = serde_json::Deserializer::from_str(text);
    let envelope = Envelope { rows: "value", inner: Some("d"), to: &mut rows };
    let read = envelope.deserialize(&mut page).and_then(|()| page.end());
    match (rows.wrong, read) {
        (Some(wrong), _) => Err(wrong),
        (None, Err(error)) => Err(DecodeError::json("a page of changes (d.results or value)", error)),
        (None, Ok(())) => Ok(rows.changes),
    }
}

/// The rows of a page, as far as it was read.
struct Rows {
    changes: Vec<Change>,
    keep_raw: bool,
    /// How many there may be.
    most: usize,
    /// What is wrong with the row that ended the reading.
    wrong: Option<DecodeError>,
}

impl Rows {
    fn take(&mut self, row: &str) -> Result<(), DecodeError> {
        let n = self.changes.len();
        let place = format_args!("row {n}");
        if n == self.most {
            return Err(beyond(self.most, "rows of changes", "changes", place.to_string()));
        }
        let mut change = change(row).map_err(|trouble| match trouble {
            Trouble::Value(error) => DecodeError::json(format!("a row of changes as {place}"), error),
            Trouble::Lacks(member) => DecodeError::new(format!("the member {member}"), place.to_string()),
        })?;
        if self.keep_raw {
            change.raw = Some(row.into());
        }
        self.changes.push(change);
        Ok(())
    }
}

/// Why a row is none.
enum Trouble {
    /// The row, or one of its values, is of another kind than it has to be.
    Value(serde_json::Error),
    /// It lacks a member that every server sends.
    Lacks(&'static str),
}

/// Reads a row from its own text. The text is gone through a second time only where it holds members that the row's
/// type does not declare.
fn change(row: &str) -> Result<Change, Trouble> {
    let typed: Row = serde_json::from_str(row).map_err(Trouble::Value)?;
    let Typed { mut change, holds_more } = typed.typed().map_err(Trouble::Lacks)?;
    if holds_more {
        change.undeclared = undeclared(row, &change.object).map_err(Trouble::Value)?;
    }
    Ok(change)
}

/// The members of a row that its object's type does not declare.
fn undeclared(row: &str, object: &ChangedObject) -> Result<change::Members, serde_json::Error> {
    let Members(members) = serde_json::from_str(row)?;
    let undeclared = members.into_iter().filter(|(Key(name), _)| !row::declares(object, name));
    Ok(undeclared.map(|(Key(name), json)| (name.into(), json.get().into())).collect())
}

/// A row's members as they stand.
struct Members<'a>(Vec<(Key<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row of changes")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// An answer in any metadata mode, `{"d":{"results":[…]}}` or `{"value":[…]}`; or what stands in `d`.
struct Envelope<'r> {
    /// The member that holds the rows.
    rows: &'static str,
    /// The member that may hold the verbose envelope.
    inner: Option<&'static str>,
    to: &'r mut Rows,
}

impl<'de> DeserializeSeed<'de> for Envelope<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with an array {:?}", self.rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut found, mut more) = (false, false);
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let holds_rows = key.0 == self.rows;
            if holds_rows || self.inner.is_some_and(|inner| key.0 == inner) {
                if std::mem::replace(&mut found, true) {
                    return Err(A::Error::custom("the rows stand twice in the answer"));
                }
                if holds_rows {
                    map.next_value_seed(Array { to: self.to })?;
                } else {
                    map.next_value_seed(Envelope { rows: "results", inner: None, to: self.to })?;
                }
            } else if ERRORS.contains(&&*key.0) {
                return Err(A::Error::custom("an error stands beside the rows"));
            } else {
                let value = map.next_value::<Option<IgnoredAny>>()?;
                more |= NEXT.contains(&&*key.0) && value.is_some();
            }
        }
        if !found {
            return Err(A::Error::custom(format_args!("no array {:?} in the answer", self.rows)));
        }
        if more && self.to.changes.is_empty() {
            return Err(A::Error::custom("more rows are said to follow an empty page"));
        }
        Ok(())
    }
}

/// The array of rows.
struct Array<'r> {
    to: &'r mut Rows,
}

impl<'de> DeserializeSeed<'de> for Array<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<&RawValue>()? {
            if let Err(wrong) = self.to.take(row.get()) {
                self.to.wrong = Some(wrong);
                return Err(A::Error::custom("a row that is none"));
            }
        }
        Ok(())
    }
}

/// Members that contradict rows: an answer with one of them is none.
const ERRORS: [&str; 2] = ["error", "odata.error"];
/// Members that say that more follows.
const NEXT: [&str; 3] = ["__next", "odata.nextLink", "@odata.nextLink"];

/// A member's name, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
