//! What is printed on stdout: data and nothing else.

use std::{
    fmt,
    io::{self, BufWriter, IsTerminal, Stdout, Write},
};

use clap::ValueEnum;
use serde::Serialize;
use sharepoint_changes::Change;

use crate::{
    control::Control,
    event,
    printable::Screen,
    table::{HEAD, Line},
};

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line.
    Jsonl,
    /// A table for people.
    Text,
}

impl Format {
    /// What was asked for; else a table on a terminal and JSON lines elsewhere.
    pub(crate) fn or_default(asked: Option<Format>) -> Format {
        asked.unwrap_or(if io::stdout().is_terminal() { Format::Text } else { Format::Jsonl })
    }
}

/// Stdout, in one of the formats. Nothing is sure to have left before [`flush`](Output::flush).
#[derive(Debug)]
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    format: Format,
    headed: bool,
}

impl Output {
    pub(crate) fn new(format: Option<Format>) -> Output {
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        Output { out, format: Format::or_default(format), headed: false }
    }

    pub(crate) fn change(&mut self, change: &Change) -> io::Result<()> {
        match self.format {
            Format::Jsonl => {
                let line = event::line(change).map_err(io::Error::from)?;
                self.out.write_all(line.as_bytes())?;
                self.out.write_all(b"\n")
            }
            Format::Text => {
                if !std::mem::replace(&mut self.headed, true) {
                    writeln!(self.out, "{HEAD}")?;
                }
                writeln!(self.out, "{}", Screen(Line(change)))
            }
        }
    }

    pub(crate) fn control(&mut self, control: &Control<'_>) -> io::Result<()> {
        self.record(control)
    }

    /// Prints a line of any kind: itself as JSON, or as people read it.
    pub(crate) fn record(&mut self, record: &(impl Serialize + fmt::Display)) -> io::Result<()> {
        match self.format {
            Format::Jsonl => {
                serde_json::to_writer(&mut self.out, record).map_err(io::Error::from)?;
                self.out.write_all(b"\n")
            }
            Format::Text => writeln!(self.out, "{}", Screen(record)),
        }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
