//! The model: first lists, news, telemetry, the copy that a pause keeps.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use portolan::model::Model;
use portolan::model::log::Log;
use portolan::model::observation::NamespaceChoice;

use crate::system::{BATCH, System, now};

const SIZES: [usize; 2] = [5_000, 10_000];
const LOG: usize = 5_000;

/// All first lists, from nothing to a complete model, with its log.
#[divan::bench(args = SIZES, sample_count = 10)]
fn first_lists(bencher: Bencher<'_, '_>, pods: usize) {
    let lists = System { pods }.lists();
    let observations: usize = lists.iter().map(Vec::len).sum();
    bencher
        .counter(ItemsCount::new(observations))
        .with_inputs(|| lists.clone())
        .bench_values(|lists| {
            let mut model = Model::new("bench", Vec::new());
            let mut log = Log::new(LOG, now());
            for batch in lists {
                let applied = model.apply(batch, now());
                log.absorb(&applied, &model);
            }
            (model, log)
        });
}

/// A batch of news.
#[divan::bench(args = SIZES)]
fn news(bencher: Bencher<'_, '_>, pods: usize) {
    let system = System { pods };
    let mut model = system.model();
    let mut log = Log::new(LOG, now());
    let mut round = 0;
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| {
            round += 1;
            system.news(round)
        })
        .bench_local_values(|batch| {
            let applied = model.apply(batch, now());
            log.absorb(&applied, &model);
        });
}

/// What a tracing server counted, joined anew.
#[divan::bench(args = SIZES)]
fn calls(bencher: Bencher<'_, '_>, pods: usize) {
    let system = System { pods };
    let mut model = system.model();
    let mut round = 0;
    bencher
        .with_inputs(|| {
            round += 1;
            vec![system.links(round)]
        })
        .bench_local_values(|batch| model.apply(batch, now()));
}

/// The copy that a pause keeps.
#[divan::bench(args = SIZES)]
fn copy(bencher: Bencher<'_, '_>, pods: usize) {
    let model = System { pods }.model();
    bencher.bench_local(|| black_box(&model).clone());
}

/// The sums of the first line.
#[divan::bench(args = SIZES)]
fn totals(bencher: Bencher<'_, '_>, pods: usize) {
    let model = System { pods }.model();
    bencher.bench_local(|| black_box(&model).totals(&NamespaceChoice::All));
}
