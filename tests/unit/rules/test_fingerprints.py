"""What was shown is known again; what changed is told by name."""

from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.rules.fingerprints import Difference, difference, fingerprint

SHOWN = {"ani": "1 planned", "budi": "2 confirmed"}


@given(st.dictionaries(st.text(), st.text()))
def test_what_has_not_changed_differs_in_nothing(shown: dict[str, str]) -> None:
    assert not difference(fingerprint(shown), shown)


def test_whoever_is_new_another_or_gone_is_named() -> None:
    now = {"budi": "3 confirmed", "citra": "1 planned"}

    found = difference(fingerprint(SHOWN), now)

    assert found.new == ("budi", "citra")
    assert found.gone_of(["ani", "budi", "citra", "dewi"]) == ["ani"]
    assert len(found.gone) == 1


def test_of_whom_was_chosen_only_those_count() -> None:
    now = {"ani": "1 planned", "budi": "3 confirmed"}

    assert not difference(fingerprint(SHOWN), now, ["ani"])
    assert difference(fingerprint(SHOWN), now, ["ani", "budi"]) == Difference(("budi",))
    assert difference(fingerprint(SHOWN), {}, ["ani"]).gone_of(SHOWN) == ["ani"]


def test_what_is_no_fingerprint_differs_in_everything() -> None:
    for text in ("", "é", "%%%"):
        assert difference(text, SHOWN).new == ("ani", "budi")
