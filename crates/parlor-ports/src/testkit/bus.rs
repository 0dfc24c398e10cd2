//! Conformance suite of [`crate::bus::Bus`].
