//! The statements made of `SOLVE`: as text, and by numbers that a plain evaluator computes from them.

mod algebraic;
mod case;
mod derivative;
mod kinetic;
mod machine;
mod steady_state;
mod text;
