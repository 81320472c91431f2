//! Simulates SONATA networks of morphologically detailed neurons.

pub mod app;
pub mod command_line;
pub mod failure;
pub mod terminal;
