"""Which clearances somebody lacks (rule 12), and what that does to the decision (rules 4, 13, 14)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from builders import TODAY, TOMORROW, YESTERDAY, angkatan, day, evidence, judge, person, reading_of, rules, threshold
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.actions import Clearance
from latsar_sync.domain.decision import Decision, Gate, Outcome, Reason
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.participant import Participant
from latsar_sync.domain.reason_sentences import TEXTS
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.deciding import CLEARANCE_CODES, decide, gates_lacking
from latsar_sync.rules.records_after_reading import OnRecord
from latsar_sync.rules.threshold import preview
from latsar_sync.rules.which_angkatan import Belonging

ANI = Participant("ani", person(1), person(1).raw_key)
STARTS = TODAY + timedelta(days=14)
COURSE = replace(angkatan("I"), starts=STARTS)
OTHER = replace(angkatan("II"), starts=STARTS + timedelta(days=7))
ONLINE = angkatan("III", course=None)


def paper(kind: str = "surat_sehat", until: date = STARTS, version: int = 1, **more: object) -> Clearance:
    """Return a document of Ani's, unless told otherwise."""
    one = Clearance(version, "ani", None, kind, "440/1", "RSUD", YESTERDAY, until, "Siti", day(1))
    return replace(one, **more)  # type: ignore[arg-type]


def of_course(kind: str = "rekomendasi_satgas", angkatan: str = "I", **more: object) -> Clearance:
    return paper(kind, participant_id=None, angkatan=angkatan, **more)


def lacking(
    *recorded: Clearance,
    of_participant: tuple[str, ...] = ("surat_sehat",),
    of_angkatan: tuple[str, ...] = (),
    home: Sequence[Angkatan] = (COURSE,),
) -> list[tuple[str, dict[str, str]]]:
    """Return code and values of what Ani lacks."""
    required = ClearanceRules(of_participant, of_angkatan, recorded, TODAY, lambda _: home)
    return [(each.code, dict(each.values)) for each in required.unmet([ANI]).get("ani", ())]


def test_nothing_is_required_by_default() -> None:
    assert lacking(of_participant=()) == []


def test_a_document_that_runs_to_the_first_day_in_class_is_enough() -> None:
    assert lacking(paper(until=STARTS)) == []


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ((), ("clearance_missing", {"kind": "surat_sehat"})),
        ((paper("surat_tugas"),), ("clearance_missing", {"kind": "surat_sehat"})),
        ((paper(participant_id="budi"),), ("clearance_missing", {"kind": "surat_sehat"})),
        ((of_course("surat_sehat"),), ("clearance_missing", {"kind": "surat_sehat"})),
        (
            (paper(until=STARTS - timedelta(days=1)),),
            ("clearance_expired", {"kind": "surat_sehat", "until": str(STARTS - timedelta(days=1))}),
        ),
        ((paper(revoked=True),), ("clearance_revoked", {"kind": "surat_sehat"})),
        (
            (paper(revoked=True), paper(until=TODAY), paper(until=TOMORROW)),
            ("clearance_expired", {"kind": "surat_sehat", "until": str(TOMORROW)}),
        ),
    ],
)
def test_what_is_missing_expired_or_revoked_is_told_apart(
    recorded: tuple[Clearance, ...], expected: tuple[str, dict[str, str]]
) -> None:
    assert lacking(*recorded) == [expected]


def test_a_valid_document_counts_whatever_became_of_others() -> None:
    assert lacking(paper(revoked=True), paper(until=TODAY, version=2), paper(version=3)) == []


def test_one_of_two_kinds_is_enough_where_the_programme_says_so() -> None:
    assert lacking(paper("pcr"), of_participant=("antigen/pcr",)) == []
    assert lacking(paper("surat_sehat"), of_participant=("antigen/pcr",)) == [
        ("clearance_missing", {"kind": "antigen/pcr"})
    ]


def test_what_is_there_hides_nothing_that_is_missing_after_it() -> None:
    found = lacking(paper("surat_tugas"), of_participant=("surat_tugas", "surat_sehat"))

    assert found == [("clearance_missing", {"kind": "surat_sehat"})]


def test_every_kind_that_is_missing_is_listed_in_the_order_of_the_configuration() -> None:
    found = lacking(of_participant=("surat_tugas", "antigen/pcr", "surat_sehat"), of_angkatan=("rekomendasi_satgas",))

    assert [values["kind"] for _, values in found] == [
        "surat_tugas",
        "antigen/pcr",
        "surat_sehat",
        "rekomendasi_satgas",
    ]


