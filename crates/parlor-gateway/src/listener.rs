//! The small listener that every role has: health, readiness, metrics, and for a character the
//! aliases of its world, by which it starts a conversation itself.

use crate::app::layered;
use crate::auth::SignInDesk;
use crate::chat::door::{self, Door};
use crate::guard::Guard;
use crate::options::{Ids, Limits};
use crate::routes::compat::{Triggers, alias_or_nothing};
use crate::routes::health::{self, Vitals};
use crate::routes::sign_in;
use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use parlor_model::{Slug, World};
use parlor_ports::bus::Bus;
use parlor_ports::director::Director;
use parlor_ports::store::Store;
use std::collections::HashSet;
use std::sync::Arc;

/// What the listener of a role is given.
#[derive(Clone)]
pub struct RoleListener {
    /// Name of the role (`character`, `relay`), shown by `/health`.
    pub role: String,
    /// Asked whether it is there.
    pub store: Arc<dyn Store>,
    /// Asked whether it is there.
    pub bus: Arc<dyn Bus>,
    /// Renders `/metrics`.
    pub metrics: PrometheusHandle,
    /// Host names under which it may be called, besides `localhost` and IP addresses.
    pub allowed_hosts: Vec<String>,
    /// For a character: what the aliases start.
    pub trigger: Option<RoleTrigger>,
    /// For the role `auth`: signs people in.
    pub sign_in: Option<SignInDesk>,
    /// For `chat-ws`: where people come in.
    pub door: Option<Door>,
}

/// What the aliases on a character's listener start: a conversation that it begins.
#[derive(Clone)]
pub struct RoleTrigger {
    /// Its world, whose aliases are answered.
    pub world: Arc<World>,
    /// Who begins.
    pub from: Slug,
    /// Carries it out.
    pub director: Arc<dyn Director>,
    /// Random ids.
    pub ids: Ids,
}

/// The router of a role's listener.
pub fn role_router(options: RoleListener) -> Router {
    let vitals = Vitals {
        role: options.role,
        store: options.store,
        bus: options.bus,
        metrics: options.metrics,
    };
    let mut router = Router::from(health::router(vitals));
    if let Some(desk) = options.sign_in {
        router = router.merge(Router::from(sign_in::router().with_state(desk)));
    }
    if let Some(door) = options.door {
        router = router.merge(door::router(door));
    }
    let mut paths = HashSet::new();
    if let Some(trigger) = options.trigger {
        let from = Some(trigger.from.as_str());
        let triggers = Triggers::new(&[trigger.world], from, trigger.director, trigger.ids);
        paths.extend(triggers.paths().cloned());
        router = router.fallback_service(
            Router::new()
                .fallback(alias_or_nothing)
                .with_state(triggers),
        );
    }
    layered(
        router,
        Guard::new(&options.allowed_hosts, paths),
        Limits::default(),
    )
}
