//! Draws what a simulation gave: its spikes, one row for each cell, and the somatic voltages of a few cells.
//!
//! `cargo run --example raster CONFIG` writes `raster.svg` beside the spikes that the simulation config names, and
//! prints where.

use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use sonata::config::{ReportPoints, Sections, SimulationConfig};
use sonata::report::{ReportReader, report_populations};
use sonata::spikes::{SpikePopulation, read_spikes};

const SIZE: (u32, u32) = (860, 620);
const TRACES: usize = 4;
const COLORS: [RGBColor; 5] = [
    RGBColor(31, 90, 160),
    RGBColor(200, 80, 40),
    RGBColor(40, 130, 90),
    RGBColor(120, 80, 150),
    RGBColor(90, 90, 90),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The voltage of one soma.
struct Trace {
    label: String,
    color: RGBColor,
    /// Times in ms, voltages in mV.
    points: Vec<(f64, f64)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map(PathBuf::from).ok_or("usage: raster SIMULATION_CONFIG")?;
    let config = SimulationConfig::from_file(&path)?;
    let folder = &config.output.output_dir;
    let populations = read_spikes(&folder.join(&config.output.spikes_file))?;
    let traces = match soma_report(&config) {
        Some(file) => read_traces(&folder.join(file), &populations)?,
        None => Vec::new(),
    };
    let picture = folder.join("raster.svg");
    draw(&picture, config.run.tstop, &populations, &traces)?;
    let count: usize = populations.iter().map(|population| population.node_ids.len()).sum();
    println!("{count} spikes, drawn in {}", picture.canonicalize()?.display());
    Ok(())
}

/// The file of the first report of somatic voltages.
fn soma_report(config: &SimulationConfig) -> Option<&str> {
    let is_soma =
        |points: &ReportPoints| matches!(points, ReportPoints::Sections { sections: Sections::Soma, .. });
    let mut reports = config.reports.iter().filter(|report| report.enabled && is_soma(&report.points));
    reports.find(|report| report.variables == ["v"]).map(|report| report.file_name.as_str())
}

/// The voltages of a few cells, evenly chosen from each population in turn.
fn read_traces(file: &Path, populations: &[SpikePopulation]) -> Result<Vec<Trace>, Box<dyn Error>> {
    let names = report_populations(file)?;
    let mut traces = Vec::new();
    for name in &names {
        let report = ReportReader::open(file, name)?;
        let layout = report.layout();
        let values = report.read_all()?;
        let width = layout.element_ids.len();
        let number = populations.iter().position(|population| population.name == *name).unwrap_or(0);
        let wanted = TRACES / names.len().max(1);
        let step = (layout.node_ids.len() / wanted.max(1)).max(1);
        for (index, node_id) in layout.node_ids.iter().enumerate().step_by(step).take(wanted) {
            let column = layout.index_pointers[index] as usize;
            let [start, _, interval] = layout.time;
            let time = |row: usize| start + row as f64 * interval;
            let rows = values.chunks_exact(width).enumerate();
            traces.push(Trace {
                label: format!("{name} {node_id}"),
                color: COLORS[number % COLORS.len()],
                points: rows.map(|(row, values)| (time(row), f64::from(values[column]))).collect(),
            });
        }
    }
    Ok(traces)
}

fn draw(
    picture: &Path,
    stop: f64,
    populations: &[SpikePopulation],
    traces: &[Trace],
) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(picture, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (above, below) = match traces.is_empty() {
        true => (root.clone(), None),
        false => {
            let (above, below) = root.split_vertically(SIZE.1 * 55 / 100);
            (above, Some(below))
        }
    };
    draw_spikes(&above, stop, populations)?;
    if let Some(below) = below {
        draw_traces(&below, stop, traces)?;
    }
    root.present()?;
    Ok(())
}

fn draw_spikes(area: &Area, stop: f64, populations: &[SpikePopulation]) -> Result<(), Box<dyn Error>> {
    let rows: Vec<u64> = populations
        .iter()
        .map(|population| population.node_ids.iter().max().map_or(1, |last| last + 1))
        .collect();
    let total: u64 = rows.iter().sum();
    let mut chart = chart(area, 0.0..stop, 0.0..total as f64 + 3.0, "cell")?;
    let mut first = 0;
    for ((population, rows), color) in populations.iter().zip(rows).zip(COLORS.iter().cycle()) {
        let spikes = population.timestamps.iter().zip(&population.node_ids);
        let ticks = spikes.map(|(&time, &node_id)| {
            let row = (first + node_id) as f64;
            PathElement::new([(time, row + 0.1), (time, row + 0.9)], color.stroke_width(2))
        });
        let color = *color;
        chart
            .draw_series(ticks)?
            .label(format!("{}: {} spikes", population.name, population.timestamps.len()))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], color.stroke_width(3)));
        first += rows;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    Ok(())
}

fn draw_traces(area: &Area, stop: f64, traces: &[Trace]) -> Result<(), Box<dyn Error>> {
    // Each trace has a band of its own, 140 mV high
    let mut chart = chart(area, 0.0..stop, 0.0..traces.len() as f64, "voltage of somata")?;
    for (row, trace) in traces.iter().rev().enumerate() {
        let place = |voltage: f64| row as f64 + 0.05 + (voltage + 80.0) / 140.0;
        let points = thinned(&trace.points).map(|(time, voltage)| (time, place(voltage)));
        chart.draw_series(LineSeries::new(points, trace.color.stroke_width(1)))?;
        let style = ("sans-serif", 13).into_font().color(&trace.color);
        let label = Text::new(trace.label.clone(), (0.01 * stop, row as f64 + 0.9), style);
        chart.draw_series([label])?;
    }
    Ok(())
}

/// Every point where the voltage moves, few where it rests, to keep the picture small.
fn thinned(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let mut last = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    points.iter().copied().filter(move |&(time, voltage)| {
        let keeps = (voltage - last.1).abs() > 1.0 || time - last.0 >= 2.0;
        if keeps {
            last = (time, voltage);
        }
        keeps
    })
}

fn chart<'a, 'b>(
    area: &'a Area<'b>,
    x: Range<f64>,
    y: Range<f64>,
    label: &str,
) -> Result<Chart<'a, 'b>, Box<dyn Error>>
where
    'b: 'a,
{
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(34)
        .y_label_area_size(44)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_label_formatter(&|time| format!("{time:.0}"))
        .y_label_formatter(&|row| format!("{row:.0}"))
        .y_labels(if label == "cell" { 10 } else { 0 })
        .x_desc("time (ms)")
        .y_desc(label)
        .label_style(("sans-serif", 15))
        .draw()?;
    Ok(chart)
}
