//! Reads a page of GetChanges: rows in any metadata mode, members in any order.
//!
//! There are two readers. The [`plain`] one takes all of that and words the errors: what it says is right. The
//! [`fast`] one takes only what servers are known to write, and leaves everything else to the plain one.

mod fast;
mod row;
mod value;

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use self::row::{Row, Typed};
use crate::{
    change::{self, Change, ChangedObject},
    error::DecodeError,
    feed,
};

/// Reads the rows of a page; `keep_raw` keeps each row's text beside its values.
///
/// # Errors
/// Where the body is no page of changes, or a row lacks what every server sends; the row is named. An empty page is
/// only what says so: `{"d":{"results":[]}}` or `{"value":[]}`.
pub(crate) fn read(body: &[u8], keep_raw: bool) -> Result<Vec<Change>, DecodeError> {
    let text = feed::text(body)?;
    fast::read(text, keep_raw).map_or_else(|| plain(text, keep_raw), Ok)
}

/// Reads a page once, straight into typed values. Only where a row holds members that its type does not declare, or
/// where the rows' own text was asked for, are the rows gone through a second time as text.
fn plain(text: &str, keep_raw: bool) -> Result<Vec<Change>, DecodeError> {
    let rows: Page<Row> = serde_json::from_str(text).map_err(|error| blame(text, error))?;
    let mut changes = Vec::with_capacity(rows.0.len());
    let mut incomplete = keep_raw;
    for (n, row) in rows.0.into_iter().enumerate() {
        let lacks = |member| DecodeError::new(format!("the member {member}"), format!("row {n}"));
        let Typed { change, holds_more } = row.typed().map_err(lacks)?;
        incomplete |= holds_more;
        changes.push(change);
    }
    if incomplete {
        add_text(text, keep_raw, &mut changes)
            .map_err(|error| DecodeError::json("rows of changes", error))?;
    }
    Ok(changes)
}

/// Goes through the rows as text, for what the typed reading leaves out.
fn add_text(text: &str, keep_raw: bool, changes: &mut [Change]) -> Result<(), serde_json::Error> {
    let rows: Page<&RawValue> = serde_json::from_str(text)?;
    for (change, row) in changes.iter_mut().zip(rows.0) {
        change.undeclared = undeclared(row.get(), &change.object)?;
        if keep_raw {
            change.raw = Some(row.get().into());
        }
    }
    Ok(())
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

/// Words the error of a page that could not be read: which row, where the page is JSON at all.
fn blame(text: &str, error: serde_json::Error) -> DecodeError {
    if let Ok(rows) = serde_json::from_str::<Page<&RawValue>>(text) {
        for (n, row) in rows.0.iter().enumerate() {
            if let Err(error) = serde_json::from_str::<Row>(row.get()) {
                return DecodeError::json(format!("a row of changes as row {n}"), error);
            }
        }
    }
    DecodeError::json("a page of changes (d.results or value)", error)
}

/// The rows of an answer in any metadata mode: `{"d":{"results":[…]}}` or `{"value":[…]}`.
struct Page<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Page<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Envelope { rows: "value", inner: Some("d"), of: PhantomData })
    }
}

struct Envelope<T> {
    /// The member that holds the rows.
    rows: &'static str,
    /// The member that may hold the verbose envelope.
    inner: Option<&'static str>,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Envelope<T> {
    type Value = Page<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with an array {:?}", self.rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page<T>, A::Error> {
        let (mut found, mut more) = (None::<Page<T>>, false);
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let page = if key.0 == self.rows {
                Page(map.next_value()?)
            } else if self.inner.is_some_and(|inner| key.0 == inner) {
                map.next_value::<Verbose<T>>()?.0
            } else if ERRORS.contains(&&*key.0) {
                return Err(A::Error::custom("an error stands beside the rows"));
            } else {
                let value = map.next_value::<Option<IgnoredAny>>()?;
                more |= NEXT.contains(&&*key.0) && value.is_some();
                continue;
            };
            if found.replace(page).is_some() {
                return Err(A::Error::custom("the rows stand twice in the answer"));
            }
        }
        let found =
            found.ok_or_else(|| A::Error::custom(format_args!("no array {:?} in the answer", self.rows)))?;
        if more && found.0.is_empty() {
            return Err(A::Error::custom("more rows are said to follow an empty page"));
        }
        Ok(found)
    }
}

/// Members that contradict rows: an answer with one of them is none.
const ERRORS: [&str; 2] = ["error", "odata.error"];
/// Members that say that more follows.
const NEXT: [&str; 3] = ["__next", "odata.nextLink", "@odata.nextLink"];

/// What stands in `d`.
struct Verbose<T>(Page<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Verbose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Envelope { rows: "results", inner: None, of: PhantomData }).map(Verbose)
    }
}

/// A member's name, borrowed where it holds no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
