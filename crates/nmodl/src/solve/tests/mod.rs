//! The statements made of `SOLVE`, as text and by their numbers.

mod machine;
mod numbers;
mod text;
