//! Values of conditions, with their types.

use jiff::Timestamp;
use uuid::Uuid;

use super::{CamlError, text};

/// A value that a field is compared with, and its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal(String);

impl Literal {
    /// A text.
    ///
    /// # Errors
    /// [`CamlError::Character`] for a text that XML cannot carry: no item can hold it either.
    pub fn text(text: &str) -> Result<Self, CamlError> {
        Literal::typed("Text", text)
    }

    /// A text of many lines.
    ///
    /// # Errors
    /// As for [`text`](Literal::text).
    pub fn note(text: &str) -> Result<Self, CamlError> {
        Literal::typed("Note", text)
    }

    /// One of the texts of a choice, or of a multiple one.
    ///
    /// # Errors
    /// As for [`text`](Literal::text).
    pub fn choice(text: &str) -> Result<Self, CamlError> {
        Literal::typed("Choice", text)
    }

    /// The text a lookup shows.
    ///
    /// # Errors
    /// As for [`text`](Literal::text).
    pub fn lookup(text: &str) -> Result<Self, CamlError> {
        Literal::typed("Lookup", text)
    }

    /// The id a lookup holds, for a field [`by_lookup_id`](super::FieldRef::by_lookup_id).
    pub fn lookup_id(id: i32) -> Self {
        Literal::plain("Lookup", "", &id.to_string())
    }

    /// The name of a user or a group.
    ///
    /// # Errors
    /// As for [`text`](Literal::text).
    pub fn user(name: &str) -> Result<Self, CamlError> {
        Literal::typed("User", name)
    }

    /// An address.
    ///
    /// # Errors
    /// As for [`text`](Literal::text).
    pub fn url(url: &str) -> Result<Self, CamlError> {
        Literal::typed("URL", url)
    }

    /// A number; 0.25 is 25 %.
    ///
    /// # Errors
    /// [`CamlError::Number`] for one that is infinite or none at all.
    pub fn number(number: f64) -> Result<Self, CamlError> {
        Literal::float("Number", number)
    }

    /// An amount of money.
    ///
    /// # Errors
    /// As for [`number`](Literal::number).
    pub fn currency(amount: f64) -> Result<Self, CamlError> {
        Literal::float("Currency", amount)
    }

    /// A whole number.
    pub fn integer(number: i64) -> Self {
        Literal::plain("Integer", "", &number.to_string())
    }

    /// An item's number, for the field `ID`.
    pub fn counter(id: i32) -> Self {
        Literal::plain("Counter", "", &id.to_string())
    }

    /// Yes or no.
    pub fn boolean(yes: bool) -> Self {
        Literal::plain("Boolean", "", if yes { "1" } else { "0" })
    }

    /// A point in time, to the second: without `IncludeTimeValue` servers compare days, and without `StorageTZ` they
    /// take it for a time of the site's zone.
    pub fn date_time(time: Timestamp) -> Self {
        let utc = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Literal::plain("DateTime", " IncludeTimeValue=\"TRUE\" StorageTZ=\"TRUE\"", &utc)
    }

    /// A GUID.
    pub fn guid(guid: Uuid) -> Self {
        Literal::plain("Guid", "", &guid.to_string())
    }

    /// The id of a content type.
    ///
    /// # Errors
    /// As for [`text`](Literal::text).
    pub fn content_type_id(id: &str) -> Result<Self, CamlError> {
        Literal::typed("ContentTypeId", id)
    }

    /// The status of an approval: 0 approved, 1 denied, 2 pending, 3 draft, 4 scheduled.
    pub fn moderation_status(status: i32) -> Self {
        Literal::plain("ModStat", "", &status.to_string())
    }

    /// A value of any type, by the type's name and the text it is written as.
    ///
    /// # Errors
    /// [`CamlError::Character`] for a text that XML cannot carry.
    pub fn typed(type_name: &str, text: &str) -> Result<Self, CamlError> {
        Ok(Literal::plain(&text::escaped(type_name)?, "", &text::escaped(text)?))
    }

    pub(super) fn xml(&self) -> &str {
        &self.0
    }

    fn float(type_name: &str, number: f64) -> Result<Self, CamlError> {
        let written = number.is_finite().then(|| number.to_string()).ok_or(CamlError::Number)?;
        Ok(Literal::plain(type_name, "", &written))
    }

    /// Of parts that are escaped already.
    fn plain(type_name: &str, attributes: &str, text: &str) -> Self {
        Literal(format!("<Value Type=\"{type_name}\"{attributes}>{text}</Value>"))
    }
}
