//! Whose log it is: a checkpoint of one site is not continued at another that has a list of the same id.

use std::error::Error as _;

use sharepoint_changes::{
    ChangeQuery, Checkpoint, CheckpointError, Done, Error, Preset, ResyncReason, Scope, Settings, Start,
    uuid::Uuid,
};

use super::script::{LIST, MINUTE, OTHER, SITE, Script, first_run, kept, token, token_of};

/// A run from this checkpoint whose first answer tells that the log ends here; what is asked next is open.
fn resumed(checkpoint: &Checkpoint) -> Script {
    let mut script = Script::resumed(checkpoint, MINUTE);
    script.end(&token(120, MINUTE));
    script
}

/// The same checkpoint as an earlier version wrote it, which knew of no site collection.
fn unbound(checkpoint: &Checkpoint) -> Checkpoint {
    let (json, _) = checkpoint.as_str().split_once(' ').unwrap().1.rsplit_once(' ').unwrap();
    let json = json.replacen(&format!(r#""site":"{SITE}","#), "", 1);
    let text = format!("sharepoint-changes-checkpoint/1 {json} {:08x}", crc32fast::hash(json.as_bytes()));
    let checkpoint: Checkpoint = text.parse().unwrap();
    assert_eq!(checkpoint.site_id(), None);
    checkpoint
}

#[test]
fn the_list_of_a_copied_site_is_refused_with_both_ids_and_what_to_do() {
    let (page, end) = first_run();
    for checkpoint in [page, end] {
        assert_eq!(kept(&checkpoint).site_id(), Some(SITE));
        let mut script = resumed(&checkpoint);
        script.whose(OTHER);
        let Error::Checkpoint(error) = script.error() else { panic!("it was continued") };
        let CheckpointError::Other { what, is, asked } = &error else { panic!("{error:?}") };
        assert_eq!((*what, is, asked), ("site collection", &SITE.to_string(), &OTHER.to_string()));
        assert!(error.to_string().ends_with("go on where it belongs, or start anew here"), "{error}");
        assert!(Error::Checkpoint(error).source().is_some());
    }
}

#[test]
fn a_web_is_bound_to_its_site_collection_too_and_a_site_collection_is_one() {
    let end = |scope: &str, id, number| token_of(scope, id, number, 0);
    let web = || ChangeQuery::preset(Scope::Web, Preset::Items);
    let mut script = Script::with(web(), Start::Now, Settings::default());
    script.fence(&end("2", LIST, 110));
    let checkpoint = script.up_to_date();
    assert_eq!(checkpoint.site_id(), Some(SITE));
    let mut script = Script::with(web(), Start::Checkpoint(checkpoint), Settings::default());
    script.end(&end("2", LIST, 110));
    script.whose(OTHER);
    assert!(matches!(script.error(), Error::Checkpoint(_)));
    // Its own id is that of its log: nothing more is asked.
    let whole = || ChangeQuery::preset(Scope::Site, Preset::Items);
    let mut script = Script::with(whole(), Start::Now, Settings::default());
    script.end(&end("1", SITE, 110));
    let checkpoint = script.up_to_date();
    assert_eq!((checkpoint.scope_id(), checkpoint.site_id()), (SITE, None));
    let mut script = Script::with(whole(), Start::Checkpoint(checkpoint), Settings::default());
    script.end(&end("1", OTHER, 120));
    assert!(matches!(script.done(), Done::Resync { reason: ResyncReason::Replaced, .. }));
}

#[test]
fn a_checkpoint_of_an_earlier_version_is_bound_by_its_next_run_without_a_word() {
    let (_, end) = first_run();
    let mut script = resumed(&unbound(&end));
    script.whose(OTHER);
    script.rows(&[]);
    let bound = script.up_to_date();
    assert_eq!(bound.site_id(), Some(OTHER));
    let mut script = resumed(&bound);
    script.whose(SITE);
    assert!(matches!(script.error(), Error::Checkpoint(_)));
}

/// Refuses to say whose log it is; returns what the run asks then.
fn refused(checkpoint: &Checkpoint, status: u16, body: &str) -> Script {
    let mut script = resumed(checkpoint);
    script.request();
    script.answer(status, &[], body);
    script
}

#[test]
fn a_server_that_does_not_tell_stops_no_run_and_what_is_known_stays_known() {
    let (_, end) = first_run();
    let unnamed = r#"{"odata.error":{"code":"-1, Microsoft.SharePoint.Client.InvalidClientQueryException","message":{"lang":"en-US","value":"x"}}}"#;
    for (status, body) in [(403, ""), (401, ""), (404, ""), (400, unnamed), (200, "{}"), (200, "[]")] {
        for (checkpoint, site) in [(end.clone(), Some(SITE)), (unbound(&end), None)] {
            let mut script = refused(&checkpoint, status, body);
            script.rows(&[]);
            assert_eq!(script.up_to_date().site_id(), site, "{status} {body}");
        }
    }
}

#[test]
fn an_outage_of_that_question_alone_is_waited_out_twice_and_a_throttle_for_as_long_as_any() {
    let (_, end) = first_run();
    let mut script = resumed(&end);
    for (status, body) in [(502, ""), (200, r#"{"CurrentChange"#), (500, "")] {
        script.request();
        script.answer(status, &[], body);
        if status != 500 {
            script.rest();
        }
    }
    script.rows(&[]);
    assert_eq!(script.up_to_date().site_id(), Some(SITE));
    let mut script = resumed(&end);
    for _ in 0..8 {
        script.request();
        script.answer(429, &[], "");
        script.rest();
    }
    script.request();
    script.answer(429, &[], "");
    assert!(matches!(script.error(), Error::Exhausted(_)));
}

#[test]
fn a_token_of_something_else_tells_nothing() {
    let (_, end) = first_run();
    for other in [token_of("2", OTHER, 1, 0), token_of("3", OTHER, 1, 0)] {
        let mut script = resumed(&end);
        script.end(&other);
        script.rows(&[]);
        assert_eq!(script.up_to_date().site_id(), Some(SITE), "{other}");
    }
}

#[test]
fn another_list_is_another_one_in_whatever_site_collection_and_bound_to_the_new() {
    let by_title = || {
        let list = sharepoint_changes::ListRef::Title("Q1 Bids".into());
        ChangeQuery::preset(Scope::List(list), Preset::Items)
    };
    let (_, end) = first_run();
    for (told, site) in [(true, Some(OTHER)), (false, None)] {
        let start = Start::Checkpoint(end.clone());
        let mut script = Script::with(by_title(), start, Settings::default());
        script.end(&token_of("3", Uuid::from_u128(9), 120, 0));
        if told {
            script.whose(OTHER);
        } else {
            script.request();
            script.answer(403, &[], "");
        }
        let Done::Resync { reason: ResyncReason::Replaced, then, .. } = script.done() else { panic!() };
        assert_eq!((then.scope_id(), then.site_id()), (Uuid::from_u128(9), site));
    }
}
