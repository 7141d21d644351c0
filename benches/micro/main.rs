//! What single steps of the program cost, on systems of 5,000 and 10,000 pods and on pictures of up to 2,000
//! services: time, and memory as the allocator saw it. `cargo bench --bench micro`; figures are compared within one run.

#![expect(clippy::expect_used, reason = "a benchmark that fails shows it")]

mod chart;
mod layout;
mod model;
mod screen;
mod system;
mod traces;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}
