//! Hands connections of people who talk with characters on to a `chat-ws`, byte by byte: what is said
//! in them is between the two ends. Only where a frame ends is looked for, so that a gateway that
//! leaves can say so.

use crate::chat::End;
use crate::forward::{Forward, copied};
use crate::options::Limits;
use crate::problem::Problem;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use axum::routing::any;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Where people come in.
const PATH: &str = "/ws/{character}";
/// Bytes that are handed on at a time, each way.
const CHUNK: usize = 2_048;
/// Longest wait for the other side to close, once it was told to.
const GOODBYE: Duration = Duration::from_secs(2);
/// What is handed on of a request besides what is of every one.
const ASKED: [HeaderName; 6] = [
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_VERSION,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_EXTENSIONS,
];
/// What is handed back of an answer that opens a connection.
const ANSWERED: [HeaderName; 5] = [
    header::CONNECTION,
    header::UPGRADE,
    header::SEC_WEBSOCKET_ACCEPT,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_EXTENSIONS,
];

/// The way to a `chat-ws`. Cheap to clone.
#[derive(Clone)]
pub struct Tunnel {
    forward: Forward,
    shutdown: CancellationToken,
    open: TaskTracker,
}

impl Tunnel {
    /// To the `chat-ws` at this address (`host:port`), until `shutdown`.
    ///
    /// # Errors
    /// It is no address; the message says what one is.
    pub fn new(address: &str, shutdown: CancellationToken) -> Result<Self, String> {
        Ok(Self {
            forward: Forward::new("chat-ws", address)?,
            shutdown,
            open: TaskTracker::new(),
        })
    }

    /// Ends once everybody has been told that the gateway leaves.
    pub async fn ended(self) {
        self.shutdown.cancelled().await;
        self.open.close();
        self.open.wait().await;
    }

    pub(crate) fn router(self, limits: Limits) -> Router {
        Router::new()
            .route(PATH, any(enter))
            .with_state((self, limits))
    }
}

async fn enter(
    State((tunnel, limits)): State<(Tunnel, Limits)>,
    mut request: Request,
) -> Result<Response, Problem> {
    let Some(here) = request.extensions_mut().remove::<OnUpgrade>() else {
        // It says itself that it wants a WebSocket.
        return tunnel.forward.answer(request, limits).await;
    };
    let more = copied(request.headers(), &ASKED);
    let answer = tunnel.forward.ask(request, limits, more).await?;
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        return tunnel.forward.hand_back(answer, limits).await;
    }
    let mut response = Response::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = copied(answer.headers(), &ANSWERED);
    let there = answer.upgrade().await.map_err(|error| {
        tracing::warn!(error = %error.without_url(), "a chat-ws opened no connection");
        Problem::internal()
    })?;
    let shutdown = tunnel.shutdown.clone();
    tunnel.open.spawn(async move {
        if let Ok(here) = here.await {
            pump(TokioIo::new(here), there, &shutdown).await;
        }
    });
    Ok(response)
}

/// Hands on what either side says until one of them is gone, or the gateway leaves.
async fn pump(
    here: impl AsyncRead + AsyncWrite,
    there: impl AsyncRead + AsyncWrite,
    shutdown: &CancellationToken,
) {
    let (from_here, to_here) = tokio::io::split(here);
    let (from_there, mut to_there) = tokio::io::split(there);
    let up = async {
        let mut from_here = BufReader::with_capacity(CHUNK, from_here);
        // Either way the person is gone, and who is there must hear of it.
        let _ = tokio::io::copy_buf(&mut from_here, &mut to_there).await;
        let _ = to_there.shutdown().await;
    };
    let down = down(from_there, to_here, shutdown);
    tokio::pin!(up, down);
    let mut is_here = true;
    loop {
        tokio::select! {
            () = &mut up, if is_here => is_here = false,
            // Who can't be reached any more needs nothing more.
            _ = &mut down => break,
        }
    }
    if is_here {
        // What they still say is read: a connection that ends before would take the last frame with it.
        let _ = timeout(GOODBYE, up).await;
    }
}

async fn down(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    shutdown: &CancellationToken,
) -> io::Result<()> {
    let mut buffer = [0; CHUNK];
    let mut frames = Frames::default();
    let end = loop {
        let read = tokio::select! {
            biased;
            () = shutdown.cancelled(), if frames.is_between() => break End::LEAVING,
            read = from.read(&mut buffer) => read,
        };
        match read {
            Ok(0) | Err(_) => break End::LATER,
            Ok(read) => {
                frames.pass(&buffer[..read]);
                to.write_all(&buffer[..read]).await?;
                to.flush().await?;
            }
        }
    };
    if frames.is_between() && !frames.closed {
        to.write_all(&close(end)).await?;
    }
    to.shutdown().await
}

