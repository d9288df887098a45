//! An in-memory SharePoint change log, to test against without a tenant.
