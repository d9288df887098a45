//! The fast reader says what the plain one says, of any answer: the same page, or the same refusal.

mod fuzzed;

use super::{
    super::{cells::Cells, read, read_plainly},
    *,
};
use crate::feed::Limits;

const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

const FIXTURES: [&[u8]; 8] = [
    include_bytes!("../../../../../tests/fixtures/items-dirty.xml"),
    include_bytes!("../../../../../tests/fixtures/items-expanded.xml"),
    include_bytes!("../../../../../tests/fixtures/items-expired.xml"),
    include_bytes!("../../../../../tests/fixtures/items-increment.xml"),
    include_bytes!("../../../../../tests/fixtures/items-load-soap.xml"),
    include_bytes!("../../../../../tests/fixtures/items-load.xml"),
    include_bytes!("../../../../../tests/fixtures/items-nothing.xml"),
    include_bytes!("../../../../../tests/fixtures/items-restored.xml"),
];

/// Reads an answer both ways. Answers with how many rows it has; `None` where it is refused.
fn both(body: &[u8]) -> Option<usize> {
    let (fast, plain) = (read(body, &Limits::default()), read_plainly(body));
    let shown = || String::from_utf8_lossy(body);
    assert_eq!(format!("{fast:?}"), format!("{plain:?}"), "{}", shown());
    let (fast, plain) = (fast.ok()?, plain.ok()?);
    assert!(fast.rows.iter().zip(&plain.rows).all(|(fast, plain)| fast.id() == plain.id()), "{}", shown());
    Some(fast.rows.len())
}

/// Numbers that look random and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

#[test]
fn columns_whose_names_differ_in_few_letters_are_told_apart() {
    for (first, second) in
        [("ows_1_TotalSum", "ows_2_TotalSum"), ("ows_TotalSum_1", "ows_TotalSum_2"), ("ows_A", "ows_B")]
    {
        // The columns are known from the first row, and their order from the second.
        let both_columns = |id| format!("<z:row ows_ID='{id}' {first}='a' {second}='b'/>");
        let rows = format!(
            "{}{}<z:row ows_ID='3' {second}='c'/>{}",
            both_columns(1),
            both_columns(2),
            both_columns(4)
        );
        let body = of_rows(&rows);
        assert_eq!(both(body.as_bytes()), Some(4));
        let page = read(body.as_bytes(), &Limits::default()).unwrap();
        let row = page.rows.get(2).unwrap();
        assert_eq!((row.get(&first[4..]), row.get(&second[4..])), (None, Some("c")), "{rows}");
    }
}

/// An answer with these rows.
fn of_rows(rows: &str) -> String {
    format!(
        "<listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>\
         <Changes LastChangeToken='{TOKEN}'/><rs:data>{rows}</rs:data></listitems>"
    )
}

#[test]
fn a_value_ends_at_its_quote_wherever_what_needs_a_second_look_stands() {
    let specials =
        ["", "\n", "\t", "é", "\u{FEFF}", "\u{FFFE}", "&amp;", "&nothing;", "\u{1}", "<", "%", "!", "\""];
    for (special, before) in specials.iter().flat_map(|special| (0..10).map(move |before| (special, before)))
    {
        for (quote, between, behind) in
            [("'", " ", ""), ("'", "\n", "é"), ("\"", " ", ""), ("\"", "\t", "é"), ("'", " ", "b")]
        {
            let value = format!("{}{special}{behind}", "x".repeat(before));
            let row = |id| {
                format!(
                    "<z:row ows_ID='{id}' ows_A={quote}{value}{quote}{between}ows_B={quote}ab{quote} ows_C='{behind}'/>"
                )
            };
            // The names of the columns are known from the first row.
            let known = "<z:row ows_ID='1' ows_A='a' ows_B='b' ows_C='c'/>";
            both(of_rows(&format!("{known}{}{}", row(2), row(3))).as_bytes());
        }
    }
}

#[test]
fn mutated_answers_are_read_alike_or_refused_alike() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut read, mut refused) = (0, 0);
    for body in FIXTURES {
        let rows = both(body).unwrap();
        for _ in 0..if rows > 0 { 600 } else { 50 } {
            match both(&mutated(body, &mut dice)) {
                Some(_) => read += 1,
                None => refused += 1,
            }
        }
    }
    assert!(read > 500 && refused > 500, "{read} {refused}");
}

