//! What is built is what the CAML schema says, and what is taken is well-formed.

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn field(name: &str) -> FieldRef {
    FieldRef::new(name).unwrap()
}

fn text(value: &str) -> Literal {
    Literal::text(value).unwrap()
}

fn filter(condition: Condition) -> String {
    Where::from(condition).to_string()
}

#[test]
fn every_operator_is_written_as_the_schema_says() {
    let (title, te) = (field("Title"), text("Te"));
    let operand = "<FieldRef Name=\"Title\"/><Value Type=\"Text\">Te</Value>";
    for (condition, operator) in [
        (title.eq(&te), "Eq"),
        (title.neq(&te), "Neq"),
        (title.gt(&te), "Gt"),
        (title.geq(&te), "Geq"),
        (title.lt(&te), "Lt"),
        (title.leq(&te), "Leq"),
        (title.begins_with(&te), "BeginsWith"),
        (title.contains(&te), "Contains"),
    ] {
        assert_eq!(filter(condition), format!("<Where><{operator}>{operand}</{operator}></Where>"));
    }
    assert_eq!(filter(title.is_null()), "<Where><IsNull><FieldRef Name=\"Title\"/></IsNull></Where>");
    assert_eq!(
        filter(title.is_not_null()),
        "<Where><IsNotNull><FieldRef Name=\"Title\"/></IsNotNull></Where>"
    );
    let ids = [Literal::counter(1), Literal::counter(2)];
    assert_eq!(
        filter(FieldRef::id().is_in(&ids).unwrap()),
        "<Where><In><FieldRef Name=\"ID\"/><Values><Value Type=\"Counter\">1</Value>\
         <Value Type=\"Counter\">2</Value></Values></In></Where>"
    );
    assert_eq!(
        filter(title.is_null().and(title.is_not_null()).or(title.is_null())),
        "<Where><Or><And><IsNull><FieldRef Name=\"Title\"/></IsNull><IsNotNull><FieldRef Name=\"Title\"/>\
         </IsNotNull></And><IsNull><FieldRef Name=\"Title\"/></IsNull></Or></Where>"
    );
    assert_eq!(
        filter(field("Customer").by_lookup_id().eq(&Literal::lookup_id(12))),
        "<Where><Eq><FieldRef Name=\"Customer\" LookupId=\"TRUE\"/><Value Type=\"Lookup\">12</Value></Eq></Where>"
    );
}

#[test]
fn every_value_carries_its_type() {
    let time: Timestamp = "2026-03-04T10:15:31.447Z".parse().unwrap();
    let guid = Uuid::from_u128(0x41f0a6d3_08c2_4b79_8e15_7a2d9c36b0e4);
    for (value, xml) in [
        (text("a"), "<Value Type=\"Text\">a</Value>"),
        (Literal::note("a").unwrap(), "<Value Type=\"Note\">a</Value>"),
        (Literal::choice("Open").unwrap(), "<Value Type=\"Choice\">Open</Value>"),
        (Literal::lookup("A").unwrap(), "<Value Type=\"Lookup\">A</Value>"),
        (Literal::user("Ana Ruiz").unwrap(), "<Value Type=\"User\">Ana Ruiz</Value>"),
        (Literal::url("https://x.example").unwrap(), "<Value Type=\"URL\">https://x.example</Value>"),
        (Literal::number(12500.5).unwrap(), "<Value Type=\"Number\">12500.5</Value>"),
        (Literal::currency(-3.0).unwrap(), "<Value Type=\"Currency\">-3</Value>"),
        (Literal::integer(-7), "<Value Type=\"Integer\">-7</Value>"),
        (Literal::counter(15), "<Value Type=\"Counter\">15</Value>"),
        (Literal::boolean(true), "<Value Type=\"Boolean\">1</Value>"),
        (Literal::boolean(false), "<Value Type=\"Boolean\">0</Value>"),
        (
            Literal::date_time(time),
            "<Value Type=\"DateTime\" IncludeTimeValue=\"TRUE\" StorageTZ=\"TRUE\">2026-03-04T10:15:31Z</Value>",
        ),
        (Literal::guid(guid), "<Value Type=\"Guid\">41f0a6d3-08c2-4b79-8e15-7a2d9c36b0e4</Value>"),
        (Literal::content_type_id("0x0100").unwrap(), "<Value Type=\"ContentTypeId\">0x0100</Value>"),
        (Literal::moderation_status(2), "<Value Type=\"ModStat\">2</Value>"),
        (Literal::typed("Computed", "a").unwrap(), "<Value Type=\"Computed\">a</Value>"),
    ] {
        assert_eq!(value.xml(), xml);
    }
    assert_eq!(Literal::number(f64::NAN), Err(CamlError::Number));
    assert_eq!(Literal::currency(f64::INFINITY), Err(CamlError::Number));
}

