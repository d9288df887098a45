//! Reading a request's address: the web, the segments behind `_api`, and the query string.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use crate::problem::Problem;

/// One segment behind `_api`: `lists(guid'…')`, `getbytitle('Q1 Bids')`, `items`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// As sent, for messages.
    pub(crate) name: String,
    /// Its arguments; none without parentheses.
    pub(crate) arguments: Option<Vec<Argument>>,
}

/// An argument of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    /// The name before `=`, if there is one.
    pub(crate) name: Option<String>,
    /// Its value.
    pub(crate) value: Literal,
}

/// An OData literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    /// `'text'`.
    Text(String),
    /// `guid'…'`.
    Guid(Uuid),
    /// `17`.
    Number(i64),
    /// `@name`, its value in the query string.
    Alias(String),
    /// Anything else, such as `true`.
    Word(String),
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The server-relative path before `/_api` or `/_vti_bin`.
    pub(crate) web: String,
    /// Which of the two stands there, in lower case.
    pub(crate) service: String,
    /// What stands behind it.
    pub(crate) segments: Vec<Segment>,
    /// The query string, decoded; names in lower case where they begin with `$`.
    pub(crate) options: BTreeMap<String, String>,
}

/// What is wrong with an address before SharePoint even sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadAddress {
    /// http.sys refuses it with a page of HTML.
    Invalid,
    /// No web service stands in it.
    NoService,
}

/// The longest path that http.sys lets through.
const LONGEST: usize = 4_096;

impl Address {
    pub(crate) fn parse(uri: &http::Uri) -> Result<Result<Self, Problem>, BadAddress> {
        if uri.path().len() > LONGEST {
            return Err(BadAddress::Invalid);
        }
        let path = decode(uri.path()).ok_or(BadAddress::Invalid)?;
        let lower = path.to_ascii_lowercase();
        let service = ["/_api/", "/_vti_bin/"].into_iter().find_map(|name| Some((lower.find(name)?, name)));
        let Some((at, name)) = service else { return Err(BadAddress::NoService) };
        let Some(options) = options(uri.query().unwrap_or_default()) else { return Err(BadAddress::Invalid) };
        Ok(segments(&path[at + name.len()..]).map(|segments| Self {
            web: path[..at].to_owned(),
            service: name.trim_matches('/').to_owned(),
            segments,
            options,
        }))
    }

    /// An OData option: `$select` and its like.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// The literal behind an alias, or the literal itself.
    pub(crate) fn resolve(&self, literal: &Literal) -> Result<Literal, Problem> {
        let Literal::Alias(name) = literal else { return Ok(literal.clone()) };
        let missing = || Problem::query(format!("Missing required query string: @{name}."));
        let text = self.options.get(&format!("@{name}")).ok_or_else(missing)?;
        literal_of(text.trim())
    }
}

