//! A test for each form a value has on the wire.

use super::*;

const UTC_10_15: &str = "2026-03-04T10:15:31Z";

fn value(kind: FieldKind, text: &str) -> Option<Value<'_>> {
    read(text, kind, 15, None)
}

fn assert_other(kind: FieldKind, texts: &[&str]) {
    for text in texts {
        assert_eq!(value(kind, text), Some(Value::Other(text)), "{kind:?} {text}");
    }
}

fn lookup(id: i32, text: &str) -> Lookup<'_> {
    Lookup { id, text }
}

fn named(id: i32, name: &str) -> Person<'_> {
    Person { id, name: name.into(), login: None, email: None, sip: None, title: None }
}

#[test]
fn text_and_note_are_their_text_even_if_it_is_empty() {
    for kind in [FieldKind::Text, FieldKind::Note, FieldKind::Choice, FieldKind::Computed] {
        for text in ["Bridge & ramp", "<div>a\r\nb</div>", ""] {
            assert_eq!(value(kind, text), Some(Value::Text(text)));
        }
    }
}

#[test]
fn number_and_currency_have_a_dot_and_no_grouping() {
    for kind in [FieldKind::Number, FieldKind::Currency] {
        for (text, number) in
            [("12500.5000000000", 12500.5), ("0.25", 0.25), ("-3", -3.0), ("1.5E+20", 1.5e20), ("0", 0.0)]
        {
            assert_eq!(value(kind, text), Some(Value::Number(number)));
        }
        assert_other(kind, &["inf", "NaN", "1,5", "1 000", "0x10", "7;#green", "1e999"]);
        assert_eq!(value(kind, ""), None);
    }
}

#[test]
fn integer_and_counter_are_whole() {
    for kind in [FieldKind::Integer, FieldKind::Counter] {
        assert_eq!(value(kind, "17"), Some(Value::Integer(17)));
        assert_eq!(value(kind, "-1"), Some(Value::Integer(-1)));
        assert_other(kind, &["0;#Approved", "x", "inf", "1,5", "-", ".", "1e"]);
    }
}

#[test]
fn a_whole_number_may_be_written_with_decimals_or_an_exponent_and_is_exact_to_64_bits() {
    for (text, whole) in [
        ("3.00000000000000", 3),
        ("-3.00000000000000", -3),
        ("-0.00000000000000", 0),
        ("0.0", 0),
        ("1500.00000000000", 1_500),
        ("1.00000000000000e+015", 1_000_000_000_000_000),
        ("1.23456789012345e+017", 123_456_789_012_345_000),
        ("9007199254740993.0", 9_007_199_254_740_993),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        assert_eq!(value(FieldKind::Integer, text), Some(Value::Integer(whole)), "{text}");
    }
    assert_eq!(value(FieldKind::Integer, "3.5"), Some(Value::Number(3.5)));
    assert_eq!(value(FieldKind::Integer, "-2.50000000000000e-005"), Some(Value::Number(-2.5e-5)));
    assert_other(
        FieldKind::Integer,
        &["9223372036854775808", "-9223372036854775809", "1.00000000000000e+019", "1e999"],
    );
    assert_eq!(value(FieldKind::Integer, ""), None);
}

#[test]
fn a_number_of_the_item_itself_stands_behind_its_id_or_alone() {
    for (text, number) in
        [("15;#4567", 4567), ("4567", 4567), ("15;#0", 0), ("15;#5000000000", 5_000_000_000)]
    {
        assert_eq!(value(FieldKind::OwnNumber, text), Some(Value::Integer(number)), "{text}");
    }
    for text in ["15;#", ""] {
        assert_eq!(value(FieldKind::OwnNumber, text), None, "{text}");
    }
    assert_other(FieldKind::OwnNumber, &["16;#4567", "15;#4 KB", "15;#15;#1"]);
}

#[test]
fn a_moderation_status_is_its_number_with_or_without_the_word() {
    for (text, number) in [("0", 0), ("0;#Approved", 0), ("2;#Ausstehend", 2), ("3;#", 3)] {
        assert_eq!(value(FieldKind::ModerationStatus, text), Some(Value::Integer(number)), "{text}");
    }
    assert_other(FieldKind::ModerationStatus, &["Approved", ";#Approved", "Approved;#0"]);
}

