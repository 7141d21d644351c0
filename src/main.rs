//! Starts Portolan.
fn main() {}
