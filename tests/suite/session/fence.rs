//! The end of the log: read first, drained to, and believed only once it has settled.

use sharepoint_changes::{
    ChangeQuery, Done, Error, ListRef, Preset, ResyncReason, Scope, Settings, Start, jiff::Timestamp,
    uuid::Uuid,
};

use super::script::{DAY, LIST, MINUTE, OTHER, Script, at, first_run, token, token_of};

#[test]
fn a_drain_goes_from_the_position_to_the_fence_until_an_explicitly_empty_page() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    let fence = Some(token(110, 0).to_string());
    assert_eq!(
        script.rows(&[token(103, -40), token(105, -30)]),
        (Some(token(100, -MINUTE).to_string()), fence.clone())
    );
    assert_eq!(script.page().checkpoint.token(), Some(&token(105, -30)));
    assert_eq!(script.rows(&[token(110, 0)]), (Some(token(105, -30).to_string()), fence.clone()));
    assert_eq!(script.page().checkpoint.token(), Some(&token(110, 0)));
    // The last row is the fence, and still only an empty page is the end.
    assert_eq!(script.rows(&[]), (Some(token(110, 0).to_string()), fence));
    assert_eq!(script.up_to_date().token(), Some(&token(110, 0)));
}

#[test]
fn the_fence_becomes_the_position_only_once_it_has_settled() {
    let (page, end) = first_run();
    // After the first run the position is the last row, not the fence.
    assert_eq!(end.token(), Some(&token(105, -30)));
    assert_eq!(page.token(), end.token());
    // Ten minutes on the candidate is too young, and is kept.
    let mut script = Script::resumed(&end, 10 * MINUTE);
    script.fence(&token(120, 10 * MINUTE));
    assert_eq!(script.rows(&[]).0, Some(token(105, -30).to_string()));
    let second = script.up_to_date();
    assert_eq!(second.token(), Some(&token(105, -30)));
    // Sixteen minutes on the first fence becomes the position, and this one the candidate.
    let mut script = Script::resumed(&second, 16 * MINUTE);
    script.fence(&token(130, 16 * MINUTE));
    assert_eq!(script.rows(&[]).0, Some(token(105, -30).to_string()));
    let third = script.up_to_date();
    assert_eq!(third.token(), Some(&token(110, 0)));
    let mut script = Script::resumed(&third, 40 * MINUTE);
    script.fence(&token(140, 40 * MINUTE));
    script.rows(&[]);
    assert_eq!(script.up_to_date().token(), Some(&token(130, 16 * MINUTE)));
}

#[test]
fn a_fence_settles_after_a_quarter_of_an_hour_to_the_second() {
    let (_, end) = first_run();
    for (seconds, position) in [(15 * MINUTE - 1, token(105, -30)), (15 * MINUTE, token(110, 0))] {
        let mut script = Script::resumed(&end, seconds);
        script.fence(&token(130, seconds));
        script.rows(&[]);
        assert_eq!(script.up_to_date().token(), Some(&position));
    }
}

#[test]
fn a_fence_that_has_not_moved_settles_too_and_is_the_end_then() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, 20 * MINUTE);
    script.fence(&token(110, 0));
    script.rows(&[]);
    let second = script.up_to_date();
    assert_eq!((second.token(), second.moment()), (Some(&token(110, 0)), at(20 * MINUTE)));
}

#[test]
fn a_candidate_that_is_the_last_row_tells_when_it_was_the_end_of_the_log() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.date = Some(5 * MINUTE);
    script.fence(&token(110, 0));
    script.rows(&[]);
    let end = script.up_to_date();
    let mut script = Script::resumed(&end, 25 * MINUTE);
    script.fence(&token(130, 25 * MINUTE));
    script.rows(&[token(110, 0)]);
    assert_eq!(script.page().checkpoint.moment(), at(0));
    script.rows(&[]);
    let second = script.up_to_date();
    assert_eq!((second.token(), second.moment()), (Some(&token(110, 0)), at(5 * MINUTE)));
}

