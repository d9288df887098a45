//! Puts every mutant of a list into the sources at once, each asleep until `MUTANT` names its number.
//!
//! `weave into TREE LIST UNVIABLE PLACES MUTANTS` rewrites the files under TREE. LIST is what `cargo mutants --list
//! --json` says; a mutant's number is its place there, from 1. UNVIABLE has the numbers of those to leave out, a line
//! each. PLACES is written, a line for each mutant that was put in: its number, its file, and the bytes it takes there;
//! and MUTANTS, a line for each: its number, `woven`, `alone` or `unviable`, a digest of its file, and its name.
//!
//! `weave blame PLACES MESSAGES` says which mutants the errors in cargo's messages stand in. It fails where one stands
//! in none.

#![allow(
    clippy::disallowed_methods,
    reason = "what the core must not touch, its tools may: files, the environment"
)]

mod place;

use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    env, fs,
    hash::{Hash, Hasher},
    path::Path,
    process::ExitCode,
};

use serde::Deserialize;

use crate::place::{Kind, Mutant};

/// One entry of the list.
#[derive(Deserialize)]
struct Listed {
    name: String,
    file: String,
    genre: String,
    replacement: String,
    span: Span,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    return_type: String,
}

#[derive(Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// Lines and columns count from 1, columns in characters.
#[derive(Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["into", tree, list, unviable, places, mutants] => into(tree, list, unviable, places, mutants),
        ["blame", places, messages] => return blame(places, messages),
        _ => panic!("weave into TREE LIST UNVIABLE PLACES MUTANTS, or weave blame PLACES MESSAGES"),
    }
    ExitCode::SUCCESS
}

fn into(tree: &str, list: &str, unviable: &str, places: &str, mutants: &str) {
    let listed: Vec<Listed> = serde_json::from_str(&read(list)).expect("a list of mutants");
    let unviable: BTreeSet<usize> = read(unviable).lines().map(number).collect();
    let mut files: BTreeMap<&str, Vec<(usize, &Listed)>> = BTreeMap::new();
    for (number, mutant) in (1..).zip(&listed) {
        files.entry(&mutant.file).or_default().push((number, mutant));
    }
    let (mut told_places, mut told) = (String::new(), String::new());
    for (file, of_file) in files {
        let path = Path::new(tree).join(file);
        let text = read(&path);
        let lines = Lines::of(&text);
        let in_place = of_file.iter().filter(|(number, _)| !unviable.contains(number));
        let in_place = in_place.map(|(number, mutant)| Mutant {
            number: *number,
            kind: kind(mutant),
            start: lines.byte(&mutant.span.start),
            end: lines.byte(&mutant.span.end),
            replacement: &mutant.replacement,
        });
        let woven = place::weave(&text, in_place.collect());
        fs::write(&path, woven.text).expect("the tree can be written");
        for (number, range) in &woven.ranges {
            told_places += &format!("{number}\t{file}\t{}\t{}\n", range.start, range.end);
        }
        let digest = digest(&text);
        for (number, mutant) in of_file {
            let fate = match () {
                () if unviable.contains(&number) => "unviable",
                () if woven.alone.contains(&number) => "alone",
                () => "woven",
            };
            told += &format!("{number}\t{fate}\t{digest:016x}\t{}\n", mutant.name);
        }
    }
    fs::write(places, told_places).expect("PLACES can be written");
    fs::write(mutants, told).expect("MUTANTS can be written");
}

fn kind(mutant: &Listed) -> Kind {
    // Another value of a type that is not named is of another type.
    let unnamed = mutant.function.as_ref().is_some_and(|function| function.return_type.contains("impl "));
    match mutant.genre.as_str() {
        "FnValue" if !unnamed => Kind::Value,
        "BinaryOperator" => Kind::Binary,
        "UnaryOperator" => Kind::Unary,
        "MatchArm" => Kind::Arm,
        "MatchArmGuard" => Kind::Guard,
        "StructField" => Kind::Field,
        _ => Kind::Alone,
    }
}

/// A line of cargo's messages.
#[derive(Deserialize)]
struct Message {
    message: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    #[serde(default)]
    spans: Vec<Blamed>,
    rendered: Option<String>,
}

#[derive(Deserialize)]
struct Blamed {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    is_primary: bool,
}

fn blame(places: &str, messages: &str) -> ExitCode {
    let places = read(places);
    let places: Vec<(usize, &str, usize, usize)> = places
        .lines()
        .map(|line| {
            let parts: Vec<&str> = line.split('\t').collect();
            (number(parts[0]), parts[1], number(parts[2]), number(parts[3]))
        })
        .collect();
    let mut blamed = BTreeSet::new();
    let mut code = ExitCode::SUCCESS;
    for line in read(messages).lines() {
        let Ok(Message { message: Some(error) }) = serde_json::from_str(line) else { continue };
        let spans: Vec<_> = error.spans.iter().filter(|span| span.is_primary).collect();
        if error.level != "error" || spans.is_empty() {
            continue;
        }
        let within = |span: &Blamed| {
            let holds = |place: &&(usize, &str, usize, usize)| {
                span.file_name == place.1 && place.2 <= span.byte_start && span.byte_end <= place.3
            };
            places.iter().find(holds).map(|place| place.0)
        };
        let found: Vec<usize> = spans.into_iter().filter_map(within).collect();
        if found.is_empty() {
            eprintln!("{}", error.rendered.unwrap_or_default());
            code = ExitCode::FAILURE;
        }
        blamed.extend(found);
    }
    blamed.iter().for_each(|number| println!("{number}"));
    code
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn number(text: &str) -> usize {
    text.trim().parse().expect("a number")
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// Where each line begins.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    fn byte(&self, place: &Place) -> usize {
        let start = self.starts[place.line - 1];
        let line = &self.text[start..];
        start + line.char_indices().nth(place.column - 1).map_or(line.len(), |(at, _)| at)
    }
}
