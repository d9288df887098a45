//! CAML: `<Where>`, `<OrderBy>`, `<Contains>`, `<ViewFields>`.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use http::StatusCode;

use super::element::Element;
use super::field::{Field, Holds};
use super::operand::{Operand, Side};
use crate::problem::Problem;
use crate::world::{Item, List, ListRef, World};

/// A condition on items.
#[derive(Clone, Debug)]
pub(crate) enum Test<'a> {
    And(Box<Test<'a>>, Box<Test<'a>>),
    Or(Box<Test<'a>>, Box<Test<'a>>),
    Leaf(Leaf<'a>),
}

/// A comparison of one field.
#[derive(Clone, Debug)]
pub(crate) struct Leaf<'a> {
    side: Side<'a>,
    operator: Operator,
    values: Vec<Operand>,
    /// Moments are compared by their day: IncludeTimeValue was not asked for.
    by_day: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Eq,
    Neq,
    Gt,
    Geq,
    Lt,
    Leq,
    In,
    BeginsWith,
    Contains,
    IsNull,
    IsNotNull,
}

/// Which ids a condition lets through at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    /// Any from the first to the last.
    Between(i32, i32),
    /// These.
    These(BTreeSet<i32>),
}

/// One key of an order.
#[derive(Clone, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) side: Side<'a>,
    pub(crate) descending: bool,
}

impl<'a> Test<'a> {
    /// Reads what stands in `<Where>`: one condition.
    pub(crate) fn read(clause: &Element, list: &'a List, world: &World) -> Result<Option<Self>, Problem> {
        match clause.children.as_slice() {
            [] => Ok(None),
            [one] => Self::condition(one, list, world).map(Some),
            _ => Err(Problem::caml()),
        }
    }

    /// Reads `<Contains>` as the parameter of that name holds it.
    pub(crate) fn contains(element: &Element, list: &'a List, world: &World) -> Result<Self, Problem> {
        let mut operator = element.clone();
        "Contains".clone_into(&mut operator.name);
        Self::condition(&operator, list, world)
    }

    fn condition(element: &Element, list: &'a List, world: &World) -> Result<Self, Problem> {
        let operator = match element.name.as_str() {
            "And" | "Or" => {
                let [left, right] = element.children.as_slice() else { return Err(Problem::caml()) };
                let left = Box::new(Self::condition(left, list, world)?);
                let right = Box::new(Self::condition(right, list, world)?);
                return Ok(if element.name == "And" {
                    Self::And(left, right)
                } else {
                    Self::Or(left, right)
                });
            }
            "Eq" => Operator::Eq,
            "Neq" => Operator::Neq,
            "Gt" => Operator::Gt,
            "Geq" => Operator::Geq,
            "Lt" => Operator::Lt,
            "Leq" => Operator::Leq,
            "In" => Operator::In,
            "BeginsWith" => Operator::BeginsWith,
            "Contains" => Operator::Contains,
            "IsNull" => Operator::IsNull,
            "IsNotNull" => Operator::IsNotNull,
            _ => return Err(Problem::caml()),
        };
        let reference = element.child("FieldRef").ok_or_else(Problem::caml)?;
        let values: Vec<&Element> = match (operator, element.child("Values")) {
            (Operator::IsNull | Operator::IsNotNull, _) => Vec::new(),
            (Operator::In, Some(values)) => values.children.iter().collect(),
            (Operator::In, None) => return Err(Problem::caml()),
            _ => vec![element.child("Value").ok_or_else(Problem::caml)?],
        };
        let integer = |value: &&Element| matches!(value.attribute("Type"), Some("Integer" | "Counter"));
        let by_id = reference.says("LookupId") || values.first().is_some_and(integer);
        let side = Side { field: field(reference, list)?, by_id };
        let by_day = !values.first().is_some_and(|value| value.says("IncludeTimeValue"));
        let values = values.into_iter().map(|value| side.value(value, world).ok_or_else(Problem::caml));
        Ok(Self::Leaf(Leaf { side, operator, values: values.collect::<Result<_, _>>()?, by_day }))
    }

    /// Whether an item meets the condition.
    pub(crate) fn takes(&self, world: &World, list: ListRef, item: &Item) -> bool {
        match self {
            Self::And(left, right) => left.takes(world, list, item) && right.takes(world, list, item),
            Self::Or(left, right) => left.takes(world, list, item) || right.takes(world, list, item),
            Self::Leaf(leaf) => leaf.takes(world, list, item),
        }
    }

    /// The ids it lets through at most.
    pub(crate) fn ids(&self) -> Ids {
        match self {
            Self::And(left, right) => left.ids().and(right.ids()),
            Self::Or(left, right) => left.ids().or(right.ids()),
            Self::Leaf(leaf) => leaf.ids(),
        }
    }

    /// Whether it can be answered without a look at every item: each way through it bounds the id.
    pub(crate) fn is_by_id(&self) -> bool {
        match self {
            Self::And(left, right) => left.is_by_id() || right.is_by_id(),
            Self::Or(left, right) => left.is_by_id() && right.is_by_id(),
            Self::Leaf(leaf) => leaf.is_id() && leaf.operator != Operator::Neq,
        }
    }
}

