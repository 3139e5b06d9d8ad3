"""Pages and JSON API: what the service answers over HTTP, on loopback unless the configuration says otherwise."""
