//! The fast reader of GetChanges pages against the plain one: equal values, or both refuse.
//!
//! A blank before a page means nothing and is written by no server, so the fast reader leaves such a page to the plain
//! one. Reading every page twice, with and without a blank before it, therefore compares the two.

use std::{fmt::Write as _, fs, path::Path};

use sharepoint_changes::{Change, ChangeQuery, Feed, Preset, Scope, http::Response};

/// Mutated pages in all: each of the fixtures, of the recorded ones where they are at hand, and of generated ones.
const MUTANTS: usize = 20_000;

#[test]
fn both_readers_read_the_same_from_pages_as_they_come() {
    let mut rows = 0;
    for page in fixtures().into_iter().chain(recordings()) {
        rows += agree(&page, false).map_or(0, |changes| changes.len());
        agree(&page, true);
    }
    assert!(rows > 30, "only {rows} rows were read");
    let mut random = Random(11);
    for n in 0..300 {
        let page = generated(&mut random);
        assert!(agree(page.as_bytes(), n % 2 == 0).is_some(), "a page as servers write it: {page}");
    }
}

#[test]
fn both_readers_read_the_same_from_mutated_pages_or_both_refuse() {
    let pages: Vec<_> = fixtures().into_iter().chain(recordings()).collect();
    let mut random = Random(13);
    let (mut read, mut refused) = (0, 0);
    for n in 0..MUTANTS {
        let mut page = match random.below(2) {
            0 => generated(&mut random).into_bytes(),
            _ => pages[random.below(pages.len())].clone(),
        };
        for _ in 0..=random.below(2) {
            mutate(&mut page, &mut random);
        }
        match agree(&page, n % 2 == 0) {
            Some(_) => read += 1,
            None => refused += 1,
        }
    }
    assert!(read > MUTANTS / 10 && refused > MUTANTS / 10, "{read} were read, {refused} refused");
}

#[test]
fn both_readers_read_the_same_whatever_stands_in_the_place_of_any_one_value() {
    let mut random = Random(19);
    // serde_json refuses what is nested deeper than 128 levels, wherever reading began.
    let deepest: Vec<_> = (115..130).map(deep).collect();
    for mode in [0, 1, 2].repeat(4) {
        let page = page(mode, &[row(mode, 1, &mut random), row(mode, 2, &mut random)]).into_bytes();
        for place in places(&page, b"\":") {
            for value in VALUES.iter().copied().chain(deepest.iter().map(String::as_str)) {
                let mut page = page.clone();
                replace_value(&mut page, place, value);
                agree(&page, mode == 2);
            }
        }
    }
}

/// The first id, log and day of a page are compared with what was met before, which is nothing.
#[test]
fn nothing_is_met_before_the_first_row() {
    let mut random = Random(17);
    for _ in 0..60 {
        let row = row(2, 1, &mut random);
        let token = TOKENS.iter().find(|token| row.contains(*token)).unwrap();
        let time = TIMES.iter().find(|time| row.contains(*time)).unwrap();
        for text in [format!("\"{ID}\""), token[..41].to_owned(), format!("\"{}", &time[..10])] {
            for other in ["\0".repeat(text.len()), "0".repeat(text.len()), String::new()] {
                let page = format!(r#"{{"value":[{}]}}"#, row.replace(&text, &other));
                assert_eq!(agree(page.as_bytes(), false), None, "{page}");
            }
        }
    }
}

/// What both readers read; `None` where both refuse.
fn agree(page: &[u8], keep_raw: bool) -> Option<Vec<Change>> {
    let query = ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(keep_raw);
    let page = page.strip_prefix(b"\xef\xbb\xbf").unwrap_or(page);
    let either = query.read(&Response::new(page));
    let plain = query.read(&Response::new([b" ", page].concat()));
    match (either, plain) {
        (Ok(either), Ok(plain)) => {
            assert_eq!(either, plain, "{}", String::from_utf8_lossy(page));
            Some(plain)
        }
        (Err(_), Err(_)) => None,
        (either, plain) => panic!("{either:?}\n{plain:?}\n{}", String::from_utf8_lossy(page)),
    }
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("changes-")));
    paths.sort();
    assert!(paths.len() > 10);
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// The recorded pages; that they may be absent is said where they are checked one by one.
fn recordings() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let bodies = paths.into_iter().map(|path| {
        let recording: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        recording["body"].as_str().unwrap().as_bytes().to_vec()
    });
    bodies.filter(|body| body.starts_with(b"{\"d\":{\"results\"")).collect()
}

