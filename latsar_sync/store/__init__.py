"""The store: what the service remembers. Tables, queries and migrations; no rule is decided here."""
