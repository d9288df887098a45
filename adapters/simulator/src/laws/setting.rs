//! Where a story plays: the server, its habits, and what the client asks of it.

use std::time::Duration;

use fastrand::Rng;
use sharepoint_changes::{Generation, Metadata, Preset};

/// Which of the two feeds a story is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// GetChanges.
    Changes,
    /// A list's items, by GetListItemChangesSinceToken.
    Items,
}

/// Whose log is followed. Lists are those of the office, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The site collection.
    Site,
    /// Its root web.
    Web,
    /// A list.
    List(usize),
    /// The first folder of a list; the list itself while it has none.
    Folder(usize),
    /// The first item of a list; the list itself while it has none.
    Item(usize),
}

/// Where the first run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At the beginning of the log.
    Beginning,
    /// At its end.
    Now,
    /// With reading everything.
    Bootstrap,
}

/// Where a story plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Which feed it is about.
    pub feed: Feed,
    /// Whose log is followed; for the items a list.
    pub place: Place,
    /// Whether the office has columns of every type and does what is hard to copy.
    pub full: bool,
    /// What is asked for.
    pub preset: Preset,
    /// Where the first run begins.
    pub begin: Begin,
    /// Rows of a page.
    pub page: u32,
    /// How much answers tell about types.
    pub metadata: Metadata,
    /// Which product answers.
    pub generation: Generation,
    /// The list feed's dialect is SOAP.
    pub soap: bool,
    /// The list feed may not begin a new load by itself.
    pub refused: bool,
    /// The list feed asks for no changes of permissions.
    pub trusting: bool,
    /// The session is one by cookie, with form digests.
    pub cookie: bool,
    /// Every poll is made twice.
    pub twice: bool,
    /// The story is told again in other clothes, and must come to the same.
    pub retold: bool,
    /// Longest time after which a row becomes visible.
    pub late: Option<Duration>,
    /// Overlap of the runs.
    pub overlap: Option<Duration>,
    /// Mean time between two deeds of the office; its own pace where there is none.
    pub pace: Option<Duration>,
    /// What the server does otherwise than most, as switches of [`Dialect`](crate::Dialect).
    pub habits: Vec<String>,
    /// How its answers look otherwise than most: switches that must not change what they say.
    pub clothes: Vec<String>,
}

impl Setting {
    /// The plainest setting of a feed.
    pub fn plain(feed: Feed) -> Self {
        Self {
            feed,
            place: if feed == Feed::Changes { Place::Web } else { Place::List(0) },
            full: false,
            preset: Preset::Items,
            begin: Begin::Beginning,
            page: 20,
            metadata: Metadata::Verbose,
            generation: Generation::Online,
            soap: false,
            refused: false,
            trusting: false,
            cookie: false,
            twice: false,
            retold: false,
            late: None,
            overlap: None,
            pace: None,
            habits: Vec::new(),
            clothes: Vec::new(),
        }
    }

    pub(super) fn draw(feed: Feed, rng: &mut Rng) -> Self {
        let plain = Self::plain(feed);
        let page = *one(rng, &[1, 2, 3, 5, 8, 13, 20, 40, 100]);
        let pace = *one(rng, &[None, None, Some(2), Some(30), Some(600)]);
        let (habits, clothes) = match feed {
            Feed::Changes => (CHANGES_HABITS, CHANGES_CLOTHES),
            Feed::Items => (ITEMS_HABITS, ITEMS_CLOTHES),
        };
        let drawn = Self {
            page,
            pace: pace.map(Duration::from_secs),
            cookie: rng.u8(..8) == 0,
            twice: rng.u8(..4) == 0,
            retold: rng.u8(..8) == 0,
            habits: some(rng, habits, 6),
            clothes: some(rng, clothes, 6),
            ..plain
        };
        match feed {
            Feed::Changes => drawn.of_changes(rng),
            Feed::Items => drawn.of_items(rng),
        }
    }

    fn of_changes(mut self, rng: &mut Rng) -> Self {
        self.place = match rng.u8(..12) {
            0..3 => Place::Site,
            3..6 => Place::Web,
            6..10 => Place::List(rng.usize(..LISTS.len())),
            10 => Place::Folder(rng.usize(..LISTS.len())),
            _ => Place::Item(rng.usize(..LISTS.len())),
        };
        self.preset = *one(
            rng,
            &[Preset::Items, Preset::Files, Preset::Permissions, Preset::Schema, Preset::Everything],
        );
        self.begin = *one(rng, &[Begin::Beginning, Begin::Beginning, Begin::Now, Begin::Bootstrap]);
        self.metadata = *one(rng, &[Metadata::Verbose, Metadata::Minimal, Metadata::None]);
        if rng.u8(..6) == 0 {
            self.generation =
                *one(rng, &[Generation::Server2013, Generation::Server2016, Generation::Server2019]);
            if self.generation == Generation::Server2013 {
                self.metadata = Metadata::Verbose;
            }
        }
        self.full = rng.u8(..8) == 0;
        self.of_late_rows(rng)
    }

