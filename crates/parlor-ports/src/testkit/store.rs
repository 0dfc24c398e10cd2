//! Conformance suite of [`crate::store::Store`].
