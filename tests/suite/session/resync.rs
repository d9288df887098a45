//! When everything has to be read anew, and from where it goes on then.

use sharepoint_changes::{
    ChangeQuery, ChangeToken, Done, Error, FaultClass, ListRef, Position, Preset, ResyncReason, Scope,
    Settings, Start, TokenScope,
};

use super::script::{DAY, LIST, MINUTE, OTHER, Script, at, first_run, query, token, token_of};

const OF_ANOTHER: &str =
    r#"{"error":{"code":"-2130575173, Microsoft.SharePoint.SPException","message":{"value":"x"}}}"#;

#[test]
fn bootstrap_ends_at_once_with_a_checkpoint_taken_before_it_was_said() {
    let mut script = Script::new(Start::Bootstrap);
    script.fence(&token(110, 0));
    let Done::Resync { reason, then, follows, .. } = script.done() else { panic!() };
    assert_eq!((reason, follows), (ResyncReason::FirstRun, None));
    let since = ChangeToken::at(TokenScope::List, LIST, at(-15 * MINUTE));
    assert_eq!(*then.position(), Position::Since(since.ticks()));
    assert!(!then.from_beginning());
    // Everything is read; then the log is followed from a quarter of an hour before.
    let mut script = Script::resumed(&then, 60 * MINUTE);
    script.fence(&token(120, 60 * MINUTE));
    assert_eq!(script.rows(&[token(108, -10)]).0, Some(since.to_string()));
    script.page();
}

#[test]
fn a_resync_follows_the_text_last_handed_out() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, 60 * DAY);
    script.fence(&token(900, 60 * DAY));
    let done = script.done();
    assert_eq!(done.follows(), Some(end.as_str()));
    assert_eq!(done.checkpoint().moment(), at(60 * DAY));
}

#[test]
fn the_checkpoint_of_a_resync_holds_nothing_of_the_position_that_was_lost() {
    let mut settings = Settings::default();
    settings.overlap = Some(std::time::Duration::from_secs(3600));
    let mut overlapped = Script::with(query(), Start::Token(token(100, -MINUTE)), settings);
    overlapped.fence(&token(110, 0));
    overlapped.rows(&[]);
    let mut beginning = Script::new(Start::Beginning);
    beginning.fence(&token(110, 0));
    beginning.rows(&[token(105, -54 * DAY - 60 * MINUTE)]);
    let begun = beginning.page().checkpoint;
    assert!(begun.from_beginning());
    for (before, held) in
        [(overlapped.up_to_date(), &["earlier", "completed", "candidate"][..]), (begun, &["from_beginning"])]
    {
        let mut script = Script::resumed(&before, MINUTE);
        script.fence(&token(120, MINUTE));
        script.request();
        script.answer(500, &[], OF_ANOTHER);
        let Done::Resync { then, .. } = script.done() else { panic!() };
        for member in held {
            assert!(before.as_str().contains(member), "{before}");
            assert!(!then.as_str().contains(member), "{then}");
        }
    }
}

#[test]
fn every_reason_has_its_word() {
    use ResyncReason as R;
    let words = [
        (R::FirstRun, "first_run"),
        (R::Expired, "expired"),
        (R::LogRestarted, "log_restarted"),
        (R::Replaced, "replaced"),
        (R::TokenRefused, "token_refused"),
        (R::Restored, "restored"),
        (R::RestoredHidden, "restored_hidden"),
        (R::UnknownChange, "unknown_change"),
        (R::PermissionsChanged, "permissions_changed"),
        (R::SchemaChanged, "schema_changed"),
        (R::TooManyFolders, "too_many_folders"),
        (R::Unreadable, "unreadable"),
    ];
    for (reason, word) in words {
        assert_eq!(reason.name(), word);
    }
}

