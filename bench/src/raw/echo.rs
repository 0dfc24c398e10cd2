//! A bare WebSocket server on axum that says what it hears, in a process of its own.

use anyhow::Context;
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Runs it until it is killed; prints its address first.
pub(crate) async fn run() -> anyhow::Result<()> {
    let app = Router::new().route("/", get(enter));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| {
        // Where it can't be set, lines come later.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, app).await?)
}

async fn enter(upgrade: WebSocketUpgrade) -> Response {
    // As little as can be: by default a connection sets aside 128 KiB.
    upgrade
        .read_buffer_size(2_048)
        .write_buffer_size(0)
        .on_upgrade(serve)
}

async fn serve(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// The running server. Killed when dropped.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Echo {
    /// Starts it.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let mut child = Command::new(program)
            .arg("echo")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().context("its output is piped")?;
        let line = BufReader::new(out).lines().next_line().await?;
        let address = line.context("the echo ended at once")?.parse()?;
        Ok(Self { address, child })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the echo has ended")
    }
}
