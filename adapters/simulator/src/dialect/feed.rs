//! The values of switches that concern the feed of a list's items.

use crate::switch::choices;

choices! {
    /// What a token older than the log brings from a list's feed.
    SinceExpired {
        /// `<Id ChangeType="InvalidToken" />`.
        InvalidToken = "invalid-token",
        /// Nothing, and a new token.
        Nothing = "nothing",
    }
}

choices! {
    /// What an item that came back from the recycle bin stands as.
    Restored {
        /// A Restore, and its row.
        Both = "both",
        /// A Restore alone.
        Id = "id",
        /// Its row alone.
        Row = "row",
    }
}

choices! {
    /// What an item that was renamed, or changed by the system, stands as.
    Pointed {
        /// An `Id` alone.
        Id = "id",
        /// An `Id`, and its row.
        Both = "both",
        /// An `Id`, and every other time its row.
        Sometimes = "sometimes",
        /// Its row alone.
        Row = "row",
    }
}

choices! {
    /// What a list's feed says of a folder that is not there.
    MissingFolder {
        /// That it is missing: -2147024894.
        Error = "error",
        /// Nothing: no row is in it.
        Empty = "empty",
    }
}

choices! {
    /// The order of `Id` elements.
    IdOrder {
        /// As things happened.
        Log = "log",
        /// By kind: deletions first.
        Grouped = "grouped",
        /// What came back first, then the others as they happened.
        RestoresFirst = "restores-first",
    }
}

choices! {
    /// The rows of the first answer after a change of the schema.
    SchemaRows {
        /// Those that changed.
        Changed = "changed",
        /// All.
        All = "all",
    }
}

choices! {
    /// What a ViewFields without a field asks for.
    EmptyViewFields {
        /// The fields of the view.
        View = "view",
        /// All fields.
        All = "all",
    }
}

choices! {
    /// What becomes of an answer that would hold a poisoned item's row.
    PoisonKind {
        /// 500 with -2147024809.
        Error = "error",
        /// The connection ends within the row.
        Cut = "cut",
        /// The row is no XML.
        Broken = "broken",
    }
}

choices! {
    /// The Content-Type of a rowset that REST answers with.
    RowsetType {
        /// `application/xml;charset=utf-8`.
        Application = "application/xml",
        /// `text/xml; charset=utf-8`.
        Text = "text/xml",
        /// `application/octet-stream`.
        Octets = "octet-stream",
    }
}

choices! {
    /// The quotes of a rowset's attributes.
    Quotes {
        /// Single ones on `listitems` and rows, double ones elsewhere.
        Mixed = "mixed",
        /// Single ones.
        Single = "single",
        /// Double ones.
        Double = "double",
    }
}

choices! {
    /// The prefixes of a rowset's namespaces.
    Prefixes {
        /// `rs` and `z`.
        Usual = "usual",
        /// Others.
        Other = "other",
    }
}

choices! {
    /// How characters that XML cannot hold come where nobody asked them away.
    Controls {
        /// As they are.
        Raw = "raw",
        /// As character references.
        Reference = "reference",
    }
}

choices! {
    /// How all rights are told.
    FullMask {
        /// `FullMask`.
        Name = "name",
        /// `0x7fffffffffffffff`.
        Number = "number",
    }
}
