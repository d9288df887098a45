//! The names an office uses.

/// Its people, by name and mail.
pub(super) const PEOPLE: [(&str, &str); 8] = [
    ("Ana Ruiz", "ana@fabrikam.example"),
    ("Bo Lindqvist", "bo@fabrikam.example"),
    ("Chidi Okafor", "chidi@fabrikam.example"),
    ("Dörte Größe", "doerte@fabrikam.example"),
    ("Emi Tanaka", "emi@fabrikam.example"),
    ("Farid Haddad", "farid@fabrikam.example"),
    ("Grace O'Neill", "grace@fabrikam.example"),
    ("Hugo Peña", "hugo@fabrikam.example"),
];

/// Words of titles and file names, with what addresses have to escape among them.
pub(super) const WORDS: [&str; 24] = [
    "Bridge", "Depot", "Harbour", "Plan", "Offer", "Invoice", "Survey", "Minutes", "Budget", "Contract",
    "Drawing", "Schedule", "R&D", "Größe", "Dave's", "Tunnel", "Permit", "Report", "Summary", "Draft",
    "Photo", "Crew", "Safety", "Año",
];

/// Endings of file names.
pub(super) const ENDINGS: [&str; 6] = ["docx", "xlsx", "pdf", "pptx", "jpg", "txt"];

/// States of bids and tasks.
pub(super) const STATES: [&str; 4] = ["Open", "Held", "Won", "Lost"];

/// Departments that documents belong to.
pub(super) const DEPARTMENTS: [&str; 3] = ["Building", "Sales", "Office"];
