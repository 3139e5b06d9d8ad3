"""The tables, by what they hold; their names and constraints are what migrations make."""
