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
