mod world;

use world::*;

#[test]
fn look() {
    let mut w = shop();
    for (x, y) in [(158, 30), (80, 14), (60, 9)] {
        eprintln!("{}", w.text(x, y));
    }
    w.act(crate::ui::action::Verb::Wider);
    for (x, y) in [(158, 30), (80, 14), (60, 9)] {
        eprintln!("{}", w.text(x, y));
    }
}
