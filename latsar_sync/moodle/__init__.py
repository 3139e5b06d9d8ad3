"""The Moodle side: the client, the shapes of its answers, and what the service reads and writes there."""
