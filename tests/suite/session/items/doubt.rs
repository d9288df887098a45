//! What the server fails on: suspected after the third failure, halved down to one item, named and passed by.

use sharepoint_changes::{Basis, End, Error, ItemPage, Notice, Settings, Start};

use super::{
    super::script::{LIST, MINUTE, token, token_of},
    Answer, Items, SERVER_FAULT, load_of, loaded, query, told,
};

fn poisoned(page: &ItemPage) -> Vec<Option<i32>> {
    let id = |notice: &Notice| match notice {
        Notice::Poison { id, .. } => Some(*id),
        _ => None,
    };
    page.notices.iter().filter_map(id).collect()
}

fn load(rows: u32) -> Items {
    let query = query().row_limit(rows.try_into().unwrap());
    let mut items = Items::with(query, Start::Beginning, Settings::default());
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    items
}

#[test]
fn a_load_is_halved_by_id_down_to_one_item_which_its_sweep_spares() {
    let mut items = load(2);
    items.answer(&Answer::new(101).list().rows(&[(1, "a"), (2, "b")]).next("p_ID=2"));
    let name = load_of(&items.page());
    items.doubt();
    let asked = items.asked();
    assert!(
        asked.contains(">3</Value>") && asked.contains(">4</Value>") && !asked.contains("Paging"),
        "{asked}"
    );
    items.doubt();
    assert!(!items.asked().contains(">4</Value>"));
    items.doubt();
    let page = items.page();
    assert_eq!((poisoned(&page), load_of(&page)), (vec![Some(3)], name));
    // Killed here, the next run goes on with the windows that are left.
    let mut resumed = Items::resumed(&page.checkpoint);
    resumed.fence(&token(110, 0));
    resumed.answer(&Answer::new(110).list());
    for items in [&mut items, &mut resumed] {
        assert!(items.answer(&Answer::new(110).list().rows(&[(4, "d")])).contains(">4</Value>"));
        items.page();
        let asked = items.answer(&Answer::new(110).list().rows(&[(5, "e"), (6, "f")]).next("p_ID=6"));
        assert!(asked.contains(">5</Value>"), "{asked}");
        items.page();
        assert!(items.answer(&Answer::new(110).list()).contains(">7</Value>"));
        let Basis::Snapshot { end, .. } = items.page().basis else { panic!() };
        assert_eq!(end, Some(End::Sweep { spare: vec![3] }));
        items.answer(&Answer::new(110));
        items.up_to_date();
    }
}

#[test]
fn a_page_of_any_size_can_be_halved() {
    let mut items = load(u32::MAX);
    items.doubt();
    items.doubt();
    items.doubt();
    assert!(items.asked().contains(">1</Value>"));
}

/// The first and the last id that are asked for; the last is left out where there is no bound.
fn window(items: &mut Items) -> Vec<i32> {
    let asked = items.asked();
    let parts: Vec<&str> = asked.split("</Value>").collect();
    let ids = parts[..parts.len() - 1].iter().map(|part| part.rsplit('>').next().unwrap().parse().unwrap());
    ids.collect()
}

#[test]
fn a_window_is_halved_in_its_middle_and_one_without_an_end_by_the_size_of_a_page() {
    let mut items = load(4);
    items.answer(&Answer::new(101).list().rows(&[(10, "a")]).next("p_ID=10"));
    items.page();
    items.doubt();
    assert_eq!(window(&mut items), [11, 14]);
    items.doubt();
    assert_eq!(window(&mut items), [11, 12]);
    // That more follow says nothing where the last id of the window came.
    items.answer(&Answer::new(101).list().rows(&[(11, "b"), (12, "c")]).next("p_ID=12"));
    items.page();
    assert_eq!(window(&mut items), [13, 14]);
    items.answer(&Answer::new(101).list());
    items.page();
    assert_eq!(window(&mut items)[0], 15);
    items.doubt();
    assert_eq!(window(&mut items), [15, 18]);
    items.answer(&Answer::new(101).list());
    items.page();
    assert_eq!(window(&mut items)[0], 19);
}

#[test]
fn a_page_of_a_window_without_rows_is_no_page_where_more_are_said_to_follow() {
    let mut items = load(4);
    items.doubt();
    items.answer(&Answer::new(101).list().next("p_ID=3"));
    assert!(matches!(items.error(), Error::Protocol { .. }));
}