#[test]
fn a_position_at_the_end_of_the_log_needs_no_candidate_that_would_make_it_older() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, 5 * MINUTE);
    script.fence(&token(110, 0));
    script.rows(&[token(110, 0)]);
    script.page();
    script.rows(&[]);
    let second = script.up_to_date();
    assert_eq!(second.moment(), at(5 * MINUTE));
    let mut script = Script::resumed(&second, 20 * MINUTE);
    script.fence(&token(130, 20 * MINUTE));
    script.rows(&[]);
    let third = script.up_to_date();
    assert_eq!((third.token(), third.moment()), (Some(&token(110, 0)), at(5 * MINUTE)));
}

#[test]
fn a_row_that_becomes_visible_below_an_unsettled_fence_is_not_lost() {
    let (_, end) = first_run();
    // Number 108 was given before the fence 110 was read, and became visible after it.
    let mut script = Script::resumed(&end, MINUTE);
    script.fence(&token(112, MINUTE));
    script.rows(&[token(108, -5)]);
    assert_eq!(script.page().changes[0].token, token(108, -5));
}

#[test]
fn a_candidate_below_the_last_row_is_replaced() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, 20 * MINUTE);
    script.fence(&token(130, 20 * MINUTE));
    script.rows(&[token(125, 19 * MINUTE)]);
    script.page();
    script.rows(&[]);
    // The candidate 110 is below 125; the position stays with the row.
    let second = script.up_to_date();
    assert_eq!(second.token(), Some(&token(125, 19 * MINUTE)));
    let mut script = Script::resumed(&second, 60 * MINUTE);
    script.fence(&token(140, 60 * MINUTE));
    script.rows(&[]);
    assert_eq!(script.up_to_date().token(), Some(&token(130, 20 * MINUTE)));
}

#[test]
fn a_fence_equal_to_the_position_renews_its_moment_without_a_page() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.date = Some(40 * DAY);
    script.fence(&token(100, -MINUTE));
    let end = script.up_to_date();
    assert_eq!((end.token(), end.moment()), (Some(&token(100, -MINUTE)), at(40 * DAY)));
}

/// Within a day of what is known one answer is enough; beyond it the earlier of two that differ counts.
#[test]
fn a_date_weeks_ahead_that_no_other_answer_confirms_is_not_kept() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.date = Some(MINUTE);
    script.fence_dated(40 * DAY, &token(100, -MINUTE));
    assert_eq!(script.up_to_date().moment(), at(MINUTE));
}

#[test]
fn where_the_site_is_not_told_the_end_of_the_log_is_read_again_before_such_a_date_is_kept() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.date = Some(40 * DAY);
    script.end(&token(100, -MINUTE));
    script.request();
    script.answer(403, &[], "");
    script.date = Some(MINUTE);
    script.end(&token(100, -MINUTE));
    assert_eq!(script.up_to_date().moment(), at(MINUTE));
}

#[test]
fn a_quiet_list_polled_every_minute_never_grows_old() {
    let mut script = Script::new(Start::Now);
    script.fence(&token(100, 0));
    let mut checkpoint = script.up_to_date();
    for hour in 1..24 * 70 {
        let now = hour * 60 * MINUTE;
        let mut script = Script::resumed(&checkpoint, now);
        script.fence(&token(100 + hour, now));
        script.rows(&[]);
        checkpoint = script.up_to_date();
        assert!(at(now).duration_since(checkpoint.moment()).as_hours() <= 2);
    }
}

#[test]
fn a_fence_a_little_below_the_position_is_read_again_for_a_while_and_then_nothing_is_proven() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, MINUTE);
    script.fence_behind(&token(104, -MINUTE));
    assert!(matches!(script.last_error, Some(Error::Behind { .. })));
    // A second reading that has caught up is drained to.
    let mut script = Script::resumed(&end, MINUTE);
    script.fence(&token(104, -MINUTE));
    script.fence(&token(120, MINUTE));
    assert_eq!(script.bounds().1, Some(token(120, MINUTE).to_string()));
}