def test_where_the_first_day_is_not_known_a_document_must_be_valid_today() -> None:
    undated = replace(COURSE, starts=None)

    assert lacking(paper(until=TODAY), home=(undated,)) == []
    assert [code for code, _ in lacking(paper(until=YESTERDAY), home=(undated,))] == ["clearance_expired"]
    assert lacking(paper(until=TODAY), home=()) == []


def test_whoever_may_come_into_several_courses_needs_papers_that_are_good_for_each() -> None:
    both = (COURSE, OTHER)

    assert [code for code, _ in lacking(paper(until=STARTS), home=both)] == ["clearance_expired"]
    assert lacking(paper(until=STARTS + timedelta(days=7)), home=both) == []


def test_a_course_that_takes_nobody_new_any_more_asks_nobody_who_may_still_come_into_another_for_papers() -> None:
    closed, of_angkatan = replace(OTHER, admit_until=YESTERDAY), ("rekomendasi_satgas",)
    both_closed = (replace(COURSE, admit_until=YESTERDAY), closed)

    assert lacking(paper(until=STARTS), home=(COURSE, closed)) == []
    assert [code for code, _ in lacking(paper(until=STARTS), home=both_closed)] == ["clearance_expired"]
    assert [
        values["angkatan"]
        for _, values in lacking(
            of_course(angkatan="II", valid_until=OTHER.starts),
            of_participant=(),
            of_angkatan=of_angkatan,
            home=(COURSE, closed),
        )
    ] == ["I"]


@pytest.mark.parametrize(
    ("recorded", "code"),
    [
        ((), "angkatan_clearance_missing"),
        ((of_course(angkatan="II"),), "angkatan_clearance_missing"),
        ((paper("rekomendasi_satgas"),), "angkatan_clearance_missing"),
        ((of_course(valid_until=TODAY),), "angkatan_clearance_expired"),
        ((of_course(revoked=True),), "angkatan_clearance_revoked"),
    ],
)
def test_what_a_whole_angkatan_lacks_is_told_with_its_name(recorded: tuple[Clearance, ...], code: str) -> None:
    found = lacking(*recorded, of_participant=(), of_angkatan=("rekomendasi_satgas",))

    assert [(each, values["angkatan"]) for each, values in found] == [(code, "I")]


def test_an_angkatan_with_its_clearance_lacks_nothing() -> None:
    assert lacking(of_course(), of_participant=(), of_angkatan=("rekomendasi_satgas",)) == []


def test_of_several_angkatan_one_that_may_be_held_is_enough() -> None:
    required = ("rekomendasi_satgas",)

    assert (
        lacking(
            of_course(angkatan="II", valid_until=OTHER.starts),
            of_angkatan=required,
            of_participant=(),
            home=(COURSE, OTHER),
        )
        == []
    )
    assert len(lacking(of_angkatan=required, of_participant=(), home=(COURSE, OTHER))) == 1


def test_whoever_belongs_to_no_angkatan_is_not_told_of_an_angkatans_papers() -> None:
    assert lacking(of_participant=(), of_angkatan=("rekomendasi_satgas",), home=()) == []


def test_an_angkatan_without_an_in_class_phase_asks_for_no_papers() -> None:
    assert lacking(of_angkatan=("rekomendasi_satgas",), home=(ONLINE,)) == []
    assert ClearanceRules((), ("izin",), (), TODAY, lambda _: ()).angkatan_reasons(ONLINE) == ()


@pytest.mark.parametrize("kind", ["group", "list", "first_qualified"])
def test_a_move_decides_whose_papers_count(kind: str) -> None:
    assert list(Belonging(kind, (COURSE, OTHER)).of(("Angkatan I",), "I", "II")) == [OTHER]


# As a gate of the decision


MISSING = (Reason("clearance_missing", {"kind": "surat_sehat"}),)