#[test]
fn items_that_the_list_counts_and_no_page_brought_are_told_of() {
    for (rows, hidden) in [(&[(1, "a"), (2, "b")][..], None), (&[(1, "a")], Some((2, 3)))] {
        let mut items = load(2);
        items.answer(&Answer::new(101).list().rows(rows).next("p_ID=2"));
        assert!(items.page().notices.is_empty());
        items.answer(&Answer::new(101).list().rows(&[(3, "c")]));
        let told = items.page().notices.into_iter().find_map(|notice| match notice {
            Notice::Hidden { visible, total } => Some((visible, total)),
            _ => None,
        });
        assert_eq!(told, hidden);
    }
}

#[test]
fn a_broken_row_at_the_end_of_a_page_of_windows_is_not_asked_for_again() {
    let mut items = load(1);
    items.doubt();
    items.answer(&Answer::new(101).list().rows(&[(1, "a")]));
    items.page();
    items.answer(&Answer::new(101).list().broken(Some(2)).next("p_ID=2"));
    assert_eq!(poisoned(&items.page()), [Some(2)]);
    assert!(items.answer(&Answer::new(101).list()).contains(">3</Value>"));
    let Basis::Snapshot { end, .. } = items.page().basis else { panic!() };
    assert_eq!(end, Some(End::Sweep { spare: vec![2] }));
}

#[test]
fn no_sweep_follows_a_load_with_a_row_that_cannot_be_told_from_others() {
    let mut items = load(2);
    items.answer(&Answer::new(101).list().rows(&[(1, "a")]).broken(None).next("p_ID=2"));
    items.page();
    items.answer(&Answer::new(101).list());
    let Basis::Snapshot { end, .. } = items.page().basis else { panic!() };
    assert_eq!(end, Some(End::Keep));
}

#[test]
fn a_sweep_spares_every_item_that_could_not_be_read_whatever_page_it_was_of() {
    let mut items = load(2);
    items.answer(&Answer::new(101).list().rows(&[(1, "a")]).broken(Some(2)).next("p_ID=2"));
    items.page();
    items.answer(&Answer::new(101).list().rows(&[(3, "c")]).broken(Some(4)).next("p_ID=4"));
    items.page();
    // Two that the server fails on: a page, then a window of both, then of each.
    for _ in 0..3 {
        items.doubt();
    }
    assert_eq!(poisoned(&items.page()), [Some(5)]);
    items.doubt();
    assert_eq!(poisoned(&items.page()), [Some(6)]);
    items.answer(&Answer::new(101).list());
    let Basis::Snapshot { end, .. } = items.page().basis else { panic!() };
    assert_eq!(end, Some(End::Sweep { spare: vec![2, 4, 5, 6] }));
}

#[test]
fn in_an_increment_getchanges_names_what_changed_and_the_end_of_the_log_is_the_position() {
    let mut items = Items::from_token(110);
    items.doubt();
    assert_eq!(items.names(&[(3, 104), (4, 107)]), (100, 110));
    assert_eq!(items.names(&[(3, 109)]), (107, 110));
    assert_eq!(items.names(&[]), (109, 110));
    let asked = items.asked();
    assert!(asked.contains(">3</Value>") && asked.contains(">4</Value>") && !asked.contains("ChangeToken\""));
    items.doubt();
    items.doubt();
    let page = items.page();
    assert_eq!((poisoned(&page), page.checkpoint.pending()), (vec![Some(3)], (1, 0)));
    assert_eq!(page.checkpoint.token(), Some(&token(110, 0)));
    items.answer(&Answer::new(110).list().rows(&[(4, "d")]));
    assert_eq!(told(&items.page()), ["+4"]);
    items.up_to_date();
}

#[test]
fn an_increment_with_a_row_that_cannot_be_told_from_others_is_named_too() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(3, "c")]).broken(None));
    assert_eq!(items.names(&[(3, 104)]), (100, 110));
    items.names(&[]);
    items.answer(&Answer::new(110).list().rows(&[(3, "c")]));
    assert_eq!(told(&items.page()), ["+3"]);
    items.up_to_date();
}

