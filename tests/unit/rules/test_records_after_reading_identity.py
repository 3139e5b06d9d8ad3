"""What named persons say of who is who, in what a reading makes of everybody (rule 19)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from builders import TODAY, angkatan, day, done, graded, judge, nip, person, reading_of, rules, threshold

from latsar_sync.domain.actions import Clearance, Override, OverrideKind
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.evidence import Grade
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.merged_accounts import Merge, papers_of_both
from latsar_sync.rules.records_after_reading import OnRecord
from latsar_sync.rules.threshold import preview

ONE, TWO = person(1), person(2)
RULES = rules()
MERGED = (Merge("two", "one", day(10)),)


def reading(**grades: str) -> SourceReading:
    """Return a full reading of both accounts, with everything studied, by the grades of ``one`` and ``two``."""
    scores: Mapping[int, Grade] = {1: graded(grades.get("one", "80")), 2: graded(grades.get("two", "80"))}
    return reading_of((ONE, TWO), scores, {1: done(), 2: done()})


def known_and_merged(**grades: str) -> dict[int, Record]:
    """Return both accounts as read once, the second then merged into the first."""
    ids = iter(("one", "two"))
    known = judge({}, reading(**grades), RULES, OnRecord(day(10), TODAY, 1), lambda: next(ids))
    second = known[2].participant._replace(merged_into="one")
    return {1: known[1], 2: known[2]._replace(participant=second)}


def codes(record: Record) -> list[str]:
    return [reason.code for reason in record.decision.reasons] if record.decision else []


def test_the_better_result_of_two_merged_accounts_decides_and_each_says_so() -> None:
    known = known_and_merged(one="40", two="90")

    now = judge(known, reading(one="40", two="90"), RULES, OnRecord(day(11), TODAY, 1), str)

    first, second = now[1].decision, now[2].decision
    assert first is not None
    assert second is not None
    assert (first.outcome, first.score) == (Outcome.QUALIFIED, Decimal("90.00000"))
    assert codes(now[1]) == ["merged_evidence"]
    assert codes(now[2]) == ["merged_account"]
    assert dict(second.reasons[0].values) == {"account": "1"}
    assert now[1].evidence.grade.raw == Decimal("40.00000")


def test_what_was_read_of_the_other_account_before_counts_while_it_is_not_read_again() -> None:
    known = known_and_merged(one="40", two="90")
    only_the_first = reading_of((ONE,), {1: graded("40")}, {1: done()}, looks_for_everybody=False)

    decision = judge(known, only_the_first, RULES, OnRecord(day(11), TODAY, 1), str)[1].decision

    assert decision is not None
    assert (decision.outcome, decision.score) == (Outcome.QUALIFIED, Decimal("90.00000"))


def test_a_nip_that_cannot_be_used_is_not_outweighed_by_the_other_account() -> None:
    known = known_and_merged(one="40", two="90")
    without_nip = reading_of(
        (person(1, key="bukan NIP"), TWO), {1: graded("40"), 2: graded("90")}, {1: done(), 2: done()}
    )

    decision = judge(known, without_nip, RULES, OnRecord(day(11), TODAY, 1), str)[1].decision

    assert decision is not None
    assert decision.outcome is Outcome.UNDETERMINED


OUT_OF_DATE = Clearance(1, "two", None, "surat_sehat", "1", "RS", date(2026, 1, 1), date(2026, 2, 1), "Siti", day(1))


@pytest.mark.parametrize(
    ("papers", "lacks"),
    [
        ((), "clearance_missing"),
        ((OUT_OF_DATE,), "clearance_expired"),
        ((replace(OUT_OF_DATE, participant_id="one"),), "clearance_expired"),
        ((replace(OUT_OF_DATE, revoked=True),), "clearance_revoked"),
        ((OUT_OF_DATE, replace(OUT_OF_DATE, participant_id="one", revoked=True)), "clearance_expired"),
    ],
)
@pytest.mark.parametrize("other_home", [angkatan("I"), angkatan("III", course=None)])
def test_a_paper_that_is_good_for_neither_account_lacks_however_they_differ(
    papers: tuple[Clearance, ...], lacks: str, other_home: Angkatan
) -> None:
    papers = papers_of_both(papers, MERGED)
    strict = ClearanceRules(
        ("surat_sehat",), (), papers, TODAY, lambda who: (angkatan("I") if who.id == "one" else other_home,)
    )

    now = judge(known_and_merged(), reading(), RULES, OnRecord(day(11), TODAY, 1, clearances=strict), str)

    assert codes(now[1]) == [lacks]


def test_a_paper_of_the_other_account_counts_for_whom_a_run_about_one_person_reads_alone() -> None:
    paper = replace(OUT_OF_DATE, valid_until=date(2027, 12, 31))
    for papers, outcome in (((), Outcome.NOT_YET), ((paper,), Outcome.QUALIFIED)):
        recorded = papers_of_both(papers, MERGED)
        strict = ClearanceRules(("surat_sehat",), (), recorded, TODAY, lambda _: (angkatan("I"),))
        alone = reading_of((ONE,), {1: graded("80")}, {1: done()}, looks_for_everybody=False)

        decision = judge(known_and_merged(), alone, RULES, OnRecord(day(11), TODAY, 1, clearances=strict), str)[
            1
        ].decision

        assert decision is not None
        assert decision.outcome is outcome


def test_a_second_reading_of_merged_accounts_writes_nothing() -> None:
    first = judge(known_and_merged(), reading(), RULES, OnRecord(day(11), TODAY, 1), str)

    again = judge(first, reading(), RULES, OnRecord(day(12), TODAY, 1), str)

    assert [again[each].decision_version for each in (1, 2)] == [first[each].decision_version for each in (1, 2)]


def test_a_preview_of_a_threshold_looks_at_both_accounts() -> None:
    known = judge(
        known_and_merged(one="40", two="65"), reading(one="40", two="65"), RULES, OnRecord(day(11), TODAY, 1), str
    )

    moves = preview(known, rules(threshold("60")), {})

    assert {move.record.participant.id: move.after.outcome for move in moves}["one"] is Outcome.QUALIFIED


def test_a_preview_of_a_threshold_counts_a_paper_of_either_account() -> None:
    paper = Clearance(1, "two", None, "surat_sehat", "1", "RS", date(2026, 1, 1), date(2027, 12, 31), "Siti", day(1))
    strict = ClearanceRules(("surat_sehat",), (), papers_of_both([paper], MERGED), TODAY, lambda _: (angkatan("I"),))
    known = judge(
        known_and_merged(one="65", two="40"), reading(one="65", two="40"), RULES, OnRecord(day(11), TODAY, 1), str
    )

    moves = preview(known, rules(threshold("60")), {}, strict)

    assert {move.record.participant.id: move.after.outcome for move in moves}["one"] is Outcome.QUALIFIED


def test_a_paper_recorded_for_either_account_is_the_persons() -> None:
    paper = Clearance(1, "two", None, "surat_sehat", "1", "RS", date(2026, 1, 1), date(2027, 12, 31), "Siti", day(1))
    strict = ClearanceRules(("surat_sehat",), (), papers_of_both([paper], MERGED), TODAY, lambda _: (angkatan("I"),))
    moment = OnRecord(day(11), TODAY, 1, clearances=strict)

    now = judge(known_and_merged(), reading(), RULES, moment, str)

    assert now[1].decision is not None
    assert now[1].decision.outcome is Outcome.QUALIFIED


def test_what_a_whole_course_lacks_is_lacking_though_the_other_account_is_in_no_course() -> None:
    strict = ClearanceRules((), ("rekomendasi",), (), TODAY, lambda who: (angkatan("I"),) if who.id == "one" else ())
    moment = OnRecord(day(11), TODAY, 1, clearances=strict)

    now = judge(known_and_merged(), reading(), RULES, moment, str)

    assert "angkatan_clearance_missing" in codes(now[1])


def read_again(
    known: dict[int, Record], name: str, number: str, corrected: str | None = None, reached: datetime | None = None
) -> Record:
    """Return the first account as it is read with another name and number, the limit ``reached`` anew."""
    participant = known[1].participant
    if corrected is not None:
        participant = participant._replace(corrected=corrected, nip_reason=None, owner=None)  # as the action records it
    now = {1: known[1]._replace(participant=participant)}
    seen = person(1)._replace(name=name, raw_key=number)
    read = reading_of((seen,), {1: graded("80", at=reached)}, {1: done()})
    return judge(now, read, RULES, OnRecord(day(11), TODAY, 1), str)[1]


def test_an_account_that_is_given_to_somebody_else_gives_them_nobodys_results_until_a_person_records_the_nip() -> None:
    known = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}
    name, other = known[1].participant.person.name, "198011232009112003"

    given = read_again(known, "Bambang Sutejo", other)
    later = read_again({1: given}, "Bambang Sutejo, S.H.", other)
    recorded = read_again({1: later}, "Bambang Sutejo, S.H.", other, corrected=other)

    assert [codes(each) for each in (given, later, recorded)] == [["account_handed_over"], ["account_handed_over"], []]
    assert (given.participant.nip, recorded.decision and recorded.decision.outcome) == (other, Outcome.QUALIFIED)
    for another_name, number in (("Bambang Sutejo", nip(1)), (name, other), ("Bambang Sutejo", "")):
        assert "account_handed_over" not in codes(read_again(known, another_name, number))


def read_in_turn(*carried: tuple[str, str]) -> list[bool]:
    """Return of the first account, read by turns with other names and numbers, whether its results are nobody's."""
    known, found = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}, []
    for name, number in carried:
        known = {1: read_again(known, name, number)}
        found.append("account_handed_over" in codes(known[1]))
    return found


