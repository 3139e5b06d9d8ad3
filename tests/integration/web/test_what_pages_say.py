"""The words of the pages: a committee's own, in its language, numbers and days as people say them."""

import re
from datetime import UTC, datetime

import pytest
from dashboard import COMMITTEE_PAGES, HOME, MISSED, PASSED, Browser, Dashboard

from latsar_sync.domain import figures, language
from latsar_sync.domain.language import joined, packed, unpacked
from latsar_sync.domain.reason_labels import LABELS
from latsar_sync.domain.reason_remedies import PLACES, REMEDIES
from latsar_sync.domain.reason_sentences import TEXTS
from latsar_sync.domain.state_words import OUTCOME_TEXTS, STATE_TEXTS, word

TERMINAL = re.compile(
    r"latsar-sync [a-z]|(?<![\w-])--[a-z]+|\b(?:moodle|mod|webservice)/[\w…]+:"
    r"|\[\[?programmes|\b[a-z]+_[a-z_]+\b|\.toml\b"
)
"""A command, an option, a capability, a key of the configuration, a file of it."""


@pytest.mark.parametrize("tongue", ["id", "en"])
def test_no_word_of_the_terminal_stands_on_a_committees_page(dashboard: Dashboard, sari: Browser, tongue: str) -> None:
    sari.client.post("/look", data={"language": tongue})
    found = {}
    people = [dashboard.id_of(nip) for nip in (PASSED, MISSED)]
    people += [
        str(row["participant_id"]) for row in dashboard.service.participants().values() if row["state"] == "review"
    ]
    for page in [*(HOME + each for each in COMMITTEE_PAGES), *(f"/people/{who}" for who in people)]:
        sari.get(page)
        if said := TERMINAL.findall(sari.text):
            found[page] = said

    assert found == {}


@pytest.mark.parametrize("tongue", ["id", "en"])
def test_each_reason_has_a_label_a_sentence_and_what_to_do_without_a_word_of_the_terminal(tongue: str) -> None:
    """Once the filter offered sentences with raw placeholders."""
    assert TEXTS.keys() == LABELS.keys() == REMEDIES.keys() >= PLACES.keys()
    for code in TEXTS:
        label, todo, sentence = (word(texts, code, tongue) for texts in (LABELS, REMEDIES, TEXTS))
        assert len(label) < 40
        assert not label.endswith(".")
        assert todo.endswith(".")
        assert "{" not in label + todo
        assert not TERMINAL.search(label + todo + re.sub(r"\{\w+\}", "", sentence))


def test_no_two_states_differ_by_a_syllable() -> None:
    """Once review was "perlu ditinjau" and undetermined "perlu diperiksa"."""
    said = [word(texts, code, "id") for texts in (OUTCOME_TEXTS, STATE_TEXTS) for code in texts]

    assert len(set(said)) == len(said)
    assert word(STATE_TEXTS, "review", "id").split()[1:] != word(OUTCOME_TEXTS, "undetermined", "id").split()[1:]
    assert "ditinjau" not in " ".join(said)


def test_what_a_run_said_is_told_in_the_language_of_whoever_reads_it() -> None:
    with language.speaking("id"):
        text = language._(
            "Moodle's grade to pass is {to_pass}, the recorded threshold {recorded}; the recorded one judges."
        )
        said = joined(text.format(to_pass=figures.Decimal("65.00000"), recorded=figures.Decimal("70.00000")), "x")
        kept = packed(said)
    with language.speaking("en"):
        assert unpacked(kept).startswith("Moodle's grade to pass is 65, the recorded threshold 70;")
    with language.speaking("id"):
        assert unpacked(kept) == said
        assert "65," in said
        assert "65.00000" not in said


def test_numbers_and_moments_are_said_as_people_say_them() -> None:
    moment = datetime(2026, 11, 28, 22, 58, tzinfo=UTC)
    with language.speaking("id"):
        assert [figures.number(each) for each in ("70.00000", "69.99999", "69.50000", None)] == [
            "70",
            "69,99999",
            "69,5",
            "–",
        ]
        assert figures.count(1220) == "1.220"
        assert figures.seconds(0.1) == "0,1 detik"
        assert figures.seconds(252) == "4 menit 12 detik"
        assert figures.moment(moment) == "28 Nov 2026 22.58 UTC"
        assert figures.ago(moment, moment.replace(minute=59)) == "1 menit lalu"
        assert figures.ago(moment, moment.replace(hour=20)) == "2 jam lagi"
    with language.speaking("en"):
        assert figures.moment(moment) == "28 Nov 2026 22:58 UTC"
        assert figures.ago(moment, moment) == "just now"


@pytest.mark.parametrize(
    ("page", "form", "fields"),
    [
        ("/roster?angkatan=I", f"{HOME}/finalise", {"sk": "SK 1", "dated": "2026-12-07"}),
        ("/threshold?value=71", f"{HOME}/threshold", {"legal_basis": "SK 1", "since": "2026-12-07"}),
        ("/people", f"{HOME}/selected", {"everybody": "yes", "action": "hold", "why": "x", "until": "2026-12-07"}),
        ("{person}", "{person}/decide", {"kind": "admit", "reason": "SK 1", "until": "2026-12-07"}),
    ],
)
def test_a_day_is_checked_as_people_say_it(
    dashboard: Dashboard, sari: Browser, page: str, form: str, fields: dict[str, str]
) -> None:
    """Once whoever chose 7 December from a calendar was asked whether 2026-12-07 was meant."""
    dashboard.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    sari.sign_in("sari")
    person = f"/people/{dashboard.id_of(MISSED)}"
    sari.get(page.format(person=person) if "{" in page else HOME + page)
    checked = sari.post(form.format(person=person), **fields)

    assert "Periksa sekali lagi" in checked
    assert "7 Desember 2026" in checked
    assert "2026-12-07" not in checked
