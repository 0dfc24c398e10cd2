//! The side that tells.

use super::message::{DeliverReply, DeliverRequest, WireNews};
use super::{CALL_BYTES_MAX, DELIVER, NEWS_MAX};
use async_trait::async_trait;
use parking_lot::Mutex;
use parlor_ports::cache::{CALL_TIME_MAX, Holder};
use parlor_ports::chat::{Courier, News};
use parlor_ports::{PortError, PortResult};
use std::collections::HashMap;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

/// Processes whose connections are kept.
const CHANNELS_MAX: usize = 256;

/// Carries news to other processes. A connection is made when it is first needed, and again by itself.
#[derive(Default)]
pub struct GrpcCourier {
    channels: Mutex<HashMap<String, Channel>>,
}

impl GrpcCourier {
    fn channel(&self, address: &str) -> PortResult<Channel> {
        let mut channels = self.channels.lock();
        if let Some(channel) = channels.get(address) {
            return Ok(channel.clone());
        }
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|error| PortError::terminal("a process can't be told of lines", error))?;
        let channel = endpoint
            .connect_timeout(CALL_TIME_MAX)
            .timeout(CALL_TIME_MAX)
            .tcp_nodelay(true)
            .connect_lazy();
        if channels.len() >= CHANNELS_MAX {
            // Processes come and go: begin anew with those that are asked for.
            channels.clear();
        }
        channels.insert(address.to_owned(), channel.clone());
        Ok(channel)
    }
}

#[async_trait]
impl Courier for GrpcCourier {
    async fn hand(&self, to: &Holder, news: Vec<News>) -> PortResult<()> {
        // Also to connect must not take longer: others wait to be told.
        let handed = tokio::time::timeout(CALL_TIME_MAX, self.call(to, news)).await;
        handed.unwrap_or_else(|_| Err(failed("it does not answer")))
    }
}

impl GrpcCourier {
    /// Whether a process takes news at this address; nothing is told.
    ///
    /// # Errors
    /// Nobody answers there, or somebody who takes no news.
    pub async fn reach(&self, address: &str) -> PortResult<()> {
        let mut client = self.client(address)?;
        let asked = deliver(&mut client, DeliverRequest::default());
        match tokio::time::timeout(CALL_TIME_MAX, asked).await {
            // It takes news, of those who know its name.
            Ok(Err(status)) if status.code() == Code::PermissionDenied => Ok(()),
            Ok(told) => told.map_err(|status| failed(status.message())),
            Err(_) => Err(failed("it does not answer")),
        }
    }

    fn client(&self, address: &str) -> PortResult<Grpc<Channel>> {
        Ok(Grpc::new(self.channel(address)?)
            .max_decoding_message_size(CALL_BYTES_MAX)
            .max_encoding_message_size(CALL_BYTES_MAX))
    }

    async fn call(&self, to: &Holder, news: Vec<News>) -> PortResult<()> {
        let mut client = self.client(&to.address)?;
        let mut news = news.into_iter().map(WireNews::from).peekable();
        while news.peek().is_some() {
            let request = DeliverRequest {
                instance: to.instance.to_string(),
                news: news.by_ref().take(NEWS_MAX).collect(),
            };
            let told = deliver(&mut client, request).await;
            told.map_err(|status| failed(status.to_string()))?;
        }
        Ok(())
    }
}

fn failed(cause: impl std::fmt::Display) -> PortError {
    PortError::retryable("a process can't be told of lines", cause)
}

async fn deliver(client: &mut Grpc<Channel>, request: DeliverRequest) -> Result<(), Status> {
    client
        .ready()
        .await
        .map_err(|error| Status::unavailable(error.to_string()))?;
    let codec: ProstCodec<DeliverRequest, DeliverReply> = ProstCodec::default();
    let path = PathAndQuery::from_static(DELIVER);
    client
        .unary(tonic::Request::new(request), path, codec)
        .await?;
    Ok(())
}
