//! The `neurodamus` command.

fn main() {}