#[test]
fn a_fence_far_below_the_position_means_that_the_log_restarted() {
    let (_, end) = first_run();
    let mut script = Script::resumed(&end, MINUTE);
    (0..4).for_each(|_| script.fence(&token(50, -11 * MINUTE)));
    let Done::Resync { reason, .. } = script.done() else { panic!() };
    assert_eq!(reason, ResyncReason::LogRestarted);
}

#[test]
fn a_log_that_was_put_back_by_minutes_is_noticed_though_nobody_has_worked_since() {
    let (_, end) = first_run();
    for (minutes, restarted) in [(59, false), (62, true)] {
        let mut script = Script::resumed(&end, minutes * MINUTE);
        script.fence_behind(&token(104, -MINUTE));
        assert_eq!(script.restarted(), restarted, "{minutes}");
    }
}

#[test]
fn a_log_that_restarted_is_noticed_before_a_row_was_read_too() {
    for start in [Start::Beginning, Start::Time(at(-DAY))] {
        let mut script = Script::new(start);
        script.fence(&token(110, 0));
        script.rows(&[]);
        let end = script.up_to_date();
        for (behind, restarted) in [(3 * MINUTE, false), (DAY, true)] {
            let mut script = Script::resumed(&end, 2 * MINUTE);
            script.fence_behind(&token(50, -behind));
            let restart = script.restarted();
            assert_eq!(restart, restarted, "{behind}");
        }
    }
}

#[test]
fn a_fence_lags_by_less_than_ten_minutes() {
    let (_, end) = first_run();
    for (behind, lags) in [(10 * MINUTE - 1, true), (10 * MINUTE, false)] {
        let mut script = Script::resumed(&end, MINUTE);
        script.fence_behind(&token(50, -30 - behind));
        assert_eq!(!script.restarted(), lags, "{behind}");
    }
}

#[test]
fn a_lower_number_at_a_later_time_is_another_logs_and_no_copy_that_lags() {
    let (_, end) = first_run();
    for (seconds, restarted) in [(-30 + MINUTE, false), (-29 + MINUTE, true)] {
        let mut script = Script::resumed(&end, 2 * MINUTE);
        script.fence_behind(&token(50, seconds));
        let restart = script.restarted();
        assert_eq!(restart, restarted, "{seconds}");
    }
}

#[test]
fn a_clock_that_lags_behind_a_start_time_proves_nothing() {
    let mut script = Script::new(Start::Time(at(0)));
    script.fence(&token(110, -20 * MINUTE));
    let end = script.up_to_date();
    let mut script = Script::resumed(&end, -5 * MINUTE);
    script.fence_behind(&token(110, -20 * MINUTE));
    assert!(matches!(script.last_error, Some(Error::Behind { .. })));
}

#[test]
fn number_up_and_ticks_down_by_more_than_a_minute_means_that_the_log_restarted() {
    let (_, end) = first_run();
    for (seconds, restarted) in [(-31 - MINUTE, true), (-30 - MINUTE, false)] {
        let mut script = Script::resumed(&end, MINUTE);
        script.fence(&token(500, seconds));
        if restarted {
            script.fence_behind(&token(500, seconds));
            assert!(script.restarted());
        } else {
            script.bounds();
        }
    }
}

#[test]
fn rows_out_of_order_or_out_of_bounds_are_an_error_and_never_a_page() {
    for tokens in [
        vec![token(100, -MINUTE)],              // not after the start
        vec![token(99, -MINUTE)],               // before it
        vec![token(105, -30), token(105, -30)], // the same twice
        vec![token(106, -30), token(105, -30)], // falling
        vec![token(105, -30), token(111, 1)],   // beyond the fence
        vec![token_of("3", OTHER, 105, -30)],   // of another list
        vec![token_of("2", LIST, 105, -30)],    // of another kind of log
        vec![token_of("3", LIST, -1, -30)],     // made up
    ] {
        let mut script = Script::new(Start::Token(token(100, -MINUTE)));
        script.fence(&token(110, 0));
        script.rows(&tokens);
        assert!(matches!(script.error(), Error::Protocol { .. }), "{tokens:?}");
    }
}

