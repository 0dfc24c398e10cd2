//! The form of a world file.
