//! GetChanges.

use http::StatusCode;

use super::change_query::{self, Sent};
use super::change_row::RowWriter;
use super::{Answer, Ask, member};
use crate::dialect::{Expired, Where};
use crate::entity::write_feed;
use crate::format::{Format, is_verbose_body};
use crate::lie::Lie;
use crate::problem::Problem;
use crate::query::{Query, Scope};
use crate::server::chance;
use crate::token::{Place, Token};

/// Answers one call.
pub(super) fn answer(ask: &mut Ask<'_>, scope: Scope) -> Result<Answer, Problem> {
    if ask.method != http::Method::POST {
        return Err(Problem::wrong_method(&ask.method, "GetChanges", "Default"));
    }
    let dialect = &ask.world.dialect;
    let verbose = is_verbose_body(ask.headers, dialect.generation)?;
    let mut sent = change_query::read(ask.body, verbose, dialect)?;
    options(ask, &mut sent)?;
    let (start, end) = (place(ask, scope, sent.start.as_deref())?, place(ask, scope, sent.end.as_deref())?);
    if let Some(early) = early(ask, scope, &sent, start)? {
        return Ok(early);
    }
    sent.query.start = start.filter(|_| !ask.lies(Lie::RepeatedPage));
    sent.query.end = end.filter(|_| !ask.lies(Lie::BeyondEnd));
    if ask.lies(Lie::Nothing) {
        return page(ask, scope, &[], start);
    }
    let mut rows = ask.world.page(scope, &sent.query);
    shorten(ask, scope, &sent, &mut rows);
    if let Some(order) = ask.address.option("$orderby").filter(|_| dialect.orderby) {
        sort(ask, scope, &mut rows, order)?;
    }
    if let Some(top) = number(ask, "$top")? {
        rows.truncate(top);
    }
    page(ask, scope, &rows, start)
}

/// `$top`, `$skip`: how much of the result is wanted. With an order, the page is sorted before it is cut.
fn options(ask: &Ask<'_>, sent: &mut Sent) -> Result<(), Problem> {
    let ordered = ask.address.option("$orderby").is_some() && ask.world.dialect.orderby;
    if let Some(top) = number(ask, "$top")?.filter(|_| !ordered) {
        sent.query.limit = sent.query.limit.min(top);
    }
    if let Some(skip) = number(ask, "$skip")?.filter(|_| ask.world.dialect.skip) {
        sent.query.skip = skip;
    }
    Ok(())
}

fn number(ask: &Ask<'_>, name: &str) -> Result<Option<usize>, Problem> {
    let Some(text) = ask.address.option(name) else { return Ok(None) };
    let wrong = || Problem::query(format!("The query parameter '{name}' is not valid: '{text}'."));
    text.trim().parse().map(Some).map_err(|_| wrong())
}

fn sort(ask: &Ask<'_>, scope: Scope, rows: &mut [u32], order: &str) -> Result<(), Problem> {
    let mut words = order.split_whitespace();
    let (member, direction) = (words.next().unwrap_or_default(), words.next().unwrap_or("asc"));
    let log = ask.world.log_of(scope);
    match member {
        "Time" => rows.sort_by_key(|row| log.row(*row).time),
        "ChangeType" => rows.sort_by_key(|row| log.row(*row).event.code()),
        _ => return Err(Problem::unknown_field(member)),
    }
    if direction.eq_ignore_ascii_case("desc") {
        rows.reverse();
    }
    Ok(())
}

/// Ends a page behind any of its rows, where that is the server's habit; and counts pages that are not the last.
fn shorten(ask: &mut Ask<'_>, scope: Scope, sent: &Sent, rows: &mut Vec<u32>) {
    if ask.world.dialect.short_pages && rows.len() > 1 {
        rows.truncate(chance(ask.number, 0x5407).usize(1..=rows.len()));
    }
    let Some(last) = rows.last() else { return };
    let rest =
        Query { start: Some(ask.world.log_of(scope).row(*last).place()), limit: 1, ..sent.query.clone() };
    if ask.world.page(scope, &rest).is_empty() {
        return;
    }
    let habit = if rows.len() == 1 {
        "GetChanges: pages of one row"
    } else {
        "GetChanges: pages that are not the last"
    };
    ask.note([habit]);
    if rows.len() < sent.asked {
        ask.note(["GetChanges: fewer rows than asked for, and more follow"]);
    }
}

/// A bound's place in the log, if its token is one of this scope's.
fn place(ask: &Ask<'_>, scope: Scope, text: Option<&str>) -> Result<Option<Place>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let dialect = &ask.world.dialect;
    let token = change_query::bound(text, dialect)?;
    let own = ask.world.token(scope, token.place);
    if token != own || ask.lies(Lie::WrongObject) {
        return Err(Problem::foreign_token(dialect.language, dialect.token_status));
    }
    Ok(Some(token.place))
}

