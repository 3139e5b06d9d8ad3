"""The schema's history; each file moves the database one step."""