#[test]
fn boolean_is_one_or_zero() {
    for (text, yes) in [("1", true), ("0", false), ("TRUE", true), ("False", false)] {
        assert_eq!(value(FieldKind::Boolean, text), Some(Value::Boolean(yes)));
    }
    assert_other(FieldKind::Boolean, &["2", "Yes", "-1"]);
}

#[test]
fn a_date_is_utc_and_one_without_a_zone_only_by_an_explicit_offset() {
    let time: Timestamp = UTC_10_15.parse().unwrap();
    assert_eq!(value(FieldKind::DateTime, UTC_10_15), Some(Value::Date(time)));
    assert_other(FieldKind::DateTime, &["2026-03-04 11:15:31", "2026-13-04T10:15:31Z", "yesterday"]);
    let ahead = Offset::constant(1);
    let local = |text| read(text, FieldKind::DateTime, 15, Some(ahead));
    assert_eq!(local("2026-03-04 11:15:31"), Some(Value::Date(time)));
    assert_eq!(local(UTC_10_15), Some(Value::Date(time)));
    assert_eq!(local("11:15:31"), Some(Value::Other("11:15:31")));
}

#[test]
fn multi_choice_stands_between_separators() {
    assert_eq!(
        value(FieldKind::MultiChoice, ";#Open;#Held, at last;#"),
        Some(Value::Choices(vec!["Open", "Held, at last"]))
    );
    assert_eq!(value(FieldKind::MultiChoice, "Open"), Some(Value::Choices(vec!["Open"])));
    assert_eq!(value(FieldKind::MultiChoice, ""), Some(Value::Choices(Vec::new())));
}

#[test]
fn a_lookup_is_an_id_and_everything_behind_the_first_separator() {
    assert_eq!(value(FieldKind::Lookup, "12;#Title text"), Some(Value::Lookup(lookup(12, "Title text"))));
    assert_eq!(value(FieldKind::Lookup, "12;#A;#15;#B"), Some(Value::Lookup(lookup(12, "A;#15;#B"))));
    assert_eq!(value(FieldKind::Lookup, "12;#"), Some(Value::Lookup(lookup(12, ""))));
    assert_other(FieldKind::Lookup, &["12", "Title", ";#12", "1 2;#x", "+1;#x", "99999999999;#x", "-;#x"]);
}

#[test]
fn several_lookups_are_split_where_an_id_follows_and_nowhere_else() {
    for (text, entries) in [
        ("12;#A;#15;#B", vec![lookup(12, "A"), lookup(15, "B")]),
        ("12;#A;#B;#15;#C", vec![lookup(12, "A;#B"), lookup(15, "C")]),
        ("12;#A;B;;#15;#C", vec![lookup(12, "A;B;"), lookup(15, "C")]),
        ("12;#;#15;#", vec![lookup(12, ""), lookup(15, "")]),
        ("12;#A;#15", vec![lookup(12, "A;#15")]),
        ("12;#A", vec![lookup(12, "A")]),
        ("", Vec::new()),
    ] {
        assert_eq!(value(FieldKind::LookupMulti, text), Some(Value::Lookups(entries)), "{text}");
    }
    assert_other(FieldKind::LookupMulti, &["A;#12;#B", ";#12;#A", "12"]);
}

#[test]
fn a_person_is_an_id_and_a_name_with_its_commas() {
    assert_eq!(value(FieldKind::Person, "7;#Ana Ruiz"), Some(Value::Person(named(7, "Ana Ruiz"))));
    for name in ["Ruiz, Ana", "Ruiz,, Ana", "Team,#1", ""] {
        let text = format!("7;#{name}");
        assert_eq!(value(FieldKind::Person, &text), Some(Value::Person(named(7, name))), "{name}");
    }
    assert_other(FieldKind::Person, &["Ana Ruiz", "7", "#7;#x", "+7;#x"]);
    assert_eq!(value(FieldKind::Person, "-1;#Everyone"), Some(Value::Person(named(-1, "Everyone"))));
}

