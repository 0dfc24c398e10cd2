//! The rules, played out on a toy stage without any input or output.

mod mechanics;
mod stage;
mod step;
