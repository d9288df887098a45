//! The command as its users meet it: arguments in; stdout, stderr and an exit code out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acks;
mod copy;
mod following;
mod guard;
mod killed;
mod large;
mod leaks;
mod limits;
mod mirror;
mod outages;
mod read;
mod restored;
mod rowset;
mod secrets;
mod served;
mod signals;
mod state;
mod tail;
mod terminal;
mod token;

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

/// How a run of the command ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ended {
    /// The lines of stdout, each of them JSON.
    fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }

    /// The tokens of the changes: what identifies them. Ids in `raw` are made anew for every answer.
    fn changes(&self) -> Vec<String> {
        let changes = self.lines().into_iter().filter(|line| line["type"] == "change");
        changes.map(|line| line["token"].as_str().unwrap().to_owned()).collect()
    }

    /// The last line.
    fn last(&self) -> Value {
        self.lines().pop().unwrap_or_else(|| panic!("nothing on stdout; stderr: {}", self.err))
    }

    /// The run itself, if it ended with this code.
    #[track_caller]
    fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spchanges"));
    command.args(args).env_remove("SPCHANGES_TOKEN").env_remove("SPCHANGES_COOKIE");
    command
}

/// Runs the command without a stdin.
fn run(args: &[&str]) -> Ended {
    run_with(args, b"")
}

/// Runs the command with this on its stdin.
fn run_with(args: &[&str], stdin: &[u8]) -> Ended {
    let mut command = command(args);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A command that reads nothing closes its end, which is no failure of the test.
    let writer = std::thread::spawn(move || pipe.write_all(&stdin).unwrap_or_default());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of its own for a test, and the path of a state file in it.
fn state() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json").to_str().unwrap().to_owned();
    (folder, path)
}

/// What a state file holds.
fn saved(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A file of the project's fixtures.
fn fixture(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "tests", "fixtures", name].iter().collect();
    path.to_str().unwrap().to_owned()
}
