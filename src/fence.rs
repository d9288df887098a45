//! `CurrentChangeToken`: where the log of a site, web or list ends now.

use std::fmt;

use http::{Method, Request, Response};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::{
    error::{DecodeError, Error},
    feed::{self, Feed, Limits},
    query::{self, QueryError},
    site::{Address, Generation, Metadata, Scope, Site},
    token::ChangeToken,
};

/// The single call that reads a scope's `CurrentChangeToken`; folders and items have none and use their list's.
///
/// The token is that of the last change in the whole content database, named after the scope that was asked: that it
/// moves does not mean that the scope changed.
///
/// ```
/// use sharepoint_changes::{CurrentChangeToken, Feed, Scope, Site};
///
/// let site = Site::new("https://fabrikam.sharepoint.com/sites/ops")?;
/// let request = CurrentChangeToken::of(Scope::Web).request(&site)?;
/// assert_eq!(request.uri().path(), "/sites/ops/_api/web");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentChangeToken {
    scope: Scope,
}

impl CurrentChangeToken {
    /// Asks for the end of this scope's log.
    pub fn of(scope: Scope) -> Self {
        CurrentChangeToken { scope }
    }
}

impl Feed for CurrentChangeToken {
    type Page = ChangeToken;

    fn request(&self, site: &Site) -> Result<Request<Vec<u8>>, QueryError> {
        query::check_scope(&self.scope)?;
        Ok(request(site, &self.scope))
    }

    fn read_within<B: AsRef<[u8]>>(&self, answer: &Response<B>, _: &Limits) -> Result<ChangeToken, Error> {
        feed::read_with(answer, read)
    }
}

pub(crate) fn request(site: &Site, scope: &Scope) -> Request<Vec<u8>> {
    let address = Address::of(&scope.fenced()).option("$select=CurrentChangeToken".to_owned());
    let accept = match site.server() {
        Generation::Server2013 => Metadata::Verbose,
        _ => Metadata::None,
    };
    feed::request(site, Method::GET, &address.url(site), accept.accept(), Vec::new())
}

/// Reads the token from an object in any metadata mode, whatever else the object holds.
///
/// # Errors
/// Where the body is no such object, or has no token.
pub(crate) fn read(body: &[u8]) -> Result<ChangeToken, DecodeError> {
    feed::no_atom(body)?;
    let object: Object = serde_json::from_str(feed::text(body)?)
        .map_err(|error| DecodeError::json("an object with a CurrentChangeToken", error))?;
    let text = object.0.ok_or_else(|| DecodeError::new("a CurrentChangeToken", "the top of the object"))?;
    text.parse().map_err(|error| DecodeError::new(format!("a change token ({error})"), "CurrentChangeToken"))
}

/// The text of the token in an object or in its verbose envelope.
struct Object(Option<String>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut token = None;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "CurrentChangeToken" => token = map.next_value::<Option<Value>>()?.map(|v| v.text),
                        "d" => token = map.next_value::<Object>()?.0.or(token),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(Object(token))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[derive(Deserialize)]
struct Value {
    #[serde(rename = "StringValue")]
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "1;3;3e9b7d52-6c18-4f0d-a2e4-90c17b5d8f66;639082161304470000;912004511";

    #[test]
    fn every_metadata_mode_gives_the_same_token() {
        let bare = format!(r#"{{"CurrentChangeToken":{{"StringValue":"{TOKEN}"}}}}"#);
        let minimal = format!(
            r#"{{"odata.metadata":"x","odata.type":"SP.List","Id":1,"CurrentChangeToken":{{"StringValue":"{TOKEN}"}}}}"#
        );
        let verbose = format!(
            r#"{{"d":{{"__metadata":{{"type":"SP.List"}},"CurrentChangeToken":{{"__metadata":{{"type":"SP.ChangeToken"}},"StringValue":"{TOKEN}"}}}}}}"#
        );
        for body in [bare, minimal, verbose] {
            assert_eq!(read(body.as_bytes()).unwrap().to_string(), TOKEN);
        }
    }

    #[test]
    fn an_object_without_a_token_is_an_error_and_never_a_position() {
        for body in
            ["{}", "[]", "", r#"{"d":{}}"#, r#"{"CurrentChangeToken":null}"#, r#"{"CurrentChangeToken":{}}"#]
        {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
        let why = std::error::Error::source(&read(b"[]").unwrap_err()).map(ToString::to_string);
        assert!(why.is_some_and(|why| why.contains("expected an object")));
        let malformed = r#"{"CurrentChangeToken":{"StringValue":"1;9;x;1;1"}}"#;
        assert!(read(malformed.as_bytes()).unwrap_err().to_string().contains("scope"));
    }
}
