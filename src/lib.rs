//! Simulates SONATA networks of morphologically detailed neurons.
