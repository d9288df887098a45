//! Each verb writes the rows that protocol documents and recordings show for its operation.

use sharepoint_simulator::world::{
    ColumnKind, ListRef, Securable, Settings, SiteRef, Template, Value, WebRef,
};
use sharepoint_simulator::{Event, Object, Query, Scope, World};

/// A world with one site, one list and one library.
pub(crate) struct Office {
    pub(crate) world: World,
    pub(crate) site: SiteRef,
    pub(crate) web: WebRef,
    pub(crate) bids: ListRef,
    pub(crate) documents: ListRef,
}

pub(crate) fn office() -> Office {
    let mut world = World::new(Settings::default());
    let site = world.add_site("/sites/ops", "Operations").unwrap();
    let web = world.site(site).root;
    let bids = world.add_list(web, "Q1 Bids", Template::List).unwrap();
    let documents = world.add_list(web, "Documents", Template::Library).unwrap();
    Office { world, site, web, bids, documents }
}

/// The rows that an operation writes, as `type code` texts.
fn rows(office: &mut Office, operation: impl FnOnce(&mut Office)) -> Vec<String> {
    let start = office.world.log(office.site).end();
    operation(office);
    let query = Query { start: Some(start), ..Query::default() };
    let rows = office.world.matching(Scope::Site(office.site), &query);
    rows.iter()
        .map(|row| format!("{} {}", row.object.type_name().trim_start_matches("SP.Change"), row.event.code()))
        .collect()
}

#[test]
fn adding_editing_and_deleting_an_item_write_1_2_15_3() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        let id = office.world.add_item(office.bids, 0, &[("Title", Value::Text("Depot".into()))]).unwrap();
        office.world.edit(office.bids, id, &[("Title", Some(Value::Text("Depot 2".into())))]).unwrap();
        office.world.system_update(office.bids, id, &[("Title", None)]).unwrap();
        office.world.delete(office.bids, id).unwrap();
    });
    assert_eq!(written, ["Item 1", "Item 2", "Item 15", "Item 3"]);
}

#[test]
fn an_upload_writes_item_rows_not_file_rows() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        office.world.upload(office.documents, 0, "a.docx", 10).unwrap();
        office.world.dialect.upload_twice = true;
        office.world.upload(office.documents, 0, "b.docx", 10).unwrap();
    });
    assert_eq!(written, ["Item 1", "Item 1", "Item 2"]);
}

#[test]
fn sharing_an_item_writes_11_17_11_the_first_two_at_one_tick_with_consecutive_numbers() {
    let mut office = office();
    let id = office.world.add_item(office.bids, 0, &[]).unwrap();
    let user = office.world.add_user(office.site, "Ana Ruiz", "ana@fabrikam.example");
    let start = office.world.log(office.site).end();
    office.world.share(Securable::Item(office.bids, id), user, "Edit").unwrap();
    let query = Query { start: Some(start), ..Query::default() };
    let rows = office.world.matching(Scope::List(office.bids), &query);
    let events: Vec<Event> = rows.iter().map(|row| row.event).collect();
    assert_eq!(events, [Event::AssignmentAdd, Event::ScopeAdd, Event::AssignmentAdd]);
    assert_eq!(rows[0].ticks, rows[1].ticks);
    assert_eq!(rows[0].number + 1, rows[1].number);
    assert!(rows[2].ticks > rows[1].ticks);
    for row in rows {
        assert_eq!(row.time, row.ticks, "permission rows tell the exact tick");
    }
}

#[test]
fn rights_on_a_folder_are_those_of_what_lies_below_it_and_one_row_tells_them() {
    let mut office = office();
    let list = office.documents;
    let folder = office.world.add_folder(list, 0, "A").unwrap();
    let inside = office.world.upload(list, folder, "inside.txt", 10).unwrap();
    let own = office.world.upload(list, folder, "own.txt", 10).unwrap();
    let seen = |office: &Office| {
        let truth = office.world.list_truth(list);
        truth.iter().map(|item| item.id).filter(|id| [folder, inside, own].contains(id)).collect::<Vec<_>>()
    };
    for (id, mask, row, visible) in [
        (own, Some(3), "Item 17", vec![folder, inside, own]),
        (folder, Some(0), "Item 17", vec![own]),
        (folder, Some(5), "Item 11", vec![folder, inside, own]),
        (folder, Some(4), "Item 12", vec![own]),
        (folder, None, "Item 18", vec![folder, inside, own]),
    ] {
        let written = rows(&mut office, |office| {
            office.world.set_item_permissions(list, id, mask).unwrap();
        });
        assert_eq!((written, seen(&office)), (vec![row.to_owned()], visible));
    }
}

