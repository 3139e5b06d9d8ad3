"""The web door: what the service answers over HTTP, on loopback unless the configuration says otherwise."""
