//! HTTP: the API, live events, OpenAPI and the role listener
