//! The house as a whole, in one process.

mod crash;
mod knowledge;
