//! Several items or folders asked for in one call: what one of them meets is not the others'.

use sharepoint_changes::Notice;

use super::{
    super::script::{LIST, token},
    Answer, Items, told,
};

/// These folders changed, and their rows are asked for.
fn folders(rows: &[super::Place]) -> Items {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(rows));
    items.page();
    items
}

/// These items were only pointed at, and are asked for.
fn items(ids: std::ops::RangeInclusive<i32>) -> Items {
    let mut items = Items::from_token(110);
    let pointed_at = |answer: Answer, id| answer.event("SystemUpdate", id);
    items.answer(&ids.fold(Answer::new(110), pointed_at));
    items.page();
    items
}

fn asked_at_once(items: &mut Items) -> String {
    let asked = items.asked();
    asked.split(r#""RowLimit":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

#[test]
fn a_folder_whose_row_does_not_say_where_it_is_leaves_the_others_pending() {
    let mut items = folders(&[(8, "A/"), (9, "B/")]);
    items.answer(&Answer::new(110).list().rows(&[(8, "A"), (9, "B/")]));
    let page = items.page();
    assert!(matches!(page.notices[..], [Notice::Poison { id: Some(8), .. }]));
    assert_eq!((told(&page), page.checkpoint.pending()), (vec!["+8".to_owned(), "+9".to_owned()], (0, 1)));
    assert!(items.asked().contains("/Q1/B</Folder>"));
}

#[test]
fn a_folder_that_does_not_come_is_gone_although_others_came() {
    let mut items = folders(&[(8, "A/"), (9, "B/")]);
    items.answer(&Answer::new(110).list().rows(&[(9, "B/")]));
    let page = items.page();
    assert_eq!((told(&page), page.checkpoint.pending()), (vec!["+9".to_owned(), "-8".to_owned()], (0, 1)));
}

#[test]
fn a_folder_whose_row_cannot_be_read_is_not_gone_and_no_longer_asked_for() {
    for id in [Some(8), None] {
        let mut items = folders(&[(8, "A/")]);
        items.answer(&Answer::new(110).list().broken(id));
        let page = items.page();
        assert!(matches!(page.notices[..], [Notice::Poison { .. }]));
        assert_eq!((told(&page), page.checkpoint.pending()), (vec![], (0, 0)), "{id:?}");
        items.up_to_date();
    }
}

#[test]
fn another_folder_at_the_path_of_one_whose_listing_has_begun_is_listed_from_its_beginning() {
    let mut items = folders(&[(8, "A/")]);
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(10, "A/c")]).next("p_ID=10"));
    let mut items = Items::resumed(&items.page().checkpoint);
    items.fence(&token(110, 0));
    items.answer(&Answer::new(110).list());
    let other = Answer::new(110).list().rows(&[(8, "A/")]).to_string().replace("0008}", "0088}");
    items.reply(200, &other);
    items.page();
    let asked = items.asked();
    assert!(asked.contains("/Q1/A</Folder>") && !asked.contains("p_ID=10"), "{asked}");
}

#[test]
fn what_the_server_fails_on_is_asked_for_by_halves() {
    let mut placed = folders(&[(6, "C/"), (7, "D/"), (8, "A/"), (9, "B/")]);
    let mut settled = items(1..=4);
    for items in [&mut placed, &mut settled] {
        assert_eq!(asked_at_once(items), "4");
        items.doubt();
        assert_eq!(asked_at_once(items), "2");
    }
}

#[test]
fn rows_that_cannot_be_told_from_others_do_no_harm_where_all_that_was_asked_for_came() {
    let mut items = items(1..=2);
    items.answer(&Answer::new(110).list().rows(&[(1, "a"), (2, "b")]).broken(None));
    assert_eq!(items.page().checkpoint.pending(), (0, 0));
}

#[test]
fn an_item_that_is_absent_leaves_pending_folders_pending() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("SystemUpdate", 3).rows(&[(8, "A/")]));
    assert_eq!(items.page().checkpoint.pending(), (1, 1));
    items.answer(&Answer::new(110).list());
    let page = items.page();
    assert_eq!((told(&page), page.checkpoint.pending()), (vec!["-3".to_owned()], (0, 1)));
}

#[test]
fn a_list_restored_as_a_whole_among_the_names_is_a_new_load_and_one_that_changed_is_none() {
    // ChangeType 2 is Update, 7 is Restore.
    for (kind, loads) in [(2, false), (7, true)] {
        let mut items = Items::from_token(110);
        items.answer(&Answer::new(110).event("Delete", 8));
        items.page();
        items.request();
        let list = format!(
            r#"{{"__metadata":{{"type":"SP.ChangeList"}},"ChangeToken":{{"StringValue":"{}"}},"ChangeType":{kind},
            "SiteId":"{LIST}","Time":"2026-03-04T10:15:31Z","ListId":"{LIST}","WebId":"{LIST}"}}"#,
            token(105, 0)
        );
        items.reply(200, &format!(r#"{{"d":{{"results":[{list}]}}}}"#));
        let asked = items.asked();
        assert_eq!(asked.contains("SP.ChangeLogItemQuery"), loads, "{asked}");
    }
}
