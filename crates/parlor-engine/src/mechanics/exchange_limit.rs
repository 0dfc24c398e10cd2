//! **Exchange limit** (`[mechanics.exchange_limit]`): a hard stop. A message is an exchange; the
//! `max`-th is the last of its conversation, and no dialect is asked afterwards. A side thread goes
//! on from its parent's count, so what one trigger can cause is bounded: a tree in which every line
//! has at most one answer and one side thread holds at most 2^max - 1 lines.

use super::{Mechanic, Settings};
use crate::plan::Plan;
use crate::scene::Scene;
use parlor_model::World;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A hard stop for every conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeLimit {
    /// The last exchange. A side thread goes on from its parent's count.
    #[serde(default = "default_max")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max: u32,
}

fn default_max() -> u32 {
    10
}

impl Settings for ExchangeLimit {
    const NAME: &'static str = "exchange_limit";
}

impl Mechanic for ExchangeLimit {
    fn decide(&self, _world: &World, _scene: &Scene, plan: &mut Plan) {
        plan.exchanges_max = Some(plan.exchanges_max.map_or(self.max, |max| max.min(self.max)));
    }
}
