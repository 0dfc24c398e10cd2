//! What the handlers share: the worlds and the ports.

use crate::live::LiveView;
use crate::options::GatewayOptions;
use crate::problem::Problem;
use crate::shape;
use axum::http::StatusCode;
use parlor_model::world::Access;
use parlor_model::{Conversation, ConversationId, World};
use parlor_ports::director::StartRequest;
use std::sync::Arc;

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) options: Arc<GatewayOptions>,
    pub(crate) live: LiveView,
}

impl Stage {
    /// The world of this name, whoever may enter it.
    pub(crate) fn world(&self, name: &str) -> Result<&Arc<World>, Problem> {
        self.options
            .worlds
            .iter()
            .find(|world| world.name.as_str() == name)
            .ok_or_else(|| {
                let names: Vec<_> = self
                    .options
                    .worlds
                    .iter()
                    .map(|w| w.name.as_str())
                    .collect();
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
    pub(crate) fn entered(&self, name: &str) -> Result<&Arc<World>, Problem> {
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
