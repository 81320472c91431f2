//! Every kind of stimulus and of modification in the example network: what it does, that neither ranks nor threads nor
//! groups change it, and what the program says when something is wrong with it.

#[path = "../ring/circuit.rs"]
#[allow(dead_code)]
mod circuit;
mod clamps;
mod messages;
mod modifications;
mod modules;
mod network;
mod recorded;
