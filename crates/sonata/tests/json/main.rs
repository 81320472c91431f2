//! The JSON files of SONATA: what is read, what is refused, and how that is said.

mod circuit_messages;
mod messages;
mod node_sets;
mod render;
mod robustness;
mod samples;
mod semantics;
