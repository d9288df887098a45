//! Answers that are dirty, broken or cut.

use super::*;
use crate::item::{MAX_ILLEGAL, UnreadableValue};

#[test]
fn characters_that_xml_forbids_are_replaced_and_told_with_their_place() {
    let body = answer(
        "<Id ChangeType='Del&#1;ete'>17</Id>",
        "",
        "<z:row ows_A='x' ows_ID='15' ows_T='a\u{1}b&#0;'/><z:row ows_ID='16' ows_T='\u{FFFE}&#xFFFF;&#xD800;'/>",
    );
    let at = |part: &str| body.find(part).unwrap() as u64;
    let expected = [
        (1, at("&#1;"), None, "ChangeType"),
        (1, at("\u{1}"), Some(15), "ows_T"),
        (0, at("&#0;"), Some(15), "ows_T"),
        (0xFFFE, at("\u{FFFE}"), Some(16), "ows_T"),
        (0xFFFF, at("&#xFFFF;"), Some(16), "ows_T"),
        (0xD800, at("&#xD800;"), Some(16), "ows_T"),
    ];
    let page = read(body.clone()).unwrap();
    let told: Vec<_> =
        page.illegal.iter().map(|c| (c.code, c.offset, c.item, c.attribute.as_deref().unwrap())).collect();
    assert_eq!(told, expected);
    assert_eq!((ids(&page), page.illegal_count), (vec![15, 16], 6));
    assert_eq!(page.rows.get(0).unwrap().get("T"), Some("a\u{FFFD}b\u{FFFD}"));
    assert_eq!(page.rows.get(1).unwrap().get("T"), Some("\u{FFFD}\u{FFFD}\u{FFFD}"));
    assert_eq!(page.events[0].kind, EventKind::Unknown("Del\u{FFFD}ete".into()));
    let flood = rows(&format!("<z:row ows_ID='1' ows_T='{}'/>", "\u{2}".repeat(1_000)));
    assert_eq!((flood.illegal.len(), flood.illegal_count), (MAX_ILLEGAL, 1_000));
}

#[test]
fn the_texts_of_elements_are_read_as_xml_reads_them() {
    let formula = "=a\r\nb\rc\u{1}d&amp;&#2;<![CDATA[e\r\nf\rg\u{4}&]]>";
    let body = answer(
        &format!(
            "<Id ChangeType='Delete'>1&#3;7</Id><List><Fields><Field Name='X' Type='Calculated'><Formula>{formula}</Formula></Field></Fields></List>"
        ),
        "",
        "",
    );
    let at = |part: &str| body.find(part).unwrap() as u64;
    let page = read(body.clone()).unwrap();
    let told: Vec<_> = page.illegal.iter().map(|c| (c.code, c.offset, c.attribute.as_deref())).collect();
    assert_eq!(
        told,
        [(3, at("&#3;"), None), (1, at("\u{1}"), None), (2, at("&#2;"), None), (4, at("\u{4}"), None)]
    );
    let schema = page.list.as_ref().unwrap().schema();
    assert_eq!(
        schema.field("X").unwrap().formula.as_deref(),
        Some("=a\nb\nc\u{FFFD}d&\u{FFFD}e\nf\ng\u{FFFD}&")
    );
}

#[test]
fn an_event_of_no_item_has_no_id() {
    for id in ["0", "-1", "x", ""] {
        assert_eq!(events(&format!("<Id ChangeType='Delete'>{id}</Id>"))[0].id, None, "{id}");
    }
}

#[test]
fn an_element_among_the_rows_that_is_none_is_no_row() {
    let page = rows("<z:row ows_ID='1'/><z:note ows_ID='2'/><rs:row ows_ID='3'/><z:row ows_ID='4'/>");
    assert_eq!(ids(&page), [1, 4]);
}

#[test]
fn a_broken_row_with_an_end_tag_ends_there() {
    let page = rows("<z:row ows_ID='1' ows_T='&nothing;'></z:row><z:row ows_ID='2'></z:row>");
    assert_eq!((ids(&page), page.broken.len()), (vec![2], 1));
    let page = rows("<z:row ows_ID='1' ows_T='&nothing;'><z:row ows_ID='2'/></z:row><z:row ows_ID='3'/>");
    assert_eq!((ids(&page), page.broken.len()), (vec![2, 3], 1));
}

#[test]
fn an_attribute_that_cannot_be_read_is_named_with_its_place() {
    let body = answer("", "ItemCount='1&nothing;'", "");
    let error = refused(&body).to_string();
    let at = body.find("&nothing;").unwrap();
    assert!(error.contains("in the value of ItemCount") && error.ends_with(&format!("byte {at}")), "{error}");
}

