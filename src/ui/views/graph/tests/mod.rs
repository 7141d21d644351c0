mod any;
mod pictures;
mod walking;
mod world;
