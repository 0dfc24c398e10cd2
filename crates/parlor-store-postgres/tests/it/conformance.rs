//! The promises of the port, one by one.

use crate::place::Place;
use parlor_ports::store::Store;
use std::sync::Arc;

async fn make() -> (Arc<dyn Store>, Place) {
    let place = Place::new();
    let store = place.store().await;
    (Arc::new(store), place)
}

parlor_ports::store_conformance!(make);

async fn make_two() -> ((Arc<dyn Store>, Arc<dyn Store>), Place) {
    let place = Place::new();
    let (one, other) = (place.store().await, place.store().await);
    ((Arc::new(one), Arc::new(other)), place)
}

parlor_ports::store_shared_conformance!(make_two);