#[test]
fn markup_that_is_none_is_an_error_with_its_place_and_only_at_the_end_a_cut() {
    let whole = answer("", "", "");
    let (before, after) = whole.split_once("<rs:data").unwrap();
    let error = refused(&format!("{before}<!bogus><rs:data{after}"));
    assert!(error.to_string().contains(&format!("at byte {}", before.len())), "{error}");
    assert!(!error.is_cut());
    assert!(refused(&format!("{before}<!")).is_cut());
}

#[test]
fn a_broken_row_is_named_and_its_neighbours_are_not_harmed() {
    for (row, id, reason) in [
        ("<z:row ows_ID='2' ows_A='1' ows_A='2'/>", Some(2), "the attribute ows_A twice"),
        ("<z:row ows_ID='2' ows_ID='2'/>", Some(2), "the attribute ows_ID twice"),
        ("<z:row ows_ID='2' ows_ID='3'/>", None, "the attribute ows_ID twice"),
        ("<z:row ows_A='1'/>", None, "no ows_ID"),
        ("<z:row/>", None, "no ows_ID"),
        ("<z:row ows_ID=''/>", None, "no ows_ID"),
        ("<z:row ows_ID='two'/>", None, "no ows_ID"),
        ("<z:row ows_ID='0'/>", None, "no ows_ID"),
        ("<z:row ows_ID='-2'/>", None, "no ows_ID"),
        ("<z:row ows_ID='99999999999'/>", None, "no ows_ID"),
        ("<z:row ows_ID='2'ows_A='1'/>", Some(2), "no blank between two attributes"),
        ("<z:row ows_A='1' ows_ID='2' 1b='1'/>", Some(2), "a name that is none"),
        ("<z:row ows_ID='2' ows_A='1 < 2'/>", Some(2), "a '<' in the value of ows_A"),
        (
            "<z:row ows_ID='2' ows_A='1 & 2'/>",
            Some(2),
            "an '&' that begins no reference in the value of ows_A",
        ),
        (
            "<z:row ows_ID='2' ows_A='&nbsp;'></z:row>",
            Some(2),
            "an '&' that begins no reference in the value of ows_A",
        ),
    ] {
        let page = rows(&format!("<z:row ows_ID='1'/>\n{row}\n<z:row ows_ID='3' ows_A='x'/>"));
        assert_eq!((ids(&page), broken(&page)), (vec![1, 3], vec![(1, id, reason)]), "{row}");
        assert_eq!(page.rows.get(1).unwrap().get("A"), Some("x"));
    }
    for (row, id) in [
        ("<z:row ows_ID='2' ows_A/>", Some(2)),
        ("<z:row ows_ID='2' ows_A=1/>", Some(2)),
        ("<z:row ows_A= ows_ID='2'/>", None),
        ("<z:row ows_ID=2/>", None),
        // A quote that is never closed takes the neighbours for its value.
        ("<z:row ows_ID='2' ows_A='1/>", Some(2)),
        ("<z:row ows_ID='2' ows_A=\"1/>", Some(2)),
        ("<z:row ows_ID='2/>", None),
        ("<z:row ows_ID='2' ows_A='it's'/>", Some(2)),
        ("<z:row ows_ID='2' ows_A='1'", Some(2)),
        ("<z:row ows_ID='2' ows_A", Some(2)),
        ("<z:row ows_ID='2' ows_A='ä", Some(2)),
        ("<z:row", None),
        ("<z:row=' ows_ID='2'/>", Some(2)),
        ("z:row ows_ID='2' ows_A='&lt;&amp;'/>", None),
    ] {
        for behind in ["<z:row ows_ID='3' ows_A='x'/>", "<z:row ows_ID=\"3\" ows_A=\"y's\"></z:row>", ""] {
            let page = rows(&format!("<z:row ows_ID='1'/>{row}{behind}"));
            let good = if behind.is_empty() { vec![1] } else { vec![1, 3] };
            let named: Vec<_> = page.broken.iter().map(|row| (row.index, row.id)).collect();
            assert_eq!((ids(&page), named), (good, vec![(1, id)]), "{row}{behind}");
            assert!(page.broken.iter().all(|row| !row.reason.is_empty()));
        }
    }
}

