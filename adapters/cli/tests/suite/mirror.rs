//! `mirror`: a list kept as a table.

use serde_json::Value;

use crate::{command, copy::Copy, run};

#[test]
fn a_copy_that_goes_on_equals_one_made_anew() {
    for (seed, from, to) in [(1, 200, 260), (2, 300, 700), (3, 500, 1200)] {
        for list in ["Documents", "Tasks", "Q1 Bids"] {
            let address = |changes| format!("sim:?seed={seed}&changes={changes}");
            let (kept, anew) = (Copy::new(), Copy::new());
            let first = kept.mirror(&address(from), list, &["--rows-per-page", "7"]).with(0).last();
            assert_eq!((&first["type"], &first["loads"]), (&"caught_up".into(), &1.into()), "{first}");
            let second = kept.mirror(&address(to), list, &["--rows-per-page", "7"]).with(0).last();
            let fresh = anew.mirror(&address(to), list, &[]).with(0).last();
            if second["reloaded"].is_null() {
                assert_eq!(second["loads"], 0, "{seed} {list}: {second}");
            }
            assert_eq!(kept.dump(), anew.dump(), "{seed} {list}");
            assert_eq!((&second["rows"], &second["pending"]["items"]), (&fresh["rows"], &0.into()));
        }
    }
}

