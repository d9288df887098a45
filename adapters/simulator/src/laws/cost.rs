//! What a run's requests came to, as the wire shows it, and what it may cost: law 5.
//!
//! Whoever judges this believes the client in one thing, the pages it hands out. Every other answer has to have a reason
//! that the wire or the world shows, so that a run which asks twice, or asks what it need not, has one request too many.

use http::{Request, Response};
use sharepoint_changes::SendError;

use crate::fault::Fault;

/// The requests of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Cost {
    /// Those that were sent.
    pub(super) sent: u64,
    /// Those that met a fault, or were refused: they brought nothing.
    pub(super) troubles: u64,
    /// Answers that told the end of the log.
    looks: u64,
    /// Answers that told whose log it is.
    whose: u64,
    /// Answers that told a form digest.
    digests: u64,
    /// Pages of GetChanges, empty ones too.
    drained: u64,
    /// Those of them, and of the next, that bring something.
    filled: u64,
    /// Pages of GetChanges for columns alone, empty ones too.
    columns: u64,
    /// Pages of GetChanges for permissions of items, and those of them that bring something.
    permissions: u64,
    permitted: u64,
    /// Answers of a list's feed that tell the list, and no more than the id of one row.
    lists: u64,
    /// Answers to a list's token after which nothing more is said to follow.
    ends: u64,
    /// Those of them that bring nothing.
    quiet: u64,
    /// Answers to a list's token that bring nothing but the word that more follows.
    sparse: u64,
    /// Last pages of what lies in a folder.
    closed: u64,
    /// Answers of a list's feed that tell other rights than the one before.
    rights: u64,
    mask: Option<Vec<u8>>,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The end of the log.
    End,
    /// Whose log it is: the end of the log of the site collection, where it is not that which is read.
    Whose,
    Digest,
    /// A page of GetChanges.
    Changes,
    /// A page of GetChanges for columns alone.
    Columns,
    /// A page of GetChanges for permissions of items.
    Permissions,
    /// A list, and of a row no more than its id.
    List,
    /// What changed in a list since a token.
    Since,
    /// What lies in a folder.
    Folder,
    /// Other rows of a list.
    Rows,
}

/// What the work of a run over a list's items brought about beside its pages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FollowUps {
    /// How often the end of the log was to be read.
    pub(super) looks: u64,
    /// Folders whose listing came to its end.
    pub(super) listings: u64,
    /// Listings that may have had to begin again, because something moved meanwhile.
    pub(super) restarts: u64,
    /// How often the list's fields changed meanwhile.
    pub(super) schemas: u64,
    /// Rows of the list that became visible meanwhile, behind others.
    pub(super) revealed: u64,
    /// There may have been a cause to read everything anew that an answer told.
    pub(super) anew: bool,
    /// GetChanges may answer with less than it is asked for.
    pub(super) short: bool,
    /// The run began at the end of the log, and nothing was pending.
    pub(super) idle: bool,
    /// The run began within the overlap of another, and reads it once more.
    pub(super) again: bool,
}

impl Asked {
    pub(super) fn of(request: &Request<Vec<u8>>) -> Self {
        let (path, body) = (request.uri().path(), request.body());
        if request.uri().query().is_some_and(|query| query.contains("CurrentChangeToken")) {
            Self::End
        } else if path.ends_with("contextinfo") {
            Self::Digest
        } else if path.ends_with("GetChanges") {
            let columns = has(body, b"\"Field\":true") && !has(body, b"\"View\":true");
            let others: [&[u8]; 2] = [b"\"Add\":true", b"\"Field\":true"];
            let permissions =
                has(body, b"\"RoleAssignmentAdd\":true") && !others.iter().any(|other| has(body, other));
            match (columns, permissions) {
                (true, _) => Self::Columns,
                (false, true) => Self::Permissions,
                (false, false) => Self::Changes,
            }
        } else if has(body, b"hangeToken") {
            // `ChangeToken` of REST, `changeToken` of SOAP.
            Self::Since
        } else if has(body, b"<Folder>") {
            Self::Folder
        } else if fields(body) == 1 {
            Self::List
        } else {
            Self::Rows
        }
    }
}

