"""The help in the language in use."""

from inspect import cleandoc
from typing import Any

from latsar_sync.domain.language import _


def speak(command: Any) -> Any:
    """Return a command, and whatever is loaded below it, with its help in the language in use."""
    for name in ("help", "epilog", "short_help"):
        if getattr(command, name, None):
            setattr(command, name, _(cleandoc(getattr(command, name))))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = _(parameter.help)
    below = getattr(command, "commands", None)
    for each in below.values() if isinstance(below, dict) else ():
        speak(each)
    return command
