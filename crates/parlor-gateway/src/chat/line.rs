//! One connection, from the first frame to the last.

use super::ChatLimits;
use super::frame::{Frame, read};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use parlor_model::{ConversationId, MessageId, SessionLine};
use parlor_ports::chat::{Chat, ChatError, Joined, Seat, Told, Visitor};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// So many frames in a row that can't be read end a connection.
const WRONG_MAX: u32 = 20;

/// Why the server ends a connection: the code and a word for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End(pub(crate) u16, pub(crate) &'static str);

impl End {
    pub(crate) const LEAVING: Self = Self(1001, "the server shuts down: connect again");
    const BINARY: Self = Self(1003, "frames are JSON texts");
    const WRONG: Self = Self(1008, "too many frames that can't be read");
    const TOO_BIG: Self = Self(1009, "the frame is too large");
    pub(crate) const INTERNAL: Self = Self(1011, "the server made a mistake");
    pub(crate) const LATER: Self = Self(1013, "try again in a moment");
    pub(crate) const NOBODY: Self = Self(4401, "sign in: the token is missing, wrong or expired");
    pub(crate) const FORBIDDEN: Self = Self(4403, "this page may not connect");
    pub(crate) const UNKNOWN: Self = Self(4404, "there is no such character or session");
    const IDLE: Self = Self(4408, "nothing was said for a long time");
    const SLOW: Self = Self(4409, "frames were not read: resume with after");
    const GONE: Self = Self(4410, "the session was deleted");
    pub(crate) const FULL: Self = Self(4429, "too many connections");
}

/// What a connection needs.
pub(crate) struct Line {
    pub(crate) chat: Arc<dyn Chat>,
    pub(crate) visitor: Visitor,
    pub(crate) limits: ChatLimits,
    pub(crate) text_bytes_max: usize,
    pub(crate) ids: Arc<dyn Fn() -> Uuid + Send + Sync>,
    pub(crate) shutdown: CancellationToken,
}

/// A socket with a bound on how long sending takes.
struct Wire {
    socket: WebSocket,
    send_time_max: Duration,
}

impl Wire {
    /// Sends; an error is a connection that is gone, or that nobody reads.
    async fn send(&mut self, message: Message) -> Result<(), Option<End>> {
        match timeout(self.send_time_max, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(None),
            Err(_) => Err(Some(End::SLOW)),
        }
    }

    async fn text(&mut self, frame: &Frame<'_>) -> Result<(), Option<End>> {
        self.send(Message::Text(frame.text())).await
    }
}

/// Ends a connection with a code.
pub(crate) async fn close(mut socket: WebSocket, end: End, send_time_max: Duration) {
    let frame = CloseFrame {
        code: end.0,
        reason: Utf8Bytes::from_static(end.1),
    };
    let closing = async {
        socket.send(Message::Close(Some(frame))).await.ok()?;
        // Until the other side has closed, too; what it says meanwhile is not heard.
        while let Some(Ok(_)) = socket.recv().await {}
        Some(())
    };
    let _ = timeout(send_time_max, closing).await;
}

impl Line {
    /// Serves a connection until either side ends it.
    pub(crate) async fn serve(self, socket: WebSocket, joined: Joined, greeting: Utf8Bytes) {
        let seat = joined.seat;
        let mut wire = Wire {
            socket,
            send_time_max: self.limits.send_time_max,
        };
        let ended = self.talk(&mut wire, joined, greeting).await;
        self.chat.leave(seat).await;
        if let Err(Some(end)) = ended {
            close(wire.socket, end, self.limits.send_time_max).await;
        }
    }

