"""How a decision about many people is printed."""

from rich.console import Console

from latsar_sync.domain.language import counted
from latsar_sync.shapes.decided import DecidedShape


def show_decided(console: Console, shape: DecidedShape, kind: str) -> None:
    """Print how many it was recorded of, whom it passed over and why, and who is in the in-class course still."""
    number = len(shape["recorded"])
    text = counted(
        "Recorded: {kind} of {number} person. The next run acts on it.",
        "Recorded: {kind} of {number} people. The next run acts on it.",
        number,
    )
    console.print(text.format(kind=kind, number=number), markup=False)
    for each in shape["passed_over"]:
        console.print(f"  {each['name'] or each['participant_id']}: {each['why']}", markup=False)
    if shape["in_class"]:
        still = counted(
            "{number} of them is in the in-class course still.",
            "{number} of them are in the in-class course still.",
            len(shape["in_class"]),
        )
        console.print(still.format(number=len(shape["in_class"])), markup=False)
    if shape["unknown"]:
        lost = counted(
            "{number} NIP or id is nobody's, or several people's.",
            "{number} NIPs or ids are nobody's, or several people's.",
            shape["unknown"],
        )
        console.print(lost.format(number=shape["unknown"]), markup=False)
