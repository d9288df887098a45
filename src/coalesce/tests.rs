use super::{facts::FOLDER, *};
use crate::change::{ChangedFile, ChangedFolder, ChangedItem, ChangedList, ItemDetails};

const LIST: Uuid = Uuid::from_u128(0xA);
const OTHER: Uuid = Uuid::from_u128(0xB);
const WEB: Uuid = Uuid::from_u128(0xC);
const THING: Uuid = Uuid::from_u128(0x1D);

fn row(number: i64, kind: ChangeKind, object: ChangedObject) -> Change {
    Change {
        token: format!("1;2;{WEB};639082161310130000;{number}").parse().unwrap(),
        kind,
        site_id: Uuid::from_u128(0x51),
        time: jiff::Timestamp::UNIX_EPOCH,
        relative_time: None,
        object,
        undeclared: Vec::new(),
        unreadable: Vec::new(),
        raw: None,
    }
}

fn item_at(list_id: Uuid, item_id: i32, unique_id: Option<Uuid>) -> ChangedObject {
    ChangedObject::Item(ChangedItem {
        item_id,
        list_id,
        web_id: WEB,
        unique_id,
        editor: None,
        editor_email_hint: None,
        server_relative_url: None,
        details: None,
    })
}

fn item(item_id: i32) -> ChangedObject {
    item_at(LIST, item_id, None)
}

fn item_of_type(object_type: i32) -> ChangedObject {
    let details = ItemDetails { file_system_object_type: Some(object_type), ..ItemDetails::default() };
    match item(17) {
        ChangedObject::Item(item) => {
            ChangedObject::Item(ChangedItem { details: Some(Box::new(details)), ..item })
        }
        other => other,
    }
}

fn list() -> ChangedObject {
    ChangedObject::List(ChangedList {
        list_id: LIST,
        web_id: WEB,
        base_template: None,
        editor: None,
        hidden: None,
        is_recycle_bin_operation: None,
        root_folder_url: None,
        title: None,
    })
}

fn folder() -> ChangedObject {
    ChangedObject::Folder(ChangedFolder { unique_id: THING, web_id: WEB, is_recycle_bin_operation: None })
}

fn fold(rows: impl IntoIterator<Item = Change>) -> Vec<NetEffect> {
    let mut coalescer = Coalescer::new();
    rows.into_iter().for_each(|row| coalescer.push(&row));
    coalescer.finish()
}

/// The net effects of rows of one object, numbered as they stand.
fn of_one(object: &ChangedObject, kinds: &[ChangeKind]) -> Vec<(Effect, Cascade)> {
    let rows = (1..).zip(kinds).map(|(number, kind)| row(number, *kind, object.clone()));
    fold(rows).into_iter().map(|net| (net.effect, net.cascade)).collect()
}

fn effects(object: &ChangedObject, kinds: &[ChangeKind]) -> Vec<Effect> {
    of_one(object, kinds).into_iter().map(|(effect, _)| effect).collect()
}

#[test]
fn the_last_row_decides() {
    use ChangeKind as K;
    for (kinds, effect) in [
        // The check vectors of the protocol.
        (&[K::Add, K::Update, K::Delete][..], Effect::Delete),
        (&[K::Delete, K::Restore], Effect::Fetch),
        (&[K::Add, K::Delete], Effect::Delete),
        (&[K::Update, K::Update, K::SystemUpdate], Effect::Fetch),
        (&[K::Delete, K::Dirty], Effect::Fetch),
        (&[K::NoChange], Effect::Fetch),
        (&[K::from_code(99)], Effect::Fetch),
        (&[K::Delete, K::from_code(99)], Effect::Fetch),
        (&[K::Rename], Effect::Fetch),
        (&[K::Update, K::MoveAway], Effect::Leave { to: None }),
        (&[K::MoveAway, K::MoveInto], Effect::Arrive { from: None }),
        (&[K::MoveAway, K::MoveInto, K::Update], Effect::Arrive { from: None }),
        (&[K::MoveInto, K::MoveAway, K::Delete], Effect::Delete),
    ] {
        assert_eq!(effects(&item(17), kinds), [effect], "{kinds:?}");
    }
}

