//! What is known of variables and places at a point of a kernel.

use std::collections::BTreeMap;

use crate::ir::{Place, Register};

/// What is known at a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Environment {
    /// New registers that hold what old variables hold; one that is missing is 0.
    pub(super) variables: BTreeMap<Register, Register>,
    /// What places hold; one that is missing was not touched.
    pub(super) places: BTreeMap<Place, Content>,
}

/// What is known of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Its number is in a register.
    Known {
        value: Register,
        /// Whether it still has to be written.
        written: bool,
    },
    /// Something wrote to it.
    Unknown,
}

/// Whether what was written may be written later: nothing else sees it before.
pub(super) fn can_wait(place: Place) -> bool {
    matches!(
        place,
        Place::Column(_) | Place::Current | Place::Conductance | Place::IonDerivative(_) | Place::Result
    )
}

/// Whether a place holds what was written to it until the next write. A weight that is not there does not.
pub(super) fn keeps_its_number(place: Place) -> bool {
    !matches!(place, Place::Weight(_) | Place::OtherWeight(_) | Place::Argument(_))
}

/// The place whose writes count for this one: weights of the event may be those of the connection at hand.
pub(super) fn class(place: Place) -> Place {
    match place {
        Place::Weight(_) | Place::OtherWeight(_) => Place::Weight(0),
        Place::Argument(_) => Place::Argument(0),
        other => other,
    }
}
