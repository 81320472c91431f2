//! Mechanisms without behaviour, and cells to put them in.

use std::sync::Arc;

use cell::{Catalogue, Cell, Selection};
use components::Instances;
use nmodl::{Description, IonUse, IonVariable, Kind};
use systems::Registry;
use systems::group::CellPlan;
use systems::mechanism::{Environment, Kernels, Mechanism, Outbox, Phases, Surroundings};

/// A mechanism that does nothing in its phases.
pub struct Toy {
    description: Arc<Description>,
    phases: Phases,
}

impl Toy {
    /// A density mechanism with these uses of ions.
    pub fn new(name: &str, phases: Phases, ions: &[(&str, &[IonVariable], &[IonVariable])]) -> Self {
        let ions = ions.iter().map(|(ion, reads, writes)| IonUse {
            ion: (*ion).to_owned(),
            reads: reads.to_vec(),
            writes: writes.to_vec(),
            valence: Some(if *ion == "ca" { 2.0 } else { 1.0 }),
        });
        let description = Description {
            name: name.to_owned(),
            kind: Kind::Density,
            variables: Vec::new(),
            globals: Vec::new(),
            ions: ions.collect(),
            event_arguments: None,
            source: "test".to_owned(),
        };
        Self { description: Arc::new(description), phases }
    }
}

impl Mechanism for Toy {
    fn description(&self) -> &Arc<Description> {
        &self.description
    }

    fn kernels(&self, _environment: &Environment) -> Arc<dyn Kernels> {
        Arc::new(NoKernels(self.phases.clone()))
    }
}

struct NoKernels(Phases);

impl Kernels for NoKernels {
    fn phases(&self) -> Phases {
        self.0.clone()
    }

    fn initialize(&self, _instances: &mut Instances, _surroundings: &Surroundings, _outbox: &mut Outbox) {}
}

/// A cell of one section with `nseg` segments and these density mechanisms.
pub fn cell(registry: &Registry, nseg: i64, mechanisms: &[&str]) -> CellPlan {
    let catalogue = Catalogue::new(registry.descriptions().cloned()).expect("descriptions agree");
    let mut cell = Cell::new(Arc::new(catalogue));
    let section = cell.create_section(None, "soma");
    cell.set_nseg(section, nseg).expect("a valid number of segments");
    for mechanism in mechanisms {
        cell.insert(section, mechanism).expect("a known mechanism");
    }
    CellPlan::new("cells", 0, 1, Arc::new(cell.to_model(&Selection::All, &[]).expect("a valid cell")))
}
