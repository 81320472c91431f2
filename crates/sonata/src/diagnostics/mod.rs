//! Problems of a text file, each with the place it is at: what the JSON readers of this crate return.
//!
//! A [`Problem`] carries its [`Source`] and [`Span`], so it can be rendered with a caret by any `miette` handler; nothing is
//! rendered here. All problems of a file come back together as [`Problems`], in the order of the text.

mod problem;
mod source;

pub(crate) use problem::closest;
pub use problem::{Problem, ProblemKind, Problems, Severity};
pub use source::{Position, Source, Span, Spanned};