#[test]
fn a_current_token_of_another_object_is_an_error() {
    for wrong in [token_of("2", LIST, 110, 0), token_of("3", OTHER, 110, 0), token_of("3", LIST, -1, 0)] {
        let mut script = Script::new(Start::Now);
        script.end(&wrong);
        assert!(matches!(script.error(), Error::Protocol { .. }), "{wrong}");
    }
}

#[test]
fn folder_and_item_scope_use_their_lists_fence() {
    let list = || ListRef::Title("Q1 Bids".into());
    let folder = Uuid::from_u128(7);
    for (scope, path) in [
        (Scope::Folder { list: list(), folder }, format!("getFolderById('{folder}')/GetChanges")),
        (Scope::Item { list: list(), id: 17 }, format!("getbyid(guid'{LIST}')/items(17)/GetChanges")),
    ] {
        let query = ChangeQuery::preset(scope, Preset::Items);
        let mut script = Script::with(query, Start::Token(token(100, -MINUTE)), Settings::default());
        let request = script.request();
        assert!(request.uri().path().ends_with("/lists/getbytitle('Q1%20Bids')"), "{}", request.uri());
        script.fence(&token(110, 0));
        assert!(script.request().uri().path().ends_with(&path));
    }
}

#[test]
fn a_list_found_by_title_is_addressed_by_id_from_the_first_answer_on() {
    for list in [ListRef::Title("Q1 Bids".into()), ListRef::Path("/sites/ops/Lists/Q1 Bids".into())] {
        let query = ChangeQuery::preset(Scope::List(list), Preset::Items);
        let mut script = Script::with(query, Start::Token(token(100, -MINUTE)), Settings::default());
        script.fence(&token(110, 0));
        let uri = script.request().uri().to_string();
        assert!(uri.ends_with(&format!("/lists/getbyid(guid'{LIST}')/GetChanges")), "{uri}");
    }
}

#[test]
fn without_a_date_the_fences_own_ticks_are_the_servers_time() {
    let mut script = Script::new(Start::Now);
    script.date = None;
    script.fence(&token(100, 0));
    let end = script.up_to_date();
    assert_eq!(end.moment(), at(0));
    let mut script = Script::resumed(&end, 0);
    script.date = None;
    script.fence(&token(120, 56 * DAY));
    assert!(matches!(script.done(), Done::Resync { reason: ResyncReason::Expired, .. }));
    let _: Timestamp = end.moment();
}

#[test]
fn a_time_that_has_just_come_is_the_end_of_a_log_in_which_nothing_happened_since() {
    let mut script = Script::new(Start::Time(at(0)));
    script.fence(&token(100, -DAY));
    script.up_to_date();
}

#[test]
fn a_later_change_may_be_told_of_with_a_time_up_to_a_minute_earlier() {
    for (seconds, is_the_same_log) in [(MINUTE, true), (MINUTE + 1, false)] {
        let mut script = Script::new(Start::Token(token(100, seconds)));
        script.fence(&token(110, 0));
        if is_the_same_log {
            assert_eq!(script.start(), Some(token(100, seconds).to_string()));
        } else {
            script.fence_behind(&token(110, 0));
            assert!(script.restarted());
        }
    }
}

#[test]
fn a_log_that_ends_where_it_did_is_read_from_its_beginning_while_no_row_was() {
    let mut script = Script::new(Start::Beginning);
    script.fence(&token(110, 0));
    script.rows(&[]);
    let end = script.up_to_date();
    let mut script = Script::resumed(&end, MINUTE);
    script.fence(&token(110, 0));
    assert_eq!(script.bounds(), (None, Some(token(110, 0).to_string())));
}
