//! Texts become a program, or messages that point into them; nothing panics, hangs or grows without bound.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use nmodl_fuzz::{compile, mutate};

fuzz_target!(|data: &[u8]| {
    compile(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed.is_multiple_of(3) {
        return fuzzer_mutate(data, size, max_size);
    }
    let text = mutate(&data[..size], max_size, seed);
    data[..text.len()].copy_from_slice(&text);
    text.len()
});
