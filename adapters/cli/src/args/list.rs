//! Names of lists as people have them at hand: ids in every dress, titles, paths, and addresses out of a browser.

use percent_encoding::percent_decode_str;
use sharepoint_changes::ListRef;
use uuid::Uuid;

/// What `--list` names, and the host of the address it stood in.
///
/// An address or path may be that of one of the list's pages, as `…/Forms/AllItems.aspx`, or of its settings, which
/// name it by its id.
pub(super) fn named(text: &str) -> Result<(ListRef, Option<String>), &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("give the list's id, title, path or address");
    }
    if let Some(id) = id(text) {
        return Ok((ListRef::Id(id), None));
    }
    let address = ["https://", "http://"].iter().find_map(|scheme| {
        let begins = text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
        begins.then(|| &text[scheme.len()..])
    });
    let Some(rest) = address else {
        let list = match text {
            path if path.starts_with('/') && is_page(path) => ListRef::Path(of_page(&decoded(path)?)),
            path if path.starts_with('/') => ListRef::Path(path.to_owned()),
            title => ListRef::Title(title.to_owned()),
        };
        return Ok((list, None));
    };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if host.contains('@') {
        return Err("the address carries a user name; credentials are given by other options");
    }
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let by_id = query.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("List").then(|| id(value)).flatten()
    });
    let host = Some(host.to_ascii_lowercase());
    if let Some(id) = by_id {
        return Ok((ListRef::Id(id), host));
    }
    if path.starts_with("/:") {
        return Err("a sharing link does not say which list it is; give the list's own address");
    }
    let path = of_page(&decoded(path)?);
    if path.is_empty() || path.to_ascii_lowercase().contains("/_layouts/") {
        return Err("the address names no list; give that of one of its views");
    }
    Ok((ListRef::Path(path), host))
}

/// An id, bare or in braces, also percent-encoded.
fn id(text: &str) -> Option<Uuid> {
    let text = decoded(text).ok()?;
    let bare = text.strip_prefix('{').map_or(Some(&*text), |text| text.strip_suffix('}'))?;
    Uuid::try_parse(bare).ok()
}

fn decoded(text: &str) -> Result<String, &'static str> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "the address is not percent-encoded UTF-8")
}

fn is_page(path: &str) -> bool {
    path.split('?').next().unwrap_or_default().to_ascii_lowercase().ends_with(".aspx")
}

/// The root folder that a page of a list lies in: `/sites/ops/Lists/Q1 Bids/AllItems.aspx`, and of a library
/// `/sites/ops/Shared Documents/Forms/AllItems.aspx`.
fn of_page(path: &str) -> String {
    let mut path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    if is_page(path) {
        path = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        path = match path.rsplit_once('/') {
            Some((library, forms)) if forms.eq_ignore_ascii_case("Forms") => library,
            _ => path,
        };
    }
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66";

    fn list(text: &str) -> ListRef {
        named(text).unwrap_or_else(|error| panic!("{text}: {error}")).0
    }

    #[test]
    fn an_id_is_known_in_every_dress() {
        let upper = ID.to_uppercase();
        for text in [
            ID.to_owned(),
            upper.clone(),
            format!("{{{upper}}}"),
            format!(" %7B{upper}%7D "),
            format!("%7b{ID}%7d"),
            format!("https://f.example/sites/ops/_layouts/15/listedit.aspx?Source=x&List=%7B{upper}%7D"),
        ] {
            assert_eq!(list(&text), ListRef::Id(ID.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn an_address_out_of_a_browser_is_the_lists_root_folder_and_host() {
        for (text, path) in [
            ("https://F.example/sites/ops/Lists/Q1%20Bids/AllItems.aspx", "/sites/ops/Lists/Q1 Bids"),
            ("https://f.example/sites/ops/Lists/Q1%20Bids/My%20view.aspx?a=b#c", "/sites/ops/Lists/Q1 Bids"),
            ("https://f.example/sites/ops/Lists/Q1 Bids/", "/sites/ops/Lists/Q1 Bids"),
            ("https://f.example/sites/ops/Lists/Gr%C3%B6%C3%9Fe#a", "/sites/ops/Lists/Größe"),
            (
                "HTTPS://f.example/sites/ops/Shared%20Documents/Forms/AllItems.aspx?id=%2Fsites%2Fops%2Fx",
                "/sites/ops/Shared Documents",
            ),
        ] {
            assert_eq!(named(text), Ok((ListRef::Path(path.into()), Some("f.example".into()))), "{text}");
        }
    }

    #[test]
    fn paths_and_titles_stay_what_they_are() {
        for path in ["/sites/ops/Lists/Q1 Bids", "/sites/ops/100%25 sure", "/sites/ops/Forms"] {
            assert_eq!(list(path), ListRef::Path(path.into()));
        }
        let page = "/sites/ops/Shared%20Documents/Forms/AllItems.aspx";
        assert_eq!(list(page), ListRef::Path("/sites/ops/Shared Documents".into()));
        for title in ["Q1/Q2 Bids", "100%25 sure", "{braces}", "httpd", "a.aspx"] {
            assert_eq!(list(title), ListRef::Title(title.into()));
        }
    }

    #[test]
    fn what_names_no_list_is_refused_and_not_repeated() {
        for text in [
            "",
            " ",
            "https://f.example",
            "https://f.example/",
            "https://f.example/:l:/s/ops/secret?e=secret",
            "https://f.example/sites/ops/_layouts/15/viewlsts.aspx",
            "https://ana:secret@f.example/sites/ops/Lists/a",
            "https://f.example/%ff/secret",
        ] {
            assert!(!named(text).expect_err(text).contains("secret"));
        }
    }
}