#[test]
fn a_text_cannot_leave_its_place() {
    let nasty = "</Value><Neq/>\" ' & \n";
    let xml = filter(field(nasty).eq(&text(nasty)));
    assert_eq!(
        xml,
        "<Where><Eq><FieldRef Name=\"&lt;/Value&gt;&lt;Neq/&gt;&quot; &apos; &amp; &#10;\"/>\
         <Value Type=\"Text\">&lt;/Value&gt;&lt;Neq/&gt;&quot; &apos; &amp; &#10;</Value></Eq></Where>"
    );
    assert_eq!(Literal::text("a\u{1}"), Err(CamlError::Character(1)));
    assert_eq!(FieldRef::new("a\u{FFFE}"), Err(CamlError::Character(0xFFFE)));
    assert_eq!(CamlError::Character(1).to_string(), "XML cannot carry the character U+0001");
}

#[test]
fn orders_and_filters_make_a_query() {
    assert_eq!(Query::new(None, []).as_str(), "<Query></Query>");
    let order = [Order::ascending(FieldRef::id()), Order::descending(field("Title"))];
    assert_eq!(
        Query::new(None, order).as_str(),
        "<Query><OrderBy><FieldRef Name=\"ID\" Ascending=\"TRUE\"/><FieldRef Name=\"Title\" Ascending=\"FALSE\"/>\
         </OrderBy></Query>"
    );
    let open = Where::from(field("Status").eq(&Literal::choice("Open").unwrap()));
    assert_eq!(Query::from(open.clone()).as_str(), format!("<Query>{open}</Query>"));
    assert_eq!(Query::from("<Where/>".parse::<Where>().unwrap()).as_str(), "<Query><Where/></Query>");
}

#[test]
fn fields_are_named_and_never_none() {
    let fields = ViewFields::new(["Title", "Bid_x0020_Amount"]).unwrap();
    assert_eq!(
        fields.as_str(),
        "<ViewFields><FieldRef Name=\"Title\"/><FieldRef Name=\"Bid_x0020_Amount\"/></ViewFields>"
    );
    let bag = "<ViewFields Properties=\"TRUE\"><FieldRef Name=\"Title\"/><FieldRef Name=\"Bid_x0020_Amount\"/>\
               <FieldRef Name=\"MetaInfo\"/></ViewFields>";
    assert_eq!(fields.clone().with_properties().as_str(), bag);
    assert_eq!(fields.clone().with_properties().with_properties().as_str(), bag);
    assert_eq!(fields.names().collect::<Vec<_>>(), ["Title", "Bid_x0020_Amount"]);
    assert_eq!(fields.as_str().parse(), Ok(fields));
    assert_eq!(ViewFields::new([""; 0]), Err(CamlError::Empty { what: "a list of fields" }));
    assert_eq!(ViewFields::new(["Title", ""]), Err(CamlError::Empty { what: "the name of a field" }));
    assert_eq!(FieldRef::id().is_in([]), Err(CamlError::Empty { what: "a list of values" }));
}

