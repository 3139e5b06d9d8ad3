"""What stands on the letterhead and under the signature is checked before any document carries it."""

from pathlib import Path

import pytest
from test_values import load, problem

PNG = b"\x89PNG\r\n\x1a\n"


def test_an_office_can_be_left_out_whole(tmp_path: Path) -> None:
    office = load(tmp_path).office

    assert (office.letterhead, office.logo, office.signer_name) == ((), None, None)


def test_the_nip_of_whoever_signs_is_taken_however_it_is_spaced(tmp_path: Path) -> None:
    top = '[office]\nsigner_name = "Ratna"\nsigner_nip = "19760817 200003 2 001"'

    assert load(tmp_path, top=top).office.signer_nip == "197608172000032001"


def test_a_logo_is_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(PNG)

    assert load(tmp_path, top='[office]\nlogo = "logo.png"').office.logo == tmp_path / "logo.png"


def test_a_logo_that_is_not_there_stops_no_command(tmp_path: Path) -> None:
    assert load(tmp_path, top='[office]\nlogo = "nowhere.png"').office.logo == tmp_path / "nowhere.png"


@pytest.mark.parametrize(
    ("top", "line"),
    [
        ('logo = "logo.jpg"', "is not a PNG file"),
        ('letterhead = ["a", "b", "c", "d", "e"]', "at most 4"),
        ('letterhead = "BKPSDM"', "must be a list"),
        ('place = " "', "must not be empty"),
        ('signer_nip = "197608172000032001"', "office.signer_name: is missing, signer_nip needs it"),
        ('signer_name = "R"\nsigner_nip = "1976"', "is no valid NIP"),
        ('signer = "R"', "is not a known key"),
    ],
)
def test_what_cannot_be_printed_is_refused_with_the_reason(tmp_path: Path, top: str, line: str) -> None:
    (tmp_path / "logo.jpg").write_bytes(b"\xff\xd8\xff")

    assert line in problem(tmp_path, top=f"[office]\n{top}")


def test_a_refused_nip_is_not_repeated(tmp_path: Path) -> None:
    said = problem(tmp_path, top='[office]\nsigner_name = "R"\nsigner_nip = "19760817200003200"')

    assert "19760817" not in said
