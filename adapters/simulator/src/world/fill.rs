//! Filling a list with many items at once.

use std::sync::Arc;

use super::{ColumnKind, ListRef, Template, Value, Verb, World, WorldError};

impl World {
    /// Adds so many files, or rows of a list, in folders of `per_folder` each (0: all at the top): Item 1 for each,
    /// and for each folder. Every column of a plain type is filled from the item's number, without chance.
    ///
    /// # Errors
    /// The list is gone, or a name is taken: `Folder 1` and `Document 1.docx` are the first ones.
    pub fn fill(&mut self, list: ListRef, count: u32, per_folder: u32) -> Verb<()> {
        let held = self.living(list)?.item_count();
        if held as u64 + u64::from(count) > MOST {
            return Err(WorldError::Refused(format!(
                "a list is filled with up to {MOST} items, {held} are there"
            )));
        }
        let library = self.living(list)?.template == Template::Library;
        let columns: Vec<(Arc<str>, ColumnKind)> = self
            .list(list)
            .columns
            .iter()
            .map(|column| (Arc::clone(&column.name), column.kind.clone()))
            .collect();
        let mut folder = 0;
        for number in 1..=count {
            if per_folder > 0 && (number - 1) % per_folder == 0 {
                folder = self.add_folder(list, 0, &format!("Folder {}", (number - 1) / per_folder + 1))?;
            }
            let values: Vec<(&str, Value)> = columns
                .iter()
                .filter_map(|(name, kind)| Some((&**name, self.filling(kind, number)?)))
                .collect();
            if library {
                self.add_file(list, folder, &format!("Document {number}.docx"), u64::from(number), &values)?;
            } else {
                self.add_item(list, folder, &values)?;
            }
        }
        Ok(())
    }

    /// What a column of the n-th item holds; none for columns that are left empty.
    fn filling(&self, kind: &ColumnKind, number: u32) -> Option<Value> {
        let choice = |choices: &[String]| choices.get(number as usize % choices.len().max(1)).cloned();
        match kind {
            ColumnKind::Text => Some(Value::Text(format!("Item {number}"))),
            ColumnKind::Note { .. } => Some(Value::Text(format!("First line {number}\nsecond line"))),
            ColumnKind::Number | ColumnKind::Currency => Some(Value::Number(f64::from(number) / 4.0)),
            ColumnKind::Integer => Some(Value::Number(f64::from(number))),
            ColumnKind::Boolean => Some(Value::Bool(number.is_multiple_of(2))),
            ColumnKind::DateTime { .. } => Some(Value::Date(self.now().whole_second())),
            ColumnKind::Choice(choices) => choice(choices).map(Value::Text),
            ColumnKind::MultiChoice(choices) => choice(choices).map(|choice| Value::Choices(vec![choice])),
            _ => None,
        }
    }
}

/// Items of a list that is filled; they are all in memory.
const MOST: u64 = 1_000_000;