impl Segment {
    /// Whether it has this name, in whatever case.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

fn decode(text: &str) -> Option<String> {
    // A `%` that begins no escape is an error of IIS, not of SharePoint.
    let bytes = text.as_bytes();
    let broken = bytes.iter().enumerate().any(|(at, byte)| {
        *byte == b'%' && !bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    if broken {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// The query string; `+` is a blank there.
fn options(query: &str) -> Option<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(&name.replace('+', " "))?;
        let name = if name.starts_with('$') { name.to_lowercase() } else { name };
        options.insert(name, decode(&value.replace('+', " "))?);
    }
    Some(options)
}

/// Cuts a decoded path at its slashes, those inside quotes left alone.
fn segments(path: &str) -> Result<Vec<Segment>, Problem> {
    let mut found = Vec::new();
    let (mut start, mut quoted) = (0, false);
    let bounds = path.char_indices().map(|(at, c)| (at, Some(c))).chain([(path.len(), None)]);
    for (at, c) in bounds {
        match c {
            Some('\'') => quoted = !quoted,
            Some('/') | None if !quoted || c.is_none() => {
                if at > start {
                    found.push(segment(&path[start..at])?);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    Ok(found)
}

fn segment(text: &str) -> Result<Segment, Problem> {
    let Some(open) = text.find('(') else {
        return Ok(Segment { name: text.to_owned(), arguments: None });
    };
    let unread = || Problem::query(format!("The expression \"{text}\" is not valid."));
    let inner = text[open + 1..].strip_suffix(')').ok_or_else(unread)?;
    let mut arguments = Vec::new();
    for part in split_arguments(inner) {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let named = part.split_once('=').filter(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
        let (name, value) = match named {
            Some((name, value)) => (Some(name.to_owned()), value),
            None => (None, part),
        };
        arguments.push(Argument { name, value: literal_of(value)? });
    }
    Ok(Segment { name: text[..open].to_owned(), arguments: Some(arguments) })
}

/// Cuts at commas outside quotes.
fn split_arguments(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            ',' if !quoted => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}

/// Reads one literal; a doubled quote inside text is one.
pub(crate) fn literal_of(text: &str) -> Result<Literal, Problem> {
    let unread = || Problem::query(format!("The expression \"{text}\" is not valid."));
    if let Some(name) = text.strip_prefix('@') {
        return Ok(Literal::Alias(name.to_owned()));
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'').ok_or_else(unread)?;
        if inner.replace("''", "").contains('\'') {
            return Err(unread());
        }
        return Ok(Literal::Text(inner.replace("''", "'")));
    }
    if text.len() > 4 && text.is_char_boundary(4) && text[..4].eq_ignore_ascii_case("guid") {
        let inner = text[4..].strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        let id = inner.and_then(|inner| Uuid::try_parse(inner).ok());
        return id.map(Literal::Guid).ok_or_else(unread);
    }
    if let Ok(number) = text.parse() {
        return Ok(Literal::Number(number));
    }
    if text.is_empty() || text.contains('\'') {
        return Err(unread());
    }
    Ok(Literal::Word(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(uri: &str) -> Address {
        Address::parse(&uri.parse().unwrap()).unwrap().unwrap()
    }

    fn text(segment: &Segment) -> &str {
        match &segment.arguments.as_ref().unwrap()[0].value {
            Literal::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn titles_survive_quoting_and_escaping() {
        for (path, title) in [
            ("getbytitle('Q1%20Bids')", "Q1 Bids"),
            ("getbytitle('Dave''s%20R%26D%20%232')", "Dave's R&D #2"),
            ("getbytitle('100%25%20Jobs')", "100% Jobs"),
            ("GetByTitle%28%27Bench%20List%27%29", "Bench List"),
            ("getbytitle('a%2Fb')", "a/b"),
        ] {
            let address = parse(&format!("https://h/sites/ops/_api/web/lists/{path}/GetChanges"));
            assert_eq!(address.web, "/sites/ops");
            assert_eq!(address.segments.len(), 4);
            assert_eq!(text(&address.segments[2]), title);
        }
    }

    #[test]
    fn slashes_inside_quotes_do_not_cut_and_aliases_are_found() {
        let address = parse("/sites/ops/_API/web/GetList('/sites/ops/Lists/Q1%20Bids')/getchanges");
        assert_eq!(text(&address.segments[1]), "/sites/ops/Lists/Q1 Bids");
        let address =
            parse("/_api/web/GetList(@u)/GetChanges?@u='%2Fsites%2Fops%2FLists%2FDave''s'&%24top=3");
        assert_eq!(address.web, "");
        let argument = &address.segments[1].arguments.as_ref().unwrap()[0].value;
        assert_eq!(address.resolve(argument), Ok(Literal::Text("/sites/ops/Lists/Dave's".to_owned())));
        assert_eq!(address.option("$top"), Some("3"));
        let missing = address.resolve(&Literal::Alias("a1".to_owned())).unwrap_err();
        assert_eq!(missing.text, "Missing required query string: @a1.");
    }

    #[test]
    fn guids_numbers_and_names_are_told_apart() {
        let address =
            parse("/_api/web/lists(guid'3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66')/items(17)/f(decodedUrl='x')");
        assert!(matches!(address.segments[1].arguments.as_ref().unwrap()[0].value, Literal::Guid(_)));
        assert_eq!(address.segments[2].arguments.as_ref().unwrap()[0].value, Literal::Number(17));
        let named = &address.segments[3].arguments.as_ref().unwrap()[0];
        assert_eq!(named.name.as_deref(), Some("decodedUrl"));
    }

    #[test]
    fn what_iis_refuses_never_reaches_sharepoint() {
        let bad = |uri: &str| Address::parse(&uri.parse().unwrap()).unwrap_err();
        assert_eq!(bad("/_api/web/lists('%zz')"), BadAddress::Invalid);
        assert_eq!(bad("/sites/ops/index.html"), BadAddress::NoService);
        assert_eq!(bad(&format!("/_api/{}", "a".repeat(5_000))), BadAddress::Invalid);
    }

    #[test]
    fn literals_with_loose_quotes_are_refused() {
        for text in ["'a'b'", "'a", "guid'x'", "a'b", ""] {
            assert!(literal_of(text).is_err(), "{text}");
        }
    }
}