/// An answer with one to three changes, most of them among its rows.
fn mutated(body: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut body = body.to_owned();
    for _ in 0..=dice.below(3) {
        let data = body.windows(8).position(|text| text == b"<rs:data").unwrap_or_default();
        let first = if dice.once_in(5) { 0 } else { data };
        let at = first + dice.below(body.len() - first);
        let end = body.len().min(at + dice.below(4));
        match dice.below(12) {
            0 => body.truncate(at),
            1 => body[at] ^= 1 << dice.below(8),
            2 | 3 => {
                let from = data + dice.below(body.len() - data);
                let copy = body[from..body.len().min(from + dice.below(200))].to_owned();
                body.splice(at..at, copy);
            }
            _ => drop(body.splice(at..end, dice.of(&PIECES).bytes())),
        }
        if body.is_empty() {
            break;
        }
    }
    body
}

const PIECES: [&str; 40] = [
    "",
    "'",
    "\"",
    "<",
    ">",
    "/",
    "=",
    "&",
    " ",
    "\n",
    "\t",
    "\u{1}",
    "\u{0}",
    "\u{c}",
    "\u{a0}",
    "\u{FFFE}",
    "\u{FFFF}",
    "\u{FEFF}",
    "｡",
    "é",
    "&amp;",
    "&#1;",
    "&#xD;&#xA;",
    "&nbsp;",
    "/>",
    " />",
    "></z:row>",
    "></z:row >",
    "<z:row ",
    "<z:row/>",
    "<z:rows ",
    "</rs:data>",
    "<!-- ' -->",
    "<![CDATA[ ]]>",
    "<?p ?>",
    "text",
    " xmlns:z='u'",
    " xmlns='u'",
    " ows_ID='1'",
    " ows_A='1'ows_B=\"2\"",
];

#[test]
fn generated_pages_are_read_alike() {
    let mut dice = Dice(0xD1B5_4A32_D192_ED03);
    let mut rows = 0;
    for round in 0..1_500 {
        // Every other page is clean, so that the others do not hide how rows follow one another.
        let page = page(&mut dice, round % 2 == 0);
        rows += both(page.as_bytes()).unwrap_or_default();
    }
    assert!(rows > 3_000, "{rows}");
}

fn page(dice: &mut Dice, clean: bool) -> String {
    let (frame, row) = match dice.below(6) {
        0 => ("<listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:q='#RowsetSchema'>", "q:row"),
        1 => ("<listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='urn:other'>", "z:row"),
        2 => ("<listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:é='#RowsetSchema'>", "é:row"),
        _ => ("<listitems xmlns:rs='urn:schemas-microsoft-com:rowset' xmlns:z='#RowsetSchema'>", "z:row"),
    };
    let mut page = format!("{frame}<Changes LastChangeToken='{TOKEN}'/><rs:data ItemCount='0'>");
    for n in 1..=dice.below(12) {
        let mut columns = vec![format!("ows_ID={}", quoted(&n.to_string(), dice))];
        for name in NAMES {
            if !dice.once_in(4) {
                let value = dice.of(if clean { &VALUES[..CLEAN_VALUES] } else { &VALUES });
                columns.push(format!("{name}={}", quoted(value, dice)));
            }
        }
        if !clean && dice.once_in(3) {
            let (a, b) = (dice.below(columns.len()), dice.below(columns.len()));
            columns.swap(a, b);
        }
        if !clean && dice.once_in(8) {
            columns.push(dice.of(&ODD_COLUMNS).to_owned());
        }
        let apart = if clean { " " } else { dice.of(&[" ", " ", " ", " ", "\n  ", "\t", "", "\u{c}"]) };
        let end = if clean { " />" } else { dice.of(&ENDS) }.replace("ROW", row);
        page += &format!("\n   <{row} {}{end}", columns.join(apart));
    }
    page + if clean {
        "\n</rs:data></listitems>"
    } else {
        dice.of(&["</rs:data></listitems>", "</rs:data>", ""])
    }
}

fn quoted(value: &str, dice: &mut Dice) -> String {
    if value.contains('\'') || dice.once_in(8) { format!("\"{value}\"") } else { format!("'{value}'") }
}

