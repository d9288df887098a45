//! Copies of simulated lists in SQLite, judged by the simulated lists themselves.

mod comparing;
mod histories;
mod judge;
mod killed;
mod office;
mod reloads;