def test_an_account_is_given_away_in_several_steps_as_in_one() -> None:
    own, other = person(1).name, "198011232009112003"
    theirs = ("Bambang Sutejo", other)

    assert read_in_turn(("Bambang Sutejo", nip(1)), theirs) == [False, True]
    assert read_in_turn((own, other), theirs) == [False, True]
    assert read_in_turn(("Bambang Sutejo", ""), theirs, theirs) == [False, True, True]
    assert read_in_turn((own, ""), theirs) == [False, True]
    assert read_in_turn(theirs, ("Bambang Sutejo", "198011232009112114")) == [True, True]


def test_an_account_that_carries_again_what_it_did_is_whose_it_was() -> None:
    own, theirs = (person(1).name, nip(1)), ("Bambang Sutejo", "198011232009112003")

    assert read_in_turn(theirs, own, theirs, ("Bambang Sutejo", nip(1)), own) == [True, False, True, False, False]


def test_when_an_account_became_somebody_elses_is_kept_until_it_carries_again_both_that_it_did() -> None:
    known = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}
    own, other = person(1).name, "198011232009112003"
    given = {1: read_again(known, "Bambang Sutejo", other)}
    recorded = {1: read_again(given, "Bambang Sutejo", other, corrected=other)}

    for now in (
        read_again(recorded, "Bambang Sutejo, S.H.", other),
        read_again(given, "Bambang Sutejo", nip(1)),
        read_again(given, own, other),
    ):
        assert now.participant.handed_over_at == day(11)
    assert read_again(given, own, nip(1)).participant.handed_over_at is None
    assert codes(read_again(known, own.upper(), other)) == []