#[test]
fn an_expanded_person_has_five_parts_and_doubled_commas() {
    let text = "7;#Ruiz,, Ana,#i:0#.f|membership|ana@fabrikam.example,#ana@fabrikam.example,#,#Ana Ruiz";
    let ana = Person {
        login: Some("i:0#.f|membership|ana@fabrikam.example".into()),
        email: Some("ana@fabrikam.example".into()),
        sip: None,
        title: Some("Ana Ruiz".into()),
        ..named(7, "Ruiz, Ana")
    };
    assert_eq!(value(FieldKind::Person, text), Some(Value::Person(ana.clone())));
    // A part that ends in a comma of its own.
    let ends = value(FieldKind::Person, "8;#Bob,,,#b,#c,#d,#e");
    let Some(Value::Person(bob)) = ends else { panic!("{ends:?}") };
    assert_eq!((&*bob.name, bob.login.as_deref(), bob.title.as_deref()), ("Bob,", Some("b"), Some("e")));
    let both = format!("{text};#9;#Cy");
    assert_eq!(value(FieldKind::PersonMulti, &both), Some(Value::People(vec![ana, named(9, "Cy")])));
    assert_eq!(value(FieldKind::PersonMulti, ""), Some(Value::People(Vec::new())));
}

#[test]
fn a_link_ends_at_the_first_comma_with_a_blank_and_doubles_its_own() {
    for (text, url, caption) in [
        ("https://x.example/a, Caption", "https://x.example/a", Some("Caption")),
        (
            "https://x.example/a,,b, Caption, long,, and more",
            "https://x.example/a,b",
            Some("Caption, long,, and more"),
        ),
        ("https://x.example/a,,, Caption", "https://x.example/a,", Some("Caption")),
        ("https://x.example/a,b", "https://x.example/a,b", None),
        ("https://x.example/a, ", "https://x.example/a", Some("")),
    ] {
        let link = Link { url: url.into(), caption };
        assert_eq!(value(FieldKind::Link, text), Some(Value::Link(link)), "{text}");
    }
}

#[test]
fn a_calculated_value_names_its_type() {
    for (text, result) in [
        ("string;#a;#b", Value::Text("a;#b")),
        ("float;#3.50000000000000", Value::Number(3.5)),
        ("datetime;#2026-03-04T10:15:31Z", Value::Date(UTC_10_15.parse().unwrap())),
        ("boolean;#1", Value::Boolean(true)),
        ("error;##NAME?", Value::Error("#NAME?")),
    ] {
        assert_eq!(value(FieldKind::Calculated, text), Some(result), "{text}");
    }
    assert_other(FieldKind::Calculated, &["3.5", "float;#x", "money;#3", "datetime;#2026-03-04 10:15:31"]);
}

#[test]
fn a_calculated_value_is_read_by_the_type_its_field_gives_it() {
    let date = || Value::Date(UTC_10_15.parse().unwrap());
    for (result_type, text, result) in [
        ("Number", "float;#1.5", Some(Value::Number(1.5))),
        ("Number", "string;#1.5", Some(Value::Number(1.5))),
        ("Number", "boolean;#1", Some(Value::Number(1.0))),
        ("Number", "15;#float;#-1.5", Some(Value::Number(-1.5))),
        ("Number", "-1.5", Some(Value::Number(-1.5))),
        ("Number", "string;#", None),
        ("Number", "float;#", None),
        ("Number", "", None),
        ("Number", "error;##DIV/0!", Some(Value::Error("#DIV/0!"))),
        ("Number", "string;#n/a", Some(Value::Other("string;#n/a"))),
        ("Number", "16;#float;#1.5", Some(Value::Other("16;#float;#1.5"))),
        ("Currency", "float;#12500.5000000000", Some(Value::Number(12500.5))),
        ("Integer", "float;#3.00000000000000", Some(Value::Integer(3))),
        ("DateTime", "datetime;#2026-03-04T10:15:31Z", Some(date())),
        ("DateTime", "15;#datetime;#2026-03-04T10:15:31Z", Some(date())),
        ("DateTime", "string;#", None),
        ("DateTime", "float;#45000.5", Some(Value::Other("float;#45000.5"))),
        ("Boolean", "boolean;#0", Some(Value::Boolean(false))),
        ("Boolean", "float;#1.00000000000000", Some(Value::Boolean(true))),
        ("Boolean", "string;#2", Some(Value::Other("string;#2"))),
        ("Text", "string;#float;#1.5", Some(Value::Text("float;#1.5"))),
        ("Text", "float;#1.5", Some(Value::Text("1.5"))),
        ("Text", "15;#string;#x", Some(Value::Text("x"))),
        ("Text", "string;#", Some(Value::Text(""))),
        ("Text", "15;#x", Some(Value::Text("15;#x"))),
    ] {
        assert_eq!(calculated(text, Some(result_type), 15, None), result, "{result_type} {text}");
    }
}

