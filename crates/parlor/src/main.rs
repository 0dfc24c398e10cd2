//! Parlor: the binary.
fn main() {}
