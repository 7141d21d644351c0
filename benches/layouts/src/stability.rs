//! How much stays where it was when one service comes.

use crate::chart::Chart;
use crate::engines::{ALL, Engine, Ours, of_scene};

const SIZES: [usize; 4] = [20, 50, 100, 200];
const TRIALS: u64 = 10;

pub fn print() {
    println!(
        "Boxes that keep their cell when one service comes, in percent; mean (least) of {TRIALS} systems:\n"
    );
    crate::times::head("services, the new one");
    for size in SIZES {
        for calls in [false, true] {
            let way = if calls { "calls" } else { "is called" };
            let mut row = format!("| {size}, {way} |");
            for engine in ALL {
                let trials: Vec<f64> = (0..TRIALS)
                    .map(|seed| kept(engine, size, seed, calls))
                    .collect();
                let least = trials.iter().copied().fold(100.0, f64::min);
                #[expect(clippy::cast_precision_loss, reason = "few trials")]
                let mean = trials.iter().sum::<f64>() / TRIALS as f64;
                row += &format!(" {mean:.0} ({least:.0}) |");
            }
            println!("{row}");
        }
    }
}

fn kept(engine: Engine, size: usize, seed: u64, calls: bool) -> f64 {
    let chart = Chart::new(size, seed);
    let with = chart.with_leaf(seed, calls);
    if engine == Engine::Ours {
        let before = Ours::new(&chart).scene();
        let after = Ours::new(&with).after(&before).picture();
        return of_scene(&before).kept(&after);
    }
    // The others know no picture before; who came is the last one, as ours has it.
    engine.draw(&chart).kept(&engine.draw(&with))
}
