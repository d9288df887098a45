//! Property bags.

/// A property of an item (`key:SW|value`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Property<'a> {
    /// Its name.
    pub key: &'a str,
    /// Two letters: the type (`S` text, `I` number, `B` yes or no, `T` time, `V` list) and who may change it.
    pub code: &'a str,
    /// Its value as it came; a text of many lines holds them all.
    pub value: &'a str,
}

impl<'a> Property<'a> {
    /// A property a line; a line that begins none goes on with the one before. `None` where the first line begins
    /// none.
    pub(super) fn bag(text: &'a str) -> Option<Vec<Self>> {
        let mut bag: Vec<Property> = Vec::new();
        // Where the value of the last property starts, and where the line under view does.
        let (mut value, mut start) = (0, 0);
        for line in text.split_inclusive('\n') {
            match property(without_line_end(line)) {
                Some(property) => {
                    value = start + property.key.len() + property.code.len() + 2;
                    bag.push(property);
                }
                None => match bag.last_mut() {
                    Some(last) if !without_line_end(line).is_empty() => {
                        last.value = &text[value..start + without_line_end(line).len()];
                    }
                    None if !without_line_end(line).is_empty() => return None,
                    _ => {}
                },
            }
            start += line.len();
        }
        Some(bag)
    }
}

fn property(line: &str) -> Option<Property<'_>> {
    let (key, rest) = line.split_once(':')?;
    let (code, value) = rest.split_at_checked(2)?;
    let known = !key.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase());
    known.then_some(())?;
    Some(Property { key, code, value: value.strip_prefix('|')? })
}

fn without_line_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}