#[test]
fn many_conditions_are_nested_no_deeper_than_need_be() {
    let depth = |xml: &str| {
        let (mut deep, mut most) = (0, 0);
        for part in xml.split('<').skip(1) {
            deep += if part.starts_with('/') { -1 } else { i32::from(!part.contains("/>")) };
            most = most.max(deep);
        }
        most
    };
    let id = |n| FieldRef::id().eq(&Literal::counter(n));
    assert_eq!(Condition::any([]), None);
    assert_eq!(Condition::all([id(1)]), Some(id(1)));
    assert_eq!(Condition::all((1..=3).map(id)), Some(id(1).and(id(2)).and(id(3))));
    let many = filter(Condition::any((0..1_000).map(id)).unwrap());
    assert_eq!(many.matches("<Eq>").count(), 1_000);
    assert_eq!(depth(&many), 1 + 10 + 2);
    assert!(many.parse::<Where>().is_ok());
}

#[test]
fn a_contains_is_its_own_root() {
    let contains = Contains::new(&field("Title"), &text("Te"));
    let xml = "<Contains><FieldRef Name=\"Title\"/><Value Type=\"Text\">Te</Value></Contains>";
    assert_eq!(contains.as_str(), xml);
    assert_eq!(xml.parse(), Ok(contains));
}

#[test]
fn a_text_of_ones_own_is_taken_as_it_is_if_it_is_well_formed() {
    for xml in [
        "<Where/>",
        "<Where><Eq><FieldRef Name='Title' /><Value Type=\"Text\">a &amp; b<![CDATA[<>]]></Value></Eq></Where>",
        "<Where><!-- by hand --><a:b xmlns:a='u' a:c=''/></Where>",
    ] {
        assert_eq!(format!("\n {xml} ").parse::<Where>().unwrap().as_str(), xml);
    }
}

#[test]
fn a_text_that_is_not_well_formed_is_refused_when_it_is_made() {
    for xml in [
        "",
        "Where",
        "<Where>",
        "<Where></where>",
        "<Where><Eq></Where></Eq>",
        "<Where/><Where/>",
        "<Where/>text",
        "text<Where/>",
        "<Where/>&amp;",
        "<Where a='1' a='2'/>",
        "<Where a='1'b='2'/>",
        "<Where a=1/>",
        "<Where a/>",
        "<Where a='<'/>",
        "<Where a='&b;'/>",
        "<Where 1a=''/>",
        "<Where>&nbsp;</Where>",
        "<Where>a & b</Where>",
        "<Where>&#1;</Where>",
        "<Where>\u{1}</Where>",
        "<Where><a:b/></Where>",
        "<Where a:b=''/>",
        "<Where><1/></Where>",
        "<?xml version='1.0'?><Where/>",
        "<!DOCTYPE Where [<!ENTITY a 'b'>]><Where/>",
        "<Where><?target?></Where>",
        "<Where><!-- a -- b --></Where>",
        "<Where><!-- a ---></Where>",
        "<Where><![CDATA[\u{FFFF}]]></Where>",
        "<Where>a ]]> b</Where>",
        "<Where \u{BA}='1'/>",
        "<Where a\u{D7}='1'/>",
        "<Where><\u{B7}a/></Where>",
        "<Where xmlns:p='u'><p:/></Where>",
        "<Where xmlns:p='u'><p:1/></Where>",
        "<Where xmlns:p='u'><p:a:b/></Where>",
        "<Where xmlns:p=''/>",
        "<Where><xmlns:a/></Where>",
        "<Where><xml:a/></Where>",
        "<Where xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<Where xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<Where xmlns:p='u' xmlns:q='&#117;' p:a='1' q:a='2'/>",
        "<Where xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>",
    ] {
        let refused = xml.parse::<Where>();
        assert!(matches!(refused, Err(CamlError::NotWellFormed { .. })), "{xml}: {refused:?}");
    }
    let query = "<Query/>".parse::<Where>().unwrap_err();
    assert_eq!(query.to_string(), "the text is a Query instead of a Where");
    for xml in ["<where/>", "<Eq/>"] {
        assert!(matches!(xml.parse::<Where>(), Err(CamlError::Root { expected: "Where", .. })));
    }
}

