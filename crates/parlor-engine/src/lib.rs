//! The step and the mechanics: pure rules, no input or output
