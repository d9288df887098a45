//! What a query cannot ask.

use crate::site::Generation;

/// A query that this server, or a session, cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The server refuses requests that hold this member.
    #[error("{server} does not know {member}; leave it out")]
    Unsupported {
        /// The member, by its name on the wire.
        member: &'static str,
        /// The server.
        server: Generation,
    },
    /// The server logs nothing of what the query asks for.
    #[error("{server} knows none of the objects, or none of the kinds, that the query asks for")]
    NothingLeft {
        /// The server.
        server: Generation,
    },
    /// What goes into the address is longer than any server takes.
    #[error("{what} is too long for an address")]
    TooLong {
        /// Which part.
        what: &'static str,
    },
    /// The SOAP call takes a list by id or by title.
    #[error("the SOAP call cannot name a list by its path; give its id or its title")]
    PathInSoap,
    /// A text holds a character that XML forbids.
    #[error("{member} holds a character that XML cannot carry")]
    NotXml {
        /// Which text, by its name on the wire.
        member: &'static str,
    },
    /// A session could not prove that it read everything.
    #[error("a session cannot take {member}: {reason}; make a single call with it instead")]
    NotProvable {
        /// The member, by its name on the wire.
        member: &'static str,
        /// What would be lost.
        reason: &'static str,
    },
}
