//! CompArch: the architecture of running components as a modelling language has it, with all of its classes.
//!
//! The model of Portolan keeps what was seen, by type where it is seen by type. CompArch has interfaces and
//! connectors for each instance. [`project`] makes the second from the first by a stated rule (see
//! [`projection`]); [`validate()`] says what of CompArch's own structure does not hold, which must be nothing.
//!
//! Names of classes and fields are those of the metamodel, as Rust writes them. Its 21 classes that have
//! instances are types here; the three that have none (`ArchitecturalElement`, `Interface`, `Annotation`) are
//! parts of those. Containment is ownership: what contains an element is not written in it.

pub mod annotations;
pub mod architecture;
pub mod component;
pub mod component_type;
pub mod connector;
pub mod element;
pub mod exception;
pub mod interface;
pub mod interface_type;
pub mod metamodel;
pub mod monitored_property;
pub mod object;
pub mod performance_stats;
pub mod projection;
pub mod tenant;
pub mod uid;
mod validate;

pub use self::architecture::Architecture;
pub use self::projection::{project, project_structure};
pub use self::validate::{Violation, validate};
