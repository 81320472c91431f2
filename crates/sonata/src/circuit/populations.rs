//! Node and edge populations and the folders and files they use.

use std::path::{Path, PathBuf};

use crate::config::reader::{Context, Section};
use crate::diagnostics::{ProblemKind, Spanned};

/// A type of population that is written as text, or another text.
macro_rules! population_types {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// Any other type, as written.
            Other(String),
        }

        impl $name {
            const NAMES: &'static [&'static str] = &[$($text,)+];

            fn from_text(text: &str) -> Self {
                match text { $($text => Self::$variant,)+ _ => Self::Other(text.into()) }
            }

            /// The text as it is written in a configuration.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)+ Self::Other(text) => text }
            }
        }
    };
}

population_types! {
    /// The type of a node population.
    NodeType {
        /// Neurons with a morphology
        Biophysical = "biophysical",
        /// Sources of spikes without a model
        Virtual = "virtual",
        /// Astrocytes
        Astrocyte = "astrocyte",
        /// Blood vessels
        Vasculature = "vasculature",
        /// Point processes as neurons
        PointProcess = "point_process",
        /// Point neurons
        PointNeuron = "point_neuron",
        /// Point neurons of Brian 2
        Brian2Point = "brian2_point",
    }
}

population_types! {
    /// The type of an edge population.
    EdgeType {
        /// Chemical synapses
        Chemical = "chemical",
        /// Gap junctions
        Electrical = "electrical",
        /// From synapses to astrocytes
        SynapseAstrocyte = "synapse_astrocyte",
        /// From astrocytes to blood vessels
        Endfoot = "endfoot",
        /// Neuromodulatory projections
        Neuromodulatory = "neuromodulatory",
        /// Onto point processes
        PointProcess = "point_process",
        /// `Exp2Syn` synapses
        Exp2Syn = "Exp2Syn_synapse",
        /// Synapses of Brian 2
        Brian2Synapse = "brian2_synapse",
    }
}

/// The folders and files that populations use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Components {
    /// Morphologies as SWC (h5 for astrocytes).
    pub morphologies_dir: Option<Spanned<PathBuf>>,
    /// Morphologies in other formats, by format (`neurolucida-asc`, `h5v1`), in the order of the file.
    pub alternate_morphologies: Vec<(String, Spanned<PathBuf>)>,
    /// HOC templates.
    pub biophysical_neuron_models_dir: Option<Spanned<PathBuf>>,
    /// Point-neuron models; not used.
    pub point_neuron_models_dir: Option<Spanned<PathBuf>>,
    /// NMODL files.
    pub mechanisms_dir: Option<Spanned<PathBuf>>,
    /// The vasculature graph.
    pub vasculature_file: Option<Spanned<PathBuf>>,
    /// The vasculature surface; not used.
    pub vasculature_mesh: Option<Spanned<PathBuf>>,
    /// The endfeet surfaces; not used.
    pub endfeet_meshes_file: Option<Spanned<PathBuf>>,
    /// The astrocytes' domains; not used.
    pub microdomains_file: Option<Spanned<PathBuf>>,
    /// Dendritic spines; not used.
    pub spine_morphologies_dir: Option<Spanned<PathBuf>>,
}

pub(super) fn read_components(section: &mut Section<'_>) -> Components {
    Components {
        morphologies_dir: section.path("morphologies_dir"),
        alternate_morphologies: read_alternate(section),
        biophysical_neuron_models_dir: section.path("biophysical_neuron_models_dir"),
        point_neuron_models_dir: section.path("point_neuron_models_dir"),
        mechanisms_dir: section.path("mechanisms_dir"),
        vasculature_file: section.path("vasculature_file"),
        vasculature_mesh: section.path("vasculature_mesh"),
        endfeet_meshes_file: section.path("endfeet_meshes_file"),
        microdomains_file: section.path("microdomains_file"),
        spine_morphologies_dir: section.path("spine_morphologies_dir"),
    }
}

fn read_alternate(section: &mut Section<'_>) -> Vec<(String, Spanned<PathBuf>)> {
    let context = section.context;
    let members = section.members_of("alternate_morphologies").iter();
    members
        .filter_map(|member| Some((member.key.clone(), context.path(&member.key, &member.value)?)))
        .collect()
}

