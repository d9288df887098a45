//! How rows are written fast: what thousands of them have in common is made once.

use std::sync::Arc;

use super::change_row::RowWriter;
use super::member::Member::{
    self, BaseTemplate, ChangeToken, ChangeType, Editor, EditorEmailHint, Hidden, IsRecycleBinOperation,
    ItemId, ListId, MoveWasForRecycle, MoveWasForRestore, ServerRelativeUrl, SharedByUser, SharedWithUsers,
    SiteId, Time, Title, UniqueId, WebId,
};
use super::member::slot;
use crate::dialect::{Dialect, MemberOrder};
use crate::event::Object;
use crate::format::Format;
use crate::log::{Map, Row};
use crate::query::Scope;
use crate::world::{ListRef, SiteRef, WebRef};

/// What rows have in common that differ in a few places only: type, site, web and list.
pub(super) type Alike = (usize, SiteRef, Option<WebRef>, Option<ListRef>);

/// The plans of the answer before, for the next that is written the same way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plans {
    like: Option<Like>,
    by: Map<Alike, Arc<[Step]>>,
}

/// What all plans of an answer depend on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Like {
    pub(super) dialect: Dialect,
    pub(super) scope: Scope,
    pub(super) format: Format,
    pub(super) service: String,
    pub(super) select: Option<Vec<String>>,
}

impl Plans {
    /// Those of answers like this one.
    pub(super) fn of(&mut self, like: Like) -> &mut Map<Alike, Arc<[Step]>> {
        if self.like.as_ref() != Some(&like) {
            self.forget();
            self.like = Some(like);
        }
        &mut self.by
    }

    /// Forgets them all, because the world may be another.
    pub(crate) fn forget(&mut self) {
        self.like = None;
        self.by.clear();
    }
}

/// A part of a row: what all such rows have, or what each has for itself.
#[derive(Debug)]
pub(super) enum Step {
    Text(Vec<u8>),
    FreshId,
    Token,
    Event,
    Time,
    ItemId,
    UniqueId,
    Cell(Member),
}

impl RowWriter<'_> {
    /// How a row is written: made once for all that are alike, as thousands are.
    pub(super) fn plan(&mut self, row: &Row) -> Arc<[Step]> {
        let alike = (slot(&row.object), row.site, row.web, row.list);
        if let Some(plan) = self.plans.get(&alike) {
            return Arc::clone(plan);
        }
        let mut plan = vec![Step::Text(vec![b'{'])];
        if self.dress.format != Format::Bare {
            self.plan_metadata(&mut plan, row);
        }
        for (at, member) in self.members(row).into_iter().enumerate() {
            let comma = if at > 0 || self.dress.format != Format::Bare { "," } else { "" };
            push(&mut plan, format!("{comma}\"{}\":", member.name()).as_bytes());
            self.plan_member(&mut plan, row, member);
        }
        if self.world.dialect.extra_members {
            let alone = matches!(&plan[..], [Step::Text(text)] if text == b"{");
            push(&mut plan, if alone { b"" } else { b"," });
            push(
                &mut plan,
                b"\"CorrelationHint\":{\"Values\":[1,2.5,null,{\"Deep\":\"}\"}]},\"Reserved\":null",
            );
        }
        push(&mut plan, b"}");
        let plan: Arc<[Step]> = plan.into();
        // A shuffled order is another one for every row.
        if self.world.dialect.member_order != MemberOrder::Shuffled {
            self.plans.insert(alike, Arc::clone(&plan));
        }
        plan
    }

    fn plan_metadata(&self, plan: &mut Vec<Step>, row: &Row) {
        let (service, kind) = (self.dress.service, row.object.type_name());
        let address = |plan: &mut Vec<Step>, before: &str, service: &str| {
            push(plan, format!("{before}\"{service}{kind}").as_bytes());
            plan.push(Step::FreshId);
        };
        if self.dress.format == Format::Minimal {
            push(plan, format!("\"odata.type\":\"{kind}\"").as_bytes());
            if self.world.dialect.minimal_links {
                address(plan, ",\"odata.id\":", service);
                address(plan, "\",\"odata.editLink\":", "");
                push(plan, b"\"");
            }
            return;
        }
        address(plan, "\"__metadata\":{\"id\":", service);
        address(plan, "\",\"uri\":", service);
        push(plan, format!("\",\"type\":\"{kind}\"}}").as_bytes());
        if row.object == Object::List && self.select.is_none() {
            address(plan, ",\"Creator\":{\"__deferred\":{\"uri\":", service);
            push(plan, b"/Creator\"}}");
        }
    }

    fn plan_member(&self, plan: &mut Vec<Step>, row: &Row, member: Member) {
        let quoted = |plan: &mut Vec<Step>, before: &[u8], step: Step, after: &[u8]| {
            push(plan, before);
            plan.push(step);
            push(plan, after);
        };
        let item = matches!(row.object, Object::Item { .. });
        match member {
            ChangeToken if self.dress.format == Format::Verbose => {
                let before = b"{\"__metadata\":{\"type\":\"SP.ChangeToken\"},\"StringValue\":\"";
                quoted(plan, before, Step::Token, b"\"}");
            }
            ChangeToken => quoted(plan, b"{\"StringValue\":\"", Step::Token, b"\"}"),
            ChangeType => plan.push(Step::Event),
            Time => quoted(plan, b"\"", Step::Time, b"\""),
            ItemId if item => plan.push(Step::ItemId),
            UniqueId if item => quoted(plan, b"\"", Step::UniqueId, b"\""),
            member if self.is_shared(row, member) => {
                let mut text = Vec::with_capacity(40);
                let token = self.head.0;
                self.write_cell(&mut text, &self.cell(row, token, member), self.dress.style);
                push(plan, &text);
            }
            member => plan.push(Step::Cell(member)),
        }
    }

    /// Whether a member is the same in all rows that are alike.
    fn is_shared(&self, row: &Row, member: Member) -> bool {
        match member {
            SiteId
            | WebId
            | ListId
            | BaseTemplate
            | Hidden
            | IsRecycleBinOperation
            | MoveWasForRecycle
            | MoveWasForRestore => true,
            Editor | EditorEmailHint | ServerRelativeUrl => !self.fills(),
            SharedByUser | SharedWithUsers => !self.world.dialect.shared_users,
            Title => !matches!(row.object, Object::Item { .. }),
            _ => false,
        }
    }
}

/// Appends text to the text that a plan ends with.
fn push(plan: &mut Vec<Step>, text: &[u8]) {
    match plan.last_mut() {
        Some(Step::Text(last)) => last.extend_from_slice(text),
        _ => plan.push(Step::Text(text.to_vec())),
    }
}
