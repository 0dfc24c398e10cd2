//! All that is kept of a person, written piece by piece: their talks may be long.

use crate::shape::people::{Account, Coins, Grant};
use axum::body::Body;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use parlor_model::account::Account as OwnAccount;
use parlor_model::companion::Companion;
use parlor_model::{Session, SessionLine, Slug, SpeakerRole};
use parlor_ports::sessions::SessionFilter;
use parlor_ports::store::Store;
use parlor_ports::worlds::WorldList;
use parlor_ports::{PortError, PortResult};
use serde::Serialize;
use std::io;
use std::sync::Arc;
use tokio::sync::mpsc;
use utoipa::ToSchema;
use uuid::Uuid;

/// Payments in an export, at most.
const PAYMENTS_MAX: u32 = 10_000;
/// Talks, or lines, that are read at once.
const READ_AT_ONCE: u32 = 200;
/// Pieces that wait for a slow reader.
const PIECES_MAX: usize = 4;

/// All that is kept of a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PersonExport {
    /// Their account.
    account: Account,
    /// What keeps them signed in.
    sign_ins: Vec<Grant>,
    /// Coins given and taken, the newest first.
    payments: Vec<Coins>,
    /// Their companions, in whatever world.
    companions: Vec<ExportedCompanion>,
    /// Their talks with characters, the latest begun first.
    sessions: Vec<ExportedSession>,
}

/// A companion.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedCompanion {
    /// Its id.
    id: Uuid,
    /// Slug of the world.
    world: String,
    /// Slug of the character that it is a copy of.
    character: String,
    /// What its owner calls it.
    name: String,
    /// How it feels: `happy`, `neutral` or `unhappy`.
    mood: &'static str,
    /// Conflicts that it met while it was unhappy already.
    unhappy_count: u32,
}

impl ExportedCompanion {
    fn of(world: &Slug, companion: Companion) -> Self {
        Self {
            id: companion.id,
            world: world.to_string(),
            character: companion.character.to_string(),
            name: companion.name,
            mood: companion.mood.as_str(),
            unhappy_count: companion.unhappy_count,
        }
    }
}

/// A talk with a character.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedSession {
    /// Its id.
    id: Uuid,
    /// Slug of the world.
    world: String,
    /// Slug of the character.
    character: String,
    /// What it is about.
    title: Option<String>,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it was closed.
    ended_at: Option<DateTime<Utc>>,
    /// All that was said.
    lines: Vec<ExportedLine>,
}

/// A line of a talk.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedLine {
    /// 1..n over the talk.
    order: u32,
    /// `user` or `ai`.
    #[schema(value_type = String, example = "user")]
    role: SpeakerRole,
    /// The words.
    content: String,
    /// When it was said.
    created_at: DateTime<Utc>,
}

impl ExportedSession {
    /// Without its lines, which follow.
    fn head(session: &Session) -> Self {
        Self {
            id: session.id.0,
            world: session.world.to_string(),
            character: session.character.to_string(),
            title: session.title.clone(),
            created_at: session.created_at,
            ended_at: session.ended_at,
            lines: Vec::new(),
        }
    }
}

impl From<SessionLine> for ExportedLine {
    fn from(line: SessionLine) -> Self {
        Self {
            order: line.order,
            role: line.role,
            content: line.text,
            created_at: line.at,
        }
    }
}

/// The export as a body. What goes wrong on the way breaks it off: half an export never looks whole.
///
/// # Errors
/// The store is away before it begins.
pub(crate) async fn body(
    store: Arc<dyn Store>,
    worlds: &WorldList,
    account: OwnAccount,
) -> PortResult<Body> {
    let grants = store.grants(account.id).await?;
    let payments = store.payments(account.id, PAYMENTS_MAX).await?;
    let mut companions = Vec::new();
    for world in worlds.iter() {
        let household = store.household(&world.name, account.id).await?;
        let theirs = household.into_iter().flat_map(|all| all.companions);
        companions.extend(theirs.map(|one| ExportedCompanion::of(&world.name, one)));
    }
    let owner = account.id.0;
    let head = PersonExport {
        account: Account::of(account),
        sign_ins: grants.into_iter().map(Grant::of).collect(),
        payments: payments.into_iter().map(Coins::of).collect(),
        companions,
        sessions: Vec::new(),
    };
    let (pieces, waiting) = mpsc::channel(PIECES_MAX);
    tokio::spawn(async move {
        let mut writer = Writer {
            store,
            pieces: pieces.clone(),
        };
        if let Err(Stopped::Away(error)) = writer.write(&head, owner).await {
            tracing::warn!(%error, "an export was broken off");
            // The reader may be gone, too.
            let _ = pieces.send(Err(io::Error::other("broken off"))).await;
        }
    });
    let stream = futures::stream::unfold(waiting, |mut waiting| async {
        waiting.recv().await.map(|piece| (piece, waiting))
    });
    Ok(Body::from_stream(stream))
}

/// Why an export ends early.
enum Stopped {
    /// The store is away.
    Away(PortError),
    /// The reader is gone.
    Unread,
}

impl From<PortError> for Stopped {
    fn from(error: PortError) -> Self {
        Self::Away(error)
    }
}

struct Writer {
    store: Arc<dyn Store>,
    pieces: mpsc::Sender<io::Result<Bytes>>,
}

impl Writer {
    async fn write(&mut self, head: &PersonExport, owner: Uuid) -> Result<(), Stopped> {
        // The lists that follow are the last of their objects, and empty there.
        self.send(open(head)).await?;
        let filter = SessionFilter { owner, with: None };
        let (mut after, mut is_first) = (None, true);
        loop {
            let page = self.store.sessions(&filter, after, READ_AT_ONCE).await?;
            for session in &page.items {
                let comma = if is_first { "" } else { "," };
                is_first = false;
                let head = open(&ExportedSession::head(session));
                self.send(format!("{comma}{head}")).await?;
                self.lines(session).await?;
                self.send("]}".to_owned()).await?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.send("]}".to_owned()).await
    }

    async fn lines(&mut self, session: &Session) -> Result<(), Stopped> {
        let mut after = 0;
        loop {
            let lines = self
                .store
                .session_lines(session.id, after, READ_AT_ONCE)
                .await?;
            let Some(last) = lines.last() else {
                return Ok(());
            };
            let comma = if after == 0 { "" } else { "," };
            after = last.order;
            let lines: Vec<_> = lines
                .into_iter()
                .map(|line| json(&ExportedLine::from(line)))
                .collect();
            self.send(format!("{comma}{}", lines.join(","))).await?;
        }
    }

    async fn send(&mut self, piece: String) -> Result<(), Stopped> {
        let sent = self.pieces.send(Ok(Bytes::from(piece))).await;
        sent.map_err(|_| Stopped::Unread)
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("its fields are texts, times and numbers")
}

/// The JSON of an object whose last field is an empty list, without the end of both.
fn open(value: &impl Serialize) -> String {
    let mut json = json(value);
    json.truncate(json.len().saturating_sub("]}".len()));
    json
}
