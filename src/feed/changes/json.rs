//! Reads a page of GetChanges: rows in any metadata mode, members in any order.
//!
//! There are two readers. The [`plain`] one takes all of that and words the errors: what it says is right. The
//! [`fast`] one takes only what servers are known to write, and leaves everything else to the plain one.

mod fast;
mod halves;
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
    token::ChangeToken,
};

/// Reads the rows of a page; `keep_raw` keeps each row's text beside its values. `before` is the row before the first
/// one, where it is known: the position that the page was asked for from.
///
/// What cannot be read of a row is told in [`Change::unreadable`], and the page goes on. Only its token is needed to
/// prove anything, and that of the last row most of all: it is the next position.
///
/// # Errors
/// Where the body is no page of changes, or a row lacks what every server sends; the row is named. An empty page is
/// only what says so: `{"d":{"results":[]}}` or `{"value":[]}`.
pub(crate) fn read(
    body: &[u8],
    keep_raw: bool,
    limits: &Limits,
    before: Option<&ChangeToken>,
) -> Result<Vec<Change>, DecodeError> {
    let most = limits.changes;
    feed::no_atom(body)?;
    let (text, replaced) = match feed::text_with(body, char::REPLACEMENT_CHARACTER)? {
        Cow::Borrowed(text) => match fast::read(text, keep_raw, most) {
            Some(changes) => return Ok(changes),
            None => (Cow::Borrowed(text), false),
        },
        text => (text, true),
    };
    plain(&text, Rows { changes: Vec::new(), keep_raw, most, replaced, before, tokenless: None, wrong: None })
}

/// Reads a page row by row: each is made into a value before the next one is looked at, and the first that is none
/// ends the reading.
fn plain(text: &str, mut rows: Rows<'_>) -> Result<Vec<Change>, DecodeError> {
    let mut page = serde_json::Deserializer::from_str(text);
    let envelope = Envelope { rows: "value", inner: Some("d"), to: &mut rows };
    let read = envelope.deserialize(&mut page).and_then(|()| page.end());
    match (rows.wrong, read, rows.tokenless) {
        (Some(wrong), ..) | (None, Ok(()), Some(wrong)) => Err(wrong),
        (None, Err(error), _) => Err(DecodeError::json("a page of changes (d.results or value)", error)),
        (None, Ok(()), None) => Ok(rows.changes),
    }
}

/// The rows of a page, as far as it was read.
struct Rows<'a> {
    changes: Vec<Change>,
    keep_raw: bool,
    /// How many there may be.
    most: usize,
    /// Whether bytes of the page that were no text were replaced.
    replaced: bool,
    /// The token of the row before the first one.
    before: Option<&'a ChangeToken>,
    /// What is wrong with the token of the row that was read last.
    tokenless: Option<DecodeError>,
    /// What is wrong with the row that ended the reading.
    wrong: Option<DecodeError>,
}

impl Rows<'_> {
    fn take(&mut self, row: &str) -> Result<(), DecodeError> {
        let n = self.changes.len();
        let place = format_args!("row {n}");
        if n == self.most {
            return Err(beyond(self.most, "rows of changes", "changes", place.to_string()));
        }
        let before = self.changes.last().map(|change| &change.token).or(self.before);
        let value = |error| DecodeError::json(format!("a row of changes as {place}"), error);
        let (change, bad_token) =
            change(row, self.keep_raw, self.replaced, before).map_err(|trouble| match trouble {
                Trouble::Value(error) => value(error),
                Trouble::Notification => DecodeError::new(
                    "a change, but this is a webhook's notification: it holds no change and only names the list that \
                     has some (resource), so ask GetChanges for them,",
                    place.to_string(),
                ),
                Trouble::Lacks(member) => DecodeError::new(format!("the member {member}"), place.to_string()),
            })?;
        self.tokenless = bad_token.map(value);
        self.changes.push(change);
        Ok(())
    }
}

/// Why a row is none.
#[derive(Debug)]
enum Trouble {
    /// The row is none at all, or its token is none and there is no other.
    Value(serde_json::Error),
    /// It is a notification of a webhook.
    Notification,
    /// It lacks a member that every server sends.
    Lacks(&'static str),
}

/// Reads a row from its own text; beside it, what is wrong with its token, where `before` had to stand in. The text is
/// gone through a second time only where it holds members that the row's type does not declare, or what is no text.
fn change(
    row: &str,
    keep_raw: bool,
    replaced: bool,
    before: Option<&ChangeToken>,
) -> Result<(Change, Option<serde_json::Error>), Trouble> {
    let text = halves::replaced(row);
    let row_of = |text: &str, json: &RawValue| {
        // Replacing changes no length, so what stood in a place is found there.
        let at = json.get().as_ptr().addr() - text.as_ptr().addr();
        &row[at..at + json.get().len()]
    };
    let read: Row<'_> = serde_json::from_str(&text).map_err(Trouble::Value)?;
    let Typed { mut change, holds_more, flaws, bad_token } = read.typed(before)?;
    let mut unreadable: change::Members =
        flaws.into_iter().map(|(name, json)| (name.into(), row_of(&text, json).into())).collect();
    if replaced || matches!(text, Cow::Owned(_)) {
        let Members(members) = serde_json::from_str(&text).map_err(Trouble::Value)?;
        for (Key(name), json) in members {
            let before = row_of(&text, json);
            let odd = before != json.get() || replaced && before.contains(char::REPLACEMENT_CHARACTER);
            if odd && unreadable.iter().all(|(_, told)| **told != *before) {
                unreadable.push((name.into(), before.into()));
            }
        }
    }
    if holds_more {
        change.undeclared = undeclared(&text, &change.object).map_err(Trouble::Value)?;
    }
    change.unreadable = unreadable;
    change.raw = keep_raw.then(|| Box::from(&*text));
    Ok((change, bad_token))
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
struct Envelope<'r, 'p> {
    /// The member that holds the rows.
    rows: &'static str,
    /// The member that may hold the verbose envelope.
    inner: Option<&'static str>,
    to: &'r mut Rows<'p>,
}

impl<'de> DeserializeSeed<'de> for Envelope<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_, '_> {
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
struct Array<'r, 'p> {
    to: &'r mut Rows<'p>,
}

impl<'de> DeserializeSeed<'de> for Array<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Array<'_, '_> {
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
