"""What ``threshold preview`` shows on a screen."""

from io import StringIO

import pytest
from rich.console import Console

from latsar_sync.cli.screens.people import show_preview


@pytest.mark.parametrize(("angkatan", "keeps"), [("I", True), (None, False)])
def test_only_who_sits_in_an_angkatan_is_told_to_keep_a_seat(angkatan: str | None, keeps: bool) -> None:
    """Who was in no group, or in two, is in review as well, and has no seat (rule 11)."""
    move = {"nip": None, "name": "Sari", "before": "qualified", "after": "not_yet", "score": "70.00000"}
    paper = StringIO()

    lines = [{**move, "roster_state": "review", "angkatan": angkatan}]
    show_preview(Console(file=paper, width=120), "latsar", "80", 1, lines, "en")

    assert ("keeps the seat" in paper.getvalue()) is keeps
