"""Every code has its sentence in Indonesian and English, and every sentence can be said."""

import ast
import re
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import get_args

import pytest

from latsar_sync.domain import entry, nip
from latsar_sync.domain.decision import Outcome, Reason
from latsar_sync.domain.entry import MENDABLE, EntryState
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.language import LANGUAGES, day, decimal, translate
from latsar_sync.domain.reason_sentences import NIP_DETAILS, TEXTS, sentence
from latsar_sync.domain.state_words import OUTCOME_TEXTS, STATE_TEXTS, word
from latsar_sync.rules import (
    clearances,
    deciding,
    entry_against_course,
    finalisation,
    holding_back,
    kept_or_lost_seats,
    material_gate,
    order_of_seats,
    records_after_reading,
    score_against_threshold,
    which_angkatan,
)
from latsar_sync.run import failed_writes, push

CODE = re.compile(r"[a-z]+(_[a-z]+)+")
NO_REASONS = {"first_qualified", "angkatan_clearance", "without_a_seat", "enrolment_sent"}
"""Words with an underscore that mean something else than a reason."""

VALUES = {
    "score_below_threshold": {"score": "69.99999", "threshold": "70.00000"},
    "materials_incomplete": {"done": "1", "total": "3", "names": "Agenda I, Agenda II"},
    "materials_failed": {"names": "Agenda III"},
    "materials_unknown": {"names": "Agenda III"},
    "nip_invalid": {"detail": "sex"},
    "merged_evidence": {"account": "41"},
    "merged_account": {"account": "41"},
    "clearance_missing": {"kind": "skp"},
    "clearance_expired": {"kind": "skp", "until": "2026-12-06"},
    "clearance_revoked": {"kind": "skp"},
    "angkatan_clearance_missing": {"kind": "izin", "angkatan": "I"},
    "angkatan_clearance_expired": {"kind": "izin", "angkatan": "I", "until": "2026-12-06"},
    "angkatan_clearance_revoked": {"kind": "izin", "angkatan": "I"},
    "score_imported": {"import": "3"},
    "import_range_differs": {"least": "0.00000", "greatest": "99.50000", "lowest": "1.00000", "highest": "50.00000"},
    "import_differs": {"score": "60.00000", "imported": "80.00000", "import": "3"},
    "materials_open": {"done": "11", "total": "12"},
}
"""What the pure folders give with a code; every other code stands alone."""


def words_in(module: ModuleType) -> set[str]:
    """Return every string of a module that looks like a code and names no field of a value there."""
    tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
    fields = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {string for string in strings if CODE.fullmatch(string)} - NO_REASONS - fields


def roster_codes() -> set[str]:
    placing = (which_angkatan, kept_or_lost_seats, order_of_seats, holding_back, finalisation)
    modules = (entry, entry_against_course, push, failed_writes, *placing)
    of_decisions = {"merged_evidence"}  # a roster is finalised by the evidence of the other account, too
    return set().union(*map(words_in, modules), MENDABLE, holding_back.REASONS_HOLDING_BACK) - of_decisions


@pytest.mark.parametrize(
    "module",
    [
        deciding,
        clearances,
        finalisation,
        records_after_reading,
        material_gate,
        which_angkatan,
        entry,
        entry_against_course,
        push,
        failed_writes,
        kept_or_lost_seats,
        order_of_seats,
        holding_back,
        score_against_threshold,
    ],
)
def test_every_code_of_a_module_has_a_text(module: ModuleType) -> None:
    assert words_in(module) - TEXTS.keys() == set()


def test_the_search_for_codes_finds_them() -> None:
    assert {"score_below_threshold", "grade_range_missing"} <= words_in(score_against_threshold)
    assert "materials_failed" in words_in(material_gate)
    assert "target_group_left" in words_in(entry_against_course)
    assert "target_removed" in words_in(entry)
    assert "over_capacity" in words_in(order_of_seats)
    assert "clearance_unmet" in words_in(kept_or_lost_seats)
    assert {"no_angkatan", "two_angkatan"} <= words_in(which_angkatan)


def test_codes_that_come_from_elsewhere_have_a_text() -> None:
    unread = {str(status) for status in GradeStatus} - {str(GradeStatus.GRADED)}

    assert (
        unread | set(get_args(nip.NipReason)) | MENDABLE | holding_back.REASONS_HOLDING_BACK
    ) - TEXTS.keys() == set()


