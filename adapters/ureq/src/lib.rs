//! Blocking transport for sharepoint-changes on ureq.
