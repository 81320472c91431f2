//! Single effects and instructions, by all executors.