#[test]
fn the_property_bag_can_be_asked_for_beside_any_text_of_ones_own() {
    for (own, with) in [
        ("<ViewFields/>", "<ViewFields Properties=\"TRUE\"><FieldRef Name=\"MetaInfo\"/></ViewFields>"),
        (
            "<ViewFields a='\"' Properties='FALSE' ><FieldRef Name='T'/></ViewFields ><!-- </a> -->",
            "<ViewFields Properties=\"TRUE\" a='\"'><FieldRef Name='T'/><FieldRef Name=\"MetaInfo\"/></ViewFields>",
        ),
        (
            "<ViewFields Properties='TRUE'><FieldRef Name='MetaInfo'/></ViewFields>",
            "<ViewFields Properties=\"TRUE\"><FieldRef Name='MetaInfo'/></ViewFields>",
        ),
    ] {
        let own: ViewFields = own.parse().unwrap();
        assert_eq!(own.asks_for_properties(), own.as_str().contains("'TRUE'"));
        let asked = own.with_properties();
        assert_eq!((asked.as_str(), asked.asks_for_properties()), (with, true));
        let read: ViewFields = with.parse().unwrap();
        assert!(read.asks_for_properties());
        assert!(asked.names().eq(read.names()) && asked.names().any(|name| name == "MetaInfo"));
        assert_eq!(read.with_properties(), asked);
    }
}

#[test]
fn depth_and_length_end_at_a_limit() {
    let nested = |depth: usize| {
        let inner = depth - 1;
        format!("<Where>{}{}</Where>", "<a>".repeat(inner), "</a>".repeat(inner)).parse::<Where>()
    };
    assert!(nested(MAX_CAML_DEPTH).is_ok());
    assert_eq!(nested(MAX_CAML_DEPTH + 1), Err(CamlError::TooDeep));
    let long = |bytes: usize| {
        let rest = bytes - "<Where></Where>".len();
        format!("<Where>{}</Where>", "x".repeat(rest)).parse::<Where>()
    };
    assert!(long(MAX_CAML_BYTES).is_ok());
    assert_eq!(long(MAX_CAML_BYTES + 1), Err(CamlError::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is built of any texts is well-formed.
    #[test]
    fn what_is_built_reads_back(name in "\\PC{1,12}", value in any::<String>(), more in any::<String>()) {
        if let (Ok(field), Ok(value), Ok(more)) = (FieldRef::new(&name), Literal::text(&value), Literal::note(&more)) {
            let query = Query::new(
                Some(field.eq(&value).or(field.is_in([&value, &more]).unwrap()).into()),
                [Order::descending(field)],
            );
            prop_assert_eq!(query.as_str().parse::<Query>(), Ok(query));
        }
        if let Ok(fields) = ViewFields::new([&name]) {
            let read: ViewFields = fields.as_str().parse().unwrap();
            prop_assert_eq!(read.names().collect::<Vec<_>>(), [&name]);
        }
    }

    /// No text panics.
    #[test]
    fn any_text_is_taken_or_refused(xml in "(<|</|>|/>|Where|a|=|'|\"|&|;|#|!|--|\\[CDATA\\[|\\]\\]| |\\PC){0,24}") {
        let _ = xml.parse::<Where>();
        let _ = format!("<Where>{xml}</Where>").parse::<Where>();
        for fields in [format!("<ViewFields {xml}/>"), format!("<ViewFields>{xml}</ViewFields>{xml}")] {
            if let Ok(fields) = fields.parse::<ViewFields>() {
                let asked = fields.with_properties();
                prop_assert_eq!(asked.as_str().parse::<ViewFields>(), Ok(asked));
            }
        }
    }
}
