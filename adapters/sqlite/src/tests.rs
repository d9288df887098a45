//! Pages made by hand, applied one after the other: the histories of the tree, the guard, loads, migrations.

mod columns;
mod forms;
mod guarding;
mod loads;
mod migrations;
mod pages;
mod store;
mod tombs;
mod tree;
mod values;
mod words;
