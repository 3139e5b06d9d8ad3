"""The store: what the service remembers. Tables, queries and migrations.

It must not know Moodle or the configuration, and decides no rule.
"""
