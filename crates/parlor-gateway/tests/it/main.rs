//! The gateway over HTTP. The ports behind it are small stand-ins in memory ([`house`]): here it is
//! only about HTTP. The whole server on real stores is tested with the binary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod api;
mod auth;
mod catalogue;
mod companions;
mod desk;
mod directory;
mod document;
mod guard;
mod house;
mod journeys;
mod keys;
mod live;
mod ops;
mod people;
mod recall;
mod roles;
mod sign_in;
mod talks;
mod usage;
mod v1;
mod web;
mod wrong;
mod ws;
