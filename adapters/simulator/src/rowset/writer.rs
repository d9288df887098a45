//! Writing the `listitems` element.

use std::borrow::Cow;

use http::StatusCode;

use super::columns::Columns;
use super::field::{Field, Holds};
use super::options::Options;
use super::pen::{Pen, namespaces, prefixes};
use super::value::{Wire, braced, mask};
use super::window::Told;
use super::{Call, Rowset, definition};
use crate::dialect::{FullMask, MemberOrder, PoisonKind};
use crate::lie::Lie;
use crate::problem::Problem;
use crate::token::Token;
use crate::world::{FULL_MASK, Item};

/// What a page holds.
pub(crate) struct Content<'a> {
    pub(crate) last: Option<Token>,
    /// What MoreChanges says, where it stands.
    pub(crate) more: Option<bool>,
    /// Whether the List element comes.
    pub(crate) list: bool,
    pub(crate) ids: Vec<Told>,
    pub(crate) rows: Vec<&'a Item>,
    pub(crate) position: Option<String>,
}

/// Writes a page.
pub(crate) struct Writer<'c, 'a> {
    pub(crate) call: &'c Call<'a>,
    pub(crate) options: &'c Options,
    pub(crate) columns: &'c Columns<'a>,
}

impl Writer<'_, '_> {
    /// The whole element; where a poisoned row makes the answer fail, its error.
    pub(crate) fn write(&self, content: &Content<'_>) -> Result<Rowset, Problem> {
        let dialect = &self.call.world.dialect;
        let mut pen = Pen::new(dialect, self.options.clean);
        self.open(&mut pen);
        self.changes(&mut pen, content);
        let cut = if self.call.lies.told(Lie::NoData, self.call.number) {
            None
        } else {
            self.data(&mut pen, content)?
        };
        pen.raw("</listitems>");
        Ok(Rowset { text: pen.into_text(), cut, habits: Vec::new() })
    }

    fn open(&self, pen: &mut Pen) {
        let world = self.call.world;
        let dialect = &world.dialect;
        pen.raw("<listitems");
        pen.single("MinTimeBetweenSyncs", &dialect.min_time_between_syncs.to_string());
        pen.single("RecommendedTimeBetweenSyncs", "180");
        pen.single("MaxBulkDocumentSyncSize", "500");
        pen.single("MaxRecommendedEmbeddedFileSize", "500");
        if dialect.alternate_urls {
            // Zones in order: Intranet, Default, Extranet, Internet, Custom; most are empty.
            pen.single("AlternateUrls", &format!(",{}/,", self.call.base));
        }
        let mut rights = world.list(self.call.list).permissions;
        if self.call.lies.told(Lie::ShiftingMask, self.call.number) {
            rights = rights.rotate_left(u32::try_from(self.call.number % 64).unwrap_or_default()) >> 1;
        }
        let named = rights == FULL_MASK && dialect.full_mask == FullMask::Name;
        pen.single("EffectivePermMask", &if named { "FullMask".to_owned() } else { mask(rights) });
        if !dialect.namespaces_above {
            for (name, uri) in namespaces(dialect) {
                pen.single(&name, uri);
            }
        }
        pen.raw(">\n");
    }

    fn changes(&self, pen: &mut Pen, content: &Content<'_>) {
        pen.raw("<Changes");
        if let Some(last) = content.last {
            pen.double("LastChangeToken", &last.to_string());
        }
        if let Some(more) = content.more {
            pen.double("MoreChanges", if more { "TRUE" } else { "FALSE" });
        }
        pen.raw(">\n");
        if content.list {
            definition::write(pen, self.call);
        }
        for told in &content.ids {
            self.id(pen, told);
        }
        pen.raw("</Changes>\n");
    }

    fn id(&self, pen: &mut Pen, told: &Told) {
        let dialect = &self.call.world.dialect;
        pen.raw("<Id");
        pen.double("ChangeType", told.change.name());
        if let Some(id) = told.unique_id.filter(|_| dialect.unique_ids) {
            pen.double("UniqueId", &braced(id));
        }
        if let Some((list, id)) = told.to {
            pen.double("AfterListId", &braced(list));
            pen.double("AfterItemId", &id.to_string());
        }
        if let Some(id) = told.unique_id.filter(|_| dialect.client_ids) {
            pen.double("MetaInfo_vti_clientid", &id.simple().to_string());
        }
        match told.id {
            Some(id) => pen.raw(&format!(">{id}</Id>\n")),
            None => pen.raw(" />\n"),
        }
    }

    fn data(&self, pen: &mut Pen, content: &Content<'_>) -> Result<Option<usize>, Problem> {
        let dialect = &self.call.world.dialect;
        let (data, row) = prefixes(dialect);
        pen.raw(&format!("<{data}:data"));
        pen.double("ItemCount", &content.rows.len().to_string());
        if let Some(position) = &content.position {
            pen.double("ListItemCollectionPositionNext", position);
        }
        pen.raw(">\n");
        let wire = Wire::new(self.call.world, self.call.list, self.options, self.call.base);
        let mut rng = fastrand::Rng::with_seed(self.call.seed);
        let mut cut = None;
        for item in &content.rows {
            let poisoned = item.poison && self.columns.more_than_id;
            if poisoned && dialect.poison == PoisonKind::Error {
                return Err(poisoned_row());
            }
            let mut attributes = self.row(&wire, item);
            match dialect.member_order {
                MemberOrder::Recorded => {}
                MemberOrder::Reversed => attributes.reverse(),
                MemberOrder::Sorted => attributes.sort(),
                MemberOrder::Shuffled => rng.shuffle(&mut attributes),
            }
            pen.raw(&format!("<{row}:row"));
            for (at, (name, value)) in attributes.iter().enumerate() {
                pen.single(name, value);
                if poisoned && at == attributes.len() / 2 {
                    match dialect.poison {
                        PoisonKind::Cut => cut = cut.or(Some(pen.len() - 1)),
                        // A quote that nobody escaped.
                        _ => pen.raw("s & <broken"),
                    }
                }
            }
            pen.raw(" />\n");
        }
        pen.raw(&format!("</{data}:data>"));
        Ok(cut)
    }

    /// A row's attributes.
    fn row(&self, wire: &Wire<'_>, item: &Item) -> Vec<(Cow<'static, str>, String)> {
        let world = self.call.world;
        let mut attributes = Vec::with_capacity(self.columns.fields.len());
        for field in &self.columns.fields {
            if let Field::Standard(standard) = field {
                let same = || world.rights(self.call.list, item) == world.list(self.call.list).permissions;
                if standard.holds == Holds::PermMask && !self.columns.rights_asked && same() {
                    continue;
                }
                if standard.holds == Holds::MetaInfo && self.columns.properties {
                    for (key, value) in wire.properties(item) {
                        attributes.push((Cow::Owned(format!("ows_MetaInfo_{key}")), value));
                    }
                    continue;
                }
            }
            match wire.text(field, item) {
                Some(text) => attributes.push((Cow::Owned(format!("ows_{}", field.name())), text)),
                None if world.dialect.empty_values => {
                    attributes.push((Cow::Owned(format!("ows_{}", field.name())), String::new()));
                }
                None => {}
            }
        }
        attributes
    }
}

/// What a server says that cannot write a row.
fn poisoned_row() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        -2_147_024_809,
        "System.ArgumentException",
        "'\u{b}', hexadecimal value 0x0B, is an invalid character.",
    )
}
