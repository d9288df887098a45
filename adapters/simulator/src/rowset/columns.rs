//! The fields that rows have.

use super::field::{self, Field};
use super::options::Options;
use super::{Asked, Call};
use crate::dialect::EmptyViewFields;
use crate::world::{ColumnKind, View};

/// The fields of a row.
pub(crate) struct Columns<'a> {
    pub(crate) fields: Vec<Field<'a>>,
    /// PermMask was asked for, not only allowed.
    pub(crate) rights_asked: bool,
    /// Values of the property bag stand each for itself.
    pub(crate) properties: bool,
    /// More than the id was asked for.
    pub(crate) more_than_id: bool,
}

impl<'a> Columns<'a> {
    /// Those asked for, else the view's; then what comes with them.
    pub(crate) fn new(call: &Call<'a>, asked: &Asked, options: &Options, view: Option<&View>) -> Self {
        let dialect = &call.world.dialect;
        let list = call.world.list(call.list);
        let named = |names: &mut dyn Iterator<Item = &str>| -> Vec<Field<'a>> {
            names.filter_map(|name| Field::named(list, name)).collect()
        };
        let of_view = || match view.filter(|_| dialect.view_leaks) {
            Some(view) => named(&mut view.columns.iter().map(|name| &**name)),
            None => Field::all(list).collect(),
        };
        let mut properties = false;
        let mut fields = match &asked.view_fields {
            Some(element) if element.children.is_empty() => match dialect.empty_view_fields {
                EmptyViewFields::View => of_view(),
                EmptyViewFields::All => Field::all(list).collect(),
            },
            Some(element) => {
                properties = element.says("Properties");
                named(&mut element.children.iter().filter_map(|reference| reference.attribute("Name")))
            }
            None => of_view(),
        };
        let more_than_id = fields.iter().any(|field| field.name() != "ID");
        let rights_asked = fields.iter().any(|field| field.name() == "PermMask");
        if options.mandatory {
            let sources: Vec<_> = fields.iter().filter_map(|field| source(field)).collect();
            fields.extend(sources.iter().filter_map(|name| Field::named(list, name)));
            fields.extend(list.columns.iter().filter(|column| column.required).map(Field::Column));
        }
        if options.permissions {
            fields.extend(Field::named(list, "PermMask"));
        }
        if dialect.uninvited {
            fields.extend(field::STANDARD.iter().filter(|field| field.is_uninvited()).map(Field::Standard));
        }
        let mut seen = std::collections::BTreeSet::new();
        fields.retain(|field| seen.insert(field.name()));
        Self { fields, rights_asked, properties, more_than_id }
    }
}

/// The column that a calculated one is made of.
fn source<'a>(field: &Field<'a>) -> Option<&'a str> {
    match field {
        Field::Column(column) => match &column.kind {
            ColumnKind::Calculated(formula) => formula.source(),
            _ => None,
        },
        Field::Standard(_) => None,
    }
}