def test_what_a_person_said_of_an_account_that_was_handed_over_and_took_back_leaves_it_nobodys() -> None:
    known = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}
    other = "198011232009112003"
    given = {1: read_again(known, "Bambang Sutejo", other)}
    recorded = read_again(given, "Bambang Sutejo", other, corrected=other)
    undone = {1: recorded._replace(participant=recorded.participant._replace(corrected=None))}

    for name, number in (("Bambang Sutejo, S.H.", other), (person(1).name, nip(1))):
        assert codes(read_again(undone, name, number)) == ["account_handed_over"]


def test_an_account_of_which_a_person_said_whose_it_is_is_given_away_once_more() -> None:
    known = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}
    second, third = "198011232009112003", "197503011999031004"
    recorded = read_again({1: read_again(known, "Bambang Sutejo", second)}, "Bambang Sutejo", second, corrected=second)

    now = read_again({1: recorded}, "Slamet Riyadi", third)

    assert (codes(now), now.participant.nip) == (["account_handed_over"], third)
    put_right = read_again(known, person(1).name, second, corrected=second)
    assert codes(put_right) == []


def test_nobody_has_a_place_in_line_by_the_time_at_which_somebody_else_reached_the_limit() -> None:
    known = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}
    theirs, own = "198011232009112003", person(1).name
    given = {1: read_again(known, "Bambang Sutejo", theirs)}

    anew = read_again(given, "Bambang Sutejo", theirs, corrected=theirs, reached=day(9))
    back = read_again(given, own, nip(1), reached=day(9))

    assert anew.decision is not None
    assert back.decision is not None
    assert (anew.decision.reached_at, back.decision.reached_at) == (day(9), day(1))


def test_whoever_is_seen_to_have_an_account_is_not_admitted_by_what_a_clock_ahead_recorded() -> None:
    known = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}
    seen = reading_of(
        (person(1)._replace(name="Bambang", raw_key="198011232009112003"),), {1: graded("80")}, {1: done()}
    )
    said = {
        kind: Override("one", 1, kind, "Nota", "Ratna", day(12)) for kind in (OverrideKind.ADMIT, OverrideKind.HOLD)
    }

    found = {
        kind: codes(judge(known, seen, RULES, OnRecord(day(11), TODAY, 1, overrides={"one": each}), str)[1])
        for kind, each in said.items()
    }

    assert found == {
        OverrideKind.ADMIT: ["account_handed_over"],
        OverrideKind.HOLD: ["held_by_override", "account_handed_over"],
    }


