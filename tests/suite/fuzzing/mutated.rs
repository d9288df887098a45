//! Inputs made of saved ones, on which the body of a fuzz target is run.

use std::{fmt, fs, path::Path};

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};

/// Runs a body on inputs as they are, and on what becomes of them.
pub(crate) fn hold(folder: &str, cases: u32, body: fn(&[u8])) {
    let seeds = seeds(folder);
    seeds.iter().for_each(|seed| body(seed));
    let inputs = (any::<prop::sample::Index>(), prop::collection::vec(change(), 1..6))
        .prop_map(|(seed, changes)| Input(changed(&seeds, seed, &changes)));
    run(&inputs, cases, |input| body(&input.0));
}

/// Runs something on inputs that are the same each time: new ones are the fuzzer's.
pub(crate) fn run<S: Strategy>(inputs: &S, cases: u32, body: impl Fn(S::Value)) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let ran = TestRunner::new_with_rng(config, random).run(inputs, |input| {
        body(input);
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

/// The saved answers, requests and texts that the targets begin with.
fn seeds(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{}", folder.display());
    files.into_iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Bytes that show as text where they fail.
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// What is done to an input, at places counted in 1/65536 of its length.
#[derive(Debug, Clone)]
enum Change {
    Remove(u16, u8),
    Repeat(u16, u16),
    Write(u16, Vec<u8>),
    Splice(u16, prop::sample::Index, u16),
}

fn change() -> impl Strategy<Value = Change> {
    let words: Vec<&[u8]> = vec![
        b"\"",
        b"<",
        b">",
        b"&",
        b"'",
        b"{",
        b"}",
        b"[",
        b"]",
        b"null",
        b"-1",
        b"9223372036854775808",
        b"\r\n",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"&#0;",
        b"&#x10FFFF;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"\\ud800",
        b";#",
        b"--",
        b":",
        b"429\nretry-after: 7\n\n",
    ];
    let words = prop::sample::select(words).prop_map(<[u8]>::to_vec);
    prop_oneof![
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<u16>(), any::<u16>()).prop_map(|(from, to)| Change::Repeat(from, to)),
        (any::<u16>(), prop_oneof![words, prop::collection::vec(any::<u8>(), 1..4)])
            .prop_map(|(at, bytes)| Change::Write(at, bytes)),
        (any::<u16>(), any::<prop::sample::Index>(), any::<u16>())
            .prop_map(|(at, other, from)| Change::Splice(at, other, from)),
    ]
}

fn changed(seeds: &[Vec<u8>], seed: prop::sample::Index, changes: &[Change]) -> Vec<u8> {
    let mut input = seed.get(seeds).clone();
    for change in changes {
        let place = |at: u16, length: usize| usize::from(at) * length / 65_536;
        let length = input.len();
        match change {
            Change::Remove(at, count) => {
                let at = place(*at, length);
                drop(input.drain(at..length.min(at + usize::from(*count))));
            }
            Change::Repeat(from, to) => {
                let (from, to) = (place(*from.min(to), length), place(*from.max(to), length));
                let piece = input[from..to].to_vec();
                drop(input.splice(to..to, piece));
            }
            Change::Write(at, bytes) => {
                let at = place(*at, length);
                drop(input.splice(at..length.min(at + bytes.len()), bytes.iter().copied()));
            }
            Change::Splice(at, other, from) => {
                let other = other.get(seeds);
                input.truncate(place(*at, length));
                input.extend(&other[place(*from, other.len())..]);
            }
        }
    }
    input
}
