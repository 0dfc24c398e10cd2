//! Text generators for characters