@pytest.mark.parametrize("code", TEXTS)
@pytest.mark.parametrize("language", ["id", "en"])
def test_every_sentence_can_be_said(code: str, language: str) -> None:
    text = sentence(Reason(code, VALUES.get(code, {})), language)

    assert text.endswith(".")
    assert "{" not in text
    assert text[0].isupper() or text[0].isdigit()
    for value in VALUES.get(code, {}).values():
        number = value.replace(".", "", 1).isdecimal() and decimal(value, language) in text
        assert value in text or number or day(value, language) in text or value in NIP_DETAILS


@pytest.mark.parametrize("code", TEXTS)
def test_both_languages_say_the_same_values(code: str) -> None:
    texts = (translate(TEXTS[code], language) for language in LANGUAGES)
    indonesian, english = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in texts)

    assert indonesian == english == VALUES.get(code, {}).keys()


@pytest.mark.parametrize("code", sorted(roster_codes()))
def test_an_entry_explains_its_state_by_the_code_alone(code: str) -> None:
    """An entry stores no values beside its reason."""
    assert "{" not in sentence(Reason(code), "id")


@pytest.mark.parametrize("detail", NIP_DETAILS)
def test_what_is_wrong_with_a_nip_is_said_in_words(detail: str) -> None:
    reason = Reason("nip_invalid", {"detail": detail})

    assert sentence(reason, "id") == f"NIP pada akun MOOC tidak sah ({word(NIP_DETAILS, detail, 'id')})."
    assert sentence(reason, "en") == f"The NIP of the MOOC account is not valid ({NIP_DETAILS[detail]})."


def test_a_clearance_is_called_by_its_name_and_any_other_by_its_code() -> None:
    missing = Reason("clearance_missing", {"kind": "surat_sehat"})
    either = Reason("clearance_missing", {"kind": "antigen/pcr"})
    own = Reason("clearance_missing", {"kind": "pakta_integritas"})

    assert sentence(missing, "id") == "Belum tercatat: surat keterangan sehat."
    assert sentence(either, "en") == "Not on record: antigen test / PCR test."
    assert sentence(own, "en") == "Not on record: pakta integritas."


def test_every_detail_of_a_nip_has_its_words() -> None:
    assert (words_in(nip) - set(get_args(nip.NipReason))) <= NIP_DETAILS.keys()


def test_every_outcome_and_state_has_its_word() -> None:
    assert [word(OUTCOME_TEXTS, each, "id") for each in Outcome] == [
        "memenuhi",
        "belum memenuhi",
        "perlu diperiksa",
        "ditangguhkan",
    ]
    assert {str(each) for each in EntryState} == STATE_TEXTS.keys()
    assert word(STATE_TEXTS, EntryState.CONFIRMED, "id") == "terkonfirmasi"
    assert word(STATE_TEXTS, EntryState.CONFIRMED, "en") == "confirmed"


@pytest.mark.parametrize("texts", [TEXTS, OUTCOME_TEXTS, STATE_TEXTS, NIP_DETAILS])
def test_the_service_never_says_that_somebody_failed(texts: dict[str, str]) -> None:
    """The words are memenuhi, belum memenuhi, perlu diperiksa, ditangguhkan; never gagal or tidak lulus."""
    said = [translate(text, "id") for text in texts.values()]
    assert not [text for text in said if re.search(r"\bgagal\b|tidak lulus", text, re.I)]


def test_braces_in_the_name_of_an_activity_are_only_letters() -> None:
    assert "{soal}" in sentence(Reason("materials_failed", {"names": "Kuis {soal}"}), "id")


def test_a_reason_can_be_counted_by_its_code() -> None:
    """Reasons with values hash by their code, and still differ by their values."""
    one, other = Reason("materials_failed", {"names": "a"}), Reason("materials_failed", {"names": "b"})

    assert len({one, other, Reason("materials_failed", {"names": "a"})}) == 2


def test_a_code_without_a_text_is_shown_itself() -> None:
    assert word({}, "unheard_of", "en") == "unheard_of"


def test_what_is_said_of_whoever_has_no_place_or_left_is_true_by_whatever_people_belong_somewhere() -> None:
    assert {"group", "list", "move"} <= set(re.findall(r"\w+", sentence(Reason("no_angkatan"), "en")))
    assert "participant" in sentence(Reason("enrolment_ended"), "en"), "another role may be left to them there"
