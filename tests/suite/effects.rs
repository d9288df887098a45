//! The core performs no effect: what `clippy.toml` forbids by name, looked for once more in the text of `src/`, where
//! no `allow` can hide it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Names of effects, and of what would be a memory beside the session's own; without blanks.
const FORBIDDEN: [&str; 15] = [
    "Instant::now",
    "LazyLock",
    "OnceLock",
    "RandomState",
    "SystemTime",
    "TimeZone::system",
    "Timestamp::now",
    "Zoned::now",
    "dbg!",
    "option_env!",
    "print!",
    "println!",
    "staticmut",
    "thread_local",
    "unsafe",
];

/// Modules of the standard library that are effects, however they are imported.
const MODULES: [&str; 6] = ["env", "fs", "net", "os", "process", "thread"];

#[test]
fn the_core_performs_no_effect() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() >= 20, "only {} files below src", files.len());
    for file in files {
        let found = effects(&fs::read_to_string(&file).unwrap());
        assert!(found.is_empty(), "{} holds {found:?}", file.display());
    }
}

#[test]
fn an_effect_is_found_however_it_is_written() {
    for (code, effect) in [
        ("let _ = std::fs::read(path);", "fs"),
        ("use std::{fmt, net::TcpStream};", "net"),
        ("use std::{\n    fmt,\n    io::{self, Read},\n    thread,\n};", "thread"),
        ("use ::std :: process;", "process"),
        ("let now = Instant :: now();", "Instant::now"),
        ("static  mut COUNT: u8 = 0;", "staticmut"),
        ("std::thread_local! {}", "thread_local"),
        ("unsafe fn f() {}", "unsafe"),
        ("eprintln!(\"x\");", "println!"),
    ] {
        assert_eq!(effects(code), [effect], "{code}");
    }
    for code in [
        "use std::{env_name, fmt, time::Duration}; use self::fs;",
        "#![forbid(unsafe_code)]",
        "    /// Reads unsafe things from std::fs.",
        "const AGENT: &str = concat!(env!(\"CARGO_PKG_NAME\"), \"/\");",
        "use std::{fmt, ops::ControlFlow}; use crate::{process, net};",
    ] {
        assert_eq!(effects(code), <[&str; 0]>::default(), "{code}");
    }
}

/// What of the forbidden stands in this code; comments aside.
fn effects(code: &str) -> Vec<&'static str> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = lines.flat_map(str::split_whitespace).collect();
    let code = code.replace("unsafe_code", "");
    let named = |name: &&str| code.contains(*name);
    let imported = |module: &&str| {
        code.split("std::").skip(1).any(|path| {
            // One path, or the tree of an import up to its end.
            let end = if path.starts_with('{') { path.find(';') } else { path.find([',', '}', ';']) };
            let tree = &path[..end.unwrap_or(path.len())];
            tree.split(['{', ',', '}']).any(|path| path.split("::").next() == Some(*module))
        })
    };
    FORBIDDEN.into_iter().filter(named).chain(MODULES.into_iter().filter(imported)).collect()
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
