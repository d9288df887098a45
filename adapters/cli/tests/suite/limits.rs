//! Answers that are larger than is believed: the error says by which option more is.

use crate::{copy::Copy, run};

#[test]
fn a_page_of_more_changes_than_are_believed_names_the_option() {
    let tail = |option| run(&["tail", "sim:", "--page-size", "50", option]);
    let err = tail("--max-rows=49").with(8).err;
    assert!(
        err.contains("at most 49 rows") && err.contains("what to do: ") && err.contains("--max-rows"),
        "{err}"
    );
    assert!(tail("--max-rows=50").with(0).err.is_empty());
}

/// A list is asked for fewer items at once by itself.
#[test]
fn a_page_of_more_items_than_are_believed_is_asked_for_in_parts() {
    let (whole, parts) = (Copy::new(), Copy::new());
    whole.mirror("sim:", "Documents", &[]).with(0);
    parts.mirror("sim:", "Documents", &["--rows-per-page", "50", "--max-rows", "2"]).with(0);
    assert_eq!(parts.dump(), whole.dump());
}

#[cfg(unix)]
#[test]
fn a_body_larger_than_is_believed_names_the_option() {
    let served = crate::served::Served::start(&[]);
    let copy = Copy::new();
    for (size, code) in [("2KiB", 8), ("2MiB", 0)] {
        let tail = ["tail", served.address(), "--since", "beginning", "--max-body", size];
        let mirror = copy.mirror(served.address(), "Documents", &["--max-body", size]).with(code);
        for ended in [run(&tail).with(code), mirror] {
            let told = ended.err.contains("larger than 2048 bytes");
            assert_eq!((told, ended.err.contains("--max-body")), (code == 8, code == 8), "{}", ended.err);
        }
    }
}

#[test]
fn sizes_and_numbers_that_mean_nothing_are_refused() {
    for option in [
        "--max-body=0",
        "--max-body=1.5MiB",
        "--max-body=2PiB",
        "--max-body=513MiB",
        "--max-body=-1",
        "--max-rows=0",
    ] {
        let ended = run(&["tail", "sim:", option]).with(2);
        assert!(ended.out.is_empty() && ended.err.contains("--max-"), "{option}: {}", ended.err);
    }
}