#[test]
fn creating_a_list_writes_list_folder_view_files_and_navigation() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        office.world.add_list(office.web, "Tasks", Template::List).unwrap();
    });
    assert_eq!(
        written,
        ["List 1", "Folder 1", "View 1", "File 1", "File 1", "File 1", "File 1", "Web 16", "Web 16"]
    );
}

#[test]
fn list_settings_schema_and_content_types_write_their_rows() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        let world = &mut office.world;
        world.update_list(office.bids).unwrap();
        let name = world.add_column(office.bids, "Bid Amount", ColumnKind::Currency).unwrap();
        world.change_column(office.bids, &name, |column| column.required = true).unwrap();
        world.delete_column(office.bids, &name).unwrap();
        let id = world.add_content_type(office.web, "Tender");
        world.change_content_type(office.web, &id, "Tender 2").unwrap();
        world.add_list_content_type(office.bids, &id).unwrap();
        world.delete_list_content_type(office.bids, "Tender 2").unwrap();
        world.delete_content_type(office.web, &id).unwrap();
        let view = world.add_view(office.bids, "Open").unwrap();
        world.change_view(office.bids, view, |view| view.row_limit = Some(10)).unwrap();
        world.delete_view(office.bids, view).unwrap();
        world.delete_list(office.bids).unwrap();
        world.restore_list(office.bids).unwrap();
    });
    let expected = "List 2,Field 1,List 2,Field 2,List 2,Field 3,List 2,ContentType 1,ContentType 2,List 19,List 20,\
                    ContentType 3,View 1,View 2,View 3,List 3,List 7";
    assert_eq!(written.join(","), expected);
}

#[test]
fn people_roles_alerts_apps_and_sub_webs_write_their_rows() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        let (world, site, web) = (&mut office.world, office.site, office.web);
        let user = world.add_user(site, "Ana Ruiz", "ana@fabrikam.example");
        let group = world.add_group(site, "Bidders");
        world.add_member(site, group, user).unwrap();
        world.remove_member(site, group, user).unwrap();
        world.rename_group(site, group, "Tenderers").unwrap();
        world.delete_group(site, group).unwrap();
        world.rename_user(site, user, "Ana R.").unwrap();
        world.delete_user(site, user).unwrap();
        world.add_role(web, "Review");
        world.change_role(web, "Review").unwrap();
        world.delete_role(web, "Review").unwrap();
        let alert = world.add_alert(web);
        world.change_alert(web, alert).unwrap();
        world.delete_alert(web, alert).unwrap();
        world.consent(site);
        world.change_policy(site);
        world.update_site(site);
        world.navigate(web, 1);
        let below = world.add_web(web, "north", "North").unwrap();
        world.update_web(below, "Far north");
        world.share(Securable::Web(below), 1, "Read").unwrap();
        world.inherit_again(Securable::Web(below)).unwrap();
        world.delete_web(below).unwrap();
    });
    let expected = "User 1,Group 1,Group 13,Group 14,Group 2,Group 3,User 2,User 3,Web 8,Web 10,Web 9,Alert 1,\
                    Alert 2,Alert 3,AppConsentPrincipal 1, 2,Site 2,Web 16,Web 1,Folder 1,Folder 1,Folder 1,Web 2,\
                    Web 11,Web 17,Web 11,Web 18,Web 3";
    assert_eq!(written.join(","), expected);
}

