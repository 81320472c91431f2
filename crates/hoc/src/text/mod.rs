//! Formatted text: `printf` and `sscanf` as C defines them.

mod print;
mod scan;

pub use print::general;
pub(crate) use print::{FormatArgument, format};
pub(crate) use scan::{ScanTarget, Scanned, scan};
