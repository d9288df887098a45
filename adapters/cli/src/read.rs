//! `spchanges read`: what a saved answer of a server holds.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use http::Response;
use sharepoint_changes::{
    Change, ChangeQuery, ChangeToken, CurrentChangeToken, Error, Feed, ItemQuery, ListRef, Preset, Rowset,
    Scope, batch, fault,
};

use crate::{
    args::Read,
    control::Control,
    exit::{Exit, Failure},
    output::Output,
    progress::Progress,
    rowset, saved,
};

/// What one answer holds.
enum Held {
    Changes(Vec<Change>),
    Token(ChangeToken),
    Rowset(Box<Rowset>),
    /// Success, and nothing to tell.
    Nothing,
}

/// Prints an answer, or each part of a `$batch` answer. What is wrong with a part is told on stderr; the first part
/// that is an error decides how the process ends.
pub(crate) fn run(args: &Read, progress: &Progress) -> Result<Exit, Failure> {
    let answer = saved::answer(&body(args.file.as_deref())?, args.status);
    let mut out = Output::new(args.output);
    if !is_batch(&answer) {
        let exit = print(&mut out, progress, held(&answer)?)?;
        out.flush()?;
        return Ok(exit);
    }
    let mut first: Option<Exit> = None;
    for (n, part) in batch::read(&answer)?.iter().enumerate() {
        match held(part) {
            Ok(held) => {
                let exit = print(&mut out, progress, held)?;
                first = first.or(Some(exit).filter(|exit| *exit != Exit::CAUGHT_UP));
            }
            Err(failure) => {
                // What was printed so far goes first, where both streams end on one screen.
                out.flush()?;
                progress.error(format_args!("part {}: {failure}", n + 1));
                first = first.or(Some(failure.exit()));
            }
        }
    }
    out.flush()?;
    Ok(first.unwrap_or(Exit::CAUGHT_UP))
}

fn body(file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    match file {
        Some(path) if path != Path::new("-") => fs::read(path)
            .map_err(|error| Failure::usage(error).detail(format!("while reading {}", path.display()))),
        _ => {
            let mut body = Vec::new();
            io::stdin().lock().read_to_end(&mut body)?;
            Ok(body)
        }
    }
}

/// A `$batch` answer begins with its boundary, which no other answer does.
fn is_batch(answer: &Response<Vec<u8>>) -> bool {
    let body = answer.body().strip_prefix(b"\xEF\xBB\xBF").unwrap_or(answer.body());
    answer.status().is_success() && body.trim_ascii_start().starts_with(b"--")
}

/// Finds out what an answer is: an error first, then an object with a token, then a page of changes.
fn held(answer: &Response<Vec<u8>>) -> Result<Held, Failure> {
    if let Some(fault) = fault::read(answer) {
        return Err(fault.into());
    }
    if answer.status() == http::StatusCode::NO_CONTENT && answer.body().trim_ascii().is_empty() {
        return Ok(Held::Nothing);
    }
    if rowset::is_one(answer.body()) {
        let rowset = ItemQuery::new(ListRef::Title(String::new())).read(answer)?;
        return Ok(Held::Rowset(Box::new(rowset)));
    }
    if let Ok(token) = CurrentChangeToken::of(Scope::Web).read(answer) {
        return Ok(Held::Token(token));
    }
    if let Some(lists) = saved::notified(answer.body()) {
        let failure =
            Failure::new(Exit::UNDECODABLE, "this is the notification of a webhook, and holds no change");
        let failure = lists
            .into_iter()
            .fold(failure, |failure, list| failure.detail(format!("it names the list {list}")));
        return Err(failure.advice("Ask the list itself what changed, with tail and --list."));
    }
    match ChangeQuery::preset(Scope::Web, Preset::Everything).keep_raw(true).read(answer) {
        Ok(changes) => Ok(Held::Changes(changes)),
        Err(Error::Decode(error)) => Err(Failure::from(error).advice(
            "Give the whole body of an answer of GetChanges, of GetListItemChangesSinceToken, of an object with its \
             CurrentChangeToken, or of $batch.",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Prints what was held, and says how that ends.
fn print(out: &mut Output, progress: &Progress, held: Held) -> io::Result<Exit> {
    match held {
        Held::Changes(changes) if changes.is_empty() => progress.note("no changes: the end of a log"),
        Held::Changes(changes) => {
            changes.iter().try_for_each(|change| out.change(change))?;
            let count: usize = changes.iter().map(|change| change.unreadable.len()).sum();
            if count > 0 {
                progress.note(format_args!(
                    "{count} values of rows cannot be read; the lines hold them as they came"
                ));
            }
        }
        Held::Token(token) => out.control(&Control::token(&token, None))?,
        Held::Rowset(rowset) => {
            rowset::lines(&rowset, |line| out.record(line))?;
            for broken in &rowset.broken {
                let item = broken.id.map(|id| format!(" (item {id})")).unwrap_or_default();
                progress.note(format_args!("row {}{item} cannot be read: {}", broken.index, broken.reason));
            }
            if rowset.illegal_count > 0 {
                let count = rowset.illegal_count;
                progress.note(format_args!("{count} characters that XML forbids were replaced by U+FFFD"));
            }
            if rowset.unreadable_count > 0 {
                let count = rowset.unreadable_count;
                progress.note(format_args!("{count} values cannot be read and count as absent"));
            }
            if rowset.events.iter().any(|event| event.discards_everything()) {
                out.flush()?;
                progress.note("what is held of the list cannot be believed any more: read it anew");
                return Ok(Exit::RESYNC);
            }
        }
        Held::Nothing => progress.note("an empty answer: done, nothing to tell"),
    }
    Ok(Exit::CAUGHT_UP)
}
