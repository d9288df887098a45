//! A copy goes on with fewer fields, and not with more.

use sharepoint_changes::{
    Checkpoint, CheckpointError, ItemQuery, Session, Settings, Start, StartError, caml::ViewFields,
};

use super::{
    super::script::{site, token},
    Answer, Items, loaded, query,
};

fn naming(fields: &[&str]) -> ItemQuery {
    query().view_fields(ViewFields::new(fields).unwrap())
}

/// The members that go beyond what the checkpoint is bound to.
fn wider(query: ItemQuery, checkpoint: &Checkpoint) -> Vec<String> {
    match Session::new(site(), query, Start::Checkpoint(checkpoint.clone()), Settings::default()) {
        Ok(_) => Vec::new(),
        Err(StartError::Checkpoint(CheckpointError::Wider { members })) => members,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn from_all_fields_one_goes_on_with_named_ones_and_from_those_neither_with_others_nor_with_all() {
    let all = loaded(&[(1, "a")]);
    assert!(wider(query(), &all).is_empty());
    assert!(wider(naming(&["Title", "Status"]), &all).is_empty());
    let bag = query().view_fields(ViewFields::new(["Title"]).unwrap().with_properties());
    assert_eq!(wider(bag, &all), ["ViewFields/Properties=TRUE"], "a bag is no field");
    assert_eq!(wider(naming(&["Title"]).date_in_utc(false), &all), ["DateInUtc=FALSE"]);

    let mut items = Items::with(naming(&["Title", "Status"]), Start::Checkpoint(all), Settings::default());
    items.fence(&token(120, 0));
    items.answer(&Answer::new(120).list());
    let asked = items.answer(&Answer::new(120).rows(&[(1, "b")]));
    assert!(asked.contains("Status") && asked.contains(&token(100, 0).to_string()), "no new load: {asked}");
    let two = items.page().checkpoint;
    assert!(wider(naming(&["Status"]), &two).is_empty());
    assert_eq!(wider(naming(&["Title", "Editor"]), &two), ["ViewFields=Editor"]);
    assert_eq!(wider(query(), &two), ["ViewFields=*"]);
}