#[test]
fn the_last_row_is_that_of_the_highest_number_whatever_comes_last() {
    let rows = [
        row(3, ChangeKind::Delete, item(17)),
        row(1, ChangeKind::Add, item(17)),
        row(2, ChangeKind::Update, item(17)),
    ];
    let net = fold(rows);
    assert_eq!((net.len(), net[0].effect, net[0].last.token.number()), (1, Effect::Delete, 3));
}

#[test]
fn effects_come_in_the_order_of_their_last_rows() {
    use ChangeKind as K;
    let rows = [(1, K::Add, 5), (2, K::Add, 3), (3, K::Add, 4), (4, K::Update, 5)];
    let net = fold(rows.map(|(number, kind, id)| row(number, kind, item(id))));
    assert_eq!(net.iter().map(|net| net.last.token.number()).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn an_item_that_moved_to_another_list_keeps_its_way() {
    use ChangeKind as K;
    let at = |list, id| item_at(list, id, Some(THING));
    let place = |list_id, item_id| Some(Place { list_id, item_id });
    let way = |rows: &[(K, Uuid, i32)]| -> Vec<Effect> {
        let rows = (1..).zip(rows).map(|(number, (kind, list, id))| row(number, *kind, at(*list, *id)));
        fold(rows).into_iter().map(|net| net.effect).collect()
    };
    let (leave, arrive) = (|to| Effect::Leave { to }, |from| Effect::Arrive { from });
    // Told as MoveInto, or as Add; in either order.
    for there in [K::MoveInto, K::Add] {
        let moved = way(&[(K::MoveAway, LIST, 5), (there, OTHER, 9)]);
        assert_eq!(moved, [leave(place(OTHER, 9)), arrive(place(LIST, 5))]);
        let moved = way(&[(there, OTHER, 9), (K::MoveAway, LIST, 5)]);
        assert_eq!(moved, [arrive(place(LIST, 5)), leave(place(OTHER, 9))]);
    }
    // Over a third list: from where the run found it to where it is in the end.
    let third = Uuid::from_u128(0xD);
    let over =
        [(K::MoveAway, LIST, 5), (K::MoveInto, OTHER, 9), (K::MoveAway, OTHER, 9), (K::MoveInto, third, 2)];
    assert_eq!(way(&over), [leave(place(third, 2)), leave(place(third, 2)), arrive(place(LIST, 5))]);
    // From elsewhere, and away to where no row tells: where it was before is no place it went to.
    let gone = [(K::Add, OTHER, 9), (K::MoveAway, OTHER, 9), (K::MoveInto, LIST, 5), (K::MoveAway, LIST, 5)];
    assert_eq!(way(&gone), [leave(place(LIST, 5)), leave(None)]);
    // There and back to the same place.
    let back =
        [(K::MoveAway, LIST, 5), (K::MoveInto, OTHER, 9), (K::MoveAway, OTHER, 9), (K::MoveInto, LIST, 5)];
    assert_eq!(way(&back), [leave(place(LIST, 5)), arrive(None)]);
    // An addition that nothing left for is no move.
    assert_eq!(way(&[(K::Add, OTHER, 9), (K::Delete, LIST, 5)]), [Effect::Fetch, Effect::Delete]);
    // Without a UniqueId nothing ties the two together.
    let untied = [row(1, K::MoveAway, item_at(LIST, 5, None)), row(2, K::MoveInto, item_at(OTHER, 9, None))];
    assert_eq!(fold(untied).iter().map(|net| net.effect).collect::<Vec<_>>(), [leave(None), arrive(None)]);
}

#[test]
fn where_an_item_went_is_told_by_a_row_of_its_arrival_and_not_by_another_departure() {
    let gone = |number, list| row(number, ChangeKind::MoveAway, item_at(list, 17, Some(THING)));
    let effects: Vec<_> = fold([gone(5, LIST), gone(7, OTHER)]).into_iter().map(|net| net.effect).collect();
    assert_eq!(effects, [Effect::Leave { to: None }, Effect::Leave { to: None }]);
}

#[test]
fn what_is_not_known_may_reach_below_whatever_is_told_after_it() {
    let strange = ChangeKind::from_code(99);
    for kinds in [&[strange, ChangeKind::Update][..], &[ChangeKind::Update, strange]] {
        assert_eq!(of_one(&list(), kinds), [(Effect::Fetch, Cascade::Maybe)], "{kinds:?}");
    }
}

#[test]
fn that_a_folder_got_other_values_is_kept_whatever_is_told_after_it() {
    for kinds in
        [&[ChangeKind::Update, ChangeKind::NoChange][..], &[ChangeKind::NoChange, ChangeKind::Update]]
    {
        assert_eq!(of_one(&folder(), kinds), [(Effect::Fetch, Cascade::Yes)], "{kinds:?}");
    }
}

#[test]
fn a_unique_id_told_once_is_kept() {
    let rows = [
        row(1, ChangeKind::Update, item_at(LIST, 5, Some(THING))),
        row(2, ChangeKind::Delete, item_at(LIST, 5, None)),
    ];
    let net = fold(rows);
    assert_eq!((net.len(), &net[0].last.object), (1, &item_at(LIST, 5, Some(THING))));
}

#[test]
fn a_role_taken_away_after_a_deletion_does_not_bring_the_item_back() {
    use ChangeKind as K;
    let kinds = [K::Delete, K::RoleAssignmentDelete, K::ScopeDelete];
    assert_eq!(effects(&item(17), &kinds), [Effect::Delete, Effect::Permissions]);
}

#[test]
fn permissions_are_an_effect_of_their_own_that_reaches_below() {
    for code in [8, 9, 10, 11, 12, 13, 14, 17, 18] {
        let kind = ChangeKind::from_code(code);
        assert_eq!(of_one(&list(), &[kind]), [(Effect::Permissions, Cascade::Yes)], "{kind}");
        assert_eq!(of_one(&item(17), &[kind]), [(Effect::Permissions, Cascade::Maybe)], "{kind}");
        assert_eq!(of_one(&item_of_type(0), &[kind]), [(Effect::Permissions, Cascade::No)], "{kind}");
        let group = ChangedObject::Group { group_id: Some(4) };
        assert_eq!(of_one(&group, &[kind]), [(Effect::Permissions, Cascade::No)], "{kind}");
    }
    let both = of_one(&folder(), &[ChangeKind::ScopeAdd, ChangeKind::Dirty]);
    assert_eq!(both, [(Effect::Permissions, Cascade::Yes), (Effect::Fetch, Cascade::No)]);
}

#[test]
fn definitions_are_to_be_read_anew_even_where_one_was_deleted() {
    let view = ChangedObject::View { view_id: THING, list_id: LIST, web_id: WEB };
    let field = ChangedObject::Field { field_id: Some(THING), web_id: Some(WEB) };
    let content_type = ChangedObject::ContentType { content_type_id: "0x01".into(), web_id: WEB };
    for object in [view, field, content_type] {
        for kind in [ChangeKind::Add, ChangeKind::Update, ChangeKind::Delete] {
            assert_eq!(of_one(&object, &[kind]), [(Effect::Schema, Cascade::No)], "{object:?}");
        }
    }
    let kinds = [ChangeKind::ListContentTypeAdd, ChangeKind::Update, ChangeKind::ListContentTypeDelete];
    assert_eq!(effects(&list(), &kinds), [Effect::Fetch, Effect::Schema]);
}

#[test]
fn what_happens_to_a_folder_happens_to_what_lies_in_it() {
    use ChangeKind as K;
    for code in -1..24 {
        let kind = K::from_code(code);
        let cascade = |object: &ChangedObject| match of_one(object, &[kind])[..] {
            [(Effect::Permissions | Effect::Schema, _)] => None,
            [(_, cascade)] => Some(cascade),
            _ => panic!("{kind}: not one effect"),
        };
        let (tree, list_too) = match kind {
            K::Add | K::Delete | K::Rename | K::MoveAway | K::MoveInto | K::Restore => {
                (Cascade::Yes, Cascade::Yes)
            }
            K::Update | K::SystemUpdate => (Cascade::Yes, Cascade::No),
            K::Unknown(_) => (Cascade::Maybe, Cascade::Maybe),
            _ => (Cascade::No, Cascade::No),
        };
        let file = ChangedFile { unique_id: THING, web_id: WEB };
        for (object, expected) in [
            (folder(), tree),
            (item_of_type(FOLDER), tree),
            (item(17), tree.min(Cascade::Maybe)),
            (ChangedObject::FileOrFolder(file.clone()), tree.min(Cascade::Maybe)),
            (item_of_type(0), Cascade::No),
            (ChangedObject::File(file), Cascade::No),
            (list(), list_too),
            (ChangedObject::Web { web_id: WEB }, list_too),
            (ChangedObject::Site, list_too),
            (ChangedObject::User { user_id: Some(7), activate: None }, Cascade::No),
        ] {
            assert!(
                cascade(&object).is_none_or(|is| is == expected),
                "{kind} {object:?}: {:?}",
                cascade(&object)
            );
        }
    }
    // A later row that reaches nothing does not hide an earlier one that does.
    assert_eq!(of_one(&folder(), &[K::Rename, K::Dirty]), [(Effect::Fetch, Cascade::Yes)]);
    assert_eq!(of_one(&list(), &[K::from_code(99), K::Update]), [(Effect::Fetch, Cascade::Maybe)]);
}

#[test]
fn that_an_item_is_a_folder_need_be_told_only_once() {
    let rows = [row(1, ChangeKind::Update, item_of_type(FOLDER)), row(2, ChangeKind::Delete, item(17))];
    let net = fold(rows);
    assert_eq!((net[0].effect, net[0].cascade), (Effect::Delete, Cascade::Yes));
}

#[test]
fn what_cannot_be_told_apart_is_handed_on_row_by_row() {
    let unknown = ChangedObject::Unknown { type_name: Some("SP.ChangeSecurityPolicy".into()) };
    let kinds = [ChangeKind::Update, ChangeKind::Delete, ChangeKind::from_code(77)];
    assert_eq!(of_one(&unknown, &kinds), [(Effect::Unknown, Cascade::Maybe); 3]);
    let user = ChangedObject::User { user_id: None, activate: None };
    assert_eq!(effects(&user, &[ChangeKind::Add, ChangeKind::Delete]), [Effect::Fetch, Effect::Delete]);
}

#[test]
fn the_same_number_in_another_list_site_or_web_is_another_object() {
    let net =
        fold([row(1, ChangeKind::Delete, item(17)), row(2, ChangeKind::Update, item_at(OTHER, 17, None))]);
    assert_eq!(net.len(), 2);
    let user = ChangedObject::User { user_id: Some(7), activate: None };
    let elsewhere = Change { site_id: Uuid::from_u128(0x52), ..row(2, ChangeKind::Update, user.clone()) };
    assert_eq!(fold([row(1, ChangeKind::Delete, user), elsewhere]).len(), 2);
    let column = |web_id| ChangedObject::Field { field_id: Some(THING), web_id };
    let net = fold([
        row(1, ChangeKind::Update, column(Some(WEB))),
        row(2, ChangeKind::Update, column(Some(OTHER))),
    ]);
    assert_eq!(net.len(), 2);
}

#[test]
fn a_folder_and_a_file_of_the_same_id_are_one_object() {
    let file = ChangedObject::FileOrFolder(ChangedFile { unique_id: THING, web_id: WEB });
    let net = fold([row(1, ChangeKind::Add, folder()), row(2, ChangeKind::Delete, file)]);
    assert_eq!((net.len(), net[0].effect), (1, Effect::Delete));
}

#[test]
fn memory_grows_with_the_objects_and_not_with_the_rows() {
    let mut coalescer = Coalescer::new();
    for number in 1..=10_000 {
        coalescer.push(&row(number, ChangeKind::Update, item(17)));
        coalescer.push(&row(number, ChangeKind::RoleAssignmentAdd, item(17)));
    }
    assert_eq!(coalescer.len(), 2);
    assert!(!coalescer.is_empty() && Coalescer::new().is_empty());
}
