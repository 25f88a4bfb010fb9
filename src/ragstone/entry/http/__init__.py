"""HTTP: the application, its middleware, and how problems look on the wire."""
