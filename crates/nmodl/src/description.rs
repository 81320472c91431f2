//! What is known of a mechanism without running it.

/// Where instances of a mechanism live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One instance in every segment of the sections it is inserted in (`NEURON { SUFFIX … }`).
    Density,
    /// An object at a location (`NEURON { POINT_PROCESS … }`).
    PointProcess,
    /// An object without location or voltage (`NEURON { ARTIFICIAL_CELL … }`).
    ArtificialCell,
}

/// How a variable of an instance is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Set before the run (`PARAMETER`).
    Parameter,
    /// Computed by the mechanism (`ASSIGNED`).
    Assigned,
    /// Integrated by the mechanism (`STATE`).
    State,
}

/// One variable of every instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The name inside the mechanism, such as `gnabar`; HOC sees `gnabar_hh` for density mechanisms.
    pub name: String,
    /// How the mechanism uses it.
    pub role: Role,
    /// Value of a new instance: the `PARAMETER` default, or 0.
    pub default: f64,
    /// Unit as written in the mechanism, such as `S/cm2`; may be empty.
    pub unit: String,
    /// Whether HOC sees it: `RANGE`, `STATE` and the mechanism's own currents; of the variables of ions those that are
    /// `RANGE`, which are the mechanism's own share of them.
    pub visible: bool,
}

/// One variable shared by all instances (`GLOBAL`); HOC sees `name_SUFFIX`.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// The name inside the mechanism.
    pub name: String,
    /// Its default.
    pub default: f64,
    /// Unit as written in the mechanism; may be empty.
    pub unit: String,
}

/// One of the quantities that an ion has in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IonVariable {
    /// Reversal potential, `ena` (mV).
    Reversal,
    /// Concentration inside, `nai` (mM).
    Inside,
    /// Concentration outside, `nao` (mM).
    Outside,
    /// Current density, `ina` (mA/cm2).
    Current,
}

impl IonVariable {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reversal, Self::Inside, Self::Outside, Self::Current];

    /// The name of this quantity of an ion, as `ena`, `nai`, `nao` and `ina` of `na`.
    pub fn of(self, ion: &str) -> String {
        match self {
            Self::Reversal => format!("e{ion}"),
            Self::Inside => format!("{ion}i"),
            Self::Outside => format!("{ion}o"),
            Self::Current => format!("i{ion}"),
        }
    }
}

/// How a mechanism uses an ion (`USEION na READ ena WRITE ina`).
#[derive(Clone, Debug, PartialEq)]
pub struct IonUse {
    /// The ion's name, such as `na`.
    pub ion: String,
    /// What it reads.
    pub reads: Vec<IonVariable>,
    /// What it writes.
    pub writes: Vec<IonVariable>,
    /// The valence, where the mechanism gives it.
    pub valence: Option<f64>,
}

/// All that is known of a mechanism without running it.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The `SUFFIX` or point process name, such as `hh` or `ExpSyn`.
    pub name: String,
    /// Where instances live.
    pub kind: Kind,
    /// Variables of every instance, in storage order.
    pub variables: Vec<Variable>,
    /// Variables shared by all instances.
    pub globals: Vec<Global>,
    /// The ions it uses, in the order of its `USEION` statements.
    pub ions: Vec<IonUse>,
    /// Number of arguments of `NET_RECEIVE` (the length of a NetCon's weight vector), or `None` if the
    /// mechanism takes no events.
    pub event_arguments: Option<usize>,
    /// Where it comes from: a file, or `built-in`.
    pub source: String,
}

impl Description {
    /// Index of the variable called `name` (without suffix).
    pub fn variable(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|variable| variable.name == name)
    }

    /// Whether it writes a concentration of an ion, which moves it forward in the order of execution.
    pub fn writes_concentration(&self) -> bool {
        self.ions.iter().any(|ion| {
            ion.writes.contains(&IonVariable::Inside) || ion.writes.contains(&IonVariable::Outside)
        })
    }

    /// The name by which HOC knows a density mechanism's variable, such as `gnabar_hh`.
    pub fn range_name(&self, variable: usize) -> String {
        let name = &self.variables[variable].name;
        // Elements of an array: `q[2]` is `q_SUFFIX[2]`
        match name.find('[') {
            Some(bracket) => format!("{}_{}{}", &name[..bracket], self.name, &name[bracket..]),
            None => format!("{name}_{}", self.name),
        }
    }
}
