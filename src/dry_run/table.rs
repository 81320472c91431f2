//! What a dry run found out, as text: tables in the shape of neurodamus's, and advice.

use std::fmt::Write as _;

use super::totals::Totals;
use super::usage::Usage;
use crate::balance::Assignment;
use crate::machine;

/// Metypes that are listed one by one.
const METYPES_SHOWN: usize = 40;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// A table with a title, rows of a name and some numbers, and a last row.
struct Table {
    text: String,
    widths: Vec<usize>,
    /// Characters between the borders.
    width: usize,
}

impl Table {
    fn new(title: &str, columns: &[(&str, usize)]) -> Self {
        let widths: Vec<usize> = columns.iter().map(|(_, width)| *width).collect();
        let width = widths.iter().map(|width| width + 3).sum::<usize>() - 1;
        let mut table = Self { text: String::new(), widths, width };
        let _ = writeln!(table.text, "+{:=^width$}+", format!(" {title} "));
        let names: Vec<String> = columns.iter().map(|(name, width)| format!("{name:^width$}")).collect();
        let _ = writeln!(table.text, "| {} |", names.join(" | "));
        table.rule();
        table
    }

    fn rule(&mut self) {
        let _ = writeln!(self.text, "+{:-^1$}+", "", self.width);
    }

    fn row(&mut self, name: &str, values: &[String]) {
        let _ = write!(self.text, "| {name:<0$}", self.widths[0]);
        for (value, width) in values.iter().zip(&self.widths[1..]) {
            let _ = write!(self.text, " | {value:>width$}");
        }
        self.text.push_str(" |\n");
    }

    fn finish(mut self) -> String {
        self.rule();
        self.text.push('\n');
        self.text
    }
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1}", bytes / MEBIBYTE)
}

/// Bytes in the unit that suits them.
pub fn bytes(bytes: f64) -> String {
    let units = ["MiB", "GiB", "TiB", "PiB"];
    let mut value = bytes / MEBIBYTE;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.2} {}", units[unit])
}

/// What the cells of each metype take; of many metypes those that take most.
pub fn metypes(usage: &Usage) -> String {
    let columns = [("METype", 40), ("KiB/cell", 10), ("Syns/cell", 10), ("N Cells", 10), ("MiB", 10)];
    let mut table = Table::new("METype Memory Estimates", &columns);
    let metypes = usage.populations.iter().flat_map(|(_, metypes)| metypes);
    let mut rows: Vec<(f64, &String, usize)> =
        metypes.map(|(name, ids)| (usage.cost(name) * ids.len() as f64, name, ids.len())).collect();
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let row = |table: &mut Table, name: &str, (all, count): (f64, usize), synapses: String| {
        let each = format!("{:.1}", all / count.max(1) as f64);
        table.row(name, &[each, synapses, count.to_string(), format!("{:.1}", all / 1024.0)]);
    };
    for &(all, name, count) in rows.iter().take(METYPES_SHOWN) {
        let synapses = usage.synapses.get(name).copied().unwrap_or(0.0);
        row(&mut table, name, (all, count), format!("{synapses:.1}"));
    }
    if let Some(others @ [_, ..]) = rows.get(METYPES_SHOWN..) {
        let all = others.iter().map(|row| row.0).sum();
        let count = others.iter().map(|row| row.2).sum();
        row(&mut table, &format!("{} more", others.len()), (all, count), String::new());
    }
    table.finish()
}

/// What each kind of part takes, synapses among them.
pub fn parts(totals: &Totals) -> String {
    let titles = [
        ("mechanism", "Mechanism Memory"),
        ("synapse", "Synapse Count"),
        ("ion", "Ion Memory"),
        ("general", "Other Parts"),
    ];
    let mut text = String::new();
    for (kind, title) in titles {
        let of_kind = totals.parts.iter().filter_map(|(name, part)| {
            let name = name.strip_prefix(kind)?.strip_prefix(' ')?;
            Some((name, part))
        });
        let rows: Vec<_> = of_kind.filter(|(_, part)| part.bytes > 0.0 || kind == "general").collect();
        if rows.is_empty() {
            continue;
        }
        let mut table = Table::new(title, &[("Name", 40), ("Count", 14), ("MiB", 10)]);
        for (name, part) in rows {
            table.row(name, &[format!("{:.0}", part.count), mebibytes(part.bytes)]);
        }
        text.push_str(&table.finish());
    }
    text
}

