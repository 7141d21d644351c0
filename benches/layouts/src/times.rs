//! How long each layout takes at each size, and what came of it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::chart::Chart;
use crate::engines::{ALL, Engine};
use crate::picture::Picture;

const SIZES: [usize; 8] = [15, 20, 50, 80, 200, 500, 1_000, 2_000];
/// Systems of each size, so that no single one decides.
const SEEDS: u64 = 5;
/// Rounds of all layouts, one after the other, within which times are compared.
const ROUNDS: usize = 15;
/// A size is given so long for each layout; at least one round is always done.
const PATIENCE: Duration = Duration::from_secs(15);
/// What took longer once is not asked at a larger size.
const LIMIT: Duration = Duration::from_secs(20);

/// One layout at one size.
struct Row {
    engine: Engine,
    times: Vec<Duration>,
    last: Option<(Chart, Picture)>,
}

pub fn print(largest: usize) {
    let mut out: Vec<Engine> = Vec::new();
    let mut tables = (String::new(), String::new());
    for size in SIZES.into_iter().filter(|size| *size <= largest) {
        let rows = measure(size, &out);
        let ours = rows.first().map_or(0.0, |row| median(&row.times));
        let (mut times, mut pictures) = (format!("| {size} |"), format!("| {size} |"));
        for engine in ALL {
            let Some(row) = rows.iter().find(|row| row.engine == engine) else {
                times += " - |";
                pictures += " - |";
                continue;
            };
            if row.times.iter().any(|time| *time > LIMIT) {
                out.push(engine);
            }
            let time = median(&row.times);
            times += &if engine == Engine::Ours {
                format!(" {time:.1} |")
            } else {
                format!(" {time:.1} (×{:.2}) |", time / ours)
            };
            if let Some((chart, picture)) = &row.last {
                let crossings = picture.crossings(&chart.calls);
                let (width, height) = (picture.width, picture.height);
                pictures += &format!(" {crossings}, {width:.0}×{height:.0} |");
            }
        }
        eprintln!("{times}");
        tables.0 += &(times + "\n");
        tables.1 += &(pictures + "\n");
    }
    println!(
        "Time on a processor, median ms (to ours); {ROUNDS} rounds over {SEEDS} systems, fewer where it takes long:\n"
    );
    head("services");
    println!("{}", tables.0);
    println!(
        "Crossings of straight lines between boxes, and size in cells, of one of the systems:\n"
    );
    head("services");
    println!("{}", tables.1);
}

/// The first rows of a table with a column for each layout.
pub fn head(first: &str) {
    let names: Vec<&str> = ALL.iter().map(|engine| engine.name()).collect();
    println!("| {first} | {} |", names.join(" | "));
    println!("|---{}|", "|---".repeat(ALL.len()));
}

fn measure(size: usize, out: &[Engine]) -> Vec<Row> {
    let charts: Vec<Chart> = (0..SEEDS).map(|seed| Chart::new(size, seed)).collect();
    let engines = ALL.into_iter().filter(|engine| !out.contains(engine));
    let row = |engine| Row {
        engine,
        times: Vec::new(),
        last: None,
    };
    let mut rows: Vec<Row> = engines.map(row).collect();
    for chart in charts.iter().cycle().take(ROUNDS) {
        for row in &mut rows {
            let spent: Duration = row.times.iter().sum();
            if spent > PATIENCE {
                continue;
            }
            let began = on_processor();
            let picture = row.engine.draw(chart);
            row.times.push(on_processor().saturating_sub(began));
            if row.last.is_none() {
                row.last = Some((chart.clone(), picture));
            }
        }
    }
    rows
}

/// For how long this thread was on a processor: all layouts keep to one thread, and others are at work here too.
fn on_processor() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("not negative")
}

/// In ms.
fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort_unstable();
    let middle = times.get(times.len() / 2);
    middle.map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}