#[test]
fn what_getchanges_named_instead_of_an_increment_is_named_once_more_when_the_end_has_settled() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(3, "c")]).broken(None));
    // The copy that answers does not know of the change of 3 yet.
    items.names(&[]);
    let checkpoint = items.up_to_date();
    let again = |minutes: i64| {
        let mut items = Items::resumed(&checkpoint);
        items.date = minutes * MINUTE;
        items.fence(&token(110, 0));
        items
    };
    again(14).up_to_date();
    let mut items = again(16);
    items.answer(&Answer::new(110).list());
    assert_eq!(items.names(&[(3, 104)]), (100, 110));
    items.names(&[]);
    items.answer(&Answer::new(110).list().rows(&[(3, "c")]));
    assert_eq!(told(&items.page()), ["+3"]);
    let mut items = Items::resumed(&items.up_to_date());
    items.date = 60 * MINUTE;
    items.fence(&token(110, 0));
    items.up_to_date();
}

#[test]
fn an_outage_while_the_list_is_read_is_no_reason_for_a_load() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    items.fence(&token(110, 0));
    items.doubt();
    items.answer(&Answer::new(110).list());
    assert!(items.asked().contains(&token(100, 0).to_string()));
}

#[test]
fn a_folder_whose_row_fails_when_it_is_placed_again_is_placed_anew() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(110).list());
    items.doubt();
    items.doubt();
    let page = items.page();
    assert_eq!((poisoned(&page), page.checkpoint.pending()), (vec![Some(8)], (0, 0)));
    items.up_to_date();
}

#[test]
fn folders_that_cannot_be_told_from_one_another_are_asked_for_one_by_one() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(8, "A/"), (9, "B/")]));
    items.page();
    items.answer(&Answer::new(110).list().broken(None));
    assert_eq!(items.page().checkpoint.pending(), (0, 2));
    items.answer(&Answer::new(110).list());
    assert_eq!(told(&items.page()), ["-8"]);
}

#[test]
fn a_failure_of_one_request_is_not_counted_against_another() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).rows(&[(8, "A/")]));
    items.page();
    items.answer(&Answer::new(110).list().rows(&[(8, "A/")]));
    items.page();
    items.reply(500, SERVER_FAULT);
    items.reply(500, SERVER_FAULT);
    items.reply(404, super::NOT_FOUND);
    items.reply(500, SERVER_FAULT);
    assert!(items.asked().contains(">8</Value>"));
}

#[test]
fn a_soap_fault_without_a_code_is_a_doubt_and_a_new_load_only_once_the_token_is_named() {
    let bare = "<s:Envelope xmlns:s='x'><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>x</faultstring>\
                </s:Fault></s:Body></s:Envelope>";
    let doubted = || {
        let mut items = Items::from_token(110);
        for _ in 0..3 {
            assert!(items.asked().contains(&token(100, 0).to_string()));
            items.reply(500, bare);
        }
        assert!(items.asked().contains(r#""RowLimit":"1""#));
        items.answer(&Answer::new(100).list());
        items
    };
    // It was an item that the server fails on.
    let mut items = doubted();
    assert_eq!(items.names(&[(3, 104)]), (100, 110));
    items.names(&[]);
    items.answer(&Answer::new(110).list().rows(&[(3, "c")]));
    assert_eq!(told(&items.page()), ["+3"]);
    items.up_to_date();
    // It was the token.
    let mut items = doubted();
    items.reply(400, r#"{"odata.error":{"code":"-1, System.FormatException","message":{"value":"x"}}}"#);
    assert!(!items.asked().contains("ChangeToken\""));
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    assert!(matches!(items.page().basis, Basis::Snapshot { .. }));
}

#[test]
fn an_outage_while_an_item_is_asked_for_is_not_the_items_fault() {
    let mut items = Items::resumed(&loaded(&[(1, "a")]).with_pending([1]));
    items.fence(&token(100, 0));
    items.answer(&Answer::new(100).list());
    // Not even a single row comes.
    for _ in 0..4 {
        items.reply(500, "");
    }
    items.answer(&Answer::new(100).list().rows(&[(1, "a")]));
    let page = items.page();
    assert_eq!((told(&page), poisoned(&page)), (vec!["+1".to_owned()], vec![]));
}

#[test]
fn a_probe_that_fails_too_is_an_outage() {
    let mut items = Items::from_token(110);
    for _ in 0..4 {
        items.reply(500, "");
    }
    assert!(items.asked().contains(&token(100, 0).to_string()));
}

#[test]
fn a_load_does_not_begin_with_the_token_of_another_list() {
    let mut items = load(2);
    for _ in 0..3 {
        items.reply(500, SERVER_FAULT);
    }
    items.answer(&Answer::new(1).token(&token_of("3", LIST, -1, 0).to_string()).list());
    assert!(matches!(items.error(), sharepoint_changes::Error::Protocol { .. }));
}
