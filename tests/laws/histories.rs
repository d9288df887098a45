//! The histories that lose data without a rule, each a case of its own against the simulator.
//!
//! What each would lose, and where it is told:
//!
//! | History | Case |
//! |---|---|
//! | a page of trimmed rows is empty, the fence passes a visible one | [`queries`] `a_page_whose_rows_are_all_trimmed…` |
//! | with LatestFirst the older rows are never read | [`queries`] `with_the_latest_rows_first…` |
//! | an item leaves `Status=Open` and is never told to be gone | [`queries`] `an_item_that_passes_the_callers_filter…` |
//! | a slow transaction's row becomes visible below the fence | [`fence`] `a_row_that_becomes_visible_below…` |
//! | … or below a row that was read | [`fence`] `a_row_that_becomes_visible_after…` |
//! | a quiet list is polled often and its position grows old | [`fence`] `a_quiet_list_that_is_polled_often…` |
//! | the server cuts pages shorter than asked for | [`fence`] `a_page_shorter_than_asked_for…` |
//! | the fence comes from a copy that lags | [`fence`] `an_end_below_the_position…`, `a_copy_of_the_log_that_lags…` |
//! | the database is moved or restored | [`fence`] `a_log_that_counts_anew…`, `a_log_whose_numbers_go_on…` |
//! | the client's clock is 56 days fast | [`age`] `a_readers_clock_56_days_fast…` |
//! | an idle database's fence never moves | [`age`] `an_idle_database_whose_end_never_moves…` |
//! | a drain is longer than the retention | [`age`] `a_drain_longer_than_the_retention…` |
//! | the server is silent about an expired token | [`age`] `silence_to_an_expired_token…` |
//! | … on the way up from the beginning | [`age`] `silence_on_the_way_up_from_the_beginning…` |
//! | a checkpoint is continued with a wider query | [`binding`] `a_wider_query…`, `nor_does_the_query…` |
//! | another list takes the name, between runs or within one | [`binding`] `a_list_made_anew…`, `a_list_that_loses_its_name…`; [`load`] `a_list_made_anew…` |
//! | a page is lost by polling on, or left in the middle | [`binding`] `a_page_that_was_lost…`, `a_run_that_stops…` |
//! | SystemUpdate 12, committed, killed before the fetch | [`increment`] `a_system_update_that_was_committed…` |
//! | an item is deleted before it is asked for by id | [`increment`] `what_is_deleted_while_it_is_pending…` |
//! | other changes lie before the token of an answer by ids | [`increment`] `what_was_asked_for_by_id…` |
//! | a folder moves while it is listed | [`folders`] `a_listing_during_which…` |
//! | a row becomes visible while everything is read anew | [`resync`] `what_becomes_visible…` |
//! | the load reads c below F, F goes before its own page | [`load`] `a_folder_deleted_before_its_own_page…` |
//! | an item changes behind the load's pages | [`load`] `an_item_that_changes_behind…` |
//! | the process dies before the sweep | [`load`] `killed_between_the_last_page…` |
//! | the caller's rights become others | [`load`] `other_rights…` |
//! | a column is added, or gets another type | [`load`] `a_new_plain_column…` |
//! | the server forgot the token, or restored the list | [`load`] `an_increment_from_a_token…`, `a_list_that_was_restored_whole…` |
//! | a load begins where none is wanted | [`load`] `a_load_that_may_not_begin_by_itself…` |
//! | A→T, B→A, T→B in one window | [`folders`] `two_folders_that_swap…` |
//! | a folder moves between two pages of the load | [`folders`] `a_folder_that_moves_between_two_pages…` |
//! | S is moved out of A, then A is deleted | [`folders`] `what_was_moved_out…` |
//! | x is moved into A, then A is deleted | [`folders`] `what_was_moved_into…` |
//! | a folder comes back with what lies in it | [`folders`] `a_folder_that_comes_back…` |
//! | an item goes to another list | [`increment`] `an_item_that_moved_to_another_list…` |
//! | answers without rows, and a list that changes too fast | [`increment`] `an_answer_without_rows…`, `a_list_that_changes_faster…` |
//! | the server fails on one item | [`load`] and [`increment`] `an_item_the_server_fails_on…` |

mod age;
mod binding;
mod fence;
mod folders;
mod increment;
mod journal;
mod library;
mod load;
mod queries;
mod resync;
