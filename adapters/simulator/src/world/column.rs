//! Columns and the values they hold.

use std::sync::Arc;

use uuid::Uuid;

use super::ListRef;
use crate::ticks::Ticks;

/// A column of a list or web.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// Its id.
    pub id: Uuid,
    /// Its internal name, which never changes.
    pub name: Arc<str>,
    /// Its display name.
    pub title: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it must be filled.
    pub required: bool,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ColumnKind {
    /// One line of text.
    Text,
    /// Lines of text, or rich text as HTML.
    Note {
        /// Holds HTML.
        rich: bool,
    },
    /// A number.
    Number,
    /// An amount of money.
    Currency,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// A moment, or a day.
    DateTime {
        /// Only the day counts.
        day: bool,
    },
    /// One of some texts.
    Choice(Vec<String>),
    /// Any of some texts.
    MultiChoice(Vec<String>),
    /// An item of another list.
    Lookup {
        /// The other list.
        list: ListRef,
        /// The internal name of the column it shows.
        show: Arc<str>,
        /// Holds several.
        many: bool,
    },
    /// A user.
    User {
        /// Holds several.
        many: bool,
    },
    /// An address with a caption.
    Url,
    /// What a formula makes of the item.
    Calculated(Formula),
    /// Managed metadata.
    Taxonomy {
        /// Holds several.
        many: bool,
    },
    /// An image, as JSON text.
    Image,
    /// A place, as JSON text.
    Location,
}

impl ColumnKind {
    /// The name of the type in a list's definition.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Note { .. } => "Note",
            Self::Number => "Number",
            Self::Currency => "Currency",
            Self::Integer => "Integer",
            Self::Boolean => "Boolean",
            Self::DateTime { .. } => "DateTime",
            Self::Choice(_) => "Choice",
            Self::MultiChoice(_) => "MultiChoice",
            Self::Lookup { many: false, .. } => "Lookup",
            Self::Lookup { many: true, .. } => "LookupMulti",
            Self::User { many: false } => "User",
            Self::User { many: true } => "UserMulti",
            Self::Url => "URL",
            Self::Calculated(_) => "Calculated",
            Self::Taxonomy { many: false } => "TaxonomyFieldType",
            Self::Taxonomy { many: true } => "TaxonomyFieldTypeMulti",
            Self::Image => "Thumbnail",
            Self::Location => "Location",
        }
    }
}

/// A calculated column's formula: a few that show every type of result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Formula {
    /// A text column in capitals: text.
    Upper(Arc<str>),
    /// A number column twice: number.
    Double(Arc<str>),
    /// Whether a column is filled: yes or no.
    Filled(Arc<str>),
    /// A date column one week later: date.
    NextWeek(Arc<str>),
    /// A division by zero: an error.
    Broken,
}

/// What an item holds in one column; a column without an entry is empty.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Text, Note, Choice, Image and Location.
    Text(String),
    /// Number, Currency and Integer.
    Number(f64),
    /// Boolean.
    Bool(bool),
    /// DateTime.
    Date(Ticks),
    /// MultiChoice.
    Choices(Vec<String>),
    /// The id of an item of the column's list, or of a user.
    Lookup(i32),
    /// Ids of items of the column's list, or of users.
    Lookups(Vec<i32>),
    /// Url.
    Url {
        /// The address.
        url: String,
        /// Its caption.
        caption: String,
    },
    /// Terms of managed metadata: id in the hidden list, label, term's id.
    Terms(Vec<(i32, String, Uuid)>),
    /// What no formula can make.
    Error,
}

impl Formula {
    /// The formula as a list's definition shows it.
    pub fn text(&self) -> String {
        match self {
            Self::Upper(column) => format!("=UPPER([{column}])"),
            Self::Double(column) => format!("=[{column}]*2"),
            Self::Filled(column) => format!("=NOT(ISBLANK([{column}]))"),
            Self::NextWeek(column) => format!("=[{column}]+7"),
            Self::Broken => "=1/0".to_owned(),
        }
    }

    /// The type of its result as a list's definition shows it.
    pub fn result_type(&self) -> &'static str {
        match self {
            Self::Upper(_) | Self::Broken => "Text",
            Self::Double(_) => "Number",
            Self::Filled(_) => "Boolean",
            Self::NextWeek(_) => "DateTime",
        }
    }

    /// The internal name of the column it is made of.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Upper(column) | Self::Double(column) | Self::Filled(column) | Self::NextWeek(column) => {
                Some(column)
            }
            Self::Broken => None,
        }
    }

    /// Its result; none where what it is made of is empty.
    pub fn result<'a>(&self, value: impl Fn(&str) -> Option<&'a Value>) -> Option<Value> {
        match self {
            Self::Upper(column) => match value(column)? {
                Value::Text(text) => Some(Value::Text(text.to_uppercase())),
                _ => Some(Value::Error),
            },
            Self::Double(column) => match value(column)? {
                Value::Number(number) => Some(Value::Number(number * 2.0)),
                _ => Some(Value::Error),
            },
            Self::Filled(column) => Some(Value::Bool(value(column).is_some())),
            Self::NextWeek(column) => match value(column)? {
                Value::Date(date) => Some(Value::Date(date.after(std::time::Duration::from_hours(7 * 24)))),
                _ => Some(Value::Error),
            },
            Self::Broken => Some(Value::Error),
        }
    }
}

/// The internal name a column gets from its title: what is not a letter, digit or `_` as `_xHHHH_`, a leading
/// digit too, and all cut at 32 characters, escapes included.
pub fn internal_name(title: &str) -> String {
    let mut name = String::new();
    for (at, c) in title.chars().enumerate() {
        if c.is_alphabetic() || c == '_' || (at > 0 && c.is_ascii_digit()) {
            name.push(c);
        } else {
            let mut units = [0_u16; 2];
            for unit in c.encode_utf16(&mut units) {
                name.push_str(&format!("_x{unit:04x}_"));
            }
        }
    }
    name.chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_names_escape_and_are_cut() {
        assert_eq!(internal_name("Bid Amount"), "Bid_x0020_Amount");
        assert_eq!(internal_name("1st"), "_x0031_st");
        let long = internal_name("Expected date of arrival at site");
        assert_eq!(long.len(), 32);
        assert!(long.starts_with("Expected_x0020_date_x0020_of_x00"));
    }

    #[test]
    fn formulas_follow_their_columns() {
        let amount = Value::Number(21.0);
        let value = |name: &str| (name == "Amount").then_some(&amount);
        assert_eq!(Formula::Double("Amount".into()).result(value), Some(Value::Number(42.0)));
        assert_eq!(Formula::Double("Other".into()).result(value), None);
        assert_eq!(Formula::Filled("Other".into()).result(value), Some(Value::Bool(false)));
        assert_eq!(Formula::Upper("Amount".into()).result(value), Some(Value::Error));
    }
}
