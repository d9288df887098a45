//! The values that switches take.

use crate::switch::choices;

choices! {
    /// Which product answers.
    Generation {
        /// SharePoint Online.
        Online = "online",
        /// SharePoint Server 2019.
        Server2019 = "2019",
        /// SharePoint Server 2016.
        Server2016 = "2016",
        /// SharePoint Server 2013: verbose only, change rows without Editor and UniqueId.
        Server2013 = "2013",
    }
}

choices! {
    /// Whether an operation on a whole tree writes one row or one for everything below too.
    Tree {
        /// One row, for the folder.
        One = "one",
        /// One row for each file and folder.
        Each = "each",
    }
}

choices! {
    /// The rows of renaming a folder.
    FolderRename {
        /// Rename (4).
        Rename = "rename",
        /// MoveAway (5) and MoveInto (6).
        Move = "move",
    }
}

choices! {
    /// Which of MoveAway (5) and MoveInto (6) there are.
    Moves {
        /// Both.
        Both = "both",
        /// Only MoveAway.
        Away = "away",
        /// Only MoveInto.
        Into = "into",
    }
}

choices! {
    /// How an item arrives in another list.
    Arrival {
        /// MoveInto (6).
        Into = "into",
        /// Add (1).
        Add = "add",
    }
}

choices! {
    /// The answer to a token older than the log.
    Expired {
        /// -2130575172.
        Error = "error",
        /// 200 and an empty collection.
        Empty = "empty",
    }
}

choices! {
    /// Scopes of the objects that a peculiarity concerns.
    Where {
        /// Every scope.
        Everywhere = "all",
        /// List, folder and item.
        List = "list",
        /// Item alone.
        Item = "item",
        /// Nowhere.
        Nowhere = "none",
    }
}

choices! {
    /// Rows at exactly the tick of a start bound made from a time.
    ByTime {
        /// Not delivered.
        After = "after",
        /// Delivered.
        From = "from",
    }
}

choices! {
    /// What happens to a page size above the cap.
    OverCap {
        /// The cap is taken.
        Clamp = "clamp",
        /// 400.
        Refuse = "refuse",
    }
}

choices! {
    /// How an Int64 may come in a light body.
    Int64 {
        /// Number or string.
        Any = "any",
        /// Number.
        Number = "number",
        /// String.
        Text = "text",
    }
}

choices! {
    /// The order of a row's members.
    MemberOrder {
        /// As recorded.
        Recorded = "recorded",
        /// The recorded order backwards.
        Reversed = "reversed",
        /// By name.
        Sorted = "sorted",
        /// Another one in every answer.
        Shuffled = "shuffled",
    }
}

choices! {
    /// Which action flag admits ScopeAdd (17) and ScopeDelete (18).
    ScopeFlag {
        /// RoleAssignmentAdd and RoleAssignmentDelete.
        Assignments = "assignments",
        /// Any.
        Any = "any",
    }
}

choices! {
    /// Which action flag admits ListContentTypeAdd (19) and ListContentTypeDelete (20).
    ListContentTypeFlag {
        /// Add and DeleteObject.
        AddDelete = "add-delete",
        /// Update.
        Update = "update",
    }
}

choices! {
    /// Which action flag admits Dirty (21).
    DirtyFlag {
        /// Update.
        Update = "update",
        /// SystemUpdate.
        SystemUpdate = "system-update",
    }
}

choices! {
    /// When RequireSecurityTrim takes rows away.
    Trim {
        /// Before the page is cut: pages are full.
        Before = "before",
        /// After the page is cut: pages may be short or empty though more follows.
        After = "after",
    }
}

choices! {
    /// The language of texts for people.
    Language {
        /// English.
        English = "en-US",
        /// Dutch.
        Dutch = "nl-NL",
        /// German.
        German = "de-DE",
    }
}

choices! {
    /// What is said of a list that was deleted while its id is known.
    Gone {
        /// 404 with -2130575322.
        Code = "code",
        /// 404 with -1, as for a list that never was.
        Never = "never",
    }
}
