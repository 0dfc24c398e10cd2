//! The side that is told.

use super::message::{DeliverReply, DeliverRequest};
use super::{CALL_BYTES_MAX, DELIVER, NEWS_MAX, SERVICE};
use parlor_ports::cache::Holder;
use parlor_ports::chat::Courier;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::codegen::http::{Request as HttpRequest, Response as HttpResponse};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

/// Takes news for this process and hands them to `courier`, which knows it as `here`, until
/// `shutdown`.
///
/// # Errors
/// The listener failed.
pub async fn serve_deliveries(
    listener: TcpListener,
    here: Holder,
    courier: Arc<dyn Courier>,
    shutdown: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let desk = Desk { here, courier };
    Server::builder()
        .add_service(desk)
        .serve_with_incoming_shutdown(
            TcpIncoming::from(listener).with_nodelay(Some(true)),
            shutdown.cancelled_owned(),
        )
        .await
}

/// Where news arrive.
#[derive(Clone)]
struct Desk {
    here: Holder,
    courier: Arc<dyn Courier>,
}

impl NamedService for Desk {
    const NAME: &'static str = SERVICE;
}

impl Desk {
    async fn take(&self, request: DeliverRequest) -> Result<DeliverReply, Status> {
        if request.instance != self.here.instance.to_string() {
            return Err(Status::permission_denied("this is another process"));
        }
        if request.news.len() > NEWS_MAX {
            return Err(Status::invalid_argument("too much at a time"));
        }
        let news: Option<Vec<_>> = request.news.into_iter().map(|news| news.news()).collect();
        let news = news.ok_or_else(|| Status::invalid_argument("news that say nothing"))?;
        self.courier
            .hand(&self.here, news)
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(DeliverReply {})
    }
}

impl UnaryService<DeliverRequest> for Desk {
    type Response = DeliverReply;
    type Future = BoxFuture<Response<DeliverReply>, Status>;

    fn call(&mut self, request: Request<DeliverRequest>) -> Self::Future {
        let desk = self.clone();
        Box::pin(async move { desk.take(request.into_inner()).await.map(Response::new) })
    }
}

impl Service<HttpRequest<Body>> for Desk {
    type Response = HttpResponse<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        let desk = self.clone();
        Box::pin(async move {
            if request.uri().path() != DELIVER {
                return Ok(Status::unimplemented("there is only Deliver").into_http());
            }
            let codec: ProstCodec<DeliverReply, DeliverRequest> = ProstCodec::default();
            let mut grpc = Grpc::new(codec).max_decoding_message_size(CALL_BYTES_MAX);
            Ok(grpc.unary(desk, request).await)
        })
    }
}
