//! What some servers do otherwise in a list's feed: where their pages end, what comes twice, and when the log is read.

use std::collections::BTreeSet;

use super::selection::{Page, Selection};
use super::window::Change;
use super::writer::Content;
use super::{Asked, Call};
use crate::dialect::Pointed;
use crate::problem::Problem;
use crate::query::Scope;
use crate::server::chance;
use crate::token::Place;

/// Where the log ends for an answer, and how many of its rows are looked at: those that were there when the answer
/// began, where the log is read before the rows. It never ends before the token that was sent.
pub(super) fn log_end(call: &Call<'_>, start: Option<Place>) -> (Place, usize) {
    let world = call.world;
    let log = world.log_of(Scope::List(call.list));
    let rows = log.all_rows().len();
    let whole = (log.visible_end(world.now()), usize::MAX);
    let before = call.before.get(world.log_number(call.list)).copied().unwrap_or(rows);
    if !world.dialect.log_first || before >= rows || before <= log.first() {
        return whole;
    }
    let many = chance(call.number, 0x4c06).usize(before..=rows);
    let newest = (log.first()..many).rev().find(|index| log.is_visible(*index, world.now()));
    let end = newest.and_then(|index| log.all_rows().get(index)).map(|row| row.place());
    match (end, start) {
        (Some(end), Some(start)) if end.number < start.number => (start, many),
        (Some(end), _) => (end, many),
        (None, _) => whole,
    }
}

/// How many of the rows that are due an answer to a token looks at; 0 for all.
pub(super) fn scan(call: &Call<'_>, due: usize) -> usize {
    let dialect = &call.world.dialect;
    let scan = usize::try_from(dialect.since_scan).unwrap_or(usize::MAX);
    let mut chance = chance(call.number, 0xc07);
    if !dialect.since_anywhere || due < 2 || chance.bool() {
        return scan;
    }
    let anywhere = chance.usize(1..due);
    if scan == 0 { anywhere } else { anywhere.min(scan) }
}

/// A page of items without a token: as fine as the server likes, and without a row where ids are missing.
pub(super) fn page<'a>(
    call: &Call<'_>,
    selection: &Selection<'a>,
    position: Option<&str>,
    limit: usize,
) -> Result<Page<'a>, Problem> {
    let dialect = &call.world.dialect;
    let mut chance = chance(call.number, 0xf19e);
    let fine = [1, 2, 3, 7, 20, 100][chance.usize(..6)];
    let (rows, next) = selection.page(position, if dialect.fine_pages { limit.min(fine) } else { limit })?;
    if dialect.empty_pages
        && chance.bool()
        && !selection.has_test()
        && let Some(place) = selection.place_before(&rows, position)
    {
        return Ok((Vec::new(), Some(place)));
    }
    Ok((rows, next))
}

/// Lets a row and an `Id` come twice.
pub(super) fn repeat(call: &Call<'_>, content: &mut Content<'_>) {
    let mut chance = chance(call.number, 0x2e9ea7);
    if !call.world.dialect.repeats {
        return;
    }
    if chance.bool() && !content.rows.is_empty() {
        let again = content.rows[chance.usize(..content.rows.len())];
        content.rows.insert(chance.usize(..=content.rows.len()), again);
    }
    if chance.bool() && !content.ids.is_empty() {
        let at = chance.usize(..content.ids.len());
        content.ids.insert(at, content.ids[at]);
    }
}

/// What is otherwise about an answer than most servers make it.
pub(super) fn seen(
    call: &Call<'_>,
    asked: &Asked,
    selection: &Selection<'_>,
    limit: Option<usize>,
    content: &Content<'_>,
) -> Vec<&'static str> {
    let (world, dialect) = (call.world, &call.world.dialect);
    let mut seen = Vec::new();
    let mut note = |is_so: bool, habit: &'static str| {
        if is_so {
            seen.push(habit);
        }
    };
    let below = content.rows.iter().any(|item| item.parent != 0);
    note(!dialect.parent_ids && below, "no ParentUniqueId on what lies in a folder");
    let ids: BTreeSet<i32> = content.rows.iter().map(|item| item.id).collect();
    note(ids.len() < content.rows.len(), "a row twice in an answer");
    note(content.ids.windows(2).any(|pair| pair[0].id.is_some() && pair[0] == pair[1]), "an Id twice");
    note(selection.is_nowhere(), "nothing in a folder that is gone");
    let ends = world.current_token(Scope::List(call.list));
    let before = content.last.is_some_and(|last| last.place.number < ends.place.number);
    let behind = before && content.more != Some(true);
    note(dialect.log_first && behind, "the log read before the rows");
    if asked.token.is_none() {
        let folder = asked.options.as_ref().is_some_and(|options| options.child("Folder").is_some());
        let ids = asked.query.as_ref().is_some_and(|query| query.child("Where").is_some());
        let fewer = content.position.is_some() && content.rows.len() < limit.unwrap_or(usize::MAX);
        note(fewer && folder, "a folder's listing in finer pages than asked");
        note(fewer && ids && !folder, "rows by their ids in finer pages than asked");
        note(fewer && !ids && !folder, "a load in finer pages than asked");
        note(content.position.is_some() && content.rows.is_empty(), "a page without rows and a next place");
        return seen;
    }
    let more = content.more == Some(true);
    let most = usize::try_from(dialect.since_cap).unwrap_or(usize::MAX).min(limit.unwrap_or(usize::MAX));
    note(more, "an increment in several answers");
    note(more && content.rows.is_empty() && content.ids.is_empty(), "an increment's answer without anything");
    note(dialect.since_anywhere && more && content.rows.len() < most, "an increment cut anywhere in the log");
    let gone = content.ids.iter().filter(|told| told.change == Change::Delete).count();
    note(most > 0 && gone > most, "more deletions than a page has rows");
    let named = |item: &crate::world::Item| content.ids.iter().any(|told| told.id == Some(item.id));
    let moved =
        dialect.renamed == Pointed::Row && content.rows.iter().any(|item| item.is_folder() && !named(item));
    note(moved, "a folder's rename told by its row alone");
    seen
}