const NAMES: [&str; 8] = [
    "ows_Title",
    "ows_Bid_x0020_Amount",
    "ows__Level",
    "ows_A",
    "ows_AB",
    "ows_Größe",
    "ows_MetaInfo",
    "ows_x",
];
const VALUES: [&str; 20] = [
    "",
    "1",
    "Bridge &amp; ramp",
    "12500.5000000000",
    "it's",
    "7;#Ana Ruiz",
    "a>b/>",
    "&#xD;&#xA;",
    "Größe ｡｡ \u{FFFD}",
    "=",
    "<",
    "&",
    "&#0;",
    "a\u{1}b",
    "\u{FFFE}",
    "two\r\nlines\tand a tab",
    "&quot;&apos;\"",
    "\u{FEFF}",
    "&nope;",
    "/><z:row ows_ID='9'",
];
/// The first values, with which a row is whole.
const CLEAN_VALUES: usize = 10;
const ODD_COLUMNS: [&str; 10] = [
    "ows_A='1'",
    "xmlns:z='u'",
    "xmlns='u'",
    "xmlns:z='#RowsetSchema'",
    "ows_ID='7'",
    "ows_A",
    "ows_A=1",
    "ows_A = '1'",
    "1a='1'",
    "ows_B='",
];
const ENDS: [&str; 12] = [
    "/>",
    " />",
    "\n/>",
    "/>",
    "></ROW>",
    "></ROW >",
    "><a/></ROW>",
    "/>text",
    "/><!-- a -->",
    "/>\u{FEFF}",
    "/>&amp;",
    ">",
];

/// What is known when the first row of this page was read, and another one comes.
fn second(row: &str) -> Option<(i32, String)> {
    let first = "<z:row ows_ID='1' ows_A='x' ows_B='y' xmlns:z='u' /> ";
    let text = format!("{first}<z:row {row}");
    let mut cells = Cells::new(&text);
    cells.element(&text["<z:row".len()..first.len() - "/> ".len()]).unwrap();
    let mark = format!("{:?}", cells.mark());
    let read = Fast::new().row(&mut cells, "z:row", first.len());
    if read.is_none() {
        assert_eq!(format!("{:?}", cells.mark()), mark, "nothing is left of {row}");
    }
    let (head, next) = read?;
    assert!(text[next..].starts_with('<'));
    Some((head.id, cells.find(head.cells, "ows_A").unwrap_or_default().to_owned()))
}

#[test]
fn rows_as_servers_write_them_are_read_here() {
    for (row, value) in [
        ("ows_ID='2' ows_A='a' ows_B='b' /><", "a"),
        ("ows_ID='2' ows_A='a'/>\r\n\t </rs:data>", "a"),
        ("ows_B='b' ows_ID='2'/><", ""),
        ("ows_ID=\"2\" ows_A=\"it's\"/><", "it's"),
        ("ows_ID='2' ows_A='&lt;&#10;a\u{1}'/><", "<\na\u{FFFD}"),
        ("ows_ID='2' ows_A='12345678｡'/><", "12345678｡"),
        ("ows_ID='2' ows_A='1234567>'/><", "1234567>"),
    ] {
        assert_eq!(second(row), Some((2, value.to_owned())), "{row}");
    }
}

#[test]
fn all_other_rows_are_left_to_the_plain_reader() {
    for row in [
        "ows_ID='2' ows_New='a' /><",
        "ows_ID='2' ows_A='a' ",
        "ows_ID='2' ows_A='a",
        "ows_ID='2' /",
        "ows_ID='2' />",
        "ows_ID='2' />text<",
        "ows_ID='2' />\u{FEFF}<",
        "ows_ID='2'></z:row><",
        "ows_ID='2' ows_ID='2' /><",
        "ows_ID='2'ows_A='a' /><",
        "ows_ID='2' xmlns:z='u' /><",
        "ows_ID = '2' /><",
        "ows_ID=2 /><",
        "ows_A='a' /><",
        "ows_ID='0' /><",
        "ows_ID='2' ows_A='<' /><",
        "ows_ID='2' ows_A='&' /><",
        "ows_ID='2' ows_A='&no;' /><",
        "ows_ID='2' ows_A='a<' /><",
        "ows_ID='2' ows_A /><",
        "ows_ID='2' é='a' /><",
        "/><",
        "",
    ] {
        assert_eq!(second(row), None, "{row}");
    }
}
