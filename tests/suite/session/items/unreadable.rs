//! What of an answer cannot be read: a run over a list goes on, says so, and takes nothing for named that is not.

use sharepoint_changes::Notice;

use super::{
    super::script::{LIST, token},
    Answer, Items, told,
};

#[test]
fn a_value_that_a_row_says_of_itself_and_that_cannot_be_read_is_a_notice() {
    let mut items = Items::from_token(110);
    let answer = Answer::new(110).rows(&[(8, "a"), (9, "b")]).to_string();
    items.reply(200, &answer.replacen("owshiddenversion='1'", "owshiddenversion='one'", 1));
    let page = items.page();
    assert_eq!(told(&page), ["+8", "+9"]);
    let [Notice::Unreadable { count: 1, first }] = &page.notices[..] else { panic!("{:?}", page.notices) };
    assert_eq!((first.item, &*first.attribute, &*first.text), (Some(8), "ows_owshiddenversion", "one"));
    items.up_to_date();
}

#[test]
fn an_item_whose_id_cannot_be_read_where_the_log_names_what_went_is_a_new_load() {
    let mut items = Items::from_token(110);
    items.answer(&Answer::new(110).event("Delete", 8));
    items.page();
    let row = format!(
        r#"{{"__metadata":{{"type":"SP.ChangeItem"}},"ChangeToken":{{"StringValue":"{}"}},"ChangeType":2,
        "SiteId":"{LIST}","Time":"2026-03-04T10:15:31Z","ItemId":"seven","ListId":"{LIST}","WebId":"{LIST}"}}"#,
        token(107, 0)
    );
    items.reply(200, &format!(r#"{{"d":{{"results":[{row}]}}}}"#));
    items.answer(&Answer::new(110).list().rows(&[(1, "a")]));
    assert!(!super::load_of(&items.page()).is_empty());
}
