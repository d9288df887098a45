//! Addresses with a caption.

use std::borrow::Cow;

/// An address and its caption (`https://x.example/a, Caption`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link<'a> {
    /// The address.
    pub url: Cow<'a, str>,
    /// What is shown for it; `None` where the value holds the address alone.
    pub caption: Option<&'a str>,
}

impl<'a> Link<'a> {
    /// The first comma with a blank behind it ends the address; a comma of the address's own is doubled
    /// (SPFieldUrlValue).
    pub(super) fn read(text: &'a str) -> Self {
        let mut at = 0;
        let end = loop {
            let Some(offset) = text[at..].find(',') else { break None };
            at += offset;
            match text.as_bytes().get(at + 1) {
                Some(b',') => at += 2,
                Some(b' ') => break Some(at),
                _ => at += 1,
            }
        };
        let url = &text[..end.unwrap_or(text.len())];
        let url = if url.contains(",,") { Cow::Owned(url.replace(",,", ",")) } else { Cow::Borrowed(url) };
        Link { url, caption: end.map(|end| &text[end + 2..]) }
    }
}
