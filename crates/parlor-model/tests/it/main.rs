//! The world file: what is read, what is refused, and in which words.

mod cards;
mod limits;
mod mistakes;
mod reading;
mod schema;
mod vocabulary;
