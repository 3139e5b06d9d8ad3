"""What the terminal shows of an error: what went wrong, every problem, the remedy; never a traceback."""

from rich.console import Console
from rich.text import Text

from latsar_sync.domain.errors import ConfigurationError, LatsarError


def show_error(console: Console, error: LatsarError) -> None:
    """Print what went wrong, every problem, and the remedy; never a traceback."""
    console.print(Text.assemble(("latsar-sync: ", "bold red"), error.message), soft_wrap=True)
    if isinstance(error, ConfigurationError):
        for problem in error.problems:
            console.print(f"  - {problem}", markup=False, highlight=False, soft_wrap=True)
    if error.remedy:
        console.print(Text.assemble(("  → ", "bold"), error.remedy), soft_wrap=True)