@pytest.mark.parametrize(
    ("raw", "outcome", "codes", "gates"),
    [
        ("80", Outcome.NOT_YET, ["clearance_missing"], {Gate.CLEARANCE}),
        ("69.99999", Outcome.NOT_YET, ["score_below_threshold", "clearance_missing"], {Gate.MOOC, Gate.CLEARANCE}),
    ],
)
def test_an_unmet_clearance_is_a_gate_beside_the_others(
    raw: str, outcome: Outcome, codes: list[str], gates: set[Gate]
) -> None:
    decision = decide(evidence(raw), rules(), clearances=MISSING)

    assert decision.outcome is outcome
    assert [each.code for each in decision.reasons] == codes
    assert gates_lacking(decision) == gates


def test_the_time_at_which_the_score_was_reached_is_kept_for_the_line() -> None:
    assert decide(evidence(), rules(), clearances=MISSING).reached_at == decide(evidence(), rules()).reached_at


def test_without_a_mooc_gate_the_papers_are_still_asked_for() -> None:
    decision = decide(evidence(), rules(gated=False), clearances=MISSING)

    assert (decision.outcome, gates_lacking(decision)) == (Outcome.NOT_YET, {Gate.CLEARANCE})


def test_remarks_are_about_no_gate() -> None:
    remarks = Decision(Outcome.QUALIFIED, (Reason("enrolment_ended"), Reason("admitted_by_override")))

    assert gates_lacking(remarks) == frozenset()


def test_every_code_of_a_clearance_has_a_text() -> None:
    assert TEXTS.keys() >= set(CLEARANCE_CODES)
    assert {code for code in TEXTS if "clearance_" in code and code != "clearance_unmet"} == set(CLEARANCE_CODES)


@given(
    st.lists(
        st.builds(
            paper,
            kind=st.sampled_from(["surat_sehat", "pcr", "antigen", "izin"]),
            until=st.sampled_from([YESTERDAY, TODAY, STARTS, STARTS + timedelta(days=9)]),
            participant_id=st.sampled_from(["ani", None]),
            angkatan=st.sampled_from([None, "I"]),
            revoked=st.booleans(),
        )
    )
)
def test_more_papers_never_lack_more(recorded: list[Clearance]) -> None:
    required = {"of_participant": ("surat_sehat", "antigen/pcr"), "of_angkatan": ("izin",)}
    before = {values["kind"] for _, values in lacking(*recorded[:-1], **required)}
    after = {values["kind"] for _, values in lacking(*recorded, **required)}

    assert after <= before


# In the ledger


def test_judging_names_the_missing_paper_and_a_recorded_one_lets_them_in() -> None:
    reading = reading_of((person(1),), {1: evidence().grade}, {1: evidence().materials})
    strict = ClearanceRules(("surat_sehat",), (), (), TODAY, lambda _: (COURSE,))
    before = judge({}, reading, rules(), OnRecord(day(10), TODAY, 1, clearances=strict), lambda: "ani")
    given_in = replace(strict, recorded=(paper(),))
    after = judge(before, reading, rules(), OnRecord(day(11), TODAY, 1, clearances=given_in), lambda: "x")
    again = judge(after, reading, rules(), OnRecord(day(12), TODAY, 1, clearances=given_in), lambda: "x")

    decisions = [each[1].decision for each in (before, after)]
    assert [each.outcome for each in decisions if each] == [Outcome.NOT_YET, Outcome.QUALIFIED]
    assert [each[1].decision_version for each in (before, after, again)] == [1, 2, 2]


def test_a_preview_of_a_threshold_asks_for_the_papers_too() -> None:
    reading = reading_of((person(1),), {1: evidence("65").grade}, {1: evidence().materials})
    known = judge({}, reading, rules(), OnRecord(day(10), TODAY, 1), lambda: "ani")
    strict = ClearanceRules(("surat_sehat",), (), (), TODAY, lambda _: (COURSE,))

    assert len(preview(known, rules(threshold("60")), {})) == 1
    assert preview(known, rules(threshold("60")), {}, strict) == []


def test_a_preview_of_a_threshold_moves_nobody_whose_record_could_not_be_read() -> None:
    reading = reading_of((person(1),), {1: evidence("65").grade}, {1: evidence().materials})
    aside = replace(reading, aside=frozenset({1}))
    known = judge({}, reading, rules(), OnRecord(day(10), TODAY, 1), lambda: "ani")
    set_aside = judge(known, aside, rules(), OnRecord(day(11), TODAY, 1), lambda: "ani")

    assert len(preview(known, rules(threshold("60")), {})) == 1
    assert preview(set_aside, rules(threshold("60")), {}) == []