impl Components {
    fn or(self, defaults: &Self) -> Self {
        let or = |own: Option<Spanned<PathBuf>>, default: &Option<Spanned<PathBuf>>| {
            own.or_else(|| default.clone())
        };
        Self {
            morphologies_dir: or(self.morphologies_dir, &defaults.morphologies_dir),
            alternate_morphologies: if self.alternate_morphologies.is_empty() {
                defaults.alternate_morphologies.clone()
            } else {
                self.alternate_morphologies
            },
            biophysical_neuron_models_dir: or(
                self.biophysical_neuron_models_dir,
                &defaults.biophysical_neuron_models_dir,
            ),
            point_neuron_models_dir: or(self.point_neuron_models_dir, &defaults.point_neuron_models_dir),
            mechanisms_dir: or(self.mechanisms_dir, &defaults.mechanisms_dir),
            vasculature_file: or(self.vasculature_file, &defaults.vasculature_file),
            vasculature_mesh: or(self.vasculature_mesh, &defaults.vasculature_mesh),
            endfeet_meshes_file: or(self.endfeet_meshes_file, &defaults.endfeet_meshes_file),
            microdomains_file: or(self.microdomains_file, &defaults.microdomains_file),
            spine_morphologies_dir: or(self.spine_morphologies_dir, &defaults.spine_morphologies_dir),
        }
    }

    fn alternate(&self, format: &str) -> Option<&Path> {
        let mut entries = self.alternate_morphologies.iter();
        entries.find(|(name, _)| name == format).map(|(_, path)| path.as_path())
    }
}

/// The format of morphology files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MorphologyFormat {
    /// Neurolucida ASCII
    Asc,
    /// HDF5, a folder of files or one container file
    H5,
    /// SWC
    Swc,
}

/// A node population of a circuit.
#[derive(Debug, Clone, PartialEq)]
pub struct NodePopulation {
    /// The name.
    pub name: Spanned<String>,
    /// The type; default biophysical.
    pub node_type: NodeType,
    /// The HDF5 file.
    pub file: Spanned<PathBuf>,
    /// The CSV file of node types; never read.
    pub types_file: Option<Spanned<PathBuf>>,
    /// Folders and files, those of the circuit where the population has none.
    pub components: Components,
    /// The spatial index of segments; not used.
    pub spatial_segment_index_dir: Option<Spanned<PathBuf>>,
    /// The templates build the full axon, which is replaced only before the run (key `DetailedAxon`); default false.
    pub detailed_axon: bool,
}

impl NodePopulation {
    pub(super) fn read(
        section: &mut Section<'_>,
        name: Spanned<String>,
        file: &Spanned<PathBuf>,
        types_file: Option<&Spanned<PathBuf>>,
        defaults: &Components,
    ) -> Self {
        let node_type = section.text("type").map_or(NodeType::Biophysical, |text| {
            let node_type = NodeType::from_text(&text);
            if let NodeType::Other(found) = &node_type {
                warn_of_type(section, &name, found, &text, NodeType::NAMES);
            }
            node_type
        });
        Self {
            node_type,
            file: file.clone(),
            types_file: types_file.cloned(),
            components: read_components(section).or(defaults),
            spatial_segment_index_dir: section.path("spatial_segment_index_dir"),
            detailed_axon: section.flag("DetailedAxon").unwrap_or(false),
            name,
        }
    }

    /// Where the morphologies are, and their format: ASC wins over HDF5, which wins over `morphologies_dir`.
    #[must_use]
    pub fn morphologies(&self) -> Option<(&Path, MorphologyFormat)> {
        let components = &self.components;
        let asc = components.alternate("neurolucida-asc").map(|path| (path, MorphologyFormat::Asc));
        let h5 = || components.alternate("h5v1").map(|path| (path, MorphologyFormat::H5));
        let plain = || {
            let format = match self.node_type {
                NodeType::Astrocyte => MorphologyFormat::H5,
                _ => MorphologyFormat::Swc,
            };
            components.morphologies_dir.as_ref().map(|path| (path.as_path(), format))
        };
        asc.or_else(h5).or_else(plain)
    }
}

