//! The constructs, and a small model for each.

mod c;
mod language;

/// Constructs under one heading.
pub struct Section {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

/// A construct.
pub struct Row {
    /// As the list shows it.
    pub construct: &'static str,
    /// What else there is to say.
    pub remark: &'static str,
    /// A model that uses it.
    pub model: String,
    /// Whether it is refused.
    pub refused: bool,
}

/// All of them.
pub fn sections() -> Vec<Section> {
    language::sections().into_iter().chain(c::sections()).collect()
}

/// Rows whose models are made by `model` from their texts.
fn rows(
    model: impl Fn(&str) -> String,
    refused: bool,
    constructs: &[(&'static str, &str, &'static str)],
) -> Vec<Row> {
    let row = |&(construct, text, remark): &(&'static str, &str, &'static str)| Row {
        construct,
        remark,
        model: model(text),
        refused,
    };
    constructs.iter().map(row).collect()
}

/// Supported constructs.
fn supported(model: impl Fn(&str) -> String, constructs: &[(&'static str, &str, &'static str)]) -> Vec<Row> {
    rows(model, false, constructs)
}

/// Refused constructs.
fn refused(model: impl Fn(&str) -> String, constructs: &[(&'static str, &str, &'static str)]) -> Vec<Row> {
    rows(model, true, constructs)
}

/// The text is the model.
fn whole(text: &str) -> String {
    text.to_string()
}

/// Statements in `INITIAL` of a density mechanism.
fn initial(statements: &str) -> String {
    format!(
        "NEURON {{ SUFFIX test RANGE x, y }}\nPARAMETER {{ g = 2 celsius }}\nASSIGNED {{ v x y z[3] }}\nSTATE {{ m h }}\n\
         INITIAL {{\n{statements}\n}}\nFUNCTION f(u) {{ f = 2*u }}\nPROCEDURE p(u) {{ y = u }}\n"
    )
}

/// Statements in `NET_RECEIVE` of a point process.
fn receive(statements: &str) -> String {
    format!(
        "NEURON {{ POINT_PROCESS Test RANGE x, y RANDOM r }}\nASSIGNED {{ v x y z[3] }}\nSTATE {{ m }}\n\
         NET_RECEIVE(w, last) {{\n{statements}\n}}\n"
    )
}

/// Blocks after the declarations of a mechanism with a current.
fn with_current(blocks: &str) -> String {
    format!(
        "NEURON {{ SUFFIX test NONSPECIFIC_CURRENT i RANGE g, x, y }}\nDEFINE N 2\nPARAMETER {{ g = 0.1 }}\n\
         ASSIGNED {{ v i x y }}\nSTATE {{ m h n[N] }}\nINITIAL {{ m = 0.2 h = 0.7 }}\n{blocks}\n"
    )
}
