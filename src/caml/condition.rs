//! Conditions: operators over fields and values, and their combinations.

use super::{CamlError, FieldRef, Literal};

/// A condition of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition(String);

impl Condition {
    /// This one and another.
    pub fn and(self, other: Condition) -> Condition {
        self.joined("And", other)
    }

    /// This one or another, or both.
    pub fn or(self, other: Condition) -> Condition {
        self.joined("Or", other)
    }

    /// All of these; `None` if there are none. However many there are, they are nested no deeper than need be.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Option<Condition> {
        balanced(conditions.into_iter().collect(), Condition::and)
    }

    /// Any of these; `None` if there are none. However many there are, they are nested no deeper than need be.
    pub fn any(conditions: impl IntoIterator<Item = Condition>) -> Option<Condition> {
        balanced(conditions.into_iter().collect(), Condition::or)
    }

    pub(super) fn xml(&self) -> &str {
        &self.0
    }

    fn joined(self, operator: &str, other: Condition) -> Condition {
        Condition([format!("<{operator}>"), self.0, other.0, format!("</{operator}>")].concat())
    }
}

/// `And` and `Or` take two operands each (the CAML schema), so many become a tree.
fn balanced(
    mut conditions: Vec<Condition>,
    join: impl Fn(Condition, Condition) -> Condition,
) -> Option<Condition> {
    while conditions.len() > 1 {
        let mut pairs = conditions.into_iter();
        let mut joined = Vec::new();
        while let Some(first) = pairs.next() {
            joined.push(match pairs.next() {
                Some(second) => join(first, second),
                None => first,
            });
        }
        conditions = joined;
    }
    conditions.pop()
}

impl FieldRef {
    /// Equal to the value.
    pub fn eq(&self, value: &Literal) -> Condition {
        self.compared("Eq", value)
    }

    /// Not equal to the value; items without a value are not equal to any.
    pub fn neq(&self, value: &Literal) -> Condition {
        self.compared("Neq", value)
    }

    /// Greater than the value.
    pub fn gt(&self, value: &Literal) -> Condition {
        self.compared("Gt", value)
    }

    /// Greater than the value or equal to it.
    pub fn geq(&self, value: &Literal) -> Condition {
        self.compared("Geq", value)
    }

    /// Less than the value.
    pub fn lt(&self, value: &Literal) -> Condition {
        self.compared("Lt", value)
    }

    /// Less than the value or equal to it.
    pub fn leq(&self, value: &Literal) -> Condition {
        self.compared("Leq", value)
    }

    /// Beginning with the text.
    pub fn begins_with(&self, text: &Literal) -> Condition {
        self.compared("BeginsWith", text)
    }

    /// Containing the text.
    pub fn contains(&self, text: &Literal) -> Condition {
        self.compared("Contains", text)
    }

    /// Without a value.
    pub fn is_null(&self) -> Condition {
        self.tested("IsNull", "")
    }

    /// With a value.
    pub fn is_not_null(&self) -> Condition {
        self.tested("IsNotNull", "")
    }

    /// Equal to one of the values. Servers take at most 500.
    ///
    /// # Errors
    /// [`CamlError::Empty`] for no value at all: no server takes that for "none of the items".
    pub fn is_in<'a>(&self, values: impl IntoIterator<Item = &'a Literal>) -> Result<Condition, CamlError> {
        let values: String = values.into_iter().map(Literal::xml).collect();
        if values.is_empty() {
            return Err(CamlError::Empty { what: "a list of values" });
        }
        Ok(self.tested("In", &format!("<Values>{values}</Values>")))
    }

    fn compared(&self, operator: &str, value: &Literal) -> Condition {
        self.tested(operator, value.xml())
    }

    fn tested(&self, operator: &str, operand: &str) -> Condition {
        let mut xml = format!("<{operator}>");
        self.write(&mut xml, "");
        Condition(format!("{xml}{operand}</{operator}>"))
    }
}
