"""What the terminal shows of an error: what went wrong, every problem, the remedy; never a traceback or a NIP."""

from rich.console import Console
from rich.text import Text

from latsar_sync.domain.errors import ConfigurationError, LatsarError
from latsar_sync.domain.nip import with_masked_nips


def show_error(console: Console, error: LatsarError) -> None:
    """Print what went wrong, every problem, and the remedy; what somebody typed or named a file comes without a NIP."""
    message = with_masked_nips(error.message)
    console.print(Text.assemble(("latsar-sync: ", "bold red"), message), soft_wrap=True)
    if isinstance(error, ConfigurationError):
        for problem in error.problems:
            console.print(f"  - {with_masked_nips(problem)}", markup=False, highlight=False, soft_wrap=True)
    if error.remedy:
        console.print(Text.assemble(("  → ", "bold"), with_masked_nips(error.remedy)), soft_wrap=True)