/// What all cells take on as many ranks, built in as many rounds.
pub fn totals(totals: &Totals, ranks: usize, rounds: usize) -> String {
    let mut table = Table::new("Total Memory Estimates", &[("Item", 40), ("Memory (MiB)", 12)]);
    let overhead = totals.overhead * ranks as f64;
    for (name, bytes) in [
        (format!("Overhead (ranks={ranks})"), overhead),
        ("Cells".to_owned(), totals.cells),
        ("Synapses".to_owned(), totals.synapses),
        ("Groups of cells".to_owned(), totals.groups),
        ("Reports".to_owned(), totals.reports),
    ] {
        table.row(&name, &[mebibytes(bytes)]);
    }
    table.rule();
    table.row("Simulation", &[mebibytes(totals.simulated(ranks))]);
    let steps = if rounds > 1 { format!(" (in {rounds} steps)") } else { String::new() };
    table.row(&format!("Building, on top of it{steps}"), &[mebibytes(totals.building / rounds as f64)]);
    table.rule();
    table.row("GRAND TOTAL", &[bytes(totals.peak(ranks, rounds))]);
    table.finish()
}

/// How many nodes and ranks are enough, and how long a simulation takes there.
pub fn advice(totals: &Totals, nodes: Option<usize>, (ranks, rounds): (usize, usize), dt: f64) -> String {
    let mut text = String::new();
    if let (Some(nodes), Some(memory)) = (nodes, machine::memory()) {
        let plural = if nodes == 1 { "" } else { "s" };
        let _ = writeln!(
            text,
            "At least {nodes} node{plural} with {} of memory each, as this one has, would be needed, with a rank for each of \
             its {} cores.",
            bytes(memory as f64),
            machine::cores()
        );
    }
    let _ = writeln!(
        text,
        "On {ranks} ranks: {} for each on average, {} while it builds its cells.",
        bytes(totals.simulated(ranks) / ranks as f64),
        bytes(totals.peak(ranks, rounds) / ranks as f64)
    );
    if totals.step > 0.0 {
        let seconds = totals.step * 1e-9 * (1000.0 / dt) / ranks as f64;
        let _ = writeln!(
            text,
            "About {} per biological second, with a core for each rank; spikes and reports come on top.",
            duration(seconds)
        );
    }
    text
}

fn duration(seconds: f64) -> String {
    match seconds {
        _ if seconds < 120.0 => format!("{seconds:.1} s"),
        _ if seconds < 7200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

/// How even an assignment is: mean and standard deviation of the memory (KB) of ranks.
pub fn distribution(assignment: &Assignment, memory: &[f64]) -> String {
    let count = memory.len().max(1) as f64;
    let mean = memory.iter().sum::<f64>() / count;
    let squares: f64 = memory.iter().map(|one| (one - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    format!(
        "Cells distributed over {} ranks and {} steps: {:.2} MiB for each rank on average, with a standard deviation of {:.2} \
         MiB.\n",
        assignment.ranks,
        assignment.rounds,
        mean / 1024.0,
        deviation / 1024.0
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::usage::{Estimate, Part};
    use super::*;

    fn usage() -> Usage {
        let mut usage = Usage {
            populations: vec![("All".into(), vec![("L1-a".into(), vec![0, 1]), ("L2-b".into(), vec![2])])],
            ..Usage::default()
        };
        let part = Part { count: 3.0, bytes: 3e6 };
        let estimate = Estimate {
            cell: 2e6,
            synapse: 1000.0,
            sampled_synapses: 10.0,
            building_cell: 1e6,
            building_synapse: 3000.0,
            reports: 1e5,
            report_rows: 3e5,
            grouping: 6e5,
            step: 30_000.0,
            parts: BTreeMap::from([
                ("mechanism hh".into(), part),
                ("synapse ExpSyn".into(), part),
                ("general cells".into(), Part { count: 1.0, bytes: 0.0 }),
            ]),
        };
        usage.insert("L1-a", 10.0, estimate);
        usage.insert("L2-b", 2000.0, Estimate { cell: 1e6, ..Estimate::default() });
        usage
    }

    #[test]
    fn tables_are_those_of_neurodamus() {
        let usage = usage();
        let found = Totals { overhead: 50e6, ..Totals::new(&usage, 4e5) };
        let text = [metypes(&usage), parts(&found), totals(&found, 2, 3), totals(&found, 1, 1)].concat();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn metypes_beyond_the_largest_are_summed_up() {
        let mut usage = Usage::default();
        let names: Vec<String> = (0..60).map(|number| format!("m{number}")).collect();
        usage.populations = vec![("All".into(), names.iter().map(|name| (name.clone(), vec![0])).collect())];
        for (number, name) in names.iter().enumerate() {
            usage.memory.insert(name.clone(), number as f64);
        }
        let text = metypes(&usage);
        assert!(text.contains("| 20 more "), "{text}");
        assert_eq!(text.lines().count(), METYPES_SHOWN + 6);
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(1.5 * MEBIBYTE), "1.50 MiB");
        assert_eq!(bytes(2048.0 * MEBIBYTE), "2.00 GiB");
        assert_eq!(bytes(3.0 * MEBIBYTE * 1024.0 * 1024.0), "3.00 TiB");
        assert_eq!(duration(90.0), "90.0 s");
        assert_eq!(duration(7300.0), "2.0 h");
    }
}
