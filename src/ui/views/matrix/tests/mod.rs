mod any;
mod ordered;
mod pictures;
mod reading;
mod walking;
mod world;
