//! Columns that stand for variables elsewhere (`POINTER`): copies that are refreshed before and written back after
//! every kernel of their mechanism.

use std::ops::Range;

use bevy_ecs::entity::Entity;
use bevy_ecs::system::{Query, SystemParam};
use components::{Instances, IonColumns, IonQuantity, PointerTarget, Voltage};

/// Whatever a pointer can stand for.
#[derive(SystemParam)]
pub struct Reach<'w, 's> {
    /// Variables of mechanisms.
    pub instances: Query<'w, 's, &'static mut Instances>,
    /// Ions.
    pub ions: Query<'w, 's, &'static mut IonColumns>,
    /// Voltages.
    pub voltage: Query<'w, 's, &'static mut Voltage>,
}

/// Copies what the pointers of a mechanism stand for into their columns.
pub fn refresh_system(mechanism: Entity) -> impl FnMut(Reach) {
    move |mut reach| refresh(mechanism, None, &mut reach)
}

/// Copies the columns of pointers that kernels write back to what they stand for.
pub fn write_back_system(mechanism: Entity) -> impl FnMut(Reach) {
    move |mut reach| write_back(mechanism, None, &mut reach)
}

/// Copies what the pointers of a mechanism, in all instances or one, stand for into their columns.
pub fn refresh(mechanism: Entity, only: Option<usize>, reach: &mut Reach) {
    let Reach { instances, ions, voltage } = reach;
    let Ok(mut own) = instances.get_mut(mechanism) else { return };
    if own.pointers.is_empty() {
        return;
    }
    let which = range(only, own.count);
    let pointers = std::mem::take(&mut own.pointers);
    for pointer in &pointers {
        let values: Vec<f64> = pointer.targets[which.clone()]
            .iter()
            .map(|target| match *target {
                PointerTarget::Nothing => 0.0,
                PointerTarget::Voltage(node) => voltage.single().map_or(0.0, |v| v.0[node as usize]),
                PointerTarget::Variable { mechanism, column, instance } => {
                    instances.get(mechanism).map_or(0.0, |other| other.value(column, instance as usize))
                }
                PointerTarget::Ion { ion, quantity, instance } => {
                    ions.get(ion).map_or(0.0, |ion| quantity_of(ion, quantity)[instance as usize])
                }
            })
            .collect();
        if let Ok(mut own) = instances.get_mut(mechanism) {
            own.columns[pointer.column][which.clone()].copy_from_slice(&values);
        }
    }
    if let Ok(mut own) = instances.get_mut(mechanism) {
        own.pointers = pointers;
    }
}

/// Copies the columns of pointers that kernels write, in all instances or one, back to what they stand for.
pub fn write_back(mechanism: Entity, only: Option<usize>, reach: &mut Reach) {
    let Reach { instances, ions, voltage } = reach;
    let Ok(mut own) = instances.get_mut(mechanism) else { return };
    if !own.pointers.iter().any(|pointer| pointer.written) {
        return;
    }
    let which = range(only, own.count);
    let pointers = std::mem::take(&mut own.pointers);
    for pointer in pointers.iter().filter(|pointer| pointer.written) {
        for k in which.clone() {
            let Ok(value) = instances.get(mechanism).map(|own| own.columns[pointer.column][k]) else {
                continue;
            };
            match pointer.targets[k] {
                PointerTarget::Nothing => {}
                PointerTarget::Voltage(node) => {
                    if let Ok(mut voltage) = voltage.single_mut() {
                        voltage.0[node as usize] = value;
                    }
                }
                PointerTarget::Variable { mechanism, column, instance } => {
                    if let Ok(mut other) = instances.get_mut(mechanism) {
                        other.columns[column][instance as usize] = value;
                    }
                }
                PointerTarget::Ion { ion, quantity, instance } => {
                    if let Ok(mut ion) = ions.get_mut(ion) {
                        let column = match quantity {
                            IonQuantity::Reversal => &mut ion.reversal,
                            IonQuantity::Inside => &mut ion.inside,
                            IonQuantity::Outside => &mut ion.outside,
                            IonQuantity::Current => &mut ion.current,
                        };
                        column[instance as usize] = value;
                    }
                }
            }
        }
    }
    if let Ok(mut own) = instances.get_mut(mechanism) {
        own.pointers = pointers;
    }
}

fn range(only: Option<usize>, count: usize) -> Range<usize> {
    only.map_or(0..count, |instance| instance..instance + 1)
}

/// The column of an ion that holds a quantity.
pub fn quantity_of(ion: &IonColumns, quantity: IonQuantity) -> &[f64] {
    match quantity {
        IonQuantity::Reversal => &ion.reversal,
        IonQuantity::Inside => &ion.inside,
        IonQuantity::Outside => &ion.outside,
        IonQuantity::Current => &ion.current,
    }
}