/// An edge population of a circuit.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgePopulation {
    /// The name.
    pub name: Spanned<String>,
    /// The type; default chemical.
    pub edge_type: EdgeType,
    /// The HDF5 file.
    pub file: Spanned<PathBuf>,
    /// The CSV file of edge types; never read.
    pub types_file: Option<Spanned<PathBuf>>,
    /// Folders and files, those of the circuit where the population has none.
    pub components: Components,
    /// The spatial index of synapses; not used.
    pub spatial_synapse_index_dir: Option<Spanned<PathBuf>>,
}

impl EdgePopulation {
    pub(super) fn read(
        section: &mut Section<'_>,
        name: Spanned<String>,
        file: &Spanned<PathBuf>,
        types_file: Option<&Spanned<PathBuf>>,
        defaults: &Components,
    ) -> Self {
        let edge_type = section.text("type").map_or(EdgeType::Chemical, |text| {
            let edge_type = EdgeType::from_text(&text);
            if let EdgeType::Other(found) = &edge_type {
                warn_of_type(section, &name, found, &text, EdgeType::NAMES);
            }
            edge_type
        });
        Self {
            edge_type,
            file: file.clone(),
            types_file: types_file.cloned(),
            components: read_components(section).or(defaults),
            spatial_synapse_index_dir: section.path("spatial_synapse_index_dir"),
            name,
        }
    }
}

fn warn_of_type(
    section: &Section<'_>,
    population: &str,
    found: &str,
    text: &Spanned<String>,
    allowed: &'static [&'static str],
) {
    let kind = ProblemKind::UnknownPopulationType {
        population: population.into(),
        found: found.into(),
        allowed: allowed.to_vec(),
    };
    section.context.warn(text.span, kind);
}

/// The populations of one file, sorted by name.
pub(super) fn read_populations<T>(
    entry: &mut Section<'_>,
    mut read: impl FnMut(&mut Section<'_>, Spanned<String>) -> T,
) -> Vec<T> {
    let context = entry.context;
    let path = entry.path_of("populations");
    let mut members: Vec<_> = entry.members_of("populations").iter().collect();
    members.sort_by(|a, b| a.key.cmp(&b.key));
    let mut populations = Vec::with_capacity(members.len());
    for member in members {
        let name = Spanned { value: member.key.clone(), span: member.key_span };
        let mut section = context.section(format!("{path}.{}", member.key), member.key_span, &member.value);
        populations.push(read(&mut section, name));
        section.ignore("provenance");
        section.finish();
    }
    populations
}

/// What the populations of a complete configuration must have.
pub(super) fn check_nodes(context: &Context, populations: &[NodePopulation]) {
    for population in populations {
        let components = &population.components;
        let needs = |is_given: bool, kind: &'static str, needed: &'static str| {
            require(context, &population.name, is_given, kind, needed);
        };
        match population.node_type {
            NodeType::Biophysical => {
                let has_morphologies =
                    components.morphologies_dir.is_some() || !components.alternate_morphologies.is_empty();
                needs(has_morphologies, "biophysical", "`morphologies_dir` or `alternate_morphologies`");
                let has_models = components.biophysical_neuron_models_dir.is_some();
                needs(has_models, "biophysical", "`biophysical_neuron_models_dir`");
            }
            NodeType::Vasculature => {
                needs(components.vasculature_file.is_some(), "vasculature", "`vasculature_file`");
                needs(components.vasculature_mesh.is_some(), "vasculature", "`vasculature_mesh`");
            }
            NodeType::Astrocyte => {
                needs(components.microdomains_file.is_some(), "astrocyte", "`microdomains_file`");
            }
            _ => {}
        }
    }
}

/// What the populations of a complete configuration must have.
pub(super) fn check_edges(context: &Context, populations: &[EdgePopulation]) {
    for population in populations.iter().filter(|population| population.edge_type == EdgeType::Endfoot) {
        let is_given = population.components.endfeet_meshes_file.is_some();
        require(context, &population.name, is_given, "endfoot", "`endfeet_meshes_file`");
    }
}

fn require(
    context: &Context,
    population: &Spanned<String>,
    is_given: bool,
    kind: &'static str,
    needed: &'static str,
) {
    if !is_given {
        let kind = ProblemKind::MissingProperty { population: population.value.clone(), kind, needed };
        context.error(population.span, kind);
    }
}
