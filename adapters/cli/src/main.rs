//! `spchanges`: follow the change log of a SharePoint site from the command line.

fn main() {}
