//! The bodies of the fuzz targets, run on the fixtures and on what becomes of them; and what fuzzing found, by name.

use std::{cell::Cell, collections::BTreeSet, fs, path::Path};

use arbitrary::{Arbitrary, Unstructured};
use proptest::prelude::*;

use self::mutated::{hold, run};

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "to the fuzz targets it is")]
mod bodies;
mod mutated;

/// Stories that reach no end would hold anything.
fn hold_stories(cases: u32, body: fn(&bodies::Story) -> u32) {
    let stories = prop::collection::vec(any::<u8>(), 0..2_000)
        .prop_map(|bytes| bodies::Story::arbitrary_take_rest(Unstructured::new(&bytes)).unwrap());
    let ends = Cell::new(0);
    run(&stories, cases, |story| ends.set(ends.get() + body(&story)));
    assert!(ends.get() > cases / 10, "{}", ends.get());
}

#[test]
fn no_target_is_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let mut targets = BTreeSet::new();
    for entry in fs::read_dir(root.join("fuzz/fuzz_targets")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let target = name.strip_suffix(".rs").unwrap().to_owned();
        let calls = text(&format!("fuzz/fuzz_targets/{name}"));
        assert!(calls.contains(&format!("sharepoint_changes_fuzz::{target}(")), "{name} runs another body");
        targets.insert(target);
    }
    // The plain reader of rowsets is at hand within the crate alone.
    let runs = ["tests/suite/fuzzing.rs", "src/feed/items/rowset/fast/tests/fuzzed.rs"].map(text).concat();
    let held = runs.lines().map(str::trim).filter(|line| line.starts_with("hold"));
    let run: BTreeSet<_> = held
        .filter_map(|line| Some(line.strip_suffix(");")?.rsplit_once("bodies::")?.1.to_owned()))
        .collect();
    assert_eq!(run, targets);
}

#[test]
fn answers_of_get_changes() {
    hold("tests/fixtures", 2_000, bodies::changes_json);
}

#[test]
fn both_readers_of_get_changes() {
    hold("tests/fixtures", 2_000, bodies::changes_fast);
}

#[test]
fn rowsets() {
    hold("tests/fixtures", 2_000, bodies::rowset);
}

#[test]
fn faults() {
    hold("tests/fixtures", 2_000, bodies::fault);
    hold("fuzz/seeds/answers", 1_000, bodies::fault);
}

#[test]
fn batches() {
    hold("tests/fixtures", 1_000, bodies::batch);
}

#[test]
fn digests() {
    hold("tests/fixtures", 1_000, bodies::digest);
}

#[test]
fn rests() {
    hold("fuzz/seeds/answers", 2_000, bodies::retry_after);
}

#[test]
fn tokens() {
    hold("fuzz/seeds/tokens", 2_000, bodies::token);
}

#[test]
fn checkpoints() {
    hold("fuzz/seeds/checkpoints", 2_000, bodies::checkpoint);
}

#[test]
fn caml() {
    hold("fuzz/seeds/caml", 2_000, bodies::caml);
}

#[test]
fn requests_into_the_simulator() {
    hold("tests/golden", 500, bodies::sim_request);
}

#[test]
fn sessions_over_changes() {
    hold_stories(500, bodies::session_changes);
}

#[test]
fn sessions_over_items() {
    hold_stories(500, bodies::session_items);
}

// What fuzzing found.

#[test]
fn found_in_caml_the_end_of_a_section_that_never_began() {
    bodies::caml(b"<Where>a ]]> b</Where>");
}

#[test]
fn found_in_caml_a_comment_that_ends_with_three_dashes() {
    bodies::caml(b"<Where><!-- a ---></Where>");
}

#[test]
fn found_in_caml_a_letter_that_no_name_may_hold() {
    bodies::caml("<ViewFields><Field Namº=\"a\"/></ViewFields>".as_bytes());
}

#[test]
fn found_in_caml_an_element_named_like_a_declaration() {
    bodies::caml(b"<Contains><xmlns:qf/></Contains>");
}

#[test]
fn found_in_caml_fields_that_the_property_bag_made_another_text() {
    bodies::caml(b"<ViewFields/>");
    bodies::caml(b"<ViewFields Properties='FALSE'/>");
}

#[test]
fn found_a_digest_that_no_reader_of_headers_takes_for_text() {
    bodies::digest("{\"FormDigestValue\":\"0xé\",\"FormDigestTimeoutSeconds\":1800}".as_bytes());
}
