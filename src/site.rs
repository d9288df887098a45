//! Addresses: where a site is, which of its objects a query is about, and how their names are quoted.

use std::fmt;

use http::{HeaderValue, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use uuid::Uuid;

/// A web of a SharePoint site, and how to speak to its server.
///
/// ```
/// use sharepoint_changes::Site;
///
/// let site = Site::new("https://fabrikam.sharepoint.com/sites/ops/")?.user_agent("NONISV|Fabrikam|Index/1.0")?;
/// assert_eq!(site.url(), "https://fabrikam.sharepoint.com/sites/ops");
/// # Ok::<(), sharepoint_changes::SiteError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    url: String,
    host: String,
    user_agent: HeaderValue,
    generation: Generation,
    metadata: Metadata,
    digest: DigestMode,
}

impl Site {
    /// Takes the address of a web: absolute, `http` or `https`, without query, fragment or credentials. Trailing
    /// slashes go; blanks and other characters that no URL may hold are percent-encoded, what is encoded already
    /// stays.
    ///
    /// # Errors
    /// [`SiteError`] says what is wrong with the address.
    pub fn new(url: &str) -> Result<Self, SiteError> {
        let wrong = |reason| SiteError { text: without_secrets(url), reason };
        let trimmed = url.trim();
        if trimmed.len() > LONGEST {
            return Err(wrong("is longer than any server takes"));
        }
        if trimmed.contains(['?', '#']) {
            return Err(wrong("carries a query or a fragment; give the address of the web itself"));
        }
        if has_international_host(trimmed) {
            return Err(wrong(INTERNATIONAL));
        }
        let encoded = utf8_percent_encode(trimmed, IN_URL).to_string();
        let uri: Uri = encoded.parse().map_err(|_| wrong("is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong("does not begin with https:// or http://"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("carries a user name; credentials belong to the transport"));
        }
        if authority.host().is_empty() || authority.as_str().contains('%') {
            return Err(wrong("has no valid host name"));
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        let segments = || path.split('/').map(str::to_ascii_lowercase);
        if segments().any(|segment| matches!(&*segment, "_api" | "_layouts" | "_vti_bin" | "." | "..")) {
            return Err(wrong("leads inside the web; cut it before /_api, /_layouts or /_vti_bin"));
        }
        if segments().any(|segment| segment.ends_with(".aspx") || segment.ends_with(".asmx")) {
            return Err(wrong("is the address of a page; cut it after the web's own name"));
        }
        let scheme = uri.scheme_str().unwrap_or("https");
        Ok(Site {
            url: format!("{scheme}://{authority}{path}"),
            host: authority.as_str().to_ascii_lowercase(),
            user_agent: HeaderValue::from_static(USER_AGENT),
            generation: Generation::Online,
            metadata: Metadata::Verbose,
            digest: DigestMode::NotNeeded,
        })
    }

    /// Sets the `User-Agent`; SharePoint Online throttles undecorated traffic first and asks for
    /// `ISV|Company|App/1.0` or `NONISV|Company|App/1.0` (sp-dev-docs, how-to-avoid-getting-throttled).
    ///
    /// # Errors
    /// Where the text cannot be a header's value.
    pub fn user_agent(mut self, text: &str) -> Result<Self, SiteError> {
        self.user_agent = HeaderValue::from_str(text)
            .map_err(|_| SiteError { text: text.into(), reason: "cannot be sent as a User-Agent" })?;
        Ok(self)
    }

    /// Sets which server answers; [`Generation::Online`] at first.
    pub fn generation(mut self, generation: Generation) -> Self {
        self.generation = generation;
        self
    }

    /// Sets how much metadata answers carry; [`Metadata::Verbose`] at first.
    pub fn metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Sets whether requests need a form digest; [`DigestMode::NotNeeded`] at first.
    pub fn digest(mut self, digest: DigestMode) -> Self {
        self.digest = digest;
        self
    }

    /// The web's address without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The host in lower case, with its port where the address names one.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn agent(&self) -> &HeaderValue {
        &self.user_agent
    }

    pub(crate) fn server(&self) -> Generation {
        self.generation
    }

    pub(crate) fn needs_digest(&self) -> bool {
        self.digest == DigestMode::Required
    }

    /// The metadata to ask for: what was set, except that SharePoint 2013 knows only verbose.
    pub(crate) fn accepted(&self) -> Metadata {
        match self.generation {
            Generation::Server2013 => Metadata::Verbose,
            _ => self.metadata,
        }
    }
}

/// Whether the host is written with letters that no request can carry.
fn has_international_host(url: &str) -> bool {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
    !authority.contains('@') && !authority.is_ascii()
}

/// An address without what may be a secret: who asks, and what stands behind the path.
fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_at(url.find("//").map_or(0, |at| at + 2));
    let at = rest.rfind('@').map(|at| at + 1).max(rest.rfind("%40").map(|at| at + 3));
    let rest = &rest[at.unwrap_or(0)..];
    format!("{scheme}{}", rest.split(['?', '#']).next().unwrap_or_default())
}

