//! Our layout next to those of three crates, on the same made-up systems with the same boxes: how long each takes,
//! how much stays where it was when one service comes, how many lines cross and how large the picture gets. Prints
//! tables in Markdown.
//!
//! `cargo run --release --manifest-path benches/layouts/Cargo.toml [-- LARGEST]`

#[path = "../../micro/chart.rs"]
mod chart;
mod engines;
mod picture;
mod stability;
mod times;

fn main() {
    let largest = std::env::args().nth(1);
    let largest = largest.and_then(|text| text.parse().ok());
    times::print(largest.unwrap_or(usize::MAX));
    stability::print();
}
