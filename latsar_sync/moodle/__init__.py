"""Moodle's protocol: the client, what its answers hold, and what the service reads and writes there.

It must not know the database, the configuration, or what is decided from what it reads.
"""
