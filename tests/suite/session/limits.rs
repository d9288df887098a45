//! The limits of single answers, which hold in a run as they do in a single call.

use std::error::Error as _;

use sharepoint_changes::{Error, Settings, Start};

use super::script::{MINUTE, Script, query, token};

#[test]
fn a_page_of_more_rows_than_the_settings_allow_is_an_error_that_names_the_limit() {
    let run = |most: usize| {
        let mut settings = Settings::default();
        settings.limits.changes = most;
        let mut script = Script::with(query(), Start::Token(token(100, -MINUTE)), settings);
        script.fence(&token(110, 0));
        script.rows(&[token(101, -30), token(102, -29), token(103, -28)]);
        script
    };
    assert_eq!(run(3).page().changes.len(), 3);
    let error = run(2).error();
    let Error::Decode(decode) = &error else { panic!("{error:?}") };
    assert_eq!(decode.limit(), Some("changes"));
    let told = error.source().expect("what cannot be read").to_string();
    assert!(told.contains("at most 2 rows of changes") && told.contains("Limits::changes"), "{told}");
}
