"""One person decides about many at once: in one transaction, with one reason, and is told whom it passed over."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dashboard import MISSED, PASSED
from service import PROGRAMME, Command, Service

from latsar_sync.actions import overrides, shown_values
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.domain import figures
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.errors import SeenChanged, UsageError
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.store import identities, participants, runs
from latsar_sync.store.record_changes import save_records


def now() -> datetime:
    return datetime.now(UTC)


def ids(service: Service, *nips: str) -> list[str]:
    return [str(service.participants()[nip]["participant_id"]) for nip in nips]


def hold(service: Service, people: list[str], sent: Sent = overrides.BY_COMMAND) -> overrides.Decided:
    return overrides.decide_about(
        service.settings, service.database, now, PROGRAMME, people, OverrideKind.HOLD, "Cuti", "Rina", None, sent
    )


def test_many_are_decided_about_at_once_and_whom_it_passed_over_is_told(after_one_run: Service) -> None:
    passed, missed = ids(after_one_run, PASSED, MISSED)
    hold(after_one_run, [passed])

    done = hold(after_one_run, [passed, missed, missed, "0" * 32])

    assert [each.participant_id for each in done.overrides] == [missed]
    assert [(each.participant_id, each.why) for each in done.passed_over] == [
        ("0" * 32, "Nobody of this programme."),
        (passed, "Rina holds them already."),
    ]


def test_a_hold_of_many_with_another_end_is_a_new_one_of_those_who_are_held_already(after_one_run: Service) -> None:
    [passed] = ids(after_one_run, PASSED)
    until = (now() + timedelta(days=2)).date()
    who = (after_one_run.settings, after_one_run.database, now, PROGRAMME, [passed], OverrideKind.HOLD, "Cuti", "Rina")
    overrides.decide_about(*who, until)

    [without_end] = overrides.decide_about(*who).overrides

    assert (without_end.version, without_end.until) == (2, None)
    assert not overrides.decide_about(*who).overrides


def test_whoever_is_held_and_in_the_in_class_course_still_is_told(after_one_run: Service) -> None:
    passed, missed = ids(after_one_run, PASSED, MISSED)

    assert hold(after_one_run, [passed, missed]).in_class == (passed,)


def test_nothing_is_recorded_of_anybody_when_one_of_them_is_other_than_was_shown(after_one_run: Service) -> None:
    people = ids(after_one_run, PASSED, MISSED)
    with after_one_run.database.reading() as connection:
        shown = fingerprint(shown_values.of_people(connection, PROGRAMME, people, now()))
    hold(after_one_run, people[:1])

    with pytest.raises(SeenChanged) as refused:
        hold(after_one_run, people, Sent(shown))

    assert len(refused.value.details) == 1
    assert after_one_run.count("overrides") == 1
    assert len(hold(after_one_run, people[1:], Sent(shown)).overrides) == 1


@pytest.mark.parametrize("number", [0, 2_001])
def test_nobody_and_too_many_are_refused(after_one_run: Service, number: int) -> None:
    with pytest.raises(UsageError):
        hold(after_one_run, [f"{each:032}" for each in range(number)])


@pytest.mark.parametrize("days", [-1, 36_500])
def test_a_last_day_that_cannot_be_meant_is_refused(after_one_run: Service, days: int) -> None:
    until = (now() + timedelta(days=days)).date()
    with pytest.raises(UsageError):
        overrides.decide_about(
            after_one_run.settings, after_one_run.database, now, PROGRAMME, ids(after_one_run, PASSED),
            OverrideKind.HOLD, "Cuti", "Rina", until,
        )  # fmt: skip


def test_the_command_takes_several_a_file_or_where_people_stand(
    after_one_run: Service, command: Command, tmp_path: Path
) -> None:
    people = after_one_run.participants()
    listed = tmp_path / "daftar.csv"
    listed.write_text(f"NIP\n{PASSED}\n{MISSED}\n199508172025042003\n", encoding="utf-8")
    who = ("--programme", PROGRAMME, "--reason", "Cuti", "--by", "Rina", "--json")

    code, out, err = command(after_one_run, "override", "hold", "--file", listed, *who)
    assert code == 0, out + err
    held = json.loads(out)
    released = json.loads(command(after_one_run, "override", "release", PASSED, MISSED, *who)[1])
    where = json.loads(command(after_one_run, "override", "hold", "--where", "not_yet/score_below_threshold", *who)[1])

    below = {row["participant_id"] for row in people.values() if "score_below_threshold" in dict(row["reasons"])}
    assert (len(held["recorded"]), held["unknown"], len(held["in_class"])) == (2, 1, 1)
    assert len(released["recorded"]) == 2
    assert {each["participant_id"] for each in where["recorded"]} == below


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--where", "not_yet/*", PASSED),
        ("--where", ""),
        ("--where", "/"),
        ("--where", "not_yet/"),
        ("--where", "belum/*"),
        ("--where", "not_yet/score_below"),
    ],
)
def test_nobody_a_contradiction_and_a_place_that_does_not_exist_are_refused(
    after_one_run: Service, command: Command, words: tuple[str, ...]
) -> None:
    who = ("--programme", PROGRAMME, "--reason", "Cuti", "--by", "Rina")

    assert command(after_one_run, "override", "hold", *words, *who)[0] == 2
    assert after_one_run.count("overrides") == 0


def test_a_run_that_finds_another_name_keeps_the_nip_that_a_person_gave_meanwhile(after_one_run: Service) -> None:
    [who] = ids(after_one_run, PASSED)
    with after_one_run.database.reading() as connection:
        records = participants.load_records(connection, PROGRAMME)
    [before] = [each for each in records.values() if each.participant.id == who]
    person = before.participant._replace(person=before.participant.person._replace(name="Nama Baru"))
    with after_one_run.database.writing() as connection:
        identities.correct_nip(connection, PROGRAMME, who, MISSED, now().date(), now())
        run_id = runs.start_run(connection, "run", "host", 1, now())

        pairs = [(before, before._replace(participant=person))]
        save_records(connection, PROGRAMME, "mooc", pairs, run_id, now())

        assert identities.corrected_nip(connection, who) == MISSED


def test_the_last_day_of_an_admission_is_told_as_it_was_given_wherever_the_service_stands(
    after_one_run: Service, command: Command
) -> None:
    """The programme's day ends at midnight in Jakarta, which is two in the morning of the next one in Jayapura."""
    written = after_one_run.config.read_text(encoding="utf-8")
    assert "timezone" not in written
    own = written.replace("[[programmes]]", '[[programmes]]\ntimezone = "Asia/Jakarta"', 1)
    after_one_run.config.write_text(f'timezone = "Asia/Jayapura"\n{own}', encoding="utf-8")
    last = (datetime.now(UTC) + timedelta(days=30)).date()
    command(after_one_run, "override", "admit", MISSED, "--reason", "r", "--by", "Siti", "--until", str(last))

    listed, explained = (command(after_one_run, *words)[1] for words in (("override", "list"), ("explain", MISSED)))

    for said in (listed, explained):
        assert figures.day(last) in " ".join(said.split())