impl Cost {
    /// Counts a request by its answer and by the fault that it was to meet.
    pub(super) fn add<E>(
        &mut self,
        asked: Asked,
        fault: Option<&Fault>,
        answer: &Result<Response<Vec<u8>>, SendError<E>>,
    ) {
        // What is only slow comes all the same.
        let spoilt = fault.is_some_and(|fault| !matches!(fault, Fault::Slow(_)));
        let answer = answer.as_ref().ok().filter(|answer| answer.status().is_success() && !spoilt);
        let Some(answer) = answer else {
            self.troubles += 1;
            return;
        };
        let brings = has(answer.body(), b"ChangeToken");
        self.filled += u64::from(brings && matches!(asked, Asked::Changes | Asked::Columns));
        match asked {
            Asked::End => self.looks += 1,
            Asked::Whose => self.whose += 1,
            Asked::Digest => self.digests += 1,
            Asked::Changes => self.drained += 1,
            Asked::Columns => self.columns += 1,
            Asked::Permissions => {
                self.permissions += 1;
                self.permitted += u64::from(brings);
            }
            Asked::List => self.lists += 1,
            Asked::Since | Asked::Folder | Asked::Rows => {}
        }
        if matches!(asked, Asked::List | Asked::Since | Asked::Folder | Asked::Rows) {
            self.hear(asked, answer.body());
        }
    }

    fn hear(&mut self, asked: Asked, body: &[u8]) {
        if asked == Asked::Since {
            let more = attribute(body, b"MoreChanges=").is_some_and(|value| value == b"TRUE");
            let brings = has(body, b"</Id>") || has(body, b" ows_ID=");
            self.ends += u64::from(!more);
            self.quiet += u64::from(!more && !brings);
            self.sparse += u64::from(more && !brings);
        }
        self.closed += u64::from(asked == Asked::Folder && !has(body, b"ListItemCollectionPositionNext="));
        if let Some(mask) = attribute(body, b"EffectivePermMask=") {
            self.rights += u64::from(self.mask.as_deref().is_some_and(|before| before != mask));
            self.mask = Some(mask.to_vec());
        }
    }

    /// The most requests of a run of GetChanges that handed out so many pages.
    ///
    /// One tells the end of the log, and a second one where that lay behind the position (`looks`). One tells whose log it
    /// is, because a list of another site may have the same id. Each page is one, and one is
    /// the empty page that proves the end; where the run began at the end of the log, none is asked for (`ends`), and two
    /// where an overlap that another run began is read once more.
    pub(super) fn most_of_changes(&self, pages: u64, looks: u64, ends: u64) -> u64 {
        let drained = if ends == 0 { 0 } else { self.drained.min(pages + ends) };
        self.troubles + self.digests + self.looks.min(looks) + self.whose.min(1) + drained
    }

