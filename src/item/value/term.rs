//! Terms of term sets.

use uuid::Uuid;

use super::{SEPARATOR, lookup};

/// A term of a term set (`12;#Term|guid`; inferred, never recorded).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Term<'a> {
    /// The id of the term's row in the site collection's hidden list.
    pub id: i32,
    /// The label.
    pub label: &'a str,
    /// The term's own id; `None` where the value does not carry it.
    pub term_id: Option<Uuid>,
}

impl<'a> Term<'a> {
    pub(super) fn one(text: &'a str) -> Option<Self> {
        let (number, rest) = text.split_once(SEPARATOR)?;
        Some(Term::new(lookup::id(number)?, rest))
    }

    pub(super) fn several(text: &'a str) -> Option<Vec<Self>> {
        Some(lookup::entries(text)?.map(|(id, rest)| Term::new(id, rest)).collect())
    }

    fn new(id: i32, text: &'a str) -> Self {
        let split = text.rsplit_once('|').and_then(|(label, guid)| Some((label, super::guid(guid)?)));
        match split {
            Some((label, term_id)) => Term { id, label, term_id: Some(term_id) },
            None => Term { id, label: text, term_id: None },
        }
    }
}