/// The first block of the README with this fence.
fn readme(fence: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let (_, rest) = text.split_once(&format!("```{fence}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_command_of_the_readme_makes_what_its_sql_reads() {
    let words = readme("sh mirror");
    let (cargo, args) = words.trim().split_once(" -- ").unwrap();
    assert!(cargo.starts_with("cargo run "), "{cargo}");
    let args: Vec<&str> = args.split(' ').collect();
    let folder = tempfile::tempdir().unwrap();
    assert!(command(&args).current_dir(&folder).output().unwrap().status.success());
    let file = rusqlite::Connection::open(folder.path().join("documents.sqlite")).unwrap();
    let mut statement = file.prepare(&readme("sql mirror")).unwrap();
    let paths = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let paths: Vec<String> = paths.map(Result::unwrap).collect();
    assert!(paths.len() > 3 && paths.iter().all(|path| path.starts_with("/sites/ops/Shared Documents/")));
}

#[test]
fn a_second_run_finds_nothing_and_asks_little() {
    let copy = Copy::new();
    let first = copy.mirror("sim:", "Documents", &[]).with(0).last();
    let second = copy.mirror("sim:", "Documents", &[]).with(0).last();
    assert_eq!((&second["pages"], &second["written"]), (&0.into(), &0.into()), "{second}");
    assert_eq!(second["rows"], first["rows"]);
    assert!(second["requests"].as_u64() < first["requests"].as_u64(), "{first} {second}");
}

#[test]
fn people_read_what_a_run_did() {
    let copy = Copy::new();
    let out = copy.mirror("sim:", "Documents", &["--output", "text"]).with(0).out;
    assert!(out.contains("rows of Documents in table Documents\n") && out.contains("1 full load, "), "{out}");
    let out = run(&["mirror", "--into", &copy.path, "--status", "--output", "text"]).with(0).out;
    assert!(out.contains("\nlast sync   20") && out.contains("\nlog         trusted for 5"), "{out}");
}

#[test]
fn over_soap_the_copy_is_the_same() {
    let (rest, soap) = (Copy::new(), Copy::new());
    rest.mirror("sim:", "Documents", &[]).with(0);
    soap.mirror("sim:", "Documents", &["--soap", "--rows-per-page", "3"]).with(0);
    assert_eq!(rest.dump(), soap.dump());
    let err = Copy::new().mirror("sim:", "/sites/ops/Shared Documents", &["--soap"]).with(2).err;
    assert!(err.contains("exit code 2"), "{err}");
}

#[test]
fn only_the_columns_that_were_named_are_kept_and_more_need_a_full_load() {
    let copy = Copy::new();
    copy.mirror("sim:", "Tasks", &["--fields", "Title"]).with(0);
    let fields =
        "SELECT count(*) FROM pragma_table_info('Tasks') WHERE name != 'id' AND name NOT GLOB 'sp_*'";
    assert_eq!(copy.number(fields), 1);
    let wider = ["--fields", "Title,Modified"];
    let err = copy.mirror("sim:", "Tasks", &wider).with(7).err;
    assert!(err.contains("--full"), "{err}");
    copy.mirror("sim:", "Tasks", &[&wider[..], &["--full"]].concat()).with(0);
    assert_eq!(copy.number(fields), 2);
}

#[test]
fn a_file_of_another_list_or_site_is_refused() {
    let copy = Copy::new();
    copy.mirror("sim:", "Documents", &[]).with(0);
    for (address, list) in [
        ("sim:", "Tasks"),
        ("sim:", "/sites/ops/Lists/Tasks"),
        ("sim:", &uuid()),
        ("sim:?seed=2", "Documents"),
    ] {
        for more in [&[][..], &["--full"]] {
            let ended = copy.mirror(address, list, more).with(7);
            assert!(
                ended.out.is_empty() && ended.err.contains("one file for each list"),
                "{list}: {}",
                ended.err
            );
        }
    }
    // The same list by another name.
    let id = copy.mirror("sim:", "Documents", &[]).with(0).last()["list"].as_str().unwrap().to_owned();
    copy.mirror("sim:", &id, &[]).with(0);
    copy.mirror("sim:", "/sites/ops/Shared Documents", &[]).with(0);
    std::fs::write(&copy.path, "no database").unwrap();
    copy.mirror("sim:", "Documents", &[]).with(7);
}

fn uuid() -> String {
    "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66".to_owned()
}

#[test]
fn verify_finds_no_drift_in_a_good_copy_and_repair_mends_a_spoilt_one() {
    let copy = Copy::new();
    let address = "sim:?seed=4&changes=900";
    copy.mirror(address, "Tasks", &[]).with(0);
    let good = copy.dump();
    let verified = copy.mirror(address, "Tasks", &["--verify"]).with(0).last();
    assert_eq!((&verified["type"], &verified["drift"]), (&"verified".into(), &0.into()), "{verified}");
    assert_eq!(verified["compared"].as_u64(), Some(good.len() as u64));

    let id = |n: usize| copy.number(&format!("SELECT id FROM Tasks ORDER BY id LIMIT 1 OFFSET {n}"));
    let (changed, lost) = (id(0), id(1));
    copy.open()
        .execute_batch(&format!(
            "UPDATE Tasks SET Title = 'spoilt' WHERE id = {changed};
             DELETE FROM Tasks WHERE id = {lost};
             INSERT INTO Tasks (id, sp_unique_id, sp_name, Title) VALUES (99999, '#99999', 'made up', 'made up')"
        ))
        .unwrap();
    let verified = copy.mirror(address, "Tasks", &["--verify"]).with(1).last();
    let expected = (Value::from(3), [changed], [lost], [99999]);
    let ids = |name: &str| -> Vec<i64> { serde_json::from_value(verified[name].clone()).unwrap() };
    assert_eq!(verified["drift"], expected.0);
    assert_eq!(
        (ids("different"), ids("missing"), ids("extra")),
        (expected.1.to_vec(), expected.2.to_vec(), expected.3.to_vec())
    );

    let lines = copy.mirror(address, "Tasks", &["--repair"]).with(0).lines();
    assert_eq!((&lines[0]["drift"], &lines[1]["type"]), (&3.into(), &"caught_up".into()));
    assert_eq!(copy.dump(), good);
    copy.mirror(address, "Tasks", &["--verify"]).with(0);
}

#[test]
fn the_status_is_told_without_asking_and_warns_in_time() {
    let copy = Copy::new();
    run(&["mirror", "--into", &copy.path, "--status"]).with(7);
    copy.mirror("sim:", "Documents", &[]).with(0);
    let status = run(&["mirror", "--into", &copy.path, "--status", "--json"]).with(0);
    let line = status.last();
    assert_eq!((&line["type"], &line["title"]), (&"status".into(), &"Documents".into()), "{line}");
    assert!(
        line["rows"].as_u64() > Some(0) && line["held_back"].is_null() && line["warning"] == false,
        "{line}"
    );
    assert!((54.9..=55.0).contains(&line["days_left"].as_f64().unwrap()), "{line}");
    assert!(status.err.is_empty(), "{}", status.err);
    // The office went on; the copy did not.
    let late = ["mirror", "sim:?changes=900", "--into", &copy.path, "--status", "--retention", "2h"];
    let status = run(&late).with(0);
    let line = status.last();
    assert!(line["warning"] == true && line["days_left"].as_f64() < Some(0.0), "{line}");
    assert!(line["seconds_behind"].as_u64() > Some(7_200), "{line}");
    assert!(status.err.contains("warning: more than half"), "{}", status.err);
}

#[test]
fn a_server_that_wants_to_be_left_alone_is_left_alone_by_the_next_run_too() {
    let copy = Copy::new();
    let address = "sim:?fault=throttled:3600@3";
    let ended = copy.mirror(address, "Documents", &["--max-rest", "1m"]).with(5);
    assert!(ended.err.contains("class throttled"), "{}", ended.err);
    let ended = copy.mirror("sim:", "Documents", &[]).with(5);
    assert!(ended.err.contains("asked to be left alone until"), "{}", ended.err);
    copy.mirror("sim:", "Documents", &["--now"]).with(0);
    assert_eq!(copy.number("SELECT count(not_before) FROM _command"), 0);
    let absurd = "sim:?changes=900&fault=throttled:31536000@3";
    let ended = copy.mirror(absurd, "Documents", &[]).with(5);
    assert!(ended.err.contains("which no server means"), "{}", ended.err);
    assert_eq!(copy.number("SELECT count(not_before) FROM _command"), 0);
    copy.open().execute("UPDATE _command SET not_before = '2026-01-01T00:00:00Z'", []).unwrap();
    copy.mirror("sim:", "Documents", &[]).with(0);
}

#[test]
fn no_secret_is_in_the_file_or_in_any_output() {
    const SECRET: &str = "hunter2-eyJhbGciOi";
    let copy = Copy::new();
    let guarded = format!("sim:?auth=bearer:{SECRET}");
    let mut mirror = command(&copy.args(&guarded, "Documents", &["-v"]));
    let output = mirror.env("SPCHANGES_TOKEN", SECRET).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = [output.stdout, output.stderr].concat();
    let file = std::fs::read(&copy.path).unwrap();
    for bytes in [&text, &file] {
        assert!(!bytes.windows(SECRET.len()).any(|at| at == SECRET.as_bytes()));
    }
}
