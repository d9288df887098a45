//! `--commit manual`: what the consumer has acknowledged, and nothing else, moves the state.

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use serde_json::Value;

use crate::{Ended, command, run, run_with, saved, state};

fn tail(path: &str, stdin: &str) -> Ended {
    let args = ["tail", "sim:", "--state", path, "--commit", "manual", "--page-size", "20"];
    run_with(&args, stdin.as_bytes())
}

fn tokens() -> Vec<String> {
    let all = run(&["tail", "sim:"]).with(0).lines();
    all.iter().map(|line| line["token"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn without_an_ack_nothing_moves() {
    let (_folder, path) = state();
    let ended = tail(&path, "").with(3);
    assert_eq!(ended.last()["type"], "caught_up");
    assert!(!std::fs::exists(&path).unwrap() && ended.err.contains("acknowledged"), "{}", ended.err);
}

#[test]
fn an_ack_stands_for_its_row_and_all_before_it() {
    let (_folder, path) = state();
    let tokens = tokens();
    // Rows 30 and 10: the later one counts, whatever comes first.
    tail(&path, &format!("ack {}\nack {}\n\n", tokens[29], tokens[9])).with(3);
    assert_eq!(run(&["tail", "sim:", "--state", &path]).with(0).changes()[0], tokens[30]);
}

#[test]
fn an_ack_of_the_last_row_or_of_the_end_brings_the_state_to_the_end() {
    let tokens = tokens();
    let (control, rows) = tokens.split_last().unwrap();
    for token in [rows.last().unwrap(), control] {
        let (_folder, path) = state();
        let ended = tail(&path, &format!("ack {token}\n")).with(0);
        assert_eq!(saved(&path)["checkpoint"], ended.last()["checkpoint"]);
    }
}

#[test]
fn where_nothing_is_new_the_state_moves_by_itself() {
    let (_folder, path) = state();
    run(&["tail", "sim:", "--state", &path]).with(0);
    let ended = tail(&path, "").with(0);
    assert_eq!(saved(&path)["checkpoint"], ended.last()["checkpoint"]);
}

#[test]
fn what_is_no_ack_of_a_row_is_passed_over_and_told() {
    let (_folder, path) = state();
    let tokens = tokens();
    let foreign = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";
    let stdin = format!("hello\nack nonsense\nack {}\nack {foreign}\n", tokens[4]);
    let ended = tail(&path, &stdin).with(3);
    for says in ["\"hello\" is no `ack TOKEN`", "ack nonsense", "never printed"] {
        assert!(ended.err.contains(says), "{says}: {}", ended.err);
    }
    assert_eq!(run(&["tail", "sim:", "--state", &path]).with(0).changes()[0], tokens[5]);
}

#[test]
fn a_limit_waits_for_its_acks() {
    let (_folder, path) = state();
    let tokens = tokens();
    let args = ["tail", "sim:", "--state", &path, "--commit", "manual", "--max", "7"];
    let ended = run_with(&args, format!("ack {}\n", tokens[6]).as_bytes()).with(3);
    assert_eq!(saved(&path)["checkpoint"], ended.last()["checkpoint"]);
}

/// A consumer that answers each row as it comes, and one that reads everything before it answers.
#[test]
fn a_consumer_may_answer_in_whatever_order() {
    for at_once in [true, false] {
        let (_folder, path) = state();
        let args = ["tail", "sim:", "--state", &path, "--commit", "manual", "--page-size", "9"];
        let mut child = command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut acks = child.stdin.take().unwrap();
        let mut held = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if line["type"] == "change" {
                let ack = format!("ack {}\n", line["token"].as_str().unwrap());
                if at_once { acks.write_all(ack.as_bytes()).unwrap() } else { held.push(ack) }
            } else {
                // Stdin stays open: the run ends because everything was acknowledged.
                held.drain(..).for_each(|ack| acks.write_all(ack.as_bytes()).unwrap_or_default());
            }
        }
        assert_eq!(child.wait().unwrap().code(), Some(0), "{at_once}");
        assert!(run(&["tail", "sim:", "--state", &path]).with(0).changes().is_empty(), "{at_once}");
    }
}