#[test]
fn a_broken_row_tells_where_it_begins() {
    let body = answer("", "ItemCount='2'", "<z:row ows_ID='1'/><z:row ows_T='\u{1}' ows_A='1' ows_A='2'/>");
    let page = read(body.clone()).unwrap();
    assert_eq!(page.broken[0].offset, body.find("<z:row ows_T").unwrap() as u64);
    assert_eq!((page.illegal_count, page.illegal[0].item), (1, None), "its characters belong to no row");
    assert!(!page.is_empty());
}

#[test]
fn what_is_broken_beside_the_rows_makes_the_answer_unreadable() {
    let page = answer(
        "<List ID='{A}'><Fields><Field Name='A'/></Fields></List><Id ChangeType='Delete'>1</Id>",
        "",
        "",
    );
    assert!(read(page.clone()).is_ok());
    for (good, bad) in [
        ("ID='{A}'", "ID='{A}' ID='{A}'"),
        ("Name='A'", "Name='A' Name='A'"),
        ("Name='A'", "Name='<'"),
        ("ChangeType='Delete'", "ChangeType='&a;'"),
        ("ChangeType='Delete'", "ChangeType=Delete"),
        ("</List>", "</Lust>"),
        (">1</Id>", ">1</Id></Id>"),
        (">1</Id>", ">1 & 2</Id>"),
        (">1</Id>", ">&one;</Id>"),
        ("<?xml", "text<?xml"),
        ("<rs:data >", "<rs:data a='&'>"),
        ("</GetListItemChangesSinceTokenResult>", "</GetListItemChangesSinceTokenResult>text"),
        ("</GetListItemChangesSinceTokenResult>", "</GetListItemChangesSinceTokenResult><a/>"),
        ("</GetListItemChangesSinceTokenResult>", "</GetListItemChangesSinceTokenResult></a>"),
        ("xmlns:z='#RowsetSchema'", "xmlns:z='#RowsetSchema' xmlns:xmlns='a'"),
    ] {
        assert!(page.contains(good), "{good}");
        let error = refused(&page.replace(good, bad));
        assert!(!error.is_cut() && !error.place().is_empty(), "{bad}: {error}");
    }
}

#[test]
fn a_cut_answer_is_known_as_cut_wherever_it_ends() {
    let whole = answer(
        "<List ID='{A}'><Fields><Field Name='Größe'><Formula>=1 &amp; 2</Formula></Field></Fields></List>\
         <Id ChangeType='Delete'>17</Id><!-- a --><![CDATA[ ]]>",
        "ItemCount='2'",
        "<z:row ows_ID='1' ows_Title='Größe &amp; Gewicht'/><z:row ows_ID='2'></z:row>",
    );
    assert_eq!(ids(&read(whole.clone()).unwrap()), [1, 2]);
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        let error = refused(&whole[..end]);
        assert!(error.is_cut(), "{}: {error}", &whole[..end]);
    }
    assert!(std::error::Error::source(&refused("<a b='")).is_some());
}

#[test]
fn a_pair_of_references_to_the_halves_of_a_character_is_that_character() {
    for (raw, text, illegal) in [
        ("Hi &#55357;&#56832; there", "Hi 😀 there", 0),
        ("Hi &#xD83D;&#xDE00;&#xd83d;&#56832;", "Hi 😀😀", 0),
        ("&#xD83D; &#xDE00;", "\u{FFFD} \u{FFFD}", 2),
        ("&#xDE00;&#xD83D;", "\u{FFFD}\u{FFFD}", 2),
        ("&#xD83D;&#xD83D;&#xDE00;", "\u{FFFD}😀", 1),
        ("&#xD83D;&#65;&#xD83D;&amp;&#xD83D;", "\u{FFFD}A\u{FFFD}&\u{FFFD}", 3),
    ] {
        let field = format!("<List><Fields><Field Name='X'><Formula>{raw}</Formula></Field></Fields></List>");
        let page = read(answer(&field, "", &format!("<z:row ows_ID='1' ows_T='{raw}'/>"))).unwrap();
        assert_eq!(page.rows.get(0).unwrap().get("T"), Some(text), "{raw}");
        let schema = page.list.as_ref().unwrap().schema();
        assert_eq!(schema.field("X").unwrap().formula.as_deref(), Some(text), "{raw}");
        assert_eq!(page.illegal_count, 2 * illegal, "{raw}");
    }
}