#[test]
fn a_term_is_an_id_a_label_and_a_guid() {
    let guid = "0b6f2a71-55c9-4b35-8c12-9a3e7d4410fe";
    let term = |id, label, term_id: Option<&str>| Term { id, label, term_id: term_id.and_then(super::guid) };
    let one = format!("12;#North|South|{guid}");
    assert_eq!(value(FieldKind::Term, &one), Some(Value::Term(term(12, "North|South", Some(guid)))));
    assert_eq!(value(FieldKind::Term, "12;#North"), Some(Value::Term(term(12, "North", None))));
    assert_eq!(value(FieldKind::Term, "12;#a|b"), Some(Value::Term(term(12, "a|b", None))));
    let several = format!("12;#North|{guid};#13;#South|{guid}");
    let terms = vec![term(12, "North", Some(guid)), term(13, "South", Some(guid))];
    assert_eq!(value(FieldKind::TermMulti, &several), Some(Value::Terms(terms)));
    assert_other(FieldKind::Term, &["North", guid, "+1;#North"]);
}

#[test]
fn an_image_or_a_location_is_json_text() {
    let text = r#"{"fileName":"a.png","serverRelativeUrl":"/sites/ops/a.png"}"#;
    assert_eq!(value(FieldKind::Json, text), Some(Value::Json(text)));
    assert_other(FieldKind::Json, &["<img src='/a.png'>", "POINT (8 47)"]);
}

#[test]
fn what_belongs_to_the_item_carries_its_id_before_it() {
    let guid = "41f0a6d3-08c2-4b79-8e15-7a2d9c36b0e4";
    let unique = format!("15;#{{{}}}", guid.to_uppercase());
    assert_eq!(value(FieldKind::OwnGuid, &unique), Some(Value::Guid(guid.parse().unwrap())));
    assert_eq!(value(FieldKind::OwnGuid, guid), Some(Value::Guid(guid.parse().unwrap())));
    assert_eq!(
        value(FieldKind::OwnPath, "15;#sites/ops/Lists/Q1 Bids/15_.000"),
        Some(Value::Path("/sites/ops/Lists/Q1 Bids/15_.000".into()))
    );
    assert_eq!(value(FieldKind::OwnPath, "/sites/ops"), Some(Value::Path("/sites/ops".into())));
    assert_eq!(value(FieldKind::OwnText, "15;#15_.000"), Some(Value::Text("15_.000")));
    assert_eq!(value(FieldKind::OwnText, "15_.000"), Some(Value::Text("15_.000")));
    for time in [format!("15;#{UTC_10_15}"), format!("15;#datetime;#{UTC_10_15}"), UTC_10_15.to_owned()] {
        assert_eq!(value(FieldKind::OwnDate, &time), Some(Value::Date(UTC_10_15.parse().unwrap())));
    }
    assert_eq!(value(FieldKind::OwnDate, "15;#"), None);
    for (text, kind) in
        [("15;#0", ObjectType::File), ("15;#1", ObjectType::Folder), ("15;#2", ObjectType::Other(2))]
    {
        assert_eq!(value(FieldKind::ObjectType, text), Some(Value::ObjectType(kind)));
    }
    // Another item's id is not the item's own.
    assert_other(FieldKind::ObjectType, &["16;#0", "15;#x"]);
    assert_other(FieldKind::OwnGuid, &["16;#{41F0A6D3-08C2-4B79-8E15-7A2D9C36B0E4}", "15;#"]);
    assert_other(FieldKind::OwnPath, &["15;#"]);
}

#[test]
fn a_guid_may_stand_in_braces() {
    let guid = Uuid::from_u128(0x41f0a6d3_08c2_4b79_8e15_7a2d9c36b0e4);
    assert_eq!(value(FieldKind::Guid, "{41F0A6D3-08C2-4B79-8E15-7A2D9C36B0E4}"), Some(Value::Guid(guid)));
    assert_other(FieldKind::Guid, &["{41F0A6D3}"]);
}

#[test]
fn rights_are_a_number_in_hexadecimal_or_a_word() {
    for (text, mask) in [
        ("0x7fffffffffffffff", 0x7fff_ffff_ffff_ffff),
        ("FullMask", 0x7fff_ffff_ffff_ffff),
        ("0x1b03c4312ef", 0x1b0_3c43_12ef),
        ("0X1B", 27),
        ("EmptyMask", 0),
        ("ViewListItems, OpenItems, Open, ViewPages", 0x3_0021),
        ("ViewListItems,EnumeratePermissions", 0x4000_0000_0000_0001),
    ] {
        assert_eq!(value(FieldKind::PermMask, text), Some(Value::PermMask(mask)), "{text}");
    }
    assert_other(
        FieldKind::PermMask,
        &["0x", "27", "0x10000000000000000", "0x+1", "fullmask", "ViewListItems, Fly", ","],
    );
}

