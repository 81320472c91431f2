//! What is recorded at every step in full precision, as a model's user asks for it.
//!
//! Reports ([`crate::Probe`]) sample in single precision at times of their own; recordings are for single
//! variables of small models.

use bevy_ecs::component::Component;
use bevy_ecs::entity::Entity;
use nmodl::IonVariable;

/// Where a recorded value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedValue {
    /// Voltage of a node (mV).
    Voltage(u32),
    /// Membrane current of a node (nA).
    MembraneCurrent(u32),
    /// A variable of an instance.
    Variable {
        /// The mechanism.
        mechanism: Entity,
        /// Column of the variable.
        column: usize,
        /// The instance.
        instance: u32,
    },
    /// A quantity of an ion.
    Ion {
        /// The ion.
        ion: Entity,
        /// Which of its quantities.
        quantity: IonQuantity,
        /// Its instance.
        instance: u32,
    },
}

/// One of the quantities an ion has at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IonQuantity {
    /// Reversal potential (mV).
    Reversal,
    /// Concentration inside (mM).
    Inside,
    /// Concentration outside (mM).
    Outside,
    /// Current (mA/cm2).
    Current,
}

impl From<IonVariable> for IonQuantity {
    fn from(variable: IonVariable) -> Self {
        match variable {
            IonVariable::Reversal => Self::Reversal,
            IonVariable::Inside => Self::Inside,
            IonVariable::Outside => Self::Outside,
            IonVariable::Current => Self::Current,
        }
    }
}

/// One variable recorded at every step.
#[derive(Component, Clone, Debug, PartialEq)]
pub struct Recording {
    /// Number by which its owner knows it.
    pub number: usize,
    /// Where its values come from.
    pub from: RecordedValue,
    /// The values so far: the initial one, then one per step.
    pub values: Vec<f64>,
}