    /// Rows that become visible late, with an overlap that covers them or without.
    fn of_late_rows(mut self, rng: &mut Rng) -> Self {
        if rng.u8(..4) == 0 {
            let late = *one(rng, &[5, 60, 900, 7_200]);
            self.late = Some(Duration::from_secs(late));
            self.overlap = rng.bool().then(|| Duration::from_secs(late * 2 + 60));
        } else if rng.u8(..8) == 0 {
            self.overlap = Some(Duration::from_secs(*one(rng, &[60, 3_600])));
        }
        self
    }

    fn of_items(mut self, rng: &mut Rng) -> Self {
        self.place = Place::List(rng.usize(..LISTS.len()));
        // Of all that people do, one list sees a small part: increments are to have several pages all the same.
        self.page = *one(rng, &[1, 1, 2, 2, 3, 3, 5, 8, 20, 100]);
        self.full = rng.u8(..8) == 0;
        self.soap = rng.bool();
        self.refused = rng.u8(..4) == 0;
        self.of_late_rows(rng)
    }

    /// Whether freedom from loss is claimed: rows do not become visible late, or the overlap is longer.
    pub fn is_safe(&self) -> bool {
        self.late.is_none_or(|late| self.overlap.is_some_and(|overlap| overlap > late))
    }
}

fn one<'a, T>(rng: &mut Rng, among: &'a [T]) -> &'a T {
    &among[rng.usize(..among.len())]
}

/// Each one by a chance, at most one for each switch.
fn some(rng: &mut Rng, among: &[&str], out_of: u8) -> Vec<String> {
    let mut drawn: Vec<&str> = Vec::new();
    if rng.u8(..4) == 0 {
        return Vec::new();
    }
    for switch in among {
        let name = switch.split('=').next();
        if rng.u8(..out_of) == 0 && !drawn.iter().any(|other| other.split('=').next() == name) {
            drawn.push(switch);
        }
    }
    drawn.into_iter().map(str::to_owned).collect()
}

/// Titles of the office's lists in its root web.
pub(super) const LISTS: [&str; 5] = ["Documents", "Q1 Bids", "Tasks", "Archive", "Kontakte für Größeres"];

const CHANGES_HABITS: &[&str] = &[
    "page_cap=1",
    "page_cap=2",
    "page_cap=7",
    "short_pages=yes",
    "folder_delete=each",
    "folder_copy=each",
    "folder_restore=each",
    "folder_rename=move",
    "move_within=away",
    "move_within=into",
    "move_wide=into",
    "move_wide=away",
    "arrival=add",
    "upload_twice=yes",
    "sub_webs=yes",
    "folder_itself=yes",
    "expired=empty",
    "token_status=500",
    "loose_tokens=no",
    "by_time=from",
    "scope_flag=any",
    "dirty_flag=system-update",
    "purge_every=1d",
];

const CHANGES_CLOTHES: &[&str] = &[
    "member_order=reversed",
    "member_order=sorted",
    "member_order=shuffled",
    "extra_members=yes",
    "minimal_links=no",
    "editor_where=all",
    "upper_guids=yes",
    "bom=yes",
    "ascii=no",
    "plain_content_type=yes",
    "language=de-DE",
];

const ITEMS_HABITS: &[&str] = &[
    "since_cap=0",
    "since_cap=3",
    "since_scan=5",
    "since_anywhere=yes",
    "log_first=yes",
    "fine_pages=yes",
    "empty_pages=yes",
    "repeats=yes",
    "missing_folder=empty",
    "parent_ids=no",
    "page_cap=1",
    "page_cap=3",
    "short_pages=yes",
    "since_expired=nothing",
    "restored=id",
    "restored=row",
    "system_updated=both",
    "system_updated=sometimes",
    "system_updated=row",
    "renamed=both",
    "renamed=sometimes",
    "renamed=row",
    "moves_within_as_ids=yes",
    "id_order=grouped",
    "id_order=restores-first",
    "stray_ids=yes",
    "unique_ids=no",
    "client_ids=yes",
    "schema_rows=all",
    "more_changes_false=yes",
    "position_at_end=yes",
    "folder_delete=each",
    "folder_copy=each",
    "folder_restore=each",
    "folder_rename=move",
    "move_within=away",
    "move_within=into",
    "arrival=add",
    "view_leaks=no",
    "uninvited=no",
    "empty_values=yes",
    "permission_rows=yes",
    "poison=broken",
    "purge_every=1d",
];

const ITEMS_CLOTHES: &[&str] = &[
    "rowset_type=text/xml",
    "rowset_type=octet-stream",
    "rowset_bom=yes",
    "rowset_quotes=single",
    "rowset_quotes=double",
    "rowset_prefixes=other",
    "namespaces_above=yes",
    "rowset_references=yes",
    "full_mask=number",
    "alternate_urls=no",
    "bom=yes",
    "language=nl-NL",
];
