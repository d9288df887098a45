//! SharePoint's change log as a feed a program can trust.
