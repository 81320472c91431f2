//! One instance in a cell of one compartment, over steps of 0.1 ms.

use super::super::Place;
use super::machine::Machine;

/// A file, and the numbers that NEURON 9.0.2 computes from it.
pub struct Case {
    pub text: &'static str,
    pub names: &'static [&'static str],
    /// Values after `INITIAL`.
    pub start: &'static [f64],
    /// Voltage (mV) that a step sees, and the values at its end.
    pub steps: &'static [(f64, &'static [f64])],
}

impl Case {
    /// Compares the numbers of the statements that `SOLVE` becomes; `change` is done after each step.
    pub fn check(&self, second_order: bool, change: impl Fn(&mut Machine)) {
        let mut machine = Machine::new(self.text);
        machine.set("dt", 0.1);
        self.names.iter().zip(self.start).for_each(|(name, &value)| machine.set(name, value));
        let body = machine.rewrite(Place::Breakpoint, second_order).body;
        for (number, (voltage, values)) in self.steps.iter().enumerate() {
            machine.set("v", *voltage);
            machine.run(&body);
            assert_eq!(machine.all(self.names), *values, "step {number}");
            change(&mut machine);
        }
    }
}
