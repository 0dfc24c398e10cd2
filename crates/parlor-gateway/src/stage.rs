//! What the handlers share: the worlds and the ports.

use crate::auth::Auth;
use crate::live::LiveView;
use crate::options::GatewayOptions;
use crate::problem::Problem;
use crate::routes::inboxes::{self, Place};
use crate::routes::stats::Figures;
use crate::shape;
use axum::extract::FromRef;
use axum::http::StatusCode;
use parking_lot::Mutex;
use parlor_model::world::Access;
use parlor_model::{Conversation, ConversationId, Slug, World};
use parlor_ports::director::StartRequest;
use parlor_ports::presence::{Report, RoleStatus};
use parlor_ports::worlds::WorldList;
use std::sync::Arc;

/// Roles that are looked at, at most.
pub(crate) const ROLES_MAX: u32 = 1_000;

/// Inboxes, and the worlds whose they are.
type Listed = Option<(WorldList, Arc<[Place]>)>;

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) options: Arc<GatewayOptions>,
    pub(crate) live: LiveView,
    pub(crate) auth: Auth,
    inboxes: Arc<Mutex<Listed>>,
    pub(crate) figures: Arc<Figures>,
}

impl FromRef<Stage> for Auth {
    fn from_ref(stage: &Stage) -> Self {
        stage.auth.clone()
    }
}

impl Stage {
    pub(crate) fn new(options: Arc<GatewayOptions>, live: LiveView) -> Self {
        Self {
            auth: Auth::new(options.store.clone(), options.clock.clone()),
            options,
            live,
            inboxes: Arc::default(),
            figures: Arc::default(),
        }
    }

    /// The inboxes of the worlds that everybody may enter; listed anew when a cast has changed.
    pub(crate) fn inboxes(&self) -> Arc<[Place]> {
        let worlds = self.options.worlds.all();
        let mut listed = self.inboxes.lock();
        match &*listed {
            Some((of, places)) if Arc::ptr_eq(of, &worlds) => places.clone(),
            _ => {
                let places: Arc<[Place]> = inboxes::places(&worlds).into();
                *listed = Some((worlds, places.clone()));
                places
            }
        }
    }

    /// What the living roles told last.
    pub(crate) async fn living(&self) -> Result<Vec<Report>, Problem> {
        let now = self.options.clock.now();
        let records = self.options.store.roles(ROLES_MAX).await?;
        let living = records
            .into_iter()
            .filter(|record| record.status(now) == RoleStatus::Up);
        Ok(living.map(|record| record.report).collect())
    }

    /// The world of this name, whoever may enter it.
    pub(crate) fn world(&self, name: &str) -> Result<Arc<World>, Problem> {
        let worlds = self.options.worlds.all();
        worlds
            .iter()
            .find(|world| world.name.as_str() == name)
            .cloned()
            .ok_or_else(|| {
                let names: Vec<_> = worlds.iter().map(|w| w.name.as_str()).collect();
                let name: String = name.chars().take(80).collect();
                Problem::not_found(
                    "unknown_world",
                    format!(
                        "there is no world '{name}' on this server; it has: {}",
                        names.join(", ")
                    ),
                )
            })
    }

    /// The world of this name, if the caller may enter it.
    pub(crate) fn entered(&self, name: &str) -> Result<Arc<World>, Problem> {
        let world = self.world(name)?;
        if world.access == Access::Open {
            return Ok(world);
        }
        Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "sign_in_required",
            format!(
                "the world '{}' is for signed-in people (access = \"session\")",
                world.name
            ),
        ))
    }

    /// The world of this name, or all worlds that the caller may enter.
    pub(crate) fn entered_or_all(&self, name: Option<&str>) -> Result<Vec<Slug>, Problem> {
        if let Some(name) = name {
            return Ok(vec![self.entered(name)?.name.clone()]);
        }
        let worlds = self.options.worlds.all();
        let open = worlds.iter().filter(|world| world.access == Access::Open);
        Ok(open.map(|world| world.name.clone()).collect())
    }

    /// A world as it is now.
    pub(crate) async fn standing(&self, world: &World) -> Result<shape::World, Problem> {
        let store = &self.options.store;
        let paused = store.is_paused(&world.name).await?;
        let pace = store.pace(&world.name).await?;
        let pace = pace.or_else(|| self.options.director.own_pace(&world.name));
        let model = self.options.models.get(&world.name).cloned();
        Ok(shape::World::of(
            world,
            paused,
            pace.unwrap_or_default(),
            model,
        ))
    }

    /// The conversation with this id, in a world that the caller may enter.
    pub(crate) async fn conversation(&self, id: ConversationId) -> Result<Conversation, Problem> {
        let unknown = || {
            Problem::not_found(
                "unknown_conversation",
                format!("there is no conversation {id}"),
            )
        };
        let conversation = self
            .options
            .store
            .conversation(id)
            .await?
            .ok_or_else(unknown)?;
        // A store can hold the conversations of worlds that this server does not show.
        self.world(conversation.world.as_str())
            .map_err(|_| unknown())?;
        self.entered(conversation.world.as_str())?;
        Ok(conversation)
    }

    /// Starts a conversation in a world.
    pub(crate) async fn start(
        &self,
        world: &World,
        request: StartRequest,
    ) -> Result<shape::Started, Problem> {
        let started = self.options.director.start(&world.name, request).await?;
        Ok(shape::Started::of(started))
    }
}