    /// The most requests of a run over a list's items that handed out so many pages.
    ///
    /// - The end of the log is told by one answer, and by a second where it lay behind the position; whose log it is by
    ///   one more, because a list of another site may have the same id. Where the position
    ///   is that end and nothing is pending, nothing else is asked but the list and its fields, once after a run during
    ///   which the list went on.
    /// - Each page that is handed out is one answer: of a load, of an increment, of a window of ids, of the rows of
    ///   folders, of a folder's listing.
    /// - The list and its fields are told by an answer of their own, whose row is not handed out.
    /// - One answer to a token has nothing more behind it, and is no page where it brings nothing. Before it the server
    ///   may say that more follows, and bring nothing, as often as it likes.
    /// - A listing ends with the row of its folder: one answer that is no page.
    /// - What went may have taken along what no answer told of. GetChanges names it: one page, and the empty one;
    ///   what becomes visible between the two is a page of its own.
    /// - Where the log moved, GetChanges names items on which permissions changed: each page that brings some, and one
    ///   empty page. A run that died before that leaves it to the next, though the log may stand still.
    /// - Where the list's version moved, GetChanges names changes of columns: few rows, and the empty page; and both once
    ///   more when the end of the log has settled.
    /// - Three failures of one request cost a single row, to learn whether the server answers at all, and what is asked for
    ///   in parts then may bring nothing in one of them.
    /// - An answer that tells of other fields, or of other rights, is thrown away and asked for again; so is one that
    ///   tells that everything has to be read anew, after which the increment and GetChanges come again.
    /// - A listing during which its folder moved, or the row of its folder failed, is thrown away: its last page, and
    ///   the folder's row.
    pub(super) fn most_of_items(&self, pages: u64, follow_ups: &FollowUps) -> u64 {
        let FollowUps { looks, listings, restarts, schemas, revealed, anew, short, idle, again } =
            *follow_ups;
        let log = self.troubles + self.digests + self.looks.min(looks) + self.whose.min(1);
        if idle && self.drained == 0 && self.permissions == 0 && self.columns == 0 {
            return log + self.lists.min(1);
        }
        let doubts = self.troubles / 3;
        let anew = u64::from(anew);
        let times = 1 + anew.max(doubts.min(1)) + u64::from(again);
        let thrown = schemas + self.rights + anew;
        let restarts = self.closed.saturating_sub(listings).min(restarts + doubts);
        let unasked = self.ends.saturating_sub(times + thrown);
        let most = log
            + self.drained.min(2 * times + revealed + if short { self.filled } else { 0 })
            + self.columns.min(6 + if short { self.filled } else { 0 })
            + self.permissions.min(times + self.permitted)
            + self.lists.min(1 + doubts + anew)
            + pages
            + self.quiet.min(times)
            + self.sparse
            + listings
            + 2 * restarts
            + doubts
            + thrown;
        most.saturating_sub(unasked)
    }
}

fn has(body: &[u8], piece: &[u8]) -> bool {
    find(body, piece).is_some()
}

fn find(body: &[u8], piece: &[u8]) -> Option<usize> {
    body.windows(piece.len()).position(|window| window == piece)
}

/// How many fields a request names.
fn fields(body: &[u8]) -> usize {
    let named = find(body, b"<ViewFields").map(|from| &body[from..]).unwrap_or_default();
    let named = &named[..find(named, b"</ViewFields>").unwrap_or_default()];
    named.windows(9).filter(|piece| piece == b"<FieldRef").count()
}