#[test]
fn what_a_row_or_an_event_says_of_itself_is_told_where_it_cannot_be_read() {
    let guid = "{41F0A6D3-08C2-4B79-8E15-7A2D9C36B0E4}";
    let body = answer(
        "<Id ChangeType='Delete' UniqueId='nobody'>17</Id><Id ChangeType='MoveAway' AfterListId='x' AfterItemId='y'>18</Id>",
        "",
        &format!(
            "<z:row ows_ID='1' ows_UniqueId='1;#{guid}' ows_ParentUniqueId='{guid}' ows_owshiddenversion='3'/>\
             <z:row ows_ID='2' ows_UniqueId='2;#{{41F0}}' ows_ParentUniqueId='{guid}x' ows_owshiddenversion='three'/>\
             <z:row ows_ID='3' ows_owshiddenversion='' ows_PermMask='all' ows_UniqueId='4;#{guid}' ows_FSObjType='3;#x'/>"
        ),
    );
    let page = read(&body).unwrap();
    let told = |value: &UnreadableValue| (value.item, value.attribute.to_string(), value.text.to_string());
    let told: Vec<_> = page.unreadable.iter().map(told).collect();
    let of = |item: Option<i32>, attribute: &str, text: &str| (item, attribute.to_owned(), text.to_owned());
    assert_eq!(
        told,
        [
            of(None, "UniqueId", "nobody"),
            of(None, "AfterListId", "x"),
            of(None, "AfterItemId", "y"),
            of(Some(2), "ows_UniqueId", "2;#{41F0}"),
            of(Some(3), "ows_UniqueId", &format!("4;#{guid}")),
            of(Some(2), "ows_ParentUniqueId", &format!("{guid}x")),
            of(Some(2), "ows_owshiddenversion", "three"),
            of(Some(3), "ows_FSObjType", "3;#x"),
            of(Some(3), "ows_PermMask", "all"),
        ]
    );
    assert_eq!((ids(&page), page.unreadable_count, page.events.len()), (vec![1, 2, 3], 9, 2));
    let flood = "<z:row ows_ID='1' ows_owshiddenversion='three'/>".repeat(1_000);
    let page = rows(&flood);
    assert_eq!((page.unreadable.len(), page.unreadable_count), (MAX_ILLEGAL, 1_000));
    let long = rows(&format!("<z:row ows_ID='1' ows_UniqueId='{}'/>", "é".repeat(1_000)));
    assert_eq!(long.unreadable[0].text.chars().count(), 200);
}

#[test]
fn rights_may_be_a_list_of_names_and_unknown_ones_are_told() {
    let mask = |mask: &str| {
        let page =
            read(answer("", "", "").replace("<listitems", &format!("<listitems EffectivePermMask='{mask}'")));
        let page = page.unwrap();
        let told = page.unreadable.first().map(|value| value.text.to_string());
        (page.effective_perm_mask, told)
    };
    assert_eq!(mask("ViewListItems, OpenItems, Open, ViewPages"), (Some(0x3_0021), None));
    assert_eq!(mask("ViewListItems, Fly, OpenItems, Swim"), (Some(0x21), Some("Fly, Swim".to_owned())));
    assert_eq!(mask("most"), (None, Some("most".to_owned())));
    assert_eq!((mask(""), mask("0x1b")), ((None, None), (Some(27), None)));
}

#[test]
fn a_field_without_a_name_is_passed_by_and_told() {
    let fields = "<List><Fields><Field Name='A'><Formula>=1</Formula></Field><Field ID='{1}'><Formula>=2</Formula></Field>\
        <Field Name='B'><Formula>=3</Formula></Field></Fields></List>";
    let page = read(answer(fields, "", "<z:row ows_ID='1'/>")).unwrap();
    let schema = page.list.as_ref().unwrap().schema();
    let formulas: Vec<_> =
        schema.fields().iter().map(|field| (field.name(), field.formula.as_deref())).collect();
    assert_eq!(formulas, [("A", Some("=1")), ("B", Some("=3"))]);
    assert_eq!((&*page.unreadable[0].attribute, &*page.unreadable[0].text), ("Name", "{1}"));
}

#[test]
fn a_property_that_stands_twice_in_a_row_counts_once_and_is_told() {
    let page = rows(
        "<z:row ows_ID='1' ows_MetaInfo_x='a' ows_MetaInfo_x='b'/><z:row ows_ID='2' ows_MetaInfo_x='c'/>",
    );
    assert_eq!((ids(&page), page.broken.len(), page.unreadable_count), (vec![1, 2], 0, 1));
    assert_eq!(page.rows.get(0).unwrap().property("x"), Some("a"));
    assert_eq!((&*page.unreadable[0].attribute, &*page.unreadable[0].text), ("ows_MetaInfo_x", "b"));
}
