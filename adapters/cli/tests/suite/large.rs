//! `mirror` of a large list, served by another process, within the memory of a page.
//!
//! Small by default; `SPCHANGES_LARGE_ITEMS=200000 SPCHANGES_LARGE_CHANGES=10000` in release mode is the whole of it.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "it measures, and tells what")]

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{command, copy::Copy, served::Served};

/// The most memory a process may ever have held, in KiB.
const MOST: u64 = 60 * 1024;

fn asked(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// The most a living process has held so far (`VmHWM`), in KiB; none once it has ended.
fn peak(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Runs until the control record came, and holds the process there to be measured.
fn follow(what: &str, args: &[&str]) -> Value {
    let begin = Instant::now();
    let args = [args, &["--follow", "--every", "1h"]].concat();
    let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let peak = peak(&child).unwrap();
    let record: Value = serde_json::from_str(&line).unwrap();
    println!("{what}: {:.1} s, {} MiB at most, {record}", begin.elapsed().as_secs_f64(), peak / 1024);
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(record["type"], "caught_up", "{record}");
    assert!(peak < MOST, "{what}: {peak} KiB");
    record
}

/// Runs to the end, looked at all the while.
fn verify(args: &[&str]) -> Value {
    let begin = Instant::now();
    let args = [args, &["--verify"]].concat();
    let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(peak(&child).unwrap_or(0));
        thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    let record: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("verify: {:.1} s, {} MiB at most, {record}", begin.elapsed().as_secs_f64(), most / 1024);
    assert!(output.status.success(), "{record}");
    assert!((1..MOST).contains(&most), "verify: {most} KiB");
    record
}

/// Something that happens to one of the first items; it may be impossible, as where the item is gone.
fn change(rng: &mut Rng, n: u64, items: u64) -> Value {
    let list = "Documents";
    let id = rng.u64(1..=items);
    match rng.u32(0..100) {
        0..45 => json!({"do": "edit", "list": list, "id": id, "values": {"Title": format!("Change {n}")}}),
        45..60 => {
            json!({"do": "system-update", "list": list, "id": id, "values": {"Title": format!("System {n}")}})
        }
        60..75 => json!({"do": "upload", "list": list, "name": format!("New {n}.docx"), "size": n}),
        75..83 => json!({"do": "recycle", "list": list, "id": id}),
        83..90 => json!({"do": "delete", "list": list, "id": id}),
        90..95 => json!({"do": "move", "list": list, "id": id, "folder": ""}),
        _ => json!({"do": "rename", "list": list, "id": id, "name": format!("Name {n}.docx")}),
    }
}

#[test]
fn a_large_list_is_loaded_changed_and_compared_within_the_memory_of_a_page() {
    let items = asked("SPCHANGES_LARGE_ITEMS", 3_000);
    let changes = asked("SPCHANGES_LARGE_CHANGES", 200);
    let fill = format!("Documents:{items}:500");
    let served = Served::start(&["--changes", "0", "--fill", &fill]);
    let copy = Copy::new();
    let args = copy.args(served.address(), "Documents", &[]);

    let loaded = follow("load", &args);
    assert!(loaded["loads"] == 1 && loaded["rows"].as_u64() >= Some(items), "{loaded}");

    let mut rng = Rng::with_seed(11);
    let mut done = 0;
    for n in 0.. {
        if done == changes {
            break;
        }
        done += u64::from(served.try_control(&change(&mut rng, n, items)).is_ok());
    }
    let followed = follow("changes", &args);
    assert_eq!(followed["loads"], 0, "{followed}");
    assert!(followed["written"].as_u64() > Some(changes / 2), "{followed}");

    let verified = verify(&args);
    assert_eq!(verified["drift"], 0, "{verified}");
    assert_eq!(verified["compared"], followed["rows"], "{verified}");
}
