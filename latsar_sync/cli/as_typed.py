"""What is refused of a command as it was typed, before it is called: an option of which nobody can tell what is meant.

The parser (Typer) takes the last of two values, and any text for a value. A script whose variable is empty would then
ask for everybody, or act in the name of the option that follows.
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from latsar_sync.actions.typed_text import require_printable
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import seen

HELP = "--help"
PATHS = ("Path", "list[Path]")
"""Names of files may hold whatever the system lets them."""
WHOLE_NUMBER = re.compile("-?[0-9]+")
"""Python takes 7_0 and 70.0 for 70, too."""


def strict(command: Any) -> Any:
    """Return a command, and whatever is loaded below it, that refuses what is typed twice, empty, or not at all."""
    command.make_parser = partial(_strict_parser, command)
    below = getattr(command, "commands", None)
    for each in below.values() if isinstance(below, dict) else ():
        strict(each)
    return command


def _strict_parser(command: Any, context: Any) -> Any:
    parser = type(command).make_parser(command, context)
    parser.parse_args = partial(_parsed, parser.parse_args, command.params)
    return parser


def _parsed(parse: Callable[..., Any], parameters: Iterable[Any], args: list[str]) -> Any:
    values, rest, order = parse(args)
    names = {HELP, *(name for each in parameters if _is_option(each) for name in each.opts)}
    for parameter, times in Counter(order).items():
        if getattr(parameter, "is_flag", False):
            continue
        name = _name_of(parameter)
        if times > 1 and not parameter.multiple:
            raise UsageError(
                _("{option} is given {number} times, and one of them would count.").format(option=name, number=times),
                _("Give it once."),
            )
        for value in _texts(values, parameter):
            _require_meant(name, value, names if _is_option(parameter) else set(), parameter.bare_type())
            if parameter.bare_type() in PATHS:
                _require_named(name, value)
    return values, rest, order


def _require_meant(option: str, value: str, names: Container[str], kind: str) -> None:
    """Raise UsageError for a value that is none: the option that follows, nothing, no text, no number where it must."""
    if (following := value.partition("=")[0]) in names:
        raise UsageError(
            _("{option} has no value: {next} follows it.").format(option=option, next=following),
            _("Give its value, or leave it out."),
        )
    if not seen(value):
        raise UsageError(_("{option} is empty.").format(option=option), _("Give its value, or leave it out."))
    if kind not in PATHS:
        require_printable(option, value)
    if kind == "int" and not WHOLE_NUMBER.fullmatch(value):
        raise UsageError(
            _('{option}: "{value}" is no whole number.').format(option=option, value=value),
            _("Write it in digits alone, like 20."),
        )


def _require_named(option: str, value: str) -> None:
    """Raise UsageError for what elsewhere means a file and here would be the name of one: ``-o -``, ``-o=FILE``."""
    if value == "-":
        raise UsageError(
            _('{option}: "-" is no name of a file.').format(option=option),
            _("Name the file; a list goes to the screen where none is named."),
        )
    if value.startswith("="):
        raise UsageError(
            _('{option}: "{value}" begins with an equals sign.').format(option=option, value=value),
            _("Write -o FILE or --output=FILE."),
        )


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _texts(values: Mapping[str, Any], parameter: Any) -> Iterator[str]:
    """Yield what was typed for an option or argument."""
    typed = values.get(parameter.name)
    yield from (each for each in (typed if isinstance(typed, list | tuple) else [typed]) if isinstance(each, str))


def _name_of(parameter: Any) -> str:
    if _is_option(parameter):
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name.upper())
