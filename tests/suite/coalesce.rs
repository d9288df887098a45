//! The laws of net effects, over rows of every kind and object.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sharepoint_changes::{
    Change, ChangeKind, ChangeQuery, Coalescer, Effect, Feed, Preset, Scope, http::Response,
};

const LIST: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";
const OTHER: &str = "5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10";
const THING: &str = "d27c4f90-1b6e-4e0a-93f5-6a8d01c7be42";

/// The type of an object and the members that tell it from others; the last two have none.
fn objects() -> Vec<(&'static str, String)> {
    let item = |list: &str, id: u8, more: &str| {
        ("SP.ChangeItem", format!(r#""ListId":"{list}","ItemId":{id}{more}"#))
    };
    let moved = format!(r#","UniqueId":"{THING}""#);
    vec![
        item(LIST, 17, ""),
        item(LIST, 18, r#","FileSystemObjectType":1"#),
        item(LIST, 19, &moved),
        item(OTHER, 17, &moved),
        item(OTHER, 20, &moved),
        ("SP.ChangeFile", format!(r#""UniqueId":"{THING}""#)),
        ("SP.ChangeFolder", format!(r#""UniqueId":"{OTHER}""#)),
        ("SP.ChangeList", format!(r#""ListId":"{LIST}""#)),
        ("SP.ChangeWeb", String::new()),
        ("SP.ChangeSite", String::new()),
        ("SP.ChangeView", format!(r#""ViewId":"{THING}","ListId":"{LIST}""#)),
        ("SP.ChangeField", format!(r#""FieldId":"{THING}""#)),
        ("SP.ChangeContentType", r#""ContentTypeId":{"StringValue":"0x0101"}"#.to_owned()),
        ("SP.ChangeUser", r#""UserId":7"#.to_owned()),
        ("SP.ChangeGroup", r#""GroupId":7"#.to_owned()),
        ("SP.ChangeUser", String::new()),
        ("SP.ChangeSecurityPolicy", String::new()),
    ]
}

/// Rows numbered upwards, as a server tells them.
fn rows(events: &[(usize, i32)]) -> Vec<Change> {
    let objects = objects();
    let row = |(number, (object, kind)): (u32, &(usize, i32))| {
        let (type_name, members) = &objects[*object];
        let comma = if members.is_empty() { "" } else { "," };
        format!(
            r#"{{"__metadata":{{"type":"{type_name}"}},"ChangeToken":{{"StringValue":"1;1;{OTHER};639082161310130000;{number}"}},
            "ChangeType":{kind},"SiteId":"{OTHER}","Time":"2026-03-04T10:15:31Z","WebId":"{OTHER}"{comma}{members}}}"#
        )
    };
    let rows: Vec<String> = (1..).zip(events).map(row).collect();
    let body = format!(r#"{{"d":{{"results":[{}]}}}}"#, rows.join(","));
    ChangeQuery::preset(Scope::Site, Preset::Everything).read(&Response::new(body)).unwrap()
}

fn fold<'a>(rows: impl IntoIterator<Item = &'a Change>) -> Coalescer {
    let mut coalescer = Coalescer::new();
    coalescer.extend(rows);
    coalescer
}

/// Which side of its object a row is about.
fn aspect(row: &Change) -> &'static str {
    match (row.object.name(), row.kind.code()) {
        ("unknown", _) => "unknown",
        (_, 8..=14 | 17 | 18) => "permissions",
        ("view" | "field" | "content_type", _) | (_, 19 | 20) => "schema",
        _ => "own",
    }
}

/// Rows of everything; or of items that move, which meet often enough then.
fn events() -> impl Strategy<Value = Vec<(usize, i32)>> {
    let everything = (0..objects().len(), -1_i32..24);
    let moves = (2_usize..5, prop::sample::select(vec![1, 3, 5, 5, 6, 6, 7]));
    prop_oneof![prop::collection::vec(everything, 0..40), prop::collection::vec(moves, 0..12)]
}

proptest! {
    #[test]
    fn every_object_named_is_in_the_result_and_its_last_row_decides(events in events()) {
        let rows = rows(&events);
        // The last row of each object and aspect; what cannot be told from others stands for itself.
        let mut lasts: BTreeMap<(usize, &str, i64), i64> = BTreeMap::new();
        for ((object, _), row) in events.iter().zip(&rows) {
            let number = row.token.number();
            let alone = if object + 2 < objects().len() { 0 } else { number };
            lasts.insert((*object, aspect(row), alone), number);
        }
        let net = fold(&rows).finish();
        let told: BTreeSet<i64> = net.iter().map(|net| net.last.token.number()).collect();
        prop_assert_eq!(told, lasts.values().copied().collect::<BTreeSet<_>>());
        prop_assert_eq!(net.len(), lasts.len());
        for net in net {
            let is_right = match (aspect(&net.last), net.last.kind) {
                ("permissions", _) => net.effect == Effect::Permissions,
                ("schema", _) => net.effect == Effect::Schema,
                ("unknown", _) => net.effect == Effect::Unknown,
                (_, ChangeKind::Delete) => net.effect == Effect::Delete,
                (_, ChangeKind::MoveAway) => matches!(net.effect, Effect::Leave { .. }),
                (_, ChangeKind::MoveInto) => matches!(net.effect, Effect::Arrive { .. }),
                _ => matches!(net.effect, Effect::Fetch | Effect::Arrive { .. }),
            };
            prop_assert!(is_right, "{net:?}");
        }
    }

    #[test]
    fn rows_told_again_change_nothing(events in events(), again in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let rows = rows(&events);
        let once = fold(&rows);
        let (from, to) = (again.index(rows.len() + 1), end.index(rows.len() + 1));
        let mut twice = once.clone();
        twice.extend(&rows[from.min(to)..from.max(to)]);
        prop_assert_eq!(once.clone().finish(), twice.clone().finish());
        twice.merge(once.clone());
        prop_assert_eq!(once.finish(), twice.finish());
    }

    #[test]
    fn it_does_not_matter_how_a_run_is_cut_or_shuffled(
        (events, shuffled, cuts) in events().prop_flat_map(|events| {
            let order: Vec<usize> = (0..events.len()).collect();
            (Just(events), Just(order).prop_shuffle(), prop::collection::vec(any::<prop::sample::Index>(), 0..6))
        }),
    ) {
        let rows = rows(&events);
        let whole = fold(&rows).finish();
        prop_assert_eq!(&fold(shuffled.iter().map(|at| &rows[*at])).finish(), &whole);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        let parts: Vec<Coalescer> = cuts.windows(2).map(|cut| fold(&rows[cut[0]..cut[1]])).collect();
        let merge = |mut all: Coalescer, part: &Coalescer| {
            all.merge(part.clone());
            all
        };
        prop_assert_eq!(&parts.iter().fold(Coalescer::new(), merge).finish(), &whole);
        prop_assert_eq!(&parts.iter().rev().fold(Coalescer::new(), merge).finish(), &whole);
    }

    #[test]
    fn effects_come_in_the_order_of_the_log(events in events()) {
        let numbers: Vec<i64> = fold(&rows(&events)).finish().iter().map(|net| net.last.token.number()).collect();
        prop_assert!(numbers.is_sorted(), "{numbers:?}");
        prop_assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    }
}
