//! What the call tree shows, and how one walks in it.

mod any;
mod pictures;
mod walking;
mod world;
