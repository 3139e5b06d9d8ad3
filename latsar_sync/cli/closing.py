"""What is to be closed or removed when a command ends, however it ends: databases, folders for it alone."""

from contextlib import ExitStack

at_the_end = ExitStack()
"""Commands put in what they open; ``main`` closes it, the last thing first."""
