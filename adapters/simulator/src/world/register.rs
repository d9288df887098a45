//! A list with one column of every type.

use super::{ColumnKind, Formula, ListRef, Template, Verb, WebRef, World};

impl World {
    /// Makes a list, or library, with one column of every type; its lookups show titles of items of another list.
    ///
    /// Internal names are escaped, one begins with an escaped digit, one is cut at 32 characters. With Author and
    /// Editor it has eight columns that the lookup threshold counts.
    ///
    /// # Errors
    /// The title or the path is taken, or the other list is gone.
    pub fn add_register(
        &mut self,
        web: WebRef,
        title: &str,
        template: Template,
        shown: ListRef,
    ) -> Verb<ListRef> {
        self.living(shown)?;
        let list = self.add_list(web, title, template)?;
        self.add_every_column(list, shown)?;
        Ok(list)
    }

    /// Adds one column of every type to a list; what they are named stands in [`World::EVERY_COLUMN`].
    ///
    /// # Errors
    /// A list is gone, or has a column of one of the names.
    pub fn add_every_column(&mut self, list: ListRef, shown: ListRef) -> Verb<()> {
        self.living(shown)?;
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let lookup = |many| ColumnKind::Lookup { list: shown, show: "Title".into(), many };
        let kinds = [
            ColumnKind::Text,
            ColumnKind::Text,
            ColumnKind::Note { rich: false },
            ColumnKind::Note { rich: true },
            ColumnKind::Number,
            ColumnKind::Currency,
            ColumnKind::Integer,
            ColumnKind::Boolean,
            ColumnKind::DateTime { day: false },
            ColumnKind::DateTime { day: true },
            ColumnKind::Choice(texts(&["Open", "Held", "Won", "Lost"])),
            ColumnKind::MultiChoice(texts(&["Red", "Green, light", "Blue"])),
            lookup(false),
            lookup(true),
            ColumnKind::User { many: false },
            ColumnKind::User { many: true },
            ColumnKind::Url,
            ColumnKind::Calculated(Formula::Upper("Title".into())),
            ColumnKind::Calculated(Formula::Double("Ratio".into())),
            ColumnKind::Calculated(Formula::Filled("Owner".into())),
            ColumnKind::Calculated(Formula::NextWeek("Meeting".into())),
            ColumnKind::Calculated(Formula::Broken),
            ColumnKind::Taxonomy { many: false },
            ColumnKind::Taxonomy { many: true },
            ColumnKind::Image,
            ColumnKind::Location,
        ];
        for (title, kind) in Self::EVERY_COLUMN.iter().zip(kinds) {
            self.add_column(list, title, kind)?;
        }
        Ok(())
    }

    /// Titles of the columns that [`add_every_column`](Self::add_every_column) adds, in its order.
    pub const EVERY_COLUMN: [&'static str; 26] = [
        "1st Contact",
        "Expected date of arrival at site",
        "Remarks",
        "Rich Remarks",
        "Ratio",
        "Bid Amount",
        "Pieces",
        "Done",
        "Meeting",
        "Due",
        "Status",
        "Colours",
        "Bid",
        "Bids",
        "Owner",
        "Crew",
        "Link",
        "Loud Title",
        "Twice",
        "Has Owner",
        "Next Week",
        "Broken",
        "Subject",
        "Subjects",
        "Photo",
        "Place",
    ];
}
