//! What CAML compares: an item's field and a query's value, brought to one kind.

use std::cmp::Ordering;

use super::element::Element;
use super::field::{Field, Holds};
use super::options::Options;
use super::value::Wire;
use crate::ticks::Ticks;
use crate::world::{ColumnKind, Item, ListRef, Value, World};

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Number(f64),
    /// In lower case: comparison of text ignores case.
    Text(String),
    /// In ticks.
    Moment(i64),
    Flag(bool),
}

/// What kind of operand a field has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Number,
    Text,
    Moment,
    Flag,
}

/// A field as a query names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    pub(crate) field: Field<'a>,
    /// A lookup or person by its id, not by what it shows.
    pub(crate) by_id: bool,
}

impl Operand {
    /// Orders two operands; those of different kinds are equal.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Moment(a), Self::Moment(b)) => a.cmp(b),
            (Self::Flag(a), Self::Flag(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }

    /// As a place in an ordered list names it.
    pub(crate) fn show(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Moment(ticks) => ticks.to_string(),
            Self::Flag(yes) => u8::from(*yes).to_string(),
        }
    }

    /// Reads what `show` wrote.
    pub(crate) fn read(class: Class, text: &str) -> Option<Self> {
        match class {
            Class::Number => text.parse().ok().map(Self::Number),
            Class::Text => Some(Self::Text(text.to_owned())),
            Class::Moment => text.parse().ok().map(Self::Moment),
            Class::Flag => Some(Self::Flag(text == "1")),
        }
    }

    /// Whether text begins with, or holds, other text.
    pub(crate) fn begins_with(&self, start: &Self) -> bool {
        self.show().starts_with(&start.show())
    }

    pub(crate) fn holds(&self, part: &Self) -> bool {
        self.show().contains(&part.show())
    }
}

