//! Checkpoints: what they are bound to, how they follow each other, and that their text is kept.

use sharepoint_changes::{
    ChangeQuery, Checkpoint, CheckpointError, Generation, Kinds, ListRef, Metadata, Objects, Position,
    Preset, QueryError, Scope, Session, Settings, Site, Start, StartError, uuid::Uuid,
};

use super::script::{LIST, MINUTE, OTHER, Script, by_id, first_run, query, site, token, token_of};

fn start(site: Site, query: ChangeQuery, checkpoint: &Checkpoint) -> Result<Session, StartError> {
    Session::new(site, query, Start::Checkpoint(checkpoint.clone()), Settings::default())
}

#[test]
fn a_checkpoint_is_one_line_and_reads_what_it_writes() {
    let (page, end) = first_run();
    for checkpoint in [page, end] {
        let text = checkpoint.to_string();
        assert!(!text.contains('\n') && !checkpoint.is_loading());
        // What is as in every new one is left out.
        assert!(!text.contains("from_beginning") && !text.contains("null"), "{text}");
        assert_eq!(text.parse::<Checkpoint>().unwrap(), checkpoint);
        assert_eq!(format!("{text}\r\n").parse::<Checkpoint>().unwrap().to_string(), text);
    }
}

#[test]
fn a_checkpoint_that_was_cut_or_changed_is_refused() {
    let (_, end) = first_run();
    let text = end.to_string();
    assert_eq!("".parse::<Checkpoint>(), Err(CheckpointError::NotOne));
    assert_eq!("1;3;x;1;2".parse::<Checkpoint>(), Err(CheckpointError::NotOne));
    for cut in 1..text.len() {
        assert!(text[..cut].parse::<Checkpoint>().is_err(), "{cut}");
    }
    assert_eq!(text.replace(";105\"", ";106\"").parse::<Checkpoint>(), Err(CheckpointError::Damaged));
    let newer = text.replacen("/1 ", "/2 ", 1);
    assert_eq!(newer.parse::<Checkpoint>(), Err(CheckpointError::Version("2".into())));
}

#[test]
fn follows_is_the_exact_text_last_handed_out() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    script.rows(&[token(103, -40)]);
    let first = script.page();
    assert_eq!(first.follows, None);
    script.rows(&[token(105, -30)]);
    let second = script.page();
    assert_eq!(second.follows, Some(first.checkpoint.to_string()));
    script.rows(&[]);
    let done = script.done();
    assert_eq!(done.follows(), Some(second.checkpoint.as_str()));
    let mut script = Script::resumed(done.checkpoint(), MINUTE);
    script.fence(&token(120, MINUTE));
    script.rows(&[token(115, MINUTE)]);
    assert_eq!(script.page().follows, Some(done.checkpoint().to_string()));
}

#[test]
fn every_row_is_a_place_to_stop() {
    let mut script = Script::new(Start::Token(token(100, -MINUTE)));
    script.fence(&token(110, 0));
    script.rows(&[token(103, -40), token(104, -40), token(105, -30)]);
    let page = script.page();
    assert_eq!(page.checkpoint_after(2), page.checkpoint);
    let mut script = Script::resumed(&page.checkpoint_after(0), MINUTE);
    script.fence(&token(110, 0));
    assert_eq!(script.start(), Some(token(103, -40).to_string()));
}