#[test]
fn deleting_restoring_and_copying_a_folder_write_one_row() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        let (world, list) = (&mut office.world, office.documents);
        let folder = world.add_folder(list, 0, "2026").unwrap();
        let below = world.add_folder(list, folder, "March").unwrap();
        world.upload(list, below, "a.docx", 1).unwrap();
        let copy = world.copy_folder(list, folder, 0, "2026 copy").unwrap();
        assert_eq!(world.below(list, copy).len(), 2);
        let place = world.recycle(list, folder).unwrap();
        assert!(world.item(list, below).is_none());
        world.restore(place).unwrap();
        assert!(world.item(list, below).is_some());
        world.dialect.folder_delete = sharepoint_simulator::Tree::Each;
        world.delete(list, folder).unwrap();
    });
    assert_eq!(
        written,
        ["Item 1", "Item 1", "Item 1", "Item 1", "Item 3", "Item 7", "Item 3", "Item 3", "Item 3"]
    );
}

#[test]
fn renames_and_moves_write_4_5_6_and_leave_what_is_below_silent() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        let (world, list) = (&mut office.world, office.documents);
        let archive = world.add_folder(list, 0, "Archive").unwrap();
        let folder = world.add_folder(list, 0, "2026").unwrap();
        let file = world.upload(list, folder, "a.docx", 1).unwrap();
        world.rename(list, folder, "2027").unwrap();
        world.move_within(list, folder, archive).unwrap();
        let path = world.item_path(list, world.item(list, file).unwrap());
        assert_eq!(path, "/sites/ops/Shared Documents/Archive/2027/a.docx");
    });
    assert_eq!(written, ["Item 1", "Item 1", "Item 1", "Item 4", "Item 5", "Item 6"]);
}

#[test]
fn a_move_between_lists_gives_a_new_id_and_keeps_the_unique_id() {
    let mut office = office();
    let other = office.world.add_list(office.web, "Archive", Template::Library).unwrap();
    office.world.upload(other, 0, "first.docx", 1).unwrap();
    let id = office.world.upload(office.documents, 0, "a.docx", 1).unwrap();
    let unique_id = office.world.item(office.documents, id).unwrap().unique_id;
    let start = office.world.log(office.site).end();
    let moved = office.world.move_to_list(office.documents, id, other, 0).unwrap();
    assert_eq!(moved, 2);
    assert_eq!(office.world.item(other, moved).unwrap().unique_id, unique_id);
    assert!(office.world.item(office.documents, id).is_none());

    let query = Query { start: Some(start), ..Query::default() };
    let away = office.world.matching(Scope::List(office.documents), &query);
    assert_eq!(away.len(), 1);
    assert_eq!((away[0].event, &away[0].object), (Event::MoveAway, &Object::Item { id, unique_id }));
    assert_eq!(office.world.log(office.site).moved_to(away[0].number), Some((other, moved)));
    let into = office.world.matching(Scope::List(other), &query);
    assert_eq!((into[0].event, &into[0].object), (Event::MoveInto, &Object::Item { id: moved, unique_id }));

    // At site scope the dialect says which of the two stays.
    office.world.dialect.set("move-wide=into").unwrap();
    let site = office.world.matching(Scope::Site(office.site), &query);
    assert_eq!(site.iter().map(|row| row.event).collect::<Vec<_>>(), [Event::MoveInto]);
    office.world.dialect.set("move-wide=away").unwrap();
    let site = office.world.matching(Scope::Site(office.site), &query);
    assert_eq!(site.iter().map(|row| row.event).collect::<Vec<_>>(), [Event::MoveAway]);
}

#[test]
fn verbs_on_what_is_gone_are_refused_and_write_nothing() {
    let mut office = office();
    let written = rows(&mut office, |office| {
        let (world, list) = (&mut office.world, office.documents);
        assert!(world.edit(list, 99, &[]).is_err());
        assert!(world.delete(list, 99).is_err());
        assert!(world.add_item(list, 0, &[]).is_err());
        assert!(world.upload(office.bids, 0, "a.docx", 1).is_err());
        assert!(world.edit(office.bids, 1, &[("Nothing", None)]).is_err());
        assert!(world.add_list(office.web, "documents", Template::Library).is_err());
        assert!(world.delete_web(office.web).is_err());
        assert!(world.inherit_again(Securable::Web(office.web)).is_err());
    });
    assert!(written.is_empty(), "{written:?}");
}