@pytest.mark.parametrize(("said", "admits"), [(day(9), False), (day(12), True)])
def test_an_admission_counts_of_whoever_has_an_account_if_it_was_said_since_it_is_theirs(
    said: datetime, admits: bool
) -> None:
    [before] = judge(
        {}, reading_of((ONE,), {1: graded("40")}, {1: done()}), RULES, OnRecord(day(9), TODAY, 1), lambda: "one"
    ).values()
    known = {1: before._replace(participant=before.participant._replace(handed_over_at=day(10)))}
    override = Override("one", 1, OverrideKind.ADMIT, "Nota", "Ratna", said)

    now = judge(
        known,
        reading_of((ONE,), {1: graded("40")}, {1: done()}),
        RULES,
        OnRecord(day(13), TODAY, 1, overrides={"one": override}),
        str,
    )[1]

    assert ("admitted_by_override" in codes(now)) is admits


def test_an_account_that_was_merged_and_is_somebody_elses_now_gives_the_person_nothing() -> None:
    known = known_and_merged(one="40", two="90")
    now = (person(1), TWO._replace(name="Bambang Sutejo", raw_key="198011232009112003"))
    found = reading_of(now, {1: graded("40"), 2: graded("90")}, {1: done(), 2: done()})

    judged = judge(known, found, RULES, OnRecord(day(11), TODAY, 1), str)

    assert [each.decision and each.decision.outcome for each in judged.values()] == [
        Outcome.NOT_YET,
        Outcome.UNDETERMINED,
    ]
    assert "account_handed_over" in codes(judged[2])


def test_a_correction_that_was_recorded_or_undone_while_a_run_wrote_counts_from_the_next_one_on() -> None:
    known = {1: judge({}, reading(), RULES, OnRecord(day(10), TODAY, 1), lambda: "one")[1]}
    for corrected, written, counts in ((nip(7), nip(1), nip(7)), (None, nip(7), nip(1))):
        as_written = known[1].participant._replace(corrected=corrected, nip=written)

        now = judge({1: known[1]._replace(participant=as_written)}, reading(), RULES, OnRecord(day(11), TODAY, 1), str)

        assert now[1].participant == as_written._replace(nip=counts)


def test_a_nip_that_a_person_corrected_counts_whatever_the_account_says() -> None:
    known = known_and_merged()
    corrected = known[1].participant._replace(corrected=nip(7), nip=nip(7))
    known[1] = known[1]._replace(participant=corrected)
    renamed = reading_of((person(1, key="bukan NIP"), TWO), {1: graded("80"), 2: graded("80")}, {1: done(), 2: done()})

    now = judge(known, renamed, RULES, OnRecord(day(11), TODAY, 1), str)

    assert (now[1].participant.nip, now[1].participant.person.raw_key) == (nip(7), "bukan NIP")


def test_whoever_is_held_does_not_begin_anew_under_the_number_that_the_held_account_carried() -> None:
    first = reading_of((ONE,), {1: graded("40")}, {1: done()})
    known = judge({}, first, RULES, OnRecord(day(10), TODAY, 1), lambda: "one")
    held = Override(known[1].participant.id, 1, OverrideKind.HOLD, "surat", "Rina", day(10))
    moment = OnRecord(day(11), TODAY, 1, overrides={held.participant_id: held})

    def newcomer(name: str, *carried: tuple[str, str]) -> list[str]:
        """Return what is said of an account with the first number, after the held one carried others in turn."""
        before = known
        for its_name, number in carried:
            account = ONE._replace(name=its_name, raw_key=number)
            before = judge(before, reading_of((account,), {1: graded("40")}, {1: done()}), RULES, moment, str)
        now = reading_of((account, TWO._replace(name=name, raw_key=nip(1))), {2: graded("90")}, {2: done()})
        return codes(judge(before, now, RULES, moment, lambda: "two")[2])

    other = "198011232009112003"
    assert newcomer(ONE.name, ("Bambang Sutejo", other)) == ["nip_duplicate"]
    assert newcomer(ONE.name, (ONE.name, "")) == ["nip_duplicate"]
    assert newcomer("Slamet Riyadi", (ONE.name, other)) == []