#[test]
fn attachments_are_a_count_or_addresses_with_or_without_versions() {
    let files = |files| Some(Value::Attachments(Attachments::Files(files)));
    let (a, b) = ("https://x.example/Attachments/15/a.pdf", "https://x.example/Attachments/15/b, c.pdf");
    for (text, count) in [("0", 0), ("1", 1), ("12", 12)] {
        assert_eq!(value(FieldKind::Attachments, text), Some(Value::Attachments(Attachments::Count(count))));
    }
    let bare = |url| Attachment { url, version: None };
    assert_eq!(value(FieldKind::Attachments, &format!(";#{a};#{b};#")), files(vec![bare(a), bare(b)]));
    let id = Uuid::from_u128(0x0b6f2a71_55c9_4b35_8c12_9a3e7d4410fe);
    let version = "{0B6F2A71-55C9-4B35-8C12-9A3E7D4410FE},3";
    let versioned = |url| Attachment { url, version: Some((id, 3)) };
    let text = format!(";#{a};#{version};#{b};#{version};#");
    assert_eq!(value(FieldKind::Attachments, &text), files(vec![versioned(a), versioned(b)]));
    let orphan = format!(";#{version};#");
    assert_other(FieldKind::Attachments, &["-1", "x", ";#", &orphan]);
}

#[test]
fn a_property_bag_has_a_property_a_line() {
    let property = |key, code, value| Property { key, code, value };
    let text =
        "15;#vti_title:SW|My: doc|x\r\nvti_rows:IW|3\nNotes:SW|one\r\ntwo\r\n\r\nthree\r\nEmpty:SW|\r\n";
    assert_eq!(
        value(FieldKind::Properties, text),
        Some(Value::Properties(vec![
            property("vti_title", "SW", "My: doc|x"),
            property("vti_rows", "IW", "3"),
            property("Notes", "SW", "one\r\ntwo\r\n\r\nthree"),
            property("Empty", "SW", ""),
        ]))
    );
    assert_eq!(value(FieldKind::Properties, "15;#"), Some(Value::Properties(Vec::new())));
    assert_other(FieldKind::Properties, &["15;#free text", "15;#a:s|b", ":SW|x"]);
}

#[test]
fn a_content_type_id_is_hexadecimal() {
    assert_eq!(value(FieldKind::ContentTypeId, "0x0100A1"), Some(Value::ContentTypeId("0x0100A1")));
    assert_other(FieldKind::ContentTypeId, &["0100A1", "0x", "0x01G"]);
}

#[test]
fn a_type_nobody_knows_keeps_its_text() {
    assert_other(FieldKind::Other, &["12;#x", "a"]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(512))]

    /// No text of any field panics, and a text is lost only where it is empty.
    #[test]
    fn any_text_is_read_by_any_type(
        text in "([0-9]{1,3};#|;#|,|,#|,,|;|\\||:SW\\||\r\n|[a-zA-Z{}ä😀 -]{0,4}){0,12}",
    ) {
        use FieldKind as K;
        for kind in [
            K::Text, K::Note, K::Number, K::Currency, K::Integer, K::Counter, K::Boolean, K::DateTime, K::Choice,
            K::MultiChoice, K::Lookup, K::LookupMulti, K::Person, K::PersonMulti, K::Link, K::Calculated, K::Computed,
            K::Term, K::TermMulti, K::Json, K::Guid, K::ContentTypeId, K::Attachments, K::ObjectType, K::OwnGuid,
            K::OwnPath, K::OwnDate, K::OwnText, K::OwnNumber, K::ModerationStatus, K::PermMask, K::Properties,
            K::Other,
        ] {
            let read = read(&text, kind, 15, Some(Offset::UTC));
            proptest::prop_assert!(read.is_some() || own(&text, 15).is_empty(), "{kind:?}");
            if let Some(Value::Lookups(entries)) = read {
                let written: Vec<String> = entries.iter().map(|l| format!("{};#{}", l.id, l.text)).collect();
                let numbers = |text: &str| text.bytes().filter(u8::is_ascii_alphabetic).count();
                proptest::prop_assert_eq!(numbers(&written.join(";#")), numbers(&text));
            }
        }
    }
}
