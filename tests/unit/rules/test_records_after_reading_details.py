"""What a record says of how somebody was judged: overrides, terms, NIP, times, what could not be read."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from builders import TODAY, day, done, graded, judge, nip, person, reading_of, rules, threshold

from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.decision import Basis, Gate, Outcome, Reason, Standing
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import Attempts, Imported
from latsar_sync.domain.known_people import PeopleInMemory
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.records_after_reading import OnRecord, standing_of
from latsar_sync.rules.threshold import preview

ANI, BUDI = person(1), person(2)
HOLD = Override("ani", 1, OverrideKind.HOLD, "menunggu klarifikasi", "Siti", day(9))
ADMIT = replace(HOLD, kind=OverrideKind.ADMIT)


def read(*people: Person, **more: object) -> SourceReading:
    """Return a full reading where everybody has 80 and studied everything."""
    grades, materials = ({each.user_id: what for each in people} for what in (graded("80"), done()))
    return reading_of(people, **{"grades": grades, "materials": materials, **more})  # type: ignore[arg-type]


def run(
    known: Mapping[int, Record], reading: SourceReading, now: datetime | None = None, **more: object
) -> dict[int, Record]:
    moment = replace(OnRecord(now or day(10), TODAY, 1), **more)  # type: ignore[arg-type]
    ids = iter(("ani", "budi")) if not known else iter(())
    return judge(known, reading, rules(), moment, lambda: next(ids))


def judged(record: Record) -> tuple[Outcome, list[str]]:
    assert record.decision is not None
    return record.decision.outcome, [reason.code for reason in record.decision.reasons]


def test_a_hold_beats_the_rule_and_its_reason_comes_first() -> None:
    below = read(ANI, grades={1: graded("10")})

    assert judged(run({}, read(ANI), overrides={"ani": HOLD})[1]) == (Outcome.HELD, ["held_by_override"])
    assert judged(run({}, below, overrides={"ani": HOLD})[1]) == (
        Outcome.HELD,
        ["held_by_override", "score_below_threshold"],
    )


def test_an_admission_is_said_beside_the_answer_of_the_rule_which_stays() -> None:
    below = read(ANI, grades={1: graded("10")})

    assert judged(run({}, below, overrides={"ani": ADMIT})[1]) == (
        Outcome.NOT_YET,
        ["admitted_by_override", "score_below_threshold"],
    )


def test_an_override_is_about_nobody_else() -> None:
    both = run({}, read(ANI, BUDI), overrides={"ani": HOLD})

    assert [judged(both[number])[0] for number in (1, 2)] == [Outcome.HELD, Outcome.QUALIFIED]


def test_a_preview_heeds_holds_shared_nips_and_seats() -> None:
    known = run({}, read(ANI, BUDI, grades={1: graded("65"), 2: graded("65")}))
    lower = rules(threshold("60"))
    namesake = known[2].participant._replace(nip=nip(1))
    sharing = {1: known[1], 2: known[2]._replace(participant=namesake)}
    ended = namesake._replace(person=namesake.person._replace(enrolment=Enrolment.ENDED))
    one_ended = {1: known[1], 2: known[2]._replace(participant=ended)}
    seat = {"budi": Entry("budi", EntryState.CONFIRMED, "I")}

    def after(records: Mapping[int, Record], entries: Mapping[str, Entry] | None = None) -> dict[str, Outcome]:
        return {move.record.participant.id: move.after.outcome for move in preview(records, lower, {}, None, entries)}

    assert after(known) == {"ani": Outcome.QUALIFIED, "budi": Outcome.QUALIFIED}
    assert {each.after.outcome for each in preview(known, lower, {"ani": HOLD})} == {Outcome.HELD, Outcome.QUALIFIED}
    assert after(sharing) == {"ani": Outcome.UNDETERMINED, "budi": Outcome.UNDETERMINED}
    assert after(one_ended)["ani"] is Outcome.QUALIFIED
    assert after(one_ended, seat)["ani"] is Outcome.UNDETERMINED


def test_whoever_is_gone_but_has_a_seat_goes_on_carrying_their_nip() -> None:
    known = run({}, read(ANI, BUDI))
    namesake = person(2, key=nip(1))
    seat = {"ani": Entry("ani", EntryState.CONFIRMED, "I")}

    assert judged(run(known, read(namesake), entries=seat)[2]) == (Outcome.UNDETERMINED, ["nip_duplicate"])
    assert judged(run(known, read(namesake))[2])[0] is Outcome.QUALIFIED


def test_whoever_is_admitted_or_moved_and_gone_goes_on_carrying_their_nip_before_they_have_a_seat() -> None:
    known = run({}, read(ANI, BUDI))
    namesake = read(person(2, key=nip(1)))

    for decided in ({"overrides": {"ani": ADMIT}}, {"moved": {"ani"}}):
        both = run(known, namesake, **decided)
        assert [judged(both[number])[1][-2:] for number in (1, 2)] == [
            ["nip_duplicate", "enrolment_ended"],
            ["nip_duplicate"],
        ]
        seated = run(both, namesake, day(11), entries={"ani": Entry("ani", EntryState.CONFIRMED, "I")}, **decided)
        assert [each.decision_version for each in seated.values()] == [each.decision_version for each in both.values()]
        assert preview(both, rules(), decided.get("overrides", {}), moved=decided.get("moved", ())) == []


@pytest.mark.parametrize(
    ("keys", "stays"),
    [
        (("199603032025031007",), False),
        ((None, "199603032025031007"), False),
        ((None, nip(1)), True),
        ((f"{nip(1)[:-1]}9",), True),
    ],
)
def test_a_score_that_a_file_told_of_a_number_stays_with_whom_it_is_told_of(
    keys: tuple[str | None, ...], stays: bool
) -> None:
    told = {1: Imported(1, 1, Decimal(80), Decimal(0), Decimal(100), day(1), 3, 3)}
    records = run({}, read(ANI, imported=told))

    for key in keys:
        records = run(records, read(ANI._replace(raw_key=key), imported=told))

    assert (records[1].evidence.imported is not None) is stays


def test_whoever_is_gone_is_the_same_participant_as_before() -> None:
    known = run({}, read(ANI, BUDI))
    gone = run(known, read(BUDI))[1]

    ended = ANI._replace(enrolment=Enrolment.ENDED)
    assert gone.participant == known[1].participant._replace(person=ended)


def test_a_nip_that_cannot_be_used_any_more_says_why_in_the_record() -> None:
    known = run({}, read(ANI))
    spoilt = run(known, read(person(1, key="1995")))[1]

    participant = spoilt.participant
    assert (participant.nip, participant.nip_reason, participant.nip_detail) == (None, "nip_invalid", "length")
    assert spoilt.decision is not None
    assert spoilt.decision.reasons == (Reason("nip_invalid", {"detail": "length"}),)


def test_attempts_alone_are_a_detail_that_was_read() -> None:
    by = rules(basis=Basis.BEST_ATTEMPT, by_materials=False)
    reading = reading_of((ANI,), attempts={1: Attempts(1)})

    record = judge({}, reading, by, OnRecord(day(10), TODAY, 1), lambda: "ani")[1]

    assert (record.attempts_as_of, record.grade_as_of) == (day(10), None)


def test_a_record_names_the_terms_that_its_decision_was_made_by_and_no_later_ones() -> None:
    first = run({}, read(ANI), terms_version=1)
    same = run(first, read(ANI), terms_version=1)
    other = run(same, read(ANI), terms_version=2)
    before_terms = run({}, read(ANI))
    named_later = run(before_terms, read(ANI), terms_version=3)

    assert [each[1].terms_version for each in (first, same, other)] == [1, 1, 2]
    assert [each[1].decision_version for each in (first, same, other)] == [1, 1, 2]
    assert (named_later[1].terms_version, named_later[1].decision_version) == (None, 1)


def test_a_part_of_the_people_leaves_whoever_is_set_aside_as_they_were() -> None:
    known = run({}, read(ANI, BUDI))
    half = Person(1, "", None, ())
    part = reading_of(
        (half, BUDI), {1: graded("80"), 2: graded("80")}, looks_for_everybody=False, aside={1: "groups: no list"}
    )

    assert run(known, part)[1].participant == known[1].participant


def test_of_chosen_people_whoever_was_not_asked_keeps_nobody_else_from_being_judged() -> None:
    known = run({}, read(BUDI, person(3)))

    assert run(known, read(ANI, BUDI, grades={2: graded("10")}, looks_for_everybody=False)).keys() == {2}


def test_a_nip_that_cannot_be_used_is_checked_anew_in_every_run() -> None:
    before = run({}, read(ANI))
    refused = before[1]._replace(participant=before[1].participant._replace(nip=None, nip_reason="nip_invalid"))

    assert run({1: refused}, read(ANI))[1].participant == before[1].participant


def test_a_row_of_a_report_stands_for_the_values_that_were_read_when_it_showed() -> None:
    first = run({}, read(ANI, reported={1: "row"}))
    unasked = run(first, read(ANI, grades={}, reported={1: "another"}))
    unshown = run(first, read(ANI))
    again = run(first, read(ANI, reported={1: "another"}))

    assert [each[1].report_row for each in (first, unasked, unshown, again)] == ["row", "row", "row", "another"]


def test_what_nobody_is_judged_by_has_no_time_at_which_it_was_read() -> None:
    attempts = {1: Attempts(1, best=Decimal(80), reached_at=day(1), maximum=Decimal(100))}
    seen = read(ANI, attempts=attempts)
    by_score = judge({}, seen, rules(by_materials=False), OnRecord(day(10), TODAY, 1), lambda: "ani")[1]
    by_attempts = judge({}, seen, rules(basis=Basis.BEST_ATTEMPT), OnRecord(day(10), TODAY, 1), lambda: "ani")
    unasked = judge(by_attempts, read(ANI), rules(basis=Basis.BEST_ATTEMPT), OnRecord(day(11), TODAY, 1), lambda: "")

    assert (by_score.materials_as_of, by_score.attempts_as_of) == (None, None)
    assert (by_attempts[1].materials_as_of, by_attempts[1].attempts_as_of) == (day(10), day(10))
    assert (unasked[1].materials_as_of, unasked[1].attempts_as_of) == (day(11), day(10))


def test_where_somebody_stands_is_what_their_record_says_with_a_name_only_if_it_is_asked_for() -> None:
    known = run({}, read(ANI, BUDI, grades={1: graded("80", at=day(3)), 2: graded("10")}))
    there = Standing("ani", 1, nip(1), ANI.groups, True, False, Outcome.QUALIFIED, day(3), Decimal("80.00000"))
    merged = known[2].participant._replace(merged_into="ani", person=BUDI._replace(enrolment=Enrolment.ENDED))

    assert standing_of(known[1]) == there
    assert standing_of(known[1], "another", with_name=True) == there._replace(participant_id="another", name=ANI.name)
    below = standing_of(known[2]._replace(participant=merged))
    assert (below.enrolled, below.merged, below.unmet) == (False, True, {Gate.MOOC})
    assert standing_of(known[1]._replace(decision=None)) == Standing("ani", 1, nip(1), ANI.groups, True)


def test_people_are_counted_by_decision_and_a_merged_account_is_nobody_of_its_own() -> None:
    known = run({}, read(ANI, BUDI, grades={1: graded("80"), 2: graded("10")}))
    merged = known[1]._replace(participant=known[1].participant._replace(merged_into="budi"))
    people = PeopleInMemory({1: known[1], 2: known[2], 3: known[1]._replace(decision=None), 4: merged})

    assert people.outcomes() == {Outcome.QUALIFIED: 1, Outcome.NOT_YET: 1, None: 1}
    assert people.in_words_of(BUDI, known[2].participant) is known[2].participant
    people.let_go(1)
    assert 1 not in people
