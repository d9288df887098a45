//! What a session takes, what no request can hold, and what a checkpoint is bound to.

use super::*;
use crate::caml::{FieldRef, Literal, Where};

const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

fn query() -> ItemQuery {
    ItemQuery::new(ListRef::Title("Q1 Bids".into()))
}

#[test]
fn a_session_refuses_each_unprovable_member_by_name() {
    let fields = ViewFields::new(["Title"]).unwrap();
    let title = FieldRef::new("Title").unwrap();
    let te = Literal::text("Te").unwrap();
    let filter = Where::from(title.eq(&te));
    for taken in [
        query(),
        query().view_fields(fields),
        query().row_limit(NonZeroU32::MIN),
        query().dialect(Dialect::Soap),
        query().expand_user_field(true).date_in_utc(false).include_attachment_urls(true),
    ] {
        assert_eq!(taken.provable(), Ok(()));
    }
    for (refused, name) in [
        (query().query(filter.into()), "Query"),
        (query().contains(Contains::new(&title, &te)), "Contains"),
        (query().folder("/sites/ops/Lists/Q1 Bids/A"), "Folder"),
        (query().extra_ids([12]), "ExtraIds"),
        (query().view_scope(ViewScope::Default), "ViewAttributes"),
        (query().view_scope(ViewScope::Recursive), "ViewAttributes"),
        (query().view_scope(ViewScope::FilesOnly), "ViewAttributes"),
        (query().view(Uuid::nil()), "ViewName"),
        (query().change_token(TOKEN.parse().unwrap()), "ChangeToken"),
        (query().paging("Paged=TRUE&p_ID=16"), "Paging"),
    ] {
        match refused.provable() {
            Err(QueryError::NotProvable { member, .. }) => assert_eq!(member, name),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(refused.check(), Ok(()), "{name}: a single call may have it");
    }
}

#[test]
fn what_no_request_can_hold_is_refused_by_name() {
    let path = ItemQuery::new(ListRef::Path("/sites/ops/Lists/Q1 Bids".into()));
    assert_eq!(path.check(), Ok(()));
    assert_eq!(path.dialect(Dialect::Soap).check(), Err(QueryError::PathInSoap));
    let title = ItemQuery::new(ListRef::Title("Q\u{1}".into()));
    assert_eq!(title.check(), Ok(()), "an address can carry it");
    for (query, member) in [
        (title.dialect(Dialect::Soap), "the title of the list"),
        (query().folder("a\u{FFFE}"), "Folder"),
        (query().paging("\0"), "ListItemCollectionPositionNext"),
        (query().recurrence_pattern_xml_version("\u{B}"), "RecurrencePatternXMLVersion"),
    ] {
        assert_eq!(query.check(), Err(QueryError::NotXml { member }));
    }
    let long = ItemQuery::new(ListRef::Title("x".repeat(5_000)));
    assert_eq!(long.check(), Err(QueryError::TooLong { what: "the name of the list" }));
}

#[test]
fn a_fingerprint_holds_what_decides_the_rows_and_nothing_else() {
    let fields = |names: &[&str]| query().view_fields(ViewFields::new(names).unwrap());
    let all = query().fingerprint();
    assert_eq!(
        all,
        [
            "DateInUtc=TRUE",
            "ExpandUserField=FALSE",
            "IncludeAttachmentUrls=FALSE",
            "IncludeAttachmentVersion=FALSE",
            "IncludeMandatoryColumns=TRUE",
            "IncludePermissions=TRUE",
            "MeetingInstanceID=-1",
            "RecurrenceOrderBy=FALSE",
            "RecurrencePatternXMLVersion=v3",
            "RemoveInvalidXmlCharacters=TRUE",
            "ViewAttributes=RecursiveAll",
            "ViewFields=*",
        ]
    );
    for same in [
        query().row_limit(NonZeroU32::MIN),
        query().dialect(Dialect::Soap),
        query().change_token(TOKEN.parse().unwrap()),
        query().paging("x"),
        query().optimize_for(OptimizeFor::FolderUrls).optimize_lookups(true),
    ] {
        assert_eq!(same.fingerprint(), all);
    }
    let two = fields(&["Title", "Status", "Title"]).fingerprint();
    assert_eq!(
        two.iter().filter(|member| member.starts_with("ViewFields")).collect::<Vec<_>>(),
        ["ViewFields=Status", "ViewFields=Title"]
    );
    let fewer = fields(&["Title"]).fingerprint();
    assert!(fewer.iter().all(|member| two.contains(member)));
    for other in [
        query().date_in_utc(false),
        query().include_mandatory_columns(false),
        query().include_permissions(false),
        query().include_attachment_urls(true),
        query().include_attachment_version(true),
        query().expand_user_field(true),
        query().view_scope(ViewScope::Default),
        query().remove_invalid_xml_characters(false),
        query().meeting_instance_id(3),
        query().recurrence_order_by(true),
        query().recurrence_pattern_xml_version("v2"),
    ] {
        let other = other.fingerprint();
        assert!(other.iter().any(|member| !all.contains(member)) && other.len() == all.len(), "{other:?}");
    }
    let bag = query().view_fields(ViewFields::new(["Title"]).unwrap().with_properties()).fingerprint();
    assert!(
        bag.contains(&"ViewFields/Properties=TRUE".to_owned()) && bag.contains(&"ViewFields=MetaInfo".into())
    );
}
