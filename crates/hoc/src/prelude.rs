//! Templates of the field's helper files that many circuits load but do not ship.

/// Distributes a parameter by path distance: `distribute(list, parameter, expression)` puts the distance into the
/// `%g` of the expression for every segment; `distribute_section_variable` does so once for every section.
const TDISTFUNC: &str = r#"
begintemplate TDistFunc
public distribute, distribute_section_variable
strdef layout, command

proc distribute() { local x localobj list
    list = $o1
    sprint(layout, "%%s %s(%%f) = %s", $s2, $s3)
    forsec list for (x, 0) {
        sprint(command, layout, secname(), x, distance(x))
        execute(command)
    }
}

proc distribute_section_variable() { localobj list
    list = $o1
    sprint(layout, "%%s %s = %s", $s2, $s3)
    forsec list {
        sprint(command, layout, secname(), distance(0.5))
        execute(command)
    }
}
endtemplate TDistFunc
"#;

/// The seeds of the simulation, for helpers that make synapses. What the circuit ships under this name interprets
/// neurodamus's own configuration objects, which are not here.
const RNG_SETTINGS: &str = r#"
begintemplate RNGSettings
public getRNGMode, COMPATIBILITY, RANDOM123, UPMCELLRAN4
public getGlobalSeed, getSynapseSeed, getStimulusSeed, getMinisSeed, getIonChannelSeed
external random_seed_, synapse_seed_, stimulus_seed_, minis_seed_, ionchannel_seed_

proc init() {
    COMPATIBILITY = 0
    RANDOM123 = 1
    UPMCELLRAN4 = 2
}
func getRNGMode() { return RANDOM123 }
func getGlobalSeed() { return random_seed_ }
func getSynapseSeed() { return synapse_seed_ }
func getStimulusSeed() { return stimulus_seed_ }
func getMinisSeed() { return minis_seed_ }
func getIonChannelSeed() { return ionchannel_seed_ }
endtemplate RNGSettings
"#;

/// Seeds that `RNGSettings` tells, as variables of the top level that the host sets.
pub(crate) const SEEDS: [&str; 5] =
    ["random_seed_", "synapse_seed_", "stimulus_seed_", "minis_seed_", "ionchannel_seed_"];

/// The text of a helper file, and whether a file of the circuit takes its place.
pub(crate) fn helper_file(name: &str) -> Option<(&'static str, bool)> {
    match name {
        "TDistFunc.hoc" => Some((TDISTFUNC, true)),
        "RNGSettings.hoc" => Some((RNG_SETTINGS, false)),
        _ => None,
    }
}
