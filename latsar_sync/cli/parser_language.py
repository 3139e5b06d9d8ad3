"""The help, and what the parser (Typer) says of its own, in the language in use; Typer itself speaks English only."""

import re
from collections.abc import Mapping
from functools import partial
from inspect import cleandoc
from typing import Any

from rich.markup import escape

from latsar_sync.domain.language import _, mark

USAGE = "Usage: "
"""How Typer begins a line of usage."""
FRAME: Mapping[str, str] = {
    "ARGUMENTS_PANEL_TITLE": mark("Arguments"),
    "OPTIONS_PANEL_TITLE": mark("Options"),
    "COMMANDS_PANEL_TITLE": mark("Commands"),
    "DEFAULT_STRING": mark("[default: {}]"),
    "REQUIRED_LONG_STRING": mark("[required]"),
}
"""The texts that stand around a help, by their names in ``typer.rich_utils``."""
PLACEHOLDERS = (
    mark("[OPTIONS]"),
    mark("COMMAND [ARGS]..."),
    mark("DATE"),
    mark("FIELD"),
    mark("FILE"),
    mark("ID=GROUP=COURSE"),
    mark("ITEM"),
    mark("MODE"),
    mark("NAME"),
    mark("NEW"),
    mark("NUMBER"),
    mark("OLD"),
    mark("OTHER"),
    mark("PROGRAMME"),
    mark("SITE/COURSE"),
    mark("VALUE"),
)
"""What stands for something that is to be typed; others, such as NIP, are the same in both languages."""
TYPES: Mapping[str, str] = {
    "str": mark("TEXT"),
    "list[str]": "TEXT",
    "Path": mark("PATH"),
    "list[Path]": "PATH",
    "int": "NUMBER",
}
"""What is to be typed where an option has no word of its own for it; Typer would say ``<str>``."""
ERRORS = (
    mark("{error} Did you mean {names}?"),
    mark("No such command {name}."),
    mark("No such option: {name} (Possible options: {names})"),
    mark("No such option: {name}"),
    mark("Missing command."),
    mark("Missing argument {name}. {error}"),
    mark("Missing argument {name}."),
    mark("Missing option {name}. {error}"),
    mark("Missing option {name}."),
    mark("Choose from:\n\t{names}"),
    mark("Got unexpected extra argument(s) ({names})"),
    mark("Option {name} does not take a value."),
    mark("Option {name} requires an argument."),
    mark("Invalid value for {name}: {error}"),
    mark("Value error, {error}"),
    mark("{value} is not one of {names}."),
    mark("path '{value}' is not readable."),
    mark("Input should be greater than or equal to {number}"),
    mark("Input should be less than or equal to {number}"),
)
"""What the parser says of a mistake; ``error`` is a text of this list again. The first that fits is taken."""


def said(text: str) -> str:
    """Return a text of the parser in the language in use; one that is not in ``ERRORS`` as it stands."""
    for template in ERRORS:
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(template)), text, flags=re.DOTALL)
        if found:
            parts = found.groupdict()
            if "error" in parts:
                parts["error"] = said(parts["error"])
            return _(template).format_map(parts)
    return text


def sentence(text: str) -> str:
    """Return a text of the parser in the language in use, ended so that what to do about it may follow in one line."""
    told = said(text)
    return told if not told or told[-1] in ".?!" or "\n" in told else f"{told}."


def speak(command: Any) -> Any:
    """Return a command, and whatever is loaded below it, with its help in the language in use."""
    for name in ("help", "epilog", "short_help"):
        if getattr(command, name, None):
            setattr(command, name, _(cleandoc(getattr(command, name))))
    for parameter in command.params:
        _speak_of(parameter)
    for name in ("options_metavar", "subcommand_metavar"):
        if getattr(command, name, None) in PLACEHOLDERS:
            setattr(command, name, _(getattr(command, name)))
    command.get_usage = partial(_usage, command)
    command.format_help = partial(_format_help, command)
    below = getattr(command, "commands", None)
    for each in below.values() if isinstance(below, dict) else ():
        speak(each)
    return command


def _speak_of(parameter: Any) -> None:
    """Let an option or argument be told in the language in use."""
    is_argument = parameter.param_type_name == "argument"
    if getattr(parameter, "help", None):
        parameter.help = escape(_(parameter.help))  # else [default: …] is taken for a style, and not shown
    placeholder = parameter.metavar or (parameter.name.upper() if is_argument else "")
    if placeholder in PLACEHOLDERS:
        parameter.metavar = _(placeholder)
    elif getattr(parameter, "is_flag", False):
        parameter.metavar = ""  # else <bool> stands there, as if it took a value
    elif parameter.bare_type() in TYPES and not placeholder:
        parameter.metavar = _(TYPES[parameter.bare_type()])
    if is_argument and parameter.bare_type() in TYPES:
        parameter.display_type_rich = _no_type  # its name says what it is


def _no_type(ctx: Any) -> None:
    """Show no type."""


def _usage(command: Any, context: Any) -> str:
    """Return the line of usage; it is wrapped for the English word, so the other one has its length."""
    return _("Usage: ") + type(command).get_usage(command, context).removeprefix(USAGE)  # type: ignore[no-any-return] # click is untyped here


def _format_help(command: Any, context: Any, formatter: Any) -> None:
    from typer import rich_utils  # with rich's tables and Markdown, which only a help needs

    for name, text in FRAME.items():
        setattr(rich_utils, name, _(text))
    help_option = command.get_help_option(context)
    help_option.help, help_option.metavar = _("Show this message and exit."), ""
    type(command).format_help(command, context, formatter)
