//! Carries news of sessions from process to process by gRPC; `proto/delivery.proto` is the contract.

mod client;
mod message;
mod server;

pub use client::GrpcCourier;
pub use server::serve_deliveries;

/// The service's name.
const SERVICE: &str = "parlor.chat.v1.Delivery";
/// The path of its only method.
const DELIVER: &str = "/parlor.chat.v1.Delivery/Deliver";
/// News in one call.
const NEWS_MAX: usize = 4_096;
/// Largest call, in bytes.
const CALL_BYTES_MAX: usize = 64 << 20;