impl Leaf<'_> {
    fn takes(&self, world: &World, list: ListRef, item: &Item) -> bool {
        let held = self.side.operands(world, list, item);
        let Some(value) = self.values.first() else {
            return match self.operator {
                Operator::IsNull => held.is_empty(),
                Operator::IsNotNull => !held.is_empty(),
                _ => false,
            };
        };
        let zone = i64::from(world.dialect.time_zone) * 600_000_000;
        let order = |held: &Operand, value: &Operand| match (held, value) {
            (Operand::Moment(held), Operand::Moment(value)) if self.by_day => {
                const DAY: i64 = 864_000_000_000;
                (held - zone).div_euclid(DAY).cmp(&(value - zone).div_euclid(DAY))
            }
            // The log and the wire know whole seconds.
            (Operand::Moment(held), Operand::Moment(value)) => {
                held.div_euclid(10_000_000).cmp(&value.div_euclid(10_000_000))
            }
            _ => held.order(value),
        };
        let any = |found: &dyn Fn(Ordering) -> bool| held.iter().any(|held| found(order(held, value)));
        match self.operator {
            Operator::Eq => any(&Ordering::is_eq),
            // What is empty is not equal to anything.
            Operator::Neq => !any(&Ordering::is_eq),
            Operator::Gt => any(&Ordering::is_gt),
            Operator::Geq => any(&Ordering::is_ge),
            Operator::Lt => any(&Ordering::is_lt),
            Operator::Leq => any(&Ordering::is_le),
            Operator::In => {
                held.iter().any(|held| self.values.iter().any(|value| order(held, value).is_eq()))
            }
            Operator::BeginsWith => held.iter().any(|held| held.begins_with(value)),
            Operator::Contains => held.iter().any(|held| held.holds(value)),
            Operator::IsNull | Operator::IsNotNull => false,
        }
    }

    fn is_id(&self) -> bool {
        matches!(self.side.field, Field::Standard(field) if field.holds == Holds::Id)
    }

    fn ids(&self) -> Ids {
        let all = Ids::Between(i32::MIN, i32::MAX);
        if !self.is_id() {
            return all;
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "a float beyond i32 becomes its end, which is right here"
        )]
        let mut numbers = self.values.iter().filter_map(|value| match value {
            Operand::Number(number) => Some(number.floor() as i32),
            _ => None,
        });
        match self.operator {
            Operator::Eq | Operator::In => Ids::These(numbers.collect()),
            Operator::Gt | Operator::Geq => Ids::Between(numbers.next().unwrap_or(i32::MIN), i32::MAX),
            Operator::Lt | Operator::Leq => Ids::Between(i32::MIN, numbers.next().unwrap_or(i32::MAX)),
            Operator::IsNull => Ids::These(BTreeSet::new()),
            _ => all,
        }
    }
}

impl Ids {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::These(ids), Self::These(others)) => Self::These(&ids & &others),
            (Self::These(ids), Self::Between(first, last))
            | (Self::Between(first, last), Self::These(ids)) => {
                Self::These(ids.into_iter().filter(|id| (first..=last).contains(id)).collect())
            }
            (Self::Between(a, b), Self::Between(c, d)) => Self::Between(a.max(c), b.min(d)),
        }
    }

    fn or(self, other: Self) -> Self {
        let ends = |ids: &Self| match ids {
            Self::Between(first, last) => Some((*first, *last)),
            Self::These(ids) => ids.first().copied().zip(ids.last().copied()),
        };
        match (self, other) {
            (Self::These(ids), Self::These(others)) => Self::These(&ids | &others),
            (one, other) => match (ends(&one), ends(&other)) {
                (Some((a, b)), Some((c, d))) => Self::Between(a.min(c), b.max(d)),
                (None, _) => other,
                (_, None) => one,
            },
        }
    }
}

/// Reads `<OrderBy>`.
pub(crate) fn order<'a>(element: &Element, list: &'a List) -> Result<Vec<Key<'a>>, Problem> {
    let keys = element.children.iter().filter(|child| child.name == "FieldRef").map(|reference| {
        let side = Side { field: field(reference, list)?, by_id: reference.says("LookupId") };
        let descending =
            reference.attribute("Ascending").is_some_and(|way| way.eq_ignore_ascii_case("false"));
        Ok(Key { side, descending })
    });
    keys.collect()
}

/// The field that a FieldRef of a condition or order names; one that the list does not have is an error there.
fn field<'a>(reference: &Element, list: &'a List) -> Result<Field<'a>, Problem> {
    let named = reference.attribute("Name").and_then(|name| Field::named(list, name));
    let by_id = || {
        let id = uuid::Uuid::try_parse(reference.attribute("ID")?).ok()?;
        Field::all(list).find(|field| field.id() == id)
    };
    named.or_else(by_id).ok_or_else(Problem::unknown_caml_field)
}

impl Problem {
    /// CAML that says nothing the server can do.
    pub(crate) fn caml() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            -2_147_467_259,
            "Microsoft.SharePoint.SPException",
            "Cannot complete this action.\n\nPlease try again.",
        )
    }

    fn unknown_caml_field() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            -2_130_575_340,
            "Microsoft.SharePoint.SPException",
            "One or more field types are not installed properly. Go to the list settings page to delete these fields.",
        )
    }
}
