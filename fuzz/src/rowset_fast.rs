//! The two readers of a list's rows, apart from the other bodies: the plain one is public to nobody but fuzz targets and
//! the tests within the crate, which run this file too.

use sharepoint_changes::{Error, Feed, ItemQuery, ListRef, http::Response, plain, uuid::Uuid};

/// An answer of GetListItemChangesSinceToken is read alike by the fast reader and by the plain one, or refused alike.
pub fn rowset_fast(input: &[u8]) {
    let fast = match ItemQuery::new(ListRef::Id(Uuid::nil())).read(&Response::new(input)) {
        Err(Error::Fault(_)) => return,
        fast => fast,
    };
    let plain = plain::rowset(input).map_err(Error::Decode);
    assert_eq!(format!("{fast:?}"), format!("{plain:?}"));
}