/// An address, or a text for a header, that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} {reason}")]
pub struct SiteError {
    text: String,
    reason: &'static str,
}

impl SiteError {
    /// What is wrong, as the rest of a sentence about the address: `is not a URL`. It repeats nothing of what was
    /// given.
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

/// Which SharePoint answers: what it refuses is left out of requests, or refused here by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Generation {
    /// SharePoint Online, which knows every member.
    #[default]
    Online,
    /// SharePoint Server 2019 and Subscription Edition.
    Server2019,
    /// SharePoint Server 2016.
    Server2016,
    /// SharePoint Server 2013, which answers only with verbose metadata.
    Server2013,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Generation::Online => "SharePoint Online",
            Generation::Server2019 => "SharePoint Server 2019",
            Generation::Server2016 => "SharePoint Server 2016",
            Generation::Server2013 => "SharePoint Server 2013",
        })
    }
}

/// How much an answer says about the types of its rows (OData v3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Metadata {
    /// Every row names its type; the only mode whose rows were recorded from a real server.
    #[default]
    Verbose,
    /// Every row names its type, with fewer bytes.
    Minimal,
    /// No row names its type: it is told from the members, and a file cannot be told from a folder.
    None,
}

impl Metadata {
    pub(crate) fn accept(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Metadata::Verbose => "application/json;odata=verbose",
            Metadata::Minimal => "application/json;odata=minimalmetadata",
            Metadata::None => "application/json;odata=nometadata",
        })
    }
}

/// Whether requests carry a form digest. Sessions by bearer token need none (sp-dev-docs,
/// complete-basic-operations-using-sharepoint-rest-endpoints); sessions by cookie or NTLM do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DigestMode {
    /// The credential is a bearer token.
    #[default]
    NotNeeded,
    /// The credential is a cookie or a Windows session.
    Required,
}

/// Which object's changes are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole site collection that the address lies in, with all its webs.
    Site,
    /// The web of the address.
    Web,
    /// A list or library of the web.
    List(ListRef),
    /// A folder; its position in the log is its list's, which is therefore named too.
    Folder {
        /// The list that holds the folder.
        list: ListRef,
        /// The folder's UniqueId.
        folder: Uuid,
    },
    /// A single item; its position in the log is its list's.
    Item {
        /// The list that holds the item.
        list: ListRef,
        /// The item's id within the list.
        id: i32,
    },
}

/// How a list is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListRef {
    /// By its id: the only name that a rename does not change.
    Id(Uuid),
    /// By its title.
    Title(String),
    /// By the server-relative path of its root folder, such as `/sites/ops/Lists/Q1 Bids`; not percent-encoded.
    Path(String),
}

impl Scope {
    /// The list of this scope; `None` for sites and webs.
    pub fn list(&self) -> Option<&ListRef> {
        match self {
            Scope::Site | Scope::Web => None,
            Scope::List(list) | Scope::Folder { list, .. } | Scope::Item { list, .. } => Some(list),
        }
    }

    /// Whether its names fit into an address.
    pub(crate) fn is_addressable(&self) -> bool {
        match self.list() {
            Some(ListRef::Title(name) | ListRef::Path(name)) => name.len() <= LONGEST,
            Some(ListRef::Id(_)) | None => true,
        }
    }

    /// The id that the scope's tokens must carry, where the scope itself names it.
    pub(crate) fn known_id(&self) -> Option<Uuid> {
        match self.list() {
            Some(ListRef::Id(id)) => Some(*id),
            _ => None,
        }
    }

    /// The same scope with its list named by id.
    pub(crate) fn with_list(&self, id: Uuid) -> Scope {
        let list = ListRef::Id(id);
        match self {
            Scope::Site => Scope::Site,
            Scope::Web => Scope::Web,
            Scope::List(_) => Scope::List(list),
            Scope::Folder { folder, .. } => Scope::Folder { list, folder: *folder },
            Scope::Item { id, .. } => Scope::Item { list, id: *id },
        }
    }