/// A frame that closes a connection (RFC 6455, 5.5.1).
fn close(End(code, reason): End) -> Vec<u8> {
    // A reason of ours is far shorter than the 123 bytes that fit.
    let length = u8::try_from(2 + reason.len()).unwrap_or(2);
    let mut frame = vec![0x88, length];
    frame.extend(code.to_be_bytes());
    frame.extend(reason.bytes().take(usize::from(length) - 2));
    frame
}

/// Finds where frames end (RFC 6455, 5.2).
#[derive(Debug, Default)]
struct Frames {
    head: [u8; 14],
    /// Bytes of the head so far.
    have: usize,
    /// Bytes of the frame that are still to come.
    rest: u64,
    /// One has closed the connection.
    closed: bool,
}

impl Frames {
    fn is_between(&self) -> bool {
        self.have == 0 && self.rest == 0
    }

    fn pass(&mut self, mut bytes: &[u8]) {
        while let Some((first, more)) = bytes.split_first() {
            if self.rest > 0 {
                let here = usize::try_from(self.rest).unwrap_or(usize::MAX);
                let here = here.min(bytes.len());
                self.rest -= here as u64;
                bytes = &bytes[here..];
                continue;
            }
            self.head[self.have] = *first;
            self.have += 1;
            bytes = more;
            if let Some(length) = length(&self.head[..self.have]) {
                self.closed |= self.head[0] & 0x0f == 0x8;
                self.rest = length;
                self.have = 0;
            }
        }
    }
}

/// Bytes that follow this head, once it is whole.
fn length(head: &[u8]) -> Option<u64> {
    let (&[_, second], more) = head.split_first_chunk()?;
    let size = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    if more.len() < size + mask {
        return None;
    }
    Some(match size {
        0 => u64::from(second & 0x7f),
        _ => more[..size]
            .iter()
            .fold(0, |length, byte| length << 8 | u64::from(*byte)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::duplex;

    /// A frame of a server: a text of this length.
    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0x81];
        match length {
            0..126 => frame.push(length as u8),
            126..65_536 => {
                frame.push(126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.resize(frame.len() + length, b'x');
        frame
    }

    #[test]
    fn ends_of_frames_are_found_wherever_they_are_cut() {
        for length in [0, 1, 125, 126, 3_000, 65_535, 65_536, 70_000] {
            for chunk in [1, 2, 3, 7, 2_048] {
                let mut frames = Frames::default();
                let bytes = [frame(length), frame(5)].concat();
                let (mut passed, mut between) = (0, Vec::new());
                for bytes in bytes.chunks(chunk) {
                    frames.pass(bytes);
                    passed += bytes.len();
                    if frames.is_between() {
                        between.push(passed);
                    }
                }
                assert_eq!(between.last(), Some(&bytes.len()), "{length} by {chunk}");
                let first = frame(length).len();
                assert_eq!(between.contains(&first), first.is_multiple_of(chunk));
                assert!(!frames.closed);
            }
        }
        let mut frames = Frames::default();
        frames.pass(&close(End::LATER));
        assert!(frames.closed && frames.is_between());
        // One of a client has a mask.
        frames.pass(&[0x81, 0x82, 1, 2, 3, 4, b'a']);
        assert!(!frames.is_between());
        frames.pass(b"b");
        assert!(frames.is_between());
    }

    #[tokio::test]
    async fn who_leaves_waits_for_the_end_of_a_frame_and_says_so() {
        let (mut person, here) = duplex(1 << 20);
        let (there, mut server) = duplex(1 << 20);
        let shutdown = CancellationToken::new();
        let whole = frame(10);
        server.write_all(&whole[..4]).await.unwrap();
        let leaving = shutdown.clone();
        let pumping = tokio::spawn(async move { pump(here, there, &leaving).await });
        let mut told = [0; 4];
        person.read_exact(&mut told).await.unwrap();
        person.write_all(b"said").await.unwrap();
        let mut heard = [0; 4];
        server.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"said");
        shutdown.cancel();
        tokio::task::yield_now().await;
        server.write_all(&whole[4..]).await.unwrap();
        let mut rest = Vec::new();
        person.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, [&whole[4..], &close(End::LEAVING)].concat());
        drop(person);
        pumping.await.unwrap();
        assert_eq!(server.read(&mut heard).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_told_to_the_person_but_not_twice() {
        for (said, expected) in [
            (Vec::new(), close(End::LATER)),
            (close(End::LEAVING), close(End::LEAVING)),
            // In the middle of a frame there is nothing that could be said.
            (vec![0x81, 5, b'h'], vec![0x81, 5, b'h']),
        ] {
            let (mut person, here) = duplex(1 << 20);
            let (there, mut server) = duplex(1 << 20);
            server.write_all(&said).await.unwrap();
            drop(server);
            let pumping =
                tokio::spawn(async move { pump(here, there, &CancellationToken::new()).await });
            let mut told = Vec::new();
            person.read_to_end(&mut told).await.unwrap();
            assert_eq!(told, expected);
            drop(person);
            pumping.await.unwrap();
        }
    }
}
