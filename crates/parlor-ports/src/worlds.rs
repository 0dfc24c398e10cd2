//! The worlds of a process. A world's file never changes while a server runs, but its cast does:
//! characters join it from the catalogue, and leave.

use parlor_model::{Slug, World};
use std::sync::Arc;
use tokio::sync::watch;

/// A list of worlds, as it was at one moment.
pub type WorldList = Arc<[Arc<World>]>;

/// The worlds of a process as they are now. Clones show the same worlds.
#[derive(Debug, Clone)]
pub struct Worlds(Arc<watch::Sender<WorldList>>);

impl Worlds {
    /// These worlds, in this order.
    #[must_use]
    pub fn new(worlds: Vec<Arc<World>>) -> Self {
        Self(Arc::new(watch::Sender::new(worlds.into())))
    }

    /// All of them, in the order in which they were given.
    #[must_use]
    pub fn all(&self) -> WorldList {
        self.0.borrow().clone()
    }

    /// The world of this name.
    #[must_use]
    pub fn get(&self, name: &Slug) -> Option<Arc<World>> {
        let worlds = self.0.borrow();
        worlds.iter().find(|world| world.name == *name).cloned()
    }

    /// Puts a world in the place of the one with its name; one that is not there stays away.
    pub fn replace(&self, world: Arc<World>) {
        self.0.send_if_modified(|worlds| {
            let mut next = worlds.to_vec();
            let Some(place) = next.iter_mut().find(|known| known.name == world.name) else {
                return false;
            };
            *place = world;
            *worlds = next.into();
            true
        });
    }

    /// Tells when one of them has been replaced.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<WorldList> {
        self.0.subscribe()
    }
}

impl From<Vec<Arc<World>>> for Worlds {
    fn from(worlds: Vec<Arc<World>>) -> Self {
        Self::new(worlds)
    }
}
