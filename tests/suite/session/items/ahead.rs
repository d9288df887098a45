//! Copies whose checkpoint was stored under a time that has not come yet: told with a page or at the end.

use sharepoint_changes::{Action, Checkpoint, Done, Notice, Reload, ResyncReason, Settings, Start};

use super::{
    super::script::{DAY, MINUTE, at, token},
    Answer, Items, loaded, query,
};

/// A year that no server's clock shows yet.
const FAR: i64 = 73 * 365 * DAY;

/// A copy that stood at the end of the log by a clock that shows this.
fn stored_at(date: i64) -> Checkpoint {
    let mut items = Items::resumed(&loaded(&[(1, "a")]));
    items.date = date;
    items.fence(&token(100, 0));
    let stored = items.up_to_date();
    assert_eq!(stored.moment(), at(date));
    stored
}

fn ahead(now: i64) -> Vec<Notice> {
    vec![Notice::MomentAhead { moment: at(FAR), now: at(now) }]
}

fn done(items: &mut Items) -> Done {
    match items.poll().unwrap() {
        Action::Done(done) => done,
        other => panic!("no end but {other:?}"),
    }
}

#[test]
fn on_a_quiet_list_it_is_told_at_the_end_without_another_request() {
    let mut items = Items::resumed(&stored_at(FAR));
    items.date = DAY;
    items.fence(&token(100, 0));
    let done = done(&mut items);
    assert_eq!((done.checkpoint().moment(), done.notices()), (at(DAY), &ahead(DAY)[..]));
}

#[test]
fn it_is_told_once_with_the_first_page() {
    let mut items = Items::resumed(&stored_at(FAR));
    items.date = DAY;
    items.fence(&token(110, DAY - MINUTE));
    items.answer(&Answer::new(110).list());
    items.answer(&Answer::new(105).rows(&[(2, "b")]).more());
    let page = items.page();
    assert_eq!(page.notices, ahead(DAY));
    assert!(page.checkpoint.moment() <= at(DAY));
    items.answer(&Answer::new(110).rows(&[(3, "c")]));
    assert!(items.page().notices.is_empty());
    assert!(done(&mut items).notices().is_empty());
}

#[test]
fn a_resync_that_comes_of_it_says_so() {
    let mut settings = Settings::default();
    settings.reload = Reload::Refused;
    let mut items = Items::with(query(), Start::Checkpoint(stored_at(FAR)), settings);
    items.date = 60 * DAY;
    items.fence(&token(500, 60 * DAY));
    let done = done(&mut items);
    assert!(matches!(done, Done::Resync { reason: ResyncReason::Expired, .. }));
    assert_eq!(done.notices(), ahead(60 * DAY));
}
