"""What the terminal shows of an error: what went wrong, every detail, the remedy; never a traceback or a NIP."""

from rich.console import Console
from rich.text import Text

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.nip import with_masked_nips


def show_error(console: Console, error: LatsarError) -> None:
    """Print what went wrong, every detail, and the remedy; what somebody typed or named a file comes without a NIP.

    On a screen lines break between words, but for a command, which is copied; in a log each stays one line.
    """
    _print(console, ("latsar-sync: ", "bold red"), error.message)
    for detail in error.details:
        _print(console, ("  - ", ""), detail)
    if error.remedy:
        _print(console, ("  → ", "bold"), error.remedy)


def _print(console: Console, begins: tuple[str, str], text: str) -> None:
    line = Text.assemble(begins, with_masked_nips(text))
    console.print(line, soft_wrap=not console.is_terminal or "latsar-sync " in text)
