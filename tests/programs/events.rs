//! Events: self events, conditions, connections seen by a synapse, and artificial cells.

use neurodamus::model::{NetCon, Source};

use super::support::{model, soma, until};

const CELL: &str = "
NEURON { ARTIFICIAL_CELL Ticker RANGE interval, left }
PARAMETER { interval = 1 (ms)  left = 3 }
INITIAL { net_send(interval, 1) }
NET_RECEIVE (w) {
    if (flag == 1 && left > 0) { left = left - 1  net_event(t)  net_send(interval, 1) }
    if (flag == 0) { net_move(t + 0.25) }
}
";

const SYNAPSE: &str = "
NEURON { POINT_PROCESS Counter RANGE total, crossed, level }
PARAMETER { level = -60 }
ASSIGNED { v total crossed }
INITIAL { total = 0  crossed = 0  net_send(0, 1) }
NET_RECEIVE (w, uses, mark) {
    INITIAL { uses = 10  mark = 0 }
    if (flag == 1) { WATCH (v > level) 2 }
    if (flag == 2) { crossed = t }
    if (flag == 0) {
        uses = uses + 1
        total = 0
        FOR_NETCONS (weight, used, marked) { total = total + weight*used  marked = marked + 1 }
    }
}
";

#[test]
fn artificial_cells_fire_and_synapses_see_all_their_connections() {
    let mut model = model(&[("cell.mod", CELL), ("synapse.mod", SYNAPSE)]);
    let soma = soma(&mut model, 1, &["pas"]);
    model.set(soma, "e_pas", -50.0).expect("it is inserted");
    let tickers = [1.0, 1.3].map(|interval| {
        let ticker = model.artificial_cell("Ticker").expect("it is loaded");
        model.set_variable(ticker, "interval", interval).expect("it exists");
        ticker
    });
    let synapse = model.point_process("Counter", (soma, 0.5)).expect("it is loaded");
    for (ticker, weight) in tickers.into_iter().zip([1.0, 100.0]) {
        model.net_con(NetCon::new(ticker, synapse).delay(0.1).weight(weight)).expect("it takes events");
    }
    let total = model.record_variable(synapse, "total").expect("it exists");
    let crossed = model.record_variable(synapse, "crossed").expect("it exists");
    let spikes = tickers.map(|ticker| model.record_spikes(Source::from(ticker)).expect("it exists"));
    let voltage = model.record((soma, 0.5), "v").expect("it exists");
    let recordings = model.run(&until(6.0)).expect("it runs");
    assert_eq!(recordings.spikes(spikes[0]), [1.0, 2.0, 3.0]);
    assert_eq!(recordings.spikes(spikes[1]), [1.3, 2.6, 3.9000000000000004]);
    // Each use of a connection counts before the sum is made
    let totals = recordings.trace(total);
    let at = |t: f64| totals[(t / 0.025) as usize];
    assert_eq!(
        [at(1.2), at(1.5), at(2.2), at(2.8), at(3.2), at(5.0)],
        [11.0 + 1000.0, 11.0 + 1100.0, 12.0 + 1100.0, 12.0 + 1200.0, 13.0 + 1200.0, 13.0 + 1300.0]
    );
    let time = *recordings.trace(crossed).last().expect("it ran");
    let step = (time / 0.025).round() as usize;
    let v = recordings.trace(voltage);
    assert!(v[step] > -60.0 && v[step - 1] <= -60.0, "{time}");
}

#[test]
fn an_event_moves_the_next_tick() {
    let mut model = model(&[("cell.mod", CELL)]);
    let [first, second] = [1.0, 3.0].map(|interval| {
        let ticker = model.artificial_cell("Ticker").expect("it is loaded");
        model.set_variable(ticker, "interval", interval).expect("it exists");
        ticker
    });
    model.set_variable(first, "left", 1.0).expect("it exists");
    model.net_con(NetCon::new(first, second).delay(0.5)).expect("it takes events");
    let spikes = model.record_spikes(Source::from(second)).expect("it exists");
    let recordings = model.run(&until(8.0)).expect("it runs");
    assert_eq!(recordings.spikes(spikes), [1.75, 4.75, 7.75]);
}