    /// The scope whose `CurrentChangeToken` bounds this one: itself, or the list of a folder or an item.
    pub(crate) fn fenced(&self) -> Scope {
        match self.list() {
            Some(list) => Scope::List(list.clone()),
            None => self.clone(),
        }
    }
}

/// The address of an object below `_api`, and the parameter aliases that its query string must define.
pub(crate) struct Address {
    path: String,
    query: Vec<String>,
}

impl Address {
    pub(crate) fn of(scope: &Scope) -> Address {
        match scope {
            Scope::Site => Address::path("site".to_owned()),
            Scope::Web => Address::path("web".to_owned()),
            Scope::List(list) => Address::list(list),
            Scope::Folder { folder, .. } => Address::path(format!("web/getFolderById('{folder}')")),
            Scope::Item { list, id } => Address::list(list).then(&format!("items({id})")),
        }
    }

    fn path(path: String) -> Address {
        Address { path, query: Vec::new() }
    }

    fn list(list: &ListRef) -> Address {
        match list {
            ListRef::Id(id) => Address::path(format!("web/lists/getbyid(guid'{id}')")),
            ListRef::Title(title) => Address::path(format!("web/lists/getbytitle({})", literal(title))),
            ListRef::Path(path) => Address {
                path: "web/GetList(@list)".to_owned(),
                query: vec![format!("@list={}", literal(path.trim_end_matches('/')))],
            },
        }
    }

    /// A function or an object below this one.
    pub(crate) fn then(mut self, segment: &str) -> Address {
        self.path.push('/');
        self.path.push_str(segment);
        self
    }

    /// A query option, its value already encoded.
    pub(crate) fn option(mut self, option: String) -> Address {
        self.query.push(option);
        self
    }

    pub(crate) fn url(&self, site: &Site) -> String {
        let mut url = format!("{}/_api/{}", site.url(), self.path);
        for (n, option) in self.query.iter().enumerate() {
            url.push(if n == 0 { '?' } else { '&' });
            url.push_str(option);
        }
        url
    }
}

/// An OData string literal for a URL: first every quote doubled, then everything but the characters that
/// `encodeURIComponent` leaves alone percent-encoded, a blank as `%20`.
fn literal(text: &str) -> String {
    format!("'{}'", utf8_percent_encode(&text.replace('\'', "''"), IN_LITERAL))
}

/// The names of members for `$select`, separated as they stand: a path of names stays one, and no name can end the
/// option or begin another.
pub(crate) fn member_names(members: &[&str]) -> String {
    utf8_percent_encode(&members.join(","), IN_NAMES).to_string()
}

const INTERNATIONAL: &str = "has a host name with letters beyond a to z; write its xn-- form (punycode), which a \
                             browser's address bar copies";

/// Bytes an address, a list's name or the members of a `$select` may have at most. Servers take far less (400
/// characters of a path, 255 of a title); encoded and together they still fit what a request can hold.
pub(crate) const LONGEST: usize = 4_000;

const IN_NAMES: &AsciiSet = &IN_LITERAL.remove(b',').remove(b'/');

const IN_LITERAL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What no URL may hold; `%` stays, because addresses are mostly pasted in their encoded form.
const IN_URL: &AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

