//! For development only: what benchmarks and tests of the whole house share. Nobody else may depend
//! on it, so it may know every crate.
//!
//! - [`scenario`]: a bundled world under names of its own, with mechanics switched off;
//! - [`node`]: store, bus, stage, relay and character role in this process, over any adapters; it
//!   can end softly or crash;
//! - [`load`]: opens many conversations at one moment and waits for their end;
//! - [`process`]: a `parlor` process, its lines, its memory, its end;
//! - [`samples`]: percentiles and medians.

pub mod load;
pub mod node;
pub mod process;
pub mod samples;
pub mod scenario;

pub use load::{Counts, Openings};
pub use node::{Node, NodeOptions};
pub use process::ServerProcess;
pub use samples::{Samples, Spread};
pub use scenario::Scenario;
