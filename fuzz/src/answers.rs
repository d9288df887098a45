//! Answers in, values or errors out.

use std::time::Duration;

use sharepoint_changes::{
    Action, ChangeQuery, Coalescer, CurrentChangeToken, Error, Feed, ItemQuery, Machine, Preset, Scope,
    Session, Settings, Start, batch, digest, fault, http::Response,
};

use super::{answer, list, site};

/// An answer of GetChanges is read or refused. A row that was read stands for itself: alone in an answer it reads the
/// same, unless something of it could not be read. The row of the highest number is the last net effect.
pub fn changes_json(input: &[u8]) {
    let query = ChangeQuery::preset(Scope::List(list()), Preset::Everything).keep_raw(true);
    let _ = CurrentChangeToken::of(Scope::Web).read(&answer(input));
    let Ok(page) = query.read(&answer(input)) else { return };
    for row in page.iter().filter(|row| row.unreadable.is_empty()) {
        let alone = format!(r#"{{"value":[{}]}}"#, row.raw().expect("it was asked for"));
        assert_eq!(query.read(&Response::new(alone)).expect("it was read"), std::slice::from_ref(row));
    }
    let mut coalescer = Coalescer::new();
    coalescer.extend(&page);
    let last = coalescer.finish().last().map(|net| net.last.token.number());
    assert_eq!(last, page.iter().map(|row| row.token.number()).max());
}

/// The fast reader of GetChanges pages and the plain one read the same, or both refuse: a blank before a page means
/// nothing, is written by no server, and is left to the plain one.
pub fn changes_fast(input: &[u8]) {
    let body = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    for keep_raw in [false, true] {
        let query = ChangeQuery::preset(Scope::List(list()), Preset::Everything).keep_raw(keep_raw);
        let either = query.read(&Response::new(body));
        let plain = query.read(&Response::new([b" ", body].concat()));
        assert_eq!(either.ok(), plain.ok());
    }
}

/// An answer of GetListItemChangesSinceToken is read or refused. Every column of a row is found by its name, every
/// value by its field, and what is kept is no longer than what came.
pub fn rowset(input: &[u8]) {
    let Ok(page) = ItemQuery::new(list()).read(&answer(input)) else { return };
    let schema = page.list.as_ref().map(|list| list.schema());
    for row in page.rows.iter() {
        assert!(row.columns().all(|(name, text)| row.get(name) == Some(text)));
        for field in schema.iter().flat_map(|schema| schema.fields()) {
            let (text, value) = (row.at(field.column()), row.value(field));
            assert!(text == Some("") || value.is_some() == text.is_some(), "{field:?} {text:?}");
        }
    }
    let texts = page.rows.iter().map(|row| row.attributes().map(|(_, text)| text.len()).sum::<usize>());
    let kept: usize = texts.sum();
    assert!(kept <= REPLACEMENT * input.len());
}

/// U+FFFD in the place of a control character.
const REPLACEMENT: usize = 3;

/// Any answer that is no success is a fault, and what a fault tells is one line without the secrets of an address.
pub fn fault(input: &[u8]) {
    let answer = answer(input);
    let Some(fault) = fault::read(&answer) else { return assert!(answer.status().is_success()) };
    let texts = [fault.message(), fault.exception(), fault.request_id(), fault.location(), fault.detail()];
    let told = texts.iter().flatten().map(|text| (*text).to_owned()).chain([fault.to_string()]);
    told.for_each(|text| {
        assert!(!text.contains(|char: char| char.is_control()) && text.len() <= 4_000, "{text:?}");
    });
    let location = fault.location().unwrap_or_default();
    let authority =
        location.split_once("//").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    assert!(!location.contains(['?', '#']) && !authority.contains('@'), "{location:?}");
    let _ = fault.for_request(true).for_request(false);
}

/// A `$batch` answer is taken apart or refused, in no more parts than are allowed and no more bytes than came.
pub fn batch(input: &[u8]) {
    let Ok(answers) = batch::read(&answer(input)) else { return };
    assert!(answers.len() <= batch::MAX_PARTS);
    assert!(answers.iter().map(|answer| answer.body().len()).sum::<usize>() <= input.len());
    answers.iter().for_each(|answer| drop(fault::read(answer)));
}

/// A digest that was read stands in a header, and nowhere else.
pub fn digest(input: &[u8]) {
    let Ok(digest) = digest::read(&answer(input)) else { return };
    let value = digest.header_value();
    assert!(value.is_sensitive() && !value.is_empty());
    let shown = format!("{digest:?} {value:?}");
    assert!(value.to_str().is_ok_and(|secret| secret.len() < 20 || !shown.contains(secret)));
}

/// A server that asks to be left alone is, for no shorter than it asks; otherwise the run ends and says how long.
pub fn retry_after(input: &[u8]) {
    let answer = answer(input);
    let query = ChangeQuery::preset(Scope::List(list()), Preset::Items);
    let mut session =
        Session::new(site(), query, Start::Now, Settings::default()).expect("a query to follow");
    assert!(matches!(session.poll(Duration::ZERO), Ok(Action::Send(_))));
    let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
    let asked = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let asked: Option<u64> = asked.filter(digits).and_then(|text| text.parse().ok());
    let throttled = answer.status() == 429;
    session.receive(answer);
    let rest = match session.poll(Duration::ZERO) {
        Ok(Action::Wait(wait)) => wait.at_least,
        Err(Error::Exhausted(exhausted)) => exhausted.wait,
        other => return assert!(!throttled, "{other:?}"),
    };
    assert!(!rest.is_zero() && (!throttled || rest.as_secs() >= asked.unwrap_or(0)), "{rest:?}");
}