const USER_AGENT: &str =
    concat!("NONISV|sharepoint-changes|", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    fn url(scope: &Scope) -> String {
        let site = Site::new("https://fabrikam.sharepoint.com/sites/ops").unwrap();
        Address::of(scope).then("GetChanges").url(&site).split_off(site.url().len() + "/_api/".len())
    }

    fn title(title: &str) -> String {
        url(&Scope::List(ListRef::Title(title.into())))
    }

    #[test]
    fn titles_are_doubled_then_percent_encoded() {
        assert_eq!(title("Q1 Bids"), "web/lists/getbytitle('Q1%20Bids')/GetChanges");
        assert_eq!(title("Dave's R&D #2"), "web/lists/getbytitle('Dave''s%20R%26D%20%232')/GetChanges");
        assert_eq!(title("100% Jobs"), "web/lists/getbytitle('100%25%20Jobs')/GetChanges");
        assert_eq!(title("a+b/c?d"), "web/lists/getbytitle('a%2Bb%2Fc%3Fd')/GetChanges");
        assert_eq!(title("Größe"), "web/lists/getbytitle('Gr%C3%B6%C3%9Fe')/GetChanges");
    }

    #[test]
    fn a_path_goes_through_a_parameter_alias_and_keeps_its_quotes() {
        let list = ListRef::Path("/sites/ops/Lists/Dave's/".into());
        assert_eq!(
            url(&Scope::List(list.clone())),
            "web/GetList(@list)/GetChanges?@list='%2Fsites%2Fops%2FLists%2FDave''s'"
        );
        assert_eq!(
            url(&Scope::Item { list, id: 17 }),
            "web/GetList(@list)/items(17)/GetChanges?@list='%2Fsites%2Fops%2FLists%2FDave''s'"
        );
    }

    #[test]
    fn every_scope_has_the_address_a_shipping_client_uses() {
        let id = Uuid::from_u128(0x3e9b7d52_6c18_4f0d_a2e4_90c17b5d8f66);
        let list = ListRef::Id(id);
        assert_eq!(url(&Scope::Site), "site/GetChanges");
        assert_eq!(url(&Scope::Web), "web/GetChanges");
        let by_id = "web/lists/getbyid(guid'3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66')";
        assert_eq!(url(&Scope::List(list.clone())), format!("{by_id}/GetChanges"));
        assert_eq!(url(&Scope::Item { list: list.clone(), id: 17 }), format!("{by_id}/items(17)/GetChanges"));
        assert_eq!(
            url(&Scope::Folder { list, folder: id }),
            "web/getFolderById('3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66')/GetChanges"
        );
    }

    #[test]
    fn a_base_address_that_is_not_absolute_or_carries_a_query_is_refused_when_made() {
        for bad in [
            "",
            "/sites/ops",
            "fabrikam.sharepoint.com/sites/ops",
            "ftp://fabrikam.sharepoint.com",
            "https://",
            "https:///sites/ops",
            "https://fabrikam.sharepoint.com/sites/ops?web=1",
            "https://fabrikam.sharepoint.com/sites/ops#top",
            "https://ana:secret@fabrikam.sharepoint.com/",
            "https://fabrikam.sharepoint.com/sites/ops/_api/web",
            "https://fabrikam.sharepoint.com/sites/ops/_layouts/15/start.aspx",
            "https://fabrikam.sharepoint.com/sites/ops/Lists/Bids/AllItems.aspx",
            "https://müller.example/sites/ops",
            "https://fabrikam.sharepoint.com/sites/../ops",
        ] {
            assert!(Site::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_that_is_refused_is_repeated_without_its_user_and_the_reason_alone() {
        for bad in
            ["https://ana:secret@f.example/", "https://ana:secret%40f.example/", "ana:secret@f.example"]
        {
            let error = Site::new(bad).unwrap_err();
            assert!(
                !error.to_string().contains("secret") && error.to_string().ends_with(error.reason()),
                "{error}"
            );
        }
    }

    #[test]
    fn a_host_with_letters_beyond_ascii_is_refused_with_the_form_to_write() {
        for bad in ["https://münchen.example/sites/ops", "https://例え.example:8443", "http://faß.example/ä"]
        {
            let error = Site::new(bad).unwrap_err();
            assert!(error.reason().contains("xn--"), "{bad}: {error}");
        }
        assert!(Site::new("https://xn--mnchen-3ya.example/sites/ops").is_ok());
        assert!(!Site::new("https://jürgen:ß@f.example").unwrap_err().reason().contains("xn--"));
    }

    #[test]
    fn an_address_longer_than_any_server_takes_is_refused_when_made() {
        let of = |length: usize| Site::new(&format!("{:x<length$}", "https://fabrikam.sharepoint.com/"));
        assert!(of(LONGEST).is_ok());
        assert!(of(LONGEST + 1).unwrap_err().to_string().ends_with("is longer than any server takes"));
    }

    #[test]
    fn an_address_is_taken_as_people_paste_it() {
        for (text, url) in [
            (" https://Fabrikam.sharepoint.com/sites/Ops// ", "https://Fabrikam.sharepoint.com/sites/Ops"),
            ("https://fabrikam.sharepoint.com/", "https://fabrikam.sharepoint.com"),
            ("http://127.0.0.1:8080/sites/ops", "http://127.0.0.1:8080/sites/ops"),
            ("https://f.example/sites/My Team", "https://f.example/sites/My%20Team"),
            ("https://f.example/sites/My%20Team", "https://f.example/sites/My%20Team"),
            ("https://f.example/sites/Größe", "https://f.example/sites/Gr%C3%B6%C3%9Fe"),
        ] {
            assert_eq!(Site::new(text).unwrap().url(), url);
        }
        assert_eq!(Site::new("https://Fabrikam.Example:8443/x").unwrap().host(), "fabrikam.example:8443");
    }
}
