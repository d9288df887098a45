//! Golden requests of the list feed, over REST and over SOAP, as [`golden`](crate::golden) has those of the change log.

use std::num::NonZeroU32;

use sharepoint_changes::{
    ChangeToken, Dialect, Feed, Generation, ItemQuery, ListRef, Metadata, OptimizeFor, Site, ViewScope,
    caml::{Condition, Contains, FieldRef, Literal, Order, Query, ViewFields},
    http::Request,
    uuid::{Uuid, uuid},
};

use crate::golden;

const LIST: Uuid = uuid!("3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66");
const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";
const PLACE: &str = "Paged=TRUE&p_Title=R%26D \"<1>\"&p_ID=16";

#[test]
fn every_kind_of_request_for_items_is_sent_as_its_golden_file_says() {
    golden::assert_golden(&requests());
}

/// The names of the golden files that belong to this module.
pub(crate) fn names() -> Vec<&'static str> {
    requests().into_iter().map(|(name, _)| name).collect()
}

fn requests() -> Vec<(&'static str, Request<Vec<u8>>)> {
    let light = golden::site().metadata(Metadata::None);
    let old = light.clone().generation(Generation::Server2013);
    [
        ("items-load-first", load(by_id()), golden::site()),
        ("items-load-next", load(by_id()).paging(PLACE), golden::site()),
        ("items-load-by-title", load(ListRef::Title("Dave's R&D #2".into())), golden::site()),
        ("items-load-by-path", load(ListRef::Path("/sites/ops/Lists/Dave's Bids".into())), golden::site()),
        ("items-metadata-none", load(by_id()), light),
        ("items-metadata-none-server-2013", load(by_id()), old),
        ("items-bare", ItemQuery::new(by_id()), golden::site()),
        ("items-increment", increment(by_id()), golden::site()),
        ("items-by-ids", ids(by_id()), golden::site()),
        ("items-below-folder", below_folder(by_id()), golden::site()),
        ("items-every-member", every_member(by_id()), golden::site()),
        ("items-properties", properties(by_id()), golden::site()),
        ("items-soap-load-next", soap(load(by_id()).paging(PLACE)), golden::site()),
        ("items-soap-by-title", soap(load(ListRef::Title("Dave's R&D #2".into()))), golden::site()),
        ("items-soap-increment", soap(increment(by_id())), golden::site()),
        ("items-soap-every-member", soap(every_member(by_id())), golden::site()),
    ]
    .map(|(name, query, site): (&str, ItemQuery, Site)| (name, query.request(&site).unwrap()))
    .into()
}

/// A page of a full load: named fields, by id, so many rows.
fn load(list: ListRef) -> ItemQuery {
    let fields = ViewFields::new(["Title", "Bid_x0020_Amount", "PermMask"]).unwrap();
    let by_id = Query::new(None, [Order::ascending(FieldRef::id())]);
    ItemQuery::new(list).query(by_id).view_fields(fields).row_limit(rows(200))
}

fn increment(list: ListRef) -> ItemQuery {
    load(list).change_token(token())
}

/// The rows of some ids, as work that was only pointed at is settled.
fn ids(list: ListRef) -> ItemQuery {
    let id = FieldRef::id();
    let window = Condition::any([
        id.geq(&Literal::counter(3)).and(id.leq(&Literal::counter(7))),
        id.is_in(&[Literal::counter(12), Literal::counter(15)]).unwrap(),
    ]);
    let query = Query::new(window.map(Into::into), [Order::ascending(id)]);
    load(list).query(query)
}

fn below_folder(list: ListRef) -> ItemQuery {
    load(list).folder("/sites/ops/Lists/Q1 Bids/R&D <\"1\">").optimize_for(OptimizeFor::FolderUrls)
}

fn every_member(list: ListRef) -> ItemQuery {
    let title = FieldRef::new("Title").unwrap();
    let filter = title.begins_with(&Literal::text("R&D \"<1>\"").unwrap());
    increment(list)
        .view(uuid!("0b6f2a71-55c9-4b35-8c12-9a3e7d4410fe"))
        .query(Query::new(Some(filter.into()), [Order::descending(title.clone())]))
        .contains(Contains::new(&title, &Literal::text("Te").unwrap()))
        .date_in_utc(false)
        .folder("/sites/ops/Lists/Q1 Bids/A")
        .paging(PLACE)
        .include_mandatory_columns(false)
        .include_permissions(false)
        .include_attachment_urls(true)
        .include_attachment_version(true)
        .expand_user_field(true)
        .view_scope(ViewScope::FilesOnly)
        .remove_invalid_xml_characters(false)
        .optimize_for(OptimizeFor::FolderUrls)
        .extra_ids([12, 15])
        .optimize_lookups(true)
        .meeting_instance_id(3)
        .recurrence_order_by(true)
        .recurrence_pattern_xml_version("v2")
}

fn properties(list: ListRef) -> ItemQuery {
    ItemQuery::new(list).view_fields(ViewFields::new(["Title"]).unwrap().with_properties())
}

fn soap(query: ItemQuery) -> ItemQuery {
    query.dialect(Dialect::Soap)
}

fn by_id() -> ListRef {
    ListRef::Id(LIST)
}

fn token() -> ChangeToken {
    TOKEN.parse().unwrap()
}

fn rows(rows: u32) -> NonZeroU32 {
    NonZeroU32::new(rows).unwrap()
}
