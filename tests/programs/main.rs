//! `.mod` files run as they are: small ones of our own, in models and against NEURON.

mod blocks;
mod events;
mod ions;
mod problems;
mod support;
