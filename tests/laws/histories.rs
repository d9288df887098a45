//! The histories that lose data without a rule, each a case of its own against the simulator.
//!
//! Each is named by a row of `tests/laws/rules.toml` that takes its rule out; `.ci/rules` takes out one after the other,
//! and demands that the case fails. Rules of the store, of the command and of answers that no simulated server gives are
//! held by tests that stand elsewhere: their rows say where (`in`). What each history would lose, and where it is told:
//!
//! | History | Case |
//! |---|---|
//! | a page of trimmed rows is empty, the fence passes a visible one | [`queries`] `a_page_whose_rows_are_all_trimmed…` |
//! | with LatestFirst the older rows are never read | [`queries`] `with_the_latest_rows_first…` |
//! | an item leaves `Status=Open` and is never told to be gone | [`queries`] `an_item_that_passes_the_callers_filter…` |
//! | an item no longer contains a text, or leaves the folder asked for | [`queries`] `an_item_that_contains…`, `an_item_that_is_moved_out…` |
//! | a start that is gone is passed over | [`queries`] `a_start_that_is_gone…` |
//! | a kind of change, a list's own row, or what lies in folders is not asked for | [`queries`] `every_way…`, `a_list_that_comes_back…`, `what_lies_in_folders…` |
//! | a drain has no end, or an answer is none | [`drain`] `a_list_that_changes…`, `a_page_that_comes_for_ever…`, `a_page_that_does_not_say…` |
//! | a clock that is fast says where to begin; a time is kept as a position | [`times`] `a_start_time…`, `a_time_that_brought_nothing…` |
//! | an end lies in the future | [`times`] `an_end_in_the_future…` |
//! | Add is told again, with Delete | [`net`] `an_item_that_came_and_went…` |
//! | Delete and Restore in one run; MoveAway within the list | [`net`] `an_item_that_was_deleted…`, `an_item_that_went…` |
//! | a slow transaction's row becomes visible below the fence | [`fence`] `a_row_that_becomes_visible_below…` |
//! | … or below a row that was read | [`fence`] `a_row_that_becomes_visible_after…` |
//! | a quiet list is polled often and its position grows old | [`fence`] `a_quiet_list_that_is_polled_often…` |
//! | the server cuts pages shorter than asked for | [`fence`] `a_page_shorter_than_asked_for…` |
//! | the fence comes from a copy that lags | [`fence`] `an_end_below_the_position…`, `a_copy_of_the_log_that_lags…` |
//! | the database is moved or restored | [`fence`] `a_log_that_counts_anew…`, `a_log_whose_numbers_go_on…` |
//! | the client's clock is 56 days fast | [`age`] `a_readers_clock_56_days_fast…` |
//! | an idle database's fence never moves | [`age`] `an_idle_database_whose_end_never_moves…` |
//! | an old row is read late | [`age`] `a_row_is_as_old…` |
//! | a drain is longer than the retention | [`age`] `a_drain_longer_than_the_retention…` |
//! | the server is silent about an expired token | [`age`] `silence_to_an_expired_token…`; [`load`] `silence_to_a_token…` |
//! | … on the way up from the beginning | [`age`] `silence_on_the_way_up_from_the_beginning…` |
//! | a checkpoint is continued with a wider query | [`binding`] `a_wider_query…`, `nor_does_the_query…` |
//! | another list takes the name, between runs or within one | [`binding`] `a_list_made_anew…`, `a_list_that_loses_its_name…`; [`load`] `a_list_made_anew…` |
//! | a copied site has a list of the same id | [`binding`] `a_list_of_the_same_id…` |
//! | a page is lost by polling on, or left in the middle | [`binding`] `a_page_that_was_lost…`, `a_run_that_stops…` |
//! | SystemUpdate 12, committed, killed before the fetch | [`increment`] `a_system_update_that_was_committed…` |
//! | an item is deleted before it is asked for by id | [`increment`] `what_is_deleted_while_it_is_pending…` |
//! | other changes lie before the token of an answer by ids | [`increment`] `what_was_asked_for_by_id…` |
//! | a folder moves while it is listed | [`folders`] `a_listing_during_which…`, `a_path_that_is_gone…` |
//! | a row becomes visible while everything is read anew | [`resync`] `what_becomes_visible…` |
//! | the load reads c below F, F goes before its own page | [`load`] `a_folder_deleted_before_its_own_page…` |
//! | an item changes behind the load's pages | [`load`] `an_item_that_changes_behind…` |
//! | the default view filters, or shows few columns | [`whole`] `a_default_view…` |
//! | a load is longer than the retention | [`whole`] `a_load_longer…` |
//! | a column is made anew, or calculated | [`whole`] `a_column_made_anew…`, `a_calculated_column…` |
//! | the process dies before the sweep | [`load`] `killed_between_the_last_page…` |
//! | the caller's rights become others | [`load`] `other_rights…` |
//! | an item is shared with the caller later, or taken from it | [`permissions`] `what_the_caller_may_see…` |
//! | a column is added, or gets another type | [`load`] `a_new_plain_column…`, `a_column_that_is_added…` |
//! | the server forgot the token, or restored the list, or says what nobody knows | [`load`] `an_increment_from_a_token…`, `a_list_that_was_restored_whole…`, `what_nobody_knows…` |
//! | a load begins where none is wanted | [`load`] `a_load_that_may_not_begin_by_itself…` |
//! | A→T, B→A, T→B in one window | [`folders`] `two_folders_that_swap…` |
//! | a folder moves between two pages of the load | [`folders`] `a_folder_that_moves_between_two_pages…` |
//! | S is moved out of A, then A is deleted | [`folders`] `what_was_moved_out…` |
//! | x is moved into A, then A is deleted | [`folders`] `what_was_moved_into…` |
//! | a folder goes whose own row was never read | [`folders`] `what_lies_in_a_folder…` |
//! | a folder comes back with what lies in it | [`folders`] `a_folder_that_comes_back…` |
//! | an item goes to another list | [`increment`] `an_item_that_moved_to_another_list…` |
//! | answers without rows, and a list that changes too fast | [`increment`] `an_answer_without_rows…`, `a_list_that_changes_faster…` |
//! | the server fails on one item | [`load`] and [`increment`] `an_item_the_server_fails_on…` |

mod age;
mod binding;
mod drain;
mod fence;
mod folders;
mod increment;
mod journal;
mod library;
mod load;
mod net;
mod permissions;
mod queries;
mod resync;
mod times;
mod whole;

use std::{collections::BTreeSet, fs, path::Path};

/// The cases that the histories are.
fn told(laws: &Path) -> BTreeSet<String> {
    let mut cases = BTreeSet::new();
    for entry in fs::read_dir(laws.join("histories")).unwrap() {
        let path = entry.unwrap().path();
        let (file, text) = (path.file_stem().unwrap().to_str().unwrap(), fs::read_to_string(&path).unwrap());
        let tests = text.split("#[test]\nfn ").skip(1).filter_map(|test| test.split_once('('));
        cases.extend(tests.map(|(name, _)| format!("histories::{file}::{name}")));
    }
    cases
}

#[test]
fn a_rule_is_taken_out_for_every_history() {
    let laws = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/laws");
    let rules = fs::read_to_string(laws.join("rules.toml")).unwrap();
    let of_the_laws = rules.split("[[rule]]\n").skip(1).filter(|rule| !rule.contains("\nin = "));
    let named = of_the_laws.flat_map(|rule| rule.split('"').filter(|text| text.starts_with("histories::")));
    assert_eq!(told(&laws), named.map(str::to_owned).collect());
}
