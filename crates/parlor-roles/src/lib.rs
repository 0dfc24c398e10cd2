//! The worker roles, one module each
