//! `$filter` on items, by Id alone: `Id eq 15 or (Id ge 20 and Id lt 40)`.

use crate::problem::Problem;

/// A filter by Id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Compare(Comparison, i64),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Deeper nesting than any client sends.
const DEEPEST: usize = 64;

impl Filter {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut reader = Reader { words: &words, text };
        let filter = reader.or(0)?;
        if reader.words.is_empty() { Ok(filter) } else { Err(reader.unread()) }
    }

    pub(super) fn takes(&self, id: i32) -> bool {
        // A chain of hundreds of `or` leans to the left: followed by a loop, not by calls.
        let mut at = self;
        loop {
            match at {
                Self::Or(left, right) => {
                    if right.takes(id) {
                        return true;
                    }
                    at = left;
                }
                Self::And(left, right) => {
                    if !right.takes(id) {
                        return false;
                    }
                    at = left;
                }
                Self::Compare(comparison, number) => return comparison.holds(i64::from(id), *number),
            }
        }
    }
}

impl Comparison {
    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Self::Eq => left == right,
            Self::Ne => left != right,
            Self::Lt => left < right,
            Self::Le => left <= right,
            Self::Gt => left > right,
            Self::Ge => left >= right,
        }
    }
}

struct Reader<'a> {
    words: &'a [&'a str],
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn or(&mut self, depth: usize) -> Result<Filter, Problem> {
        let mut left = self.and(depth)?;
        while self.takes("or") {
            left = Filter::Or(Box::new(left), Box::new(self.and(depth)?));
        }
        Ok(left)
    }

    fn and(&mut self, depth: usize) -> Result<Filter, Problem> {
        let mut left = self.one(depth)?;
        while self.takes("and") {
            left = Filter::And(Box::new(left), Box::new(self.one(depth)?));
        }
        Ok(left)
    }

    fn one(&mut self, depth: usize) -> Result<Filter, Problem> {
        if self.takes("(") {
            if depth == DEEPEST {
                return Err(self.unread());
            }
            let inner = self.or(depth + 1)?;
            return if self.takes(")") { Ok(inner) } else { Err(self.unread()) };
        }
        let column = self.next()?;
        if !column.eq_ignore_ascii_case("id") {
            return Err(Problem::query(format!("Items are filtered by Id here, not by '{column}'.")));
        }
        let comparison = match self.next()? {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            _ => return Err(self.unread()),
        };
        let number = self.next()?.parse().map_err(|_| self.unread())?;
        Ok(Filter::Compare(comparison, number))
    }

    fn takes(&mut self, word: &str) -> bool {
        let Some((first, rest)) = self.words.split_first() else { return false };
        let found = first.eq_ignore_ascii_case(word);
        if found {
            self.words = rest;
        }
        found
    }

    fn next(&mut self) -> Result<&'a str, Problem> {
        let (first, rest) = self.words.split_first().ok_or_else(|| self.unread())?;
        self.words = rest;
        Ok(first)
    }

    fn unread(&self) -> Problem {
        Problem::query(format!("The expression \"{}\" is not valid.", self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_by_id_are_read_with_their_precedence() {
        let takes = |text: &str| -> Vec<i32> {
            let filter = Filter::parse(text).unwrap();
            (1..=10).filter(|id| filter.takes(*id)).collect()
        };
        assert_eq!(takes("Id eq 3"), [3]);
        assert_eq!(takes("Id eq 3 or ID eq 5"), [3, 5]);
        assert_eq!(takes("Id ge 3 and Id le 5"), [3, 4, 5]);
        assert_eq!(takes("Id eq 1 or Id gt 3 and Id lt 6"), [1, 4, 5]);
        assert_eq!(takes("(Id eq 1 or Id gt 3)and Id lt 6"), [1, 4, 5]);
        assert_eq!(takes("(Id eq 1 or (Id ne 3)) and Id lt 4"), [1, 2]);
        let many = (1..=2_000).map(|id| format!("Id eq {id}")).collect::<Vec<_>>().join(" or ");
        assert_eq!(takes(&many).len(), 10);
    }

    #[test]
    fn other_filters_are_refused() {
        for text in
            ["Title eq 'x'", "Id eq", "Id like 3", "Id eq 3 or", "(Id eq 3", "Id eq 3)", "Id eq x", ""]
        {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse(&"(".repeat(10_000)).is_err());
    }
}
