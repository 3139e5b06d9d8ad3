"""Asking a person, or taking the answer from an option: every question of ``init`` has one (``--yes`` asks nothing)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from latsar_sync.domain.errors import LatsarError, UsageError
from latsar_sync.domain.language import _

T = TypeVar("T")
R = TypeVar("R")


YES = frozenset({"y", "yes", "ya"})
NO = frozenset({"n", "no", "t", "tidak"})
"""Both languages' answers count in either: whoever answers does not look up in which one they are asked."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list to choose from: ``key`` is what the option takes, ``about`` what helps to tell them apart."""

    key: str
    about: str = ""


@dataclass(frozen=True)
class Interview:
    """Asks on a console; ``silent`` takes what is certain instead, and fails where somebody would have to choose."""

    console: Console
    silent: bool

    def answer(
        self,
        option: str,
        question: str,
        given: str | None,
        understand: Callable[[str], R],
        default: str | None = None,
    ) -> R:
        """Return the answer to a question, as ``understand`` reads it; what it raises is told and asked again.

        ``given`` is the option's value. With a ``default``, Enter or ``--yes`` takes that. Raise UsageError naming the
        option if nobody may be asked.
        """
        if given is not None:
            return understand(given)
        if self.silent:
            if default is None:
                raise self.undecided(option, question)
            return understand(default)
        while True:
            said = str(typer.prompt(question, default=default or "", show_default=bool(default)))
            try:
                return understand(_some(said))
            except LatsarError as error:
                self.tell(error)

    def choice(self, option: str, question: str, given: str | None, choices: Sequence[Choice]) -> str:
        """Return the key of the chosen line; the only one there is chosen by itself.

        ``given`` must be one of the keys. Raise UsageError if it is not, if there is nothing to choose from, or if
        several could be meant and nobody may be asked.
        """
        keys = [choice.key for choice in choices]

        def understand(said: str) -> str:
            said = said.strip()
            if said in keys:
                return said
            if given is None and said.isdecimal() and 1 <= int(said) <= len(keys):
                return keys[int(said) - 1]
            raise UsageError(
                _('{option}: there is no "{said}" to choose.').format(option=option, said=said),
                _("There are: {keys}.").format(keys=", ".join(keys) or "–"),
            )

        if given is not None:
            return understand(given)
        if not keys:
            raise UsageError(
                _("{question}: there is nothing to choose from.").format(question=question),
                _(
                    "Let the service account enter what is meant (docs/moodle-setup.md), or name it with {option}."
                ).format(option=option),
            )
        if len(keys) == 1:
            self.say(f"{question}: {keys[0]}")
            return keys[0]
        if self.silent:
            raise self.undecided(option, question, keys)
        self.show(question, choices)
        return self.answer(option, _("Number or name"), None, understand)

    def line(self, question: str) -> str:
        """Ask for a line, which may be empty."""
        return str(typer.prompt(question, default="", show_default=False)).strip()

    def secret(self, question: str, may_lack: bool = False) -> SecretStr:
        """Ask for a token without showing it, again if it is empty, unless it ``may_lack``."""
        while True:
            said = str(typer.prompt(question, default="", show_default=False, hide_input=True)).strip()
            try:
                return SecretStr(said if may_lack else _some(said))
            except UsageError as error:
                self.tell(error)

    def agreed(self, question: str) -> bool:
        """Ask for yes or no; silence is yes."""
        return self.silent or yes_or_no(question, default=True)

    def undecided(self, option: str, question: str, keys: Sequence[str] = ()) -> UsageError:
        """Return the error for a question that only a person can answer, naming the option that answers it."""
        remedy = _("Give {option}.").format(option=option)
        known = _("There are: {keys}.").format(keys=", ".join(keys)) if keys else ""
        return UsageError(
            _("{question}: this is for you to say, and --yes does not ask.").format(question=question),
            f"{remedy} {known}".strip(),
        )

    def show(self, title: str, choices: Sequence[Choice]) -> None:
        """Print a numbered list."""
        self.say("")
        self.console.print(Text(title, style="bold"))
        table = Table.grid(padding=(0, 2, 0, 0))
        for _each in ("number", "key", "about"):
            table.add_column(overflow="fold")
        for number, choice in enumerate(choices, start=1):
            table.add_row(Text(f"{number:>3}"), Text(choice.key), Text(choice.about, style="dim"))
        self.console.print(table)

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def tell(self, error: LatsarError) -> None:
        """Print what was wrong with an answer."""
        self.say(f"  {error}")


def _some(said: str) -> str:
    """Return an answer. Raise UsageError if there is none in it."""
    if not said.strip():
        raise UsageError(
            _("The answer is empty."), _("Type one, or end with Ctrl-C: nothing is written before the end.")
        )
    return said


def yes_or_no(question: str, default: bool) -> bool:
    """Ask until the answer is yes or no, in the words of either language; Enter is ``default``."""
    choices = _("Y/n") if default else _("y/N")
    while True:
        said = typer.prompt(f"{question} [{choices}]", default="", show_default=False).strip().lower()
        if not said:
            return default
        if said in YES | NO:
            return said in YES
        typer.echo(_("Answer y for yes or n for no."))
