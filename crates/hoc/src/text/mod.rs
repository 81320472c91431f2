//! Formatted text: `printf` and `sscanf` as C defines them.

mod print;
mod scan;

pub(crate) use print::{FormatArgument, format, general};
pub(crate) use scan::{ScanTarget, Scanned, scan};