/// The value of the first attribute of that name, in whatever quotes.
fn attribute<'b>(body: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    let rest = &body[find(body, name)? + name.len()..];
    let (quote, rest) = rest.split_first()?;
    let end = rest.iter().position(|byte| byte == quote)?;
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(uri: &str, body: &str) -> Asked {
        Asked::of(&Request::post(uri).body(body.as_bytes().to_vec()).unwrap())
    }

    fn told(cost: &mut Cost, asked: Asked, body: &str, fault: Option<&Fault>) {
        let answer: Result<_, SendError<()>> = Ok(Response::new(body.as_bytes().to_vec()));
        cost.sent += 1;
        cost.add(asked, fault, &answer);
    }

    #[test]
    fn requests_are_told_apart_by_what_they_ask() {
        assert_eq!(asked("https://h/_api/web?$select=CurrentChangeToken", ""), Asked::End);
        assert_eq!(asked("https://h/_api/contextinfo", ""), Asked::Digest);
        assert_eq!(asked("https://h/_api/web/GetChanges", ""), Asked::Changes);
        let roles = r#"{"query":{"Item":true,"RoleAssignmentAdd":true"#;
        assert_eq!(asked("https://h/_api/web/GetChanges", roles), Asked::Permissions);
        assert_eq!(asked("https://h/_api/web/GetChanges", &format!(r#"{roles},"Add":true"#)), Asked::Changes);
        let list = "https://h/_api/web/lists/GetListItemChangesSinceToken";
        let one = r#"{"query":{"ViewFields":"<ViewFields><FieldRef Name=\"ID\"/></ViewFields>"}}"#;
        assert_eq!(asked(list, one), Asked::List);
        assert_eq!(asked(list, r#"{"query":{"ChangeToken":"1;3;x"}}"#), Asked::Since);
        let soap = "https://h/_vti_bin/lists.asmx";
        assert_eq!(asked(soap, "<changeToken>1;3;x</changeToken>"), Asked::Since);
        assert_eq!(asked(soap, "<QueryOptions><Folder>a</Folder></QueryOptions>"), Asked::Folder);
        let two = r#"<ViewFields><FieldRef Name="ID"/><FieldRef Name="Title"/></ViewFields>"#;
        assert_eq!(asked(soap, two), Asked::Rows);
    }

    #[test]
    fn what_an_answer_brings_is_seen() {
        let mut cost = Cost::default();
        let mut since = |body| told(&mut cost, Asked::Since, body, None);
        since("<listitems EffectivePermMask='FullMask'><Changes MoreChanges=\"TRUE\"/>");
        since("<listitems EffectivePermMask=\"0x1\"><Changes MoreChanges='TRUE'><Id>3</Id>");
        since("<listitems EffectivePermMask=\"0x1\"><Changes MoreChanges='FALSE'/>");
        since("<Changes/><z:row ows_ID='3' />");
        assert_eq!((cost.ends, cost.quiet, cost.sparse, cost.rights), (2, 1, 1, 1));
        told(&mut cost, Asked::Since, "", Some(&Fault::Cut));
        told(&mut cost, Asked::Rows, "", Some(&Fault::Slow(std::time::Duration::ZERO)));
        assert_eq!(cost.troubles, 1);
    }

    #[test]
    fn a_run_of_changes_has_no_request_to_spare() {
        let mut cost = Cost::default();
        for (asked, pages, looks, idle, spare) in [
            (Asked::End, 0, 1, true, 0),
            (Asked::Whose, 0, 1, true, 0),
            (Asked::Changes, 0, 1, true, -1),
            (Asked::Changes, 1, 1, false, 0),
            (Asked::Changes, 1, 1, false, -1),
            (Asked::End, 2, 2, false, 0),
            (Asked::End, 2, 2, false, -1),
        ] {
            told(&mut cost, asked, "", None);
            let most = cost.most_of_changes(pages, looks, u64::from(!idle));
            assert_eq!(most.cast_signed() - cost.sent.cast_signed(), spare, "{cost:?}");
        }
    }

    #[test]
    fn a_run_over_items_has_no_request_to_spare() {
        let mut cost = Cost::default();
        told(&mut cost, Asked::End, "", None);
        told(&mut cost, Asked::Whose, "", None);
        let mut at_the_end = cost.clone();
        for asked in [Asked::List, Asked::Since] {
            told(&mut cost, asked, "<Changes/>", None);
        }
        let most = |cost: &Cost, follow_ups| cost.most_of_items(0, &follow_ups);
        let plain = FollowUps { looks: 1, ..FollowUps::default() };
        assert_eq!(most(&cost, plain), cost.sent);
        told(&mut cost, Asked::Permissions, "", None);
        assert_eq!(most(&cost, plain), cost.sent);
        for asked in [
            Asked::End,
            Asked::Whose,
            Asked::List,
            Asked::Since,
            Asked::Rows,
            Asked::Folder,
            Asked::Permissions,
        ] {
            let mut one_more = cost.clone();
            told(&mut one_more, asked, "<Changes/>", None);
            assert!(most(&one_more, plain) < one_more.sent, "{asked:?}");
        }
        let idle = FollowUps { idle: true, ..plain };
        assert_eq!(most(&at_the_end, idle), 2);
        told(&mut at_the_end, Asked::List, "", None);
        assert_eq!((most(&at_the_end, idle), at_the_end.sent), (3, 3));
        told(&mut at_the_end, Asked::Rows, "", None);
        assert_eq!((most(&at_the_end, idle), at_the_end.sent), (3, 4));
        // A page that came though nothing more was to be asked is one too many all the same.
        told(&mut cost, Asked::Since, "<z:row ows_ID='3' />", None);
        assert!(cost.most_of_items(1, &plain) < cost.sent);
    }
}