    /// Goes on until there is a reason to end: `None` where the other side is gone.
    async fn talk(
        &self,
        wire: &mut Wire,
        joined: Joined,
        greeting: Utf8Bytes,
    ) -> Result<(), Option<End>> {
        let session = joined.session.id;
        wire.send(Message::Text(greeting)).await?;
        let mut last = joined.session.lines;
        for line in &joined.missed {
            wire.text(&Frame::line(session, line)).await?;
        }
        let mut told = joined.told;
        let mut ping = tokio::time::interval_at(
            tokio::time::Instant::now() + self.limits.ping_every,
            self.limits.ping_every,
        );
        ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut heard_at, mut said_at, mut wrong) = (Instant::now(), Instant::now(), 0);
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return Err(Some(End::LEAVING)),
                news = told.recv() => match news {
                    Some(news) => {
                        tell(wire, session, &news, &mut last).await?;
                        while let Ok(news) = told.try_recv() {
                            tell(wire, session, &news, &mut last).await?;
                        }
                    }
                    None => return Err(Some(End::SLOW)),
                },
                message = wire.socket.recv() => {
                    heard_at = Instant::now();
                    let text = match message {
                        None => return Err(None),
                        Some(Err(error)) => return Err(broken(&error)),
                        Some(Ok(Message::Close(_))) => return Err(None),
                        Some(Ok(Message::Binary(_))) => return Err(Some(End::BINARY)),
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                        Some(Ok(Message::Text(text))) => text,
                    };
                    said_at = heard_at;
                    match read(&text, self.text_bytes_max) {
                        Ok(line) => {
                            wrong = 0;
                            let id = line.id.unwrap_or_else(|| MessageId((self.ids)()));
                            let said = self.say(joined.seat, id, line.content).await;
                            answer(wire, session, said, last).await?;
                        }
                        Err(frame) => {
                            wrong += 1;
                            wire.text(&frame).await?;
                            if wrong >= WRONG_MAX {
                                return Err(Some(End::WRONG));
                            }
                        }
                    }
                }
                _ = ping.tick() => {
                    if heard_at.elapsed() > self.limits.silence_max {
                        return Err(None);
                    }
                    if said_at.elapsed() > self.limits.idle_max {
                        return Err(Some(End::IDLE));
                    }
                    wire.send(Message::Ping(bytes::Bytes::new())).await?;
                }
            }
        }
    }

    async fn say(&self, seat: Seat, id: MessageId, text: String) -> Result<SessionLine, ChatError> {
        let said = self.chat.say(seat, &self.visitor, id, text).await;
        if let Err(ChatError::Port(error)) = &said {
            tracing::warn!(%error, session = %seat.session, "a line could not be kept");
        }
        said
    }
}

async fn tell(
    wire: &mut Wire,
    session: ConversationId,
    news: &Told,
    last: &mut u32,
) -> Result<(), Option<End>> {
    match news {
        Told::Line(line) => {
            *last = (*last).max(line.order);
            wire.text(&Frame::line(session, line)).await
        }
        Told::Gone => Err(Some(End::GONE)),
        Told::Typing => {
            wire.text(&Frame::Typing {
                session_id: session,
            })
            .await
        }
        Told::Piece { answers, text } => {
            wire.text(&Frame::Delta {
                session_id: session,
                answers: *answers,
                content: text,
            })
            .await
        }
    }
}

/// Tells who said a line what became of it, where nobody else does: the echo comes with what everybody
/// in the session is told, but not a second time.
async fn answer(
    wire: &mut Wire,
    session: ConversationId,
    said: Result<SessionLine, ChatError>,
    last: u32,
) -> Result<(), Option<End>> {
    match said {
        Ok(line) if line.order <= last => wire.text(&Frame::line(session, &line)).await,
        Ok(_) => Ok(()),
        Err(ChatError::UnknownSession(_)) => Ok(()),
        Err(error) => wire.text(&Frame::failure(&error)).await,
    }
}

/// What a broken connection is told, if it can be told anything.
fn broken(error: &axum::Error) -> Option<End> {
    let text = error.to_string().to_lowercase();
    let is_too_big =
        text.contains("too long") || text.contains("too large") || text.contains("space limit");
    is_too_big.then_some(End::TOO_BIG)
}
