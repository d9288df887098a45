//! Users and groups: an id and a name, or everything the server knows about them.

use std::borrow::Cow;

use super::{SEPARATOR, lookup};

/// A user or a group (`7;#Ana Ruiz`).
///
/// What stands behind the name comes only where it was asked for with
/// [`expand_user_field`](crate::ItemQuery::expand_user_field), and is `None` elsewhere and where it is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person<'a> {
    /// The id in the site collection: what the reference is.
    pub id: i32,
    /// The name to show.
    pub name: Cow<'a, str>,
    /// The login name, such as `i:0#.f|membership|ana@fabrikam.example`.
    pub login: Option<Cow<'a, str>>,
    /// The address for mail.
    pub email: Option<Cow<'a, str>>,
    /// The address for calls and messages.
    pub sip: Option<Cow<'a, str>>,
    /// The title, which mostly is the name once more.
    pub title: Option<Cow<'a, str>>,
}

impl<'a> Person<'a> {
    pub(super) fn one(text: &'a str) -> Option<Self> {
        let (number, rest) = text.split_once(SEPARATOR)?;
        Some(Person::new(lookup::id(number)?, rest))
    }

    pub(super) fn several(text: &'a str) -> Option<Vec<Self>> {
        Some(lookup::entries(text)?.map(|(id, rest)| Person::new(id, rest)).collect())
    }

    fn new(id: i32, text: &'a str) -> Self {
        let parts = parts(text);
        // Fewer parts are a name that happens to hold what separates them.
        let [name, login, email, sip, title, ..] = &parts[..] else {
            let (login, email, sip, title) = (None, None, None, None);
            return Person { id, name: Cow::Borrowed(text), login, email, sip, title };
        };
        let filled = |part: &&'a str| (!part.is_empty()).then(|| undoubled(part));
        Person {
            id,
            name: undoubled(name),
            login: filled(login),
            email: filled(email),
            sip: filled(sip),
            title: filled(title),
        }
    }
}

/// The parts of an expanded user, separated by `,#`; a comma of a part's own is doubled (MS-LISTSWS,
/// ExpandUserField).
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(offset) = text[at..].find(',') {
        at += offset;
        match text.as_bytes().get(at + 1) {
            Some(b',') => at += 2,
            Some(b'#') => {
                parts.push(&text[start..at]);
                at += 2;
                start = at;
            }
            _ => at += 1,
        }
    }
    parts.push(&text[start..]);
    parts
}

fn undoubled(part: &str) -> Cow<'_, str> {
    if part.contains(",,") { Cow::Owned(part.replace(",,", ",")) } else { Cow::Borrowed(part) }
}
