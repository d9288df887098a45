//! References to items: an id and the text that the lookup shows of it.

use super::SEPARATOR;

/// An item of another list, or of this one (`12;#Title text`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lookup<'a> {
    /// The item's id in its list: what the reference is.
    pub id: i32,
    /// What is shown of it, as it came, and as it was when the row was last changed. Value classes on the server are
    /// said to double a `;` in it; no rowset was seen to.
    pub text: &'a str,
}

impl<'a> Lookup<'a> {
    pub(super) fn one(text: &'a str) -> Option<Self> {
        let (number, text) = text.split_once(SEPARATOR)?;
        Some(Lookup { id: id(number)?, text })
    }

    pub(super) fn several(text: &'a str) -> Option<Vec<Self>> {
        Some(entries(text)?.map(|(id, text)| Lookup { id, text }).collect())
    }
}

/// The parts of a value that holds several references, each an id and a text; `None` where it does not begin with an
/// id. An empty value holds none.
///
/// A separator ends a text only where an id and another separator follow: a text may hold one of its own.
pub(super) fn entries(text: &str) -> Option<impl Iterator<Item = (i32, &str)>> {
    let mut rest = text;
    if !text.is_empty() && !begins_entry(text) {
        return None;
    }
    Some(std::iter::from_fn(move || {
        let (number, behind) = rest.split_once(SEPARATOR)?;
        let ends = behind.match_indices(SEPARATOR).map(|(at, _)| at);
        let end = ends.into_iter().find(|at| begins_entry(&behind[at + SEPARATOR.len()..]));
        rest = end.map_or("", |at| &behind[at + SEPARATOR.len()..]);
        Some((id(number)?, &behind[..end.unwrap_or(behind.len())]))
    }))
}

fn begins_entry(text: &str) -> bool {
    text.split_once(SEPARATOR).is_some_and(|(number, _)| id(number).is_some())
}

/// An id in its plain spelling: digits alone, or -1 for someone who is no user here.
pub(super) fn id(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