#[test]
fn the_checkpoint_after_a_resync_on_an_idle_database_can_be_continued() {
    // The last change of the whole database is half a year old.
    let mut script = Script::new(Start::Bootstrap);
    script.fence(&token(110, -180 * DAY));
    let then = script.done().checkpoint().clone();
    // Nothing happened since: there is nothing to read.
    let mut script = Script::resumed(&then, DAY);
    script.fence(&token(110, -180 * DAY));
    script.up_to_date();
    // Something did: the start lies where the log surely reaches to, and before everything that was not read.
    let mut script = Script::resumed(&then, 54 * DAY);
    script.fence(&token(120, 50 * DAY));
    let start = ChangeToken::at(TokenScope::List, LIST, at(-DAY - 15 * MINUTE));
    assert_eq!(script.rows(&[token(120, 50 * DAY)]).0, Some(start.to_string()));
    script.page();
    script.rows(&[]);
    script.up_to_date();
}

#[test]
fn another_id_than_the_checkpoints_is_replaced() {
    let (_, end) = first_run();
    let query = ChangeQuery::preset(Scope::List(ListRef::Title("Q1 Bids".into())), Preset::Items);
    let mut script = Script::with(query, Start::Checkpoint(end), Settings::default());
    script.fence(&token_of("3", OTHER, 200, 0));
    let Done::Resync { reason, then, .. } = script.done() else { panic!() };
    assert_eq!((reason, then.scope_id()), (ResyncReason::Replaced, OTHER));
    // The new list is followed from there on.
    let query = ChangeQuery::preset(Scope::List(ListRef::Id(OTHER)), Preset::Items);
    let mut script = Script::with(query, Start::Checkpoint(then), Settings::default());
    script.fence(&token_of("3", OTHER, 210, MINUTE));
    script.bounds();
}

#[test]
fn a_token_the_server_does_not_take_is_a_resync() {
    for code in [
        "-2130575173, Microsoft.SharePoint.SPException",
        "-1, System.FormatException",
        "-2146233086, System.ArgumentOutOfRangeException",
    ] {
        let body = format!(r#"{{"error":{{"code":"{code}","message":{{"lang":"en-US","value":"x"}}}}}}"#);
        let mut script = Script::new(Start::Token(token(100, -MINUTE)));
        script.fence(&token(110, 0));
        script.request();
        script.answer(500, &[], &body);
        let done = script.done();
        assert!(matches!(done, Done::Resync { reason: ResyncReason::TokenRefused, .. }), "{code}: {done:?}");
    }
}

#[test]
fn a_server_that_takes_no_token_made_from_a_time_is_an_error_and_not_a_resync_for_ever() {
    let body = r#"{"error":{"code":"-1, System.FormatException","message":{"lang":"en-US","value":"x"}}}"#;
    let mut script = Script::new(Start::Time(at(-MINUTE)));
    script.fence(&token(110, 0));
    script.request();
    script.answer(500, &[], body);
    let Error::Fault(fault) = script.error() else { panic!() };
    assert_eq!(fault.class(), FaultClass::TokenMalformed);
}

#[test]
fn a_malformed_token_is_no_reason_to_read_anew_where_none_was_sent() {
    let body = r#"{"error":{"code":"-1, System.FormatException","message":{"lang":"en-US","value":"x"}}}"#;
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(110, 0));
    assert_eq!(script.start(), None);
    script.answer(500, &[], body);
    assert!(matches!(script.error(), Error::Fault(_)));
}

#[test]
fn not_found_is_an_error_that_keeps_the_replica() {
    let body = r#"{"odata.error":{"code":"-2130575322, System.ArgumentException","message":{"lang":"en-US","value":"x"}}}"#;
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.request();
    script.answer(404, &[("sprequestguid", "c4d76da0-80a4-5000-2251-16b84e455138")], body);
    let Error::Fault(fault) = script.error() else { panic!() };
    assert_eq!(fault.class(), FaultClass::NotFound);
    assert!(fault.to_string().contains("c4d76da0"), "{fault}");
}