/// What is said without a look at the rows: the start is older than the log, or the answer is a lie.
fn early(
    ask: &mut Ask<'_>,
    scope: Scope,
    sent: &Sent,
    start: Option<Place>,
) -> Result<Option<Answer>, Problem> {
    let dialect = &ask.world.dialect;
    let purged = ask.world.log_of(scope).purged();
    let older = |start: Place, purged: Place| {
        if start.number >= 0 { start.number < purged.number } else { start.ticks < purged.ticks }
    };
    let expired = start.is_some_and(|start| purged.is_some_and(|purged| older(start, purged)));
    if ask.lies(Lie::InvalidToken) && start.is_some() {
        return Err(Problem::expired_token(dialect.language, dialect.token_status));
    }
    if ask.lies(Lie::NoContent) {
        return Ok(Some(Answer { status: StatusCode::NO_CONTENT, content_type: None, body: Vec::new() }));
    }
    if ask.lies(Lie::NoCollection) || ask.lies(Lie::NullCollection) {
        let null = ask.lies(Lie::NullCollection);
        let body: &[u8] = match (ask.format, null) {
            (Format::Verbose, false) => b"{\"d\":{}}",
            (Format::Verbose, true) => b"{\"d\":{\"results\":null}}",
            (_, false) => b"{}",
            (_, true) => b"{\"value\":null}",
        };
        return Ok(Some(ask.json(body.to_vec())));
    }
    if !expired || sent.forgiving {
        return Ok(None);
    }
    let silent = dialect.expired == Expired::Empty
        && match dialect.expired_where {
            Where::Everywhere => true,
            Where::List => !matches!(scope, Scope::Site(_) | Scope::Web(_)),
            Where::Item => matches!(scope, Scope::Item(..)),
            Where::Nowhere => false,
        };
    if silent {
        return page(ask, scope, &[], start).map(Some);
    }
    Err(Problem::expired_token(dialect.language, dialect.token_status))
}

fn page(ask: &mut Ask<'_>, scope: Scope, rows: &[u32], start: Option<Place>) -> Result<Answer, Problem> {
    let world = ask.world;
    let log = world.log_of(scope);
    let select = ask.address.option("$select").map(member::checked_select).transpose()?.flatten();
    let mut rows: Vec<_> = rows.iter().map(|index| log.row(*index)).collect();
    if ask.lies(Lie::OutOfOrder) {
        rows.reverse();
    }
    let mut tokens: Vec<Token> = rows.iter().map(|row| world.token(scope, row.place())).collect();
    if let (true, Some(place)) = (ask.lies(Lie::SameToken), start.or(rows.first().map(|row| row.place()))) {
        tokens.fill(world.token(scope, place));
    }
    if let (true, Some(last)) = (ask.lies(Lie::ForeignRow), tokens.last_mut()) {
        last.id = uuid::Uuid::from_u128(last.id.as_u128() ^ 1);
    }
    let tokenless = ask.lies(Lie::NoToken);
    let service = ask.service();
    let dress = ask.dress(&service);
    let mut writer = RowWriter::new(world, scope, dress, select, ask.rng, ask.plans);
    if dress.format == Format::Atom {
        let entities: Vec<_> =
            rows.iter().zip(&tokens).map(|(row, token)| writer.entity(row, *token)).collect();
        let body = write_feed(&entities, None, "SP.Change", dress);
        return Ok(ask.feed(body));
    }
    let mut out = Vec::with_capacity(256 + rows.len() * 800);
    match dress.format {
        Format::Verbose => out.extend_from_slice(b"{\"d\":{\"results\":["),
        Format::Minimal => {
            out.extend_from_slice(b"{\"odata.metadata\":\"");
            out.extend_from_slice(service.as_bytes());
            out.extend_from_slice(b"$metadata#SP.ApiData.Changes\",\"value\":[");
        }
        _ => out.extend_from_slice(b"{\"value\":["),
    }
    for (at, (row, token)) in rows.iter().zip(&tokens).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let begin = out.len();
        writer.write(&mut out, row, *token);
        if tokenless && at + 1 == rows.len() {
            let text =
                String::from_utf8_lossy(&out[begin..]).replace("\"ChangeToken\"", "\"WasChangeToken\"");
            out.truncate(begin);
            out.extend_from_slice(text.as_bytes());
        }
    }
    out.extend_from_slice(if dress.format == Format::Verbose { b"]}}" } else { b"]}" });
    Ok(ask.json(out))
}