#[test]
fn another_host_scope_or_feed_is_refused_and_named() {
    let (_, end) = first_run();
    let other = |what: &str, result: Result<Session, StartError>| match result {
        Err(StartError::Checkpoint(error @ CheckpointError::Other { what: is, .. })) => {
            assert_eq!(is, what);
            error.to_string()
        }
        other => panic!("{what}: {other:?}"),
    };
    let mut told = Vec::new();
    other("host", start(Site::new("https://contoso.sharepoint.com/sites/ops").unwrap(), query(), &end));
    for scope in [
        Scope::Web,
        Scope::List(ListRef::Id(OTHER)),
        Scope::Folder { list: ListRef::Id(LIST), folder: Uuid::from_u128(1) },
        Scope::Item { list: ListRef::Id(LIST), id: 1 },
    ] {
        told.push(other("scope", start(site(), ChangeQuery::preset(scope, Preset::Items), &end)));
    }
    let list = format!("the checkpoint belongs to the scope list {LIST}, not to the scope ");
    let folder = Uuid::from_u128(1);
    let asked = [
        format!("web {LIST}"),
        format!("list {OTHER}"),
        format!("list {LIST}, folder {folder}"),
        format!("list {LIST}, item 1"),
    ];
    assert_eq!(told, asked.map(|asked| list.clone() + &asked));
    // A checkpoint of the other feed, whole and with the right checksum.
    let text = end.to_string();
    let (json, _) = text.split_once(' ').unwrap().1.rsplit_once(' ').unwrap();
    let json = json.replacen(r#""feed":"changes""#, r#""feed":"items""#, 1);
    let items = format!("sharepoint-changes-checkpoint/1 {json} {:08x}", crc32fast::hash(json.as_bytes()));
    assert_eq!(
        other("feed", start(site(), query(), &items.parse().unwrap())),
        "the checkpoint belongs to the feed of items, not to the feed of changes"
    );
    // The case of the host and a slash at the end make no difference.
    start(Site::new("https://Fabrikam.SharePoint.com/sites/Ops/").unwrap(), query(), &end).unwrap();
}

#[test]
fn the_members_a_checkpoint_is_bound_to_are_sorted_and_without_size_mode_and_bounds() {
    let site = site().metadata(Metadata::None);
    let query = ChangeQuery::new(by_id(), Objects::WEB | Objects::ITEM, Kinds::MOVE | Kinds::ADD);
    let mut script = Script::of(
        Session::new(site, query.page_size(7.try_into().unwrap()), Start::Now, Settings::default()).unwrap(),
    );
    script.fence(&token(110, 0));
    let end = script.up_to_date();
    assert!(end.as_str().contains(r#""query":["Add","Item","Move","Web"],"#), "{end}");
}

#[test]
fn an_equal_or_narrower_query_is_accepted_and_a_wider_one_refused() {
    let (_, end) = first_run();
    let narrower = ChangeQuery::new(by_id(), Objects::ITEM, Kinds::DELETE);
    start(site(), narrower, &end).unwrap();
    start(site(), query().page_size(7.try_into().unwrap()).keep_raw(true), &end).unwrap();
    let wider = query().also(Objects::FILE, Kinds::NAVIGATION);
    let Err(StartError::Checkpoint(CheckpointError::Wider { members })) = start(site(), wider, &end) else {
        panic!()
    };
    assert_eq!(members, ["File", "Navigation"]);
}

#[test]
fn after_a_narrower_run_the_wider_query_is_refused_because_rows_were_passed_by() {
    let (_, end) = first_run();
    let narrower = || ChangeQuery::new(by_id(), Objects::ITEM, Kinds::DELETE);
    let mut script = Script::with(narrower(), Start::Checkpoint(end), Settings::default());
    script.date = Some(MINUTE);
    script.fence(&token(120, MINUTE));
    script.rows(&[token(118, MINUTE)]);
    let page = script.page();
    script.rows(&[]);
    for checkpoint in [page.checkpoint_after(0), page.checkpoint, script.up_to_date()] {
        let refused = start(site(), query(), &checkpoint);
        assert!(matches!(refused, Err(StartError::Checkpoint(CheckpointError::Wider { .. }))));
        start(site(), narrower(), &checkpoint).unwrap();
    }
}

#[test]
fn a_session_takes_only_queries_whose_end_can_be_proved() {
    let refused = Session::new(site(), query().latest_first(true), Start::Now, Settings::default());
    assert!(matches!(refused, Err(StartError::Query(QueryError::NotProvable { member: "LatestFirst", .. }))));
}

#[test]
fn a_checkpoint_with_an_impossible_time_panics_nowhere() {
    let (_, end) = first_run();
    let (json, _) = end.as_str().split_once(' ').unwrap().1.rsplit_once(' ').unwrap();
    let position = format!(r#""position":{{"token":"{}"}}"#, end.token().unwrap());
    for ticks in [i64::MIN, -1, i64::MAX] {
        let json = json.replacen(&position, &format!(r#""position":{{"since":{ticks}}}"#), 1);
        let text = format!("sharepoint-changes-checkpoint/1 {json} {:08x}", crc32fast::hash(json.as_bytes()));
        let checkpoint: Checkpoint = text.parse().unwrap();
        assert!(matches!(checkpoint.position(), Position::Since(_)));
        assert!(!checkpoint.position().to_string().is_empty());
        let mut script = Script::resumed(&checkpoint, MINUTE);
        script.fence(&token(120, MINUTE));
        assert!(script.poll().is_ok());
    }
}

#[test]
fn a_session_refuses_what_the_server_would_refuse() {
    let server = site().generation(Generation::Server2016);
    let refused = Session::new(server, query().recursive_all(true), Start::Now, Settings::default());
    let Err(StartError::Query(QueryError::Unsupported { member, .. })) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(member, "RecursiveAll");
}

#[test]
fn a_known_token_from_elsewhere_can_be_bound_once_if_it_is_of_this_log() {
    for wrong in [token_of("2", LIST, 1, 0), token_of("3", OTHER, 1, 0), token_of("0", LIST, 1, 0)] {
        let refused = Session::new(site(), query(), Start::Token(wrong), Settings::default());
        assert!(matches!(refused, Err(StartError::Token { .. })));
    }
}