/// A page as servers write it, in one of three modes, with rows of all the types that were recorded.
fn generated(random: &mut Random) -> String {
    let mode = random.below(3);
    let rows: Vec<_> = (0..random.below(5)).map(|n| row(mode, n, random)).collect();
    page(mode, &rows)
}

fn page(mode: usize, rows: &[String]) -> String {
    let rows = rows.join(",");
    match mode {
        0 => format!(r#"{{"d":{{"results":[{rows}]}}}}"#),
        1 => format!(r#"{{"odata.metadata":"{API}/$metadata#SP.ApiData.Changes1","value":[{rows}]}}"#),
        _ => format!(r#"{{"value":[{rows}]}}"#),
    }
}

fn row(mode: usize, n: usize, random: &mut Random) -> String {
    let (guid, other) = (random.guid(), random.guid());
    let (kind, members) = match random.below(8) {
        0 => ("File", format!(r#""UniqueId":"{guid}","WebId":"{other}""#)),
        1 => ("Folder", format!(r#""UniqueId":"{guid}","WebId":"{other}""#)),
        2 => ("View", format!(r#""ViewId":"{guid}","ListId":"{other}","WebId":"{ID}""#)),
        3 => ("Web", format!(r#""WebId":"{guid}""#)),
        4 => {
            let editor = random.pick(&TEXTS);
            let list = format!(r#""BaseTemplate":0,"Editor":{editor},"Hidden":false,"ListId":"{guid}""#);
            ("List", format!(r#"{list},"Title":"","WebId":"{other}""#))
        }
        _ => {
            let (editor, mail, path) = (random.pick(&TEXTS), random.pick(&TEXTS), random.pick(&TEXTS));
            let shared = r#""SharedByUser":null,"SharedWithUsers":null"#;
            let start = format!(r#""Editor":{editor},"EditorEmailHint":{mail},"ItemId":{n},"ListId":"{ID}""#);
            let end = format!(r#"{shared},"UniqueId":"{guid}","WebId":"{other}""#);
            ("Item", format!(r#"{start},"ServerRelativeUrl":{path},{end}"#))
        }
    };
    let mut row = String::from("{");
    let name = format!("SP.Change{kind}");
    match mode {
        0 => write!(
            row,
            r#""__metadata":{{"id":"{API}/{name}{guid}","uri":"{API}/{name}{guid}","type":"{name}"}},"#
        ),
        1 => write!(
            row,
            r#""odata.type":"{name}","odata.id":"{API}/{name}{guid}","odata.editLink":"{name}{guid}","#
        ),
        _ => Ok(()),
    }
    .unwrap();
    let inner = if mode == 0 { r#""__metadata":{"type":"SP.ChangeToken"},"# } else { "" };
    let (token, time) = (random.pick(&TOKENS), random.pick(&TIMES));
    let code = random.below(30);
    write!(
        row,
        r#""ChangeToken":{{{inner}"StringValue":"{token}{n}"}},"ChangeType":{code},"SiteId":"{ID}","Time":"{time}",{members}}}"#
    )
    .unwrap();
    row
}

const API: &str = "https://fabrikam.sharepoint.com/sites/ops/_api";
const ID: &str = "5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10";
const TEXTS: [&str; 9] = [
    r#""""#,
    r#""""#,
    "null",
    r#""Ada Byron""#,
    r#""ada@fabrikam.example""#,
    r#""/sites/ops/Lists/Q1 Bids/15_.000""#,
    r#""\u0041da's \"\\\/\ud83d\ude00""#,
    r#""Zoë 漢字 😀""#,
    r#""12345678""#,
];
const TOKENS: [&str; 6] = [
    "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;91200451",
    "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161690900000;91200465",
    "1;2;a8d24c6b-03f5-4b1a-8e77-d19b52f0c4e3;639082161304470000;1",
    "1;3;3E9B7D52-6C18-4F0D-A2E4-90C17B5D8F66;639082161304470000;91200451",
    "1;1;5c1f0c1e-7a53-4c7e-9d0a-2f6c3a1b9e10;0;0",
    "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639079200000000000;-1",
];
const TIMES: [&str; 6] = [
    "2026-03-04T10:15:31Z",
    "2026-03-04T23:59:59.59Z",
    "2026-03-05T00:00:00.1234567Z",
    "2024-02-29T10:15:31.447Z",
    "1969-12-31T23:59:59.9Z",
    "2026-03-04T10:15:31",
];

/// What takes the place of a value.
const VALUES: [&str; 44] = [
    "null",
    "true",
    "0",
    "-0",
    "01",
    "-1",
    "1.0",
    "1e3",
    "2147483647",
    "2147483648",
    "99999999999999999999",
    "\"17\"",
    "\"\"",
    "{}",
    "[]",
    "[\"ada@fabrikam.example\"]",
    r#"{"Email":"ada@fabrikam.example","Name":"Ada"}"#,
    r#"{"results":[{"Email":"ada@fabrikam.example"}]}"#,
    r#""\ud800""#,
    r#""\u0000""#,
    r#""\x""#,
    "\"a\tb\"",
    "\"\u{7f}é\u{2028}\"",
    "\"2026-03-04T24:00:00Z\"",
    "\"2026-03-04T23:59:60Z\"",
    "\"2026-02-29T10:15:31Z\"",
    "\"2026-03-04T10:15:31.123456789Z\"",
    "\"2026-03-04T10:15:31.1234567891Z\"",
    "\"2026-03-04T10:15:31.Z\"",
    "\"2026-03-04T10:15:31+01:00\"",
    "\"9999-12-31T23:59:59.9999999Z\"",
    "\"2026-03-04T10:75:31Z\"",
    "\"2026-03-04T10:15:75Z\"",
    "\"2026-13-04T10:15:31Z\"",
    "\"0000-01-01T00:00:00Z\"",
    "\"{3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66}\"",
    "\"3E9B7D526C184F0DA2E490C17B5D8F66\"",
    "\"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;0639082161304470000;5\"",
    "\"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;0912004511\"",
    "\"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;1000000000000000000;1\"",
    "\"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;3155378976000000000;1\"",
    "\"SP.ChangeItem\\n\"",
    "\"SP.ChangeSecurityPolicy\"",
    "\"1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;3155378975999999999;9223372036854775807\"",
];

/// What is put between any two bytes.
const PIECES: [&str; 16] = [
    " ",
    "\n",
    "\"",
    "\\",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "0",
    "Z",
    "é",
    "\u{0}",
    "\"Title\":\"Bids\",",
    "\"odata.x\":1,",
];

/// Changes a page in one place or two.
fn mutate(page: &mut Vec<u8>, random: &mut Random) {
    if page.is_empty() {
        return;
    }
    let at = random.below(page.len());
    let end = (at + random.below(60)).min(page.len());
    match random.below(11) {
        0 => page[at] = random.below(256) as u8,
        1 => page[at] = b"0123456789abcdefABCDEF-;:TZ\"\\"[random.below(29)],
        2 => drop(page.drain(at..(at + 1 + random.below(3)).min(page.len()))),
        3 => drop(page.splice(at..at, random.pick(&PIECES).bytes())),
        4 => {
            let piece = page[at..end].to_vec();
            let to = random.below(page.len());
            page.splice(to..to, piece);
        }
        5 => page.truncate(at),
        9 => page.extend(random.pick(&PIECES).bytes()),
        6 => page[at..end].make_ascii_uppercase(),
        // A member moves, vanishes or comes twice.
        7 | 8 => {
            let members = places(page, b",\"");
            if members.len() > 3 {
                let n = random.below(members.len() - 1);
                let (from, to) = (members[n], members[n + 1]);
                let member = page[from..to].to_vec();
                if random.below(3) > 0 {
                    page.drain(from..to);
                }
                if random.below(3) > 0 {
                    let to = members[random.below(n + 1)];
                    page.splice(to..to, member);
                }
            }
        }
        _ => {
            let values = places(page, b"\":");
            if !values.is_empty() {
                let value = match random.below(40) {
                    // Deeper than either reader goes, or nearly.
                    0 => deep(100 + random.below(40)),
                    _ => random.pick(&VALUES).to_owned(),
                };
                replace_value(page, values[random.below(values.len())], &value);
            }
        }
    }
}

/// Puts a value in the place of the one that a member's `":` at this place begins.
fn replace_value(page: &mut Vec<u8>, place: usize, value: &str) {
    let from = place + 2;
    let length = page[from..].iter().position(|byte| b",}".contains(byte));
    page.splice(from..from + length.unwrap_or(0), value.bytes());
}

fn deep(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

fn places(page: &[u8], of: &[u8; 2]) -> Vec<usize> {
    page.windows(2).enumerate().filter(|(_, window)| window == of).map(|(at, _)| at).collect()
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % limit
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }

    /// One of a few, so that ids repeat as they do in a log.
    fn guid(&mut self) -> String {
        format!("{:08x}-03f5-4b1a-8e77-d19b52f0c4e3", self.next() & 3)
    }
}