impl Side<'_> {
    pub(crate) fn class(&self) -> Class {
        match self.field {
            Field::Standard(field) => match field.holds {
                Holds::Id
                | Holds::HiddenVersion
                | Holds::UiVersion
                | Holds::ModerationStatus
                | Holds::Level
                | Holds::ObjectType
                | Holds::FileSize
                | Holds::Order
                | Holds::ItemChildCount
                | Holds::FolderChildCount => Class::Number,
                Holds::Author | Holds::Editor if self.by_id => Class::Number,
                Holds::Attachments => Class::Flag,
                Holds::Modified | Holds::Created | Holds::CreatedDate | Holds::LastModified => Class::Moment,
                _ => Class::Text,
            },
            Field::Column(column) => match &column.kind {
                ColumnKind::Number | ColumnKind::Currency | ColumnKind::Integer => Class::Number,
                ColumnKind::Boolean => Class::Flag,
                ColumnKind::DateTime { .. } => Class::Moment,
                ColumnKind::Lookup { .. } | ColumnKind::User { .. } | ColumnKind::Taxonomy { .. }
                    if self.by_id =>
                {
                    Class::Number
                }
                ColumnKind::Calculated(formula) => match formula.result_type() {
                    "Number" => Class::Number,
                    "Boolean" => Class::Flag,
                    "DateTime" => Class::Moment,
                    _ => Class::Text,
                },
                _ => Class::Text,
            },
        }
    }

    /// A query's value; none where it cannot be read as what the field holds.
    pub(crate) fn value(&self, value: &Element, world: &World) -> Option<Operand> {
        if let Some(today) = value.child("Today") {
            let days = today.attribute("OffsetDays").or(today.attribute("Offset"));
            let days: i64 = days.and_then(|days| days.parse().ok()).unwrap_or_default();
            return Some(Operand::Moment(world.now().0 + days * 864_000_000_000));
        }
        if value.child("UserID").is_some() {
            return Some(Operand::Number(1.0));
        }
        let text = value.text.trim();
        match self.class() {
            Class::Number => text.parse().ok().map(Operand::Number),
            Class::Flag => match text.to_lowercase().as_str() {
                "1" | "true" => Some(Operand::Flag(true)),
                "0" | "false" => Some(Operand::Flag(false)),
                _ => None,
            },
            Class::Moment => moment(text, world).map(Operand::Moment),
            Class::Text => Some(Operand::Text(self.folded(&value.text))),
        }
    }

    /// Text as it is compared: paths without the slash in front, guids without braces, all in lower case.
    fn folded(&self, text: &str) -> String {
        let text = match self.field {
            Field::Standard(field) => match field.holds {
                Holds::FileRef | Holds::FileDirRef => text.trim().trim_start_matches('/'),
                Holds::UniqueId | Holds::ParentUniqueId | Holds::Guid | Holds::ScopeId => {
                    text.trim().trim_matches(['{', '}'])
                }
                _ => text,
            },
            Field::Column(_) => text,
        };
        text.to_lowercase()
    }

    /// What an item holds: nothing, one operand, or several.
    pub(crate) fn operands(&self, world: &World, list: ListRef, item: &Item) -> Vec<Operand> {
        match self.field {
            Field::Standard(field) => self.standard(field.holds, world, list, item).into_iter().collect(),
            Field::Column(column) => world
                .value(list, item, &column.name)
                .map(|value| self.column(&value, world, list))
                .unwrap_or_default(),
        }
    }

    fn standard(&self, holds: Holds, world: &World, list: ListRef, item: &Item) -> Option<Operand> {
        let number = |number: f64| Some(Operand::Number(number));
        match holds {
            Holds::Id => number(f64::from(item.id)),
            Holds::HiddenVersion => number(f64::from(item.version)),
            Holds::UiVersion => number(f64::from(item.ui_version)),
            Holds::Author if self.by_id => number(f64::from(item.author)),
            Holds::Editor if self.by_id => number(f64::from(item.editor)),
            Holds::Modified | Holds::LastModified => Some(Operand::Moment(item.modified.0)),
            Holds::Created | Holds::CreatedDate => Some(Operand::Moment(item.created.0)),
            Holds::Attachments => Some(Operand::Flag(!item.attachments.is_empty())),
            _ => {
                let options = Options { utc: true, expand_users: false, ..Options::omitted() };
                let wire = Wire::new(world, list, &options, "");
                let text = wire.text(&self.field, item)?;
                let text = text.split_once(";#").map_or(text.as_str(), |(_, shown)| shown);
                match self.class() {
                    Class::Number => text.parse().ok().map(Operand::Number),
                    _ => Some(Operand::Text(self.folded(text))),
                }
            }
        }
    }

    fn column(&self, value: &Value, world: &World, list: ListRef) -> Vec<Operand> {
        let Field::Column(column) = self.field else { return Vec::new() };
        let text = |text: &str| Operand::Text(text.to_lowercase());
        let reference = |id: &i32| {
            if self.by_id {
                return Operand::Number(f64::from(*id));
            }
            let options = Options { expand_users: false, ..Options::omitted() };
            let shown = Wire::new(world, list, &options, "").shown_by(&column.kind, *id);
            text(&shown)
        };
        match value {
            Value::Text(held) => vec![text(held)],
            Value::Number(number) => vec![Operand::Number(*number)],
            Value::Bool(yes) => vec![Operand::Flag(*yes)],
            Value::Date(date) => vec![Operand::Moment(date.0)],
            Value::Choices(texts) => texts.iter().map(|held| text(held)).collect(),
            Value::Lookup(id) => vec![reference(id)],
            Value::Lookups(ids) => ids.iter().map(reference).collect(),
            Value::Url { url, .. } => vec![text(url)],
            Value::Terms(terms) if self.by_id => {
                terms.iter().map(|(id, ..)| Operand::Number(f64::from(*id))).collect()
            }
            Value::Terms(terms) => terms.iter().map(|(_, label, _)| text(label)).collect(),
            Value::Error => Vec::new(),
        }
    }
}

/// A moment of a query: with `Z` in UTC, without it in the web's own zone; a day alone is its midnight.
fn moment(text: &str, world: &World) -> Option<i64> {
    let zone = i64::from(world.dialect.time_zone) * 600_000_000;
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(Ticks::of(moment).0);
    }
    let whole = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        format!("{}Z", text.replacen(' ', "T", 1))
    };
    whole.parse::<jiff::Timestamp>().ok().map(|moment| Ticks::of(moment).0 + zone)
}
