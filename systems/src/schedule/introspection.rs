//! A look at a schedule as it was assembled: its systems in order, their sets, what they read and write.

use std::fmt::Write as _;

use bevy_ecs::component::{ComponentId, Components};
use bevy_ecs::schedule::{Schedule, ScheduleBuildError, ScheduleBuildWarning, SystemKey};
use bevy_ecs::system::SystemAccess;
use bevy_ecs::world::World;

use super::StepSet;
use crate::Error;

/// A schedule as it will run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleDescription {
    /// Name of the schedule.
    pub name: String,
    /// Its systems, in the order they run.
    pub systems: Vec<SystemDescription>,
}

/// One system of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemDescription {
    /// Its name, such as `current:hh`.
    pub name: String,
    /// The set it is in.
    pub set: String,
    /// The mechanism or ion it works on, if it belongs to one.
    pub mechanism: Option<String>,
    /// Components and resources that it reads.
    pub reads: Vec<String>,
    /// Components and resources that it writes.
    pub writes: Vec<String>,
}

/// Describes a schedule that has been ordered by [`super::finish`]; `sets` are the sets to name.
pub fn describe<S: bevy_ecs::schedule::SystemSet + std::fmt::Debug + Copy>(
    name: &str,
    schedule: &Schedule,
    world: &World,
    sets: &[S],
    mechanisms: &[String],
) -> ScheduleDescription {
    let members: Vec<(String, Vec<SystemKey>)> = sets
        .iter()
        .map(|set| {
            let keys =
                schedule.graph().systems_in_set(set.intern()).map(|keys| keys.iter().copied().collect());
            (format!("{set:?}"), keys.unwrap_or_default())
        })
        .collect();
    let mut systems = Vec::new();
    for (key, system) in schedule.systems_with_access().into_iter().flatten() {
        let name = system.system().name().to_string();
        let set = members.iter().find(|(_, keys)| keys.contains(&key)).map(|(set, _)| set.clone());
        let mechanism = name.rsplit(':').next().filter(|part| mechanisms.iter().any(|known| known == part));
        let (reads, writes) = accesses(system.access(), world.components());
        systems.push(SystemDescription {
            mechanism: mechanism.map(str::to_owned),
            set: set.unwrap_or_default(),
            name,
            reads,
            writes,
        });
    }
    ScheduleDescription { name: name.to_owned(), systems }
}

/// Names of the components that a system reads only, and of those that it writes.
fn accesses(access: &SystemAccess, components: &Components) -> (Vec<String>, Vec<String>) {
    let SystemAccess::Shared(access) = access else {
        let all = if matches!(access, SystemAccess::None) { vec![] } else { vec!["everything".to_owned()] };
        return (vec![], all);
    };
    let access = access.combined_access();
    let writes: Vec<ComponentId> =
        access.writes().as_finite_set().map(|set| set.iter().collect()).unwrap_or_default();
    let all: Vec<ComponentId> =
        access.reads().as_finite_set().map(|set| set.iter().collect()).unwrap_or_default();
    let name = |id: &ComponentId| components.get_name(*id).map(|name| name.shortname().to_string());
    let mut read_names: Vec<_> = all.iter().filter(|id| !writes.contains(id)).filter_map(name).collect();
    let mut write_names: Vec<_> = writes.iter().filter_map(name).collect();
    read_names.sort();
    write_names.sort();
    (read_names, write_names)
}

/// Turns a failure to order a schedule into an error that names the systems and the data.
pub fn explain(schedule: &Schedule, world: &World, name: &'static str, error: &ScheduleBuildError) -> Error {
    let ScheduleBuildError::Elevated(ScheduleBuildWarning::Ambiguity(warning)) = error else {
        return Error::BadSchedule { schedule: name, reason: error.to_string(schedule.graph(), world) };
    };
    let mut conflicts = String::new();
    for (first, second, shared) in warning.0.to_string(schedule.graph(), world.components()) {
        let mut names = [&first, &second].map(|name| name.split(" (in set").next().unwrap_or(name));
        names.sort_unstable();
        let [first, second] = names;
        let shared: Vec<_> = shared.iter().map(|name| format!("`{}`", name.shortname())).collect();
        let separator = if conflicts.is_empty() { "" } else { "; " };
        let shared = if shared.is_empty() { "the world".to_owned() } else { shared.join(", ") };
        let _ = write!(conflicts, "{separator}`{first}` and `{second}` share {shared} and no order is given");
    }
    Error::AmbiguousSchedule { schedule: name, conflicts }
}

impl ScheduleDescription {
    /// The schedule as an indented list.
    pub fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.name);
        let mut set = "";
        for (number, system) in self.systems.iter().enumerate() {
            if system.set != set {
                set = &system.set;
                let _ = writeln!(text, "  {set}");
            }
            let _ = writeln!(text, "    {:3}  {}", number + 1, system.name);
            for (label, names) in [("reads", &system.reads), ("writes", &system.writes)] {
                if !names.is_empty() {
                    let _ = writeln!(text, "           {label:6} {}", names.join(", "));
                }
            }
        }
        text
    }

    /// The schedule as a graph in the DOT language, one cluster per set.
    pub fn to_dot(&self) -> String {
        let mut text = format!("digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box];\n", self.name);
        let mut start = 0;
        while start < self.systems.len() {
            let set = &self.systems[start].set;
            let length = self.systems[start..].iter().take_while(|system| system.set == *set).count();
            let _ = writeln!(text, "  subgraph \"cluster_{set}\" {{\n    label=\"{set}\";");
            for system in &self.systems[start..start + length] {
                let _ = writeln!(text, "    \"{}\";", system.name);
            }
            text.push_str("  }\n");
            start += length;
        }
        for pair in self.systems.windows(2) {
            let _ = writeln!(text, "  \"{}\" -> \"{}\";", pair[0].name, pair[1].name);
        }
        text.push_str("}\n");
        text
    }
}

/// Describes the `Step` schedule of a group.
pub fn describe_step(schedule: &Schedule, world: &World, mechanisms: &[String]) -> ScheduleDescription {
    describe("Step", schedule, world, &StepSet::ALL, mechanisms)
}
