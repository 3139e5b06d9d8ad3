"""What is recorded, and what the configuration or a site says now (rule 22): replaced courses, new ids."""

import json
import re
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from seen_in_runs import EVALUATION
from service import PROGRAMME, TOKENS, Service, ServiceFactory, default_angkatan
from sqlalchemy import text

from latsar_sync.cli import main
from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.records import VISIBLE_GROUPS
from latsar_sync.domain import language
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings

Type = Callable[..., tuple[int, str]]

sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where no statement is asked that another test does not try on both databases."""


@pytest.fixture
def service(make_service: ServiceFactory, database_url: str) -> Service:
    """Give the service after its first run, on either database."""
    service = make_service(database_url)
    assert service.first_run().run.outcome is RunOutcome.OK
    return service


@pytest.fixture
def moved(service: Service) -> Service:
    """Give the service whose people were placed on a site of the same name at another address."""
    with service.database.writing() as connection:
        for table in ("course_places", "site_addresses"):
            connection.execute(text(f"UPDATE {table} SET address = 'https://lama.example.go.id' WHERE site = 'kelas'"))
    return service


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Give what runs a command for a service and returns its exit code and all that it said."""
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)

    def run(service: Service, *words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["latsar-sync", "--config", str(service.config), *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        language.choose(language.ENGLISH)
        return int(ended.value.code or 0), " ".join((said.out + said.err).split())

    return run


def edited(service: Service, old: str, new: str) -> Service:
    """Return the service with its configuration changed."""
    written = service.config.read_text(encoding="utf-8")
    assert old in written
    service.config.write_text(written.replace(old, new), encoding="utf-8")
    return Service(service.config, load_settings(service.config, TOKENS), service.database)


def without(service: Service, angkatan: str) -> Service:
    """Return the service with an angkatan taken out of the configuration."""
    written = service.config.read_text(encoding="utf-8")
    [block] = re.findall(rf'\[\[programmes\.angkatan\]\]\nid = "{angkatan}"\n(?:\w.*\n)*', written)
    return edited(service, block, "")


def states(service: Service, angkatan: str) -> dict[str, str]:
    """Return the state of everybody in an angkatan by NIP."""
    return {nip: row["state"] for nip, row in service.roster().items() if row["angkatan"] == angkatan}


def confirmed(service: Service, angkatan: str) -> set[str]:
    """Return who is confirmed in an angkatan."""
    return {nip for nip, state in states(service, angkatan).items() if state == "confirmed"}


def test_a_replaced_course_is_held_by_name_and_accepting_places_anew_and_tells_who_was_left(
    service: Service, campus: Campus, command: Type
) -> None:
    before = confirmed(service, "II")
    campus.kelas.add_course("KLS-II-BARU", "Klasikal II", VISIBLE_GROUPS, int(time.time()) + 1_000_000)
    campus.kelas.set_manual_enrolment("KLS-II-BARU", enabled=True)
    service = edited(service, 'course = "KLS-II"\n', 'course = "KLS-II-BARU"\n')

    held = service.run(full=True).run

    assert held.outcome is RunOutcome.GUARDED
    [finding] = held.findings
    assert (finding.code, finding.subject) == ("target_replaced", "kelas/KLS-II-BARU")
    assert {row["participant_id"] for nip, row in service.roster().items() if nip in before} <= set(finding.people)
    assert confirmed(service, "II") == before

    released = service.run(full=True, accept=True, by="Rina").run

    assert (released.outcome, released.findings) == (RunOutcome.OK, (finding,))
    assert confirmed(service, "II") == before
    assert {campus.kelas.user_id(nip) for nip in before} <= set(campus.kelas.course("KLS-II-BARU").enrolments)
    code, said = command(service, "roster", "--json")
    lines = json.loads(said)
    assert code == 0
    left = {line["nip"] for line in lines if any(each["course"] == "KLS-II" for each in line["left_behind"])}
    assert left == before
    assert service.run(full=True).run.findings == ()


@sqlite_alone
def test_whose_right_changes_in_the_run_that_leaves_a_replaced_course_counts_not_as_taken_out_of_the_new_one(
    service: Service, campus: Campus
) -> None:
    members = campus.kelas.group("KLS-I", "Angkatan I").members
    for stranger in members.keys() - {campus.kelas.user_id(nip) for nip in confirmed(service, "I")}:
        del members[stranger]  # nobody who is not ours sits in a group
    lost, *others = sorted(confirmed(service, "II"))
    of_lost, evaluation = campus.mooc.user_id(lost), campus.mooc.module_named(EVALUATION).cmid
    campus.mooc.set_grade(of_lost, evaluation, Decimal(10), overridden=True)
    campus.kelas.add_course("KLS-II-BARU", "Klasikal II", VISIBLE_GROUPS, int(time.time()) + 1_000_000)
    campus.kelas.set_manual_enrolment("KLS-II-BARU", enabled=True)
    service = edited(service, 'course = "KLS-II"\n', 'course = "KLS-II-BARU"\n')

    assert service.run(full=True).run.outcome is RunOutcome.GUARDED
    assert service.run(full=True, accept=True, by="Rina").run.outcome is RunOutcome.OK

    row = service.roster()[lost]
    assert (row["state"], row["roster_reason"]) == ("review", "no_longer_qualifies")
    assert confirmed(service, "II") == set(others)
    campus.mooc.set_grade(of_lost, evaluation, Decimal(90), overridden=True)
    service.run(full=True)
    assert confirmed(service, "II") == {lost, *others}


@sqlite_alone
def test_another_site_of_the_same_name_confirms_no_stranger_with_the_same_user_id(moved: Service) -> None:
    before = {angkatan: states(moved, angkatan) for angkatan in ("I", "II", "III")}

    held = moved.run(full=True).run

    assert (held.outcome, {finding.code for finding in held.findings}) == (RunOutcome.GUARDED, {"target_replaced"})
    assert {angkatan: states(moved, angkatan) for angkatan in before} == before
    assert moved.run(full=True, accept=True, by="Rina").run.outcome is RunOutcome.OK
    assert {angkatan: confirmed(moved, angkatan) for angkatan in before} == {
        angkatan: {nip for nip, state in people.items() if state == "confirmed"} for angkatan, people in before.items()
    }


@sqlite_alone
def test_an_angkatan_with_people_that_is_no_longer_configured_is_held_by_name_and_told_everywhere(
    service: Service, command: Type
) -> None:
    people, everybody = confirmed(service, "II"), states(service, "II")
    with_both = str(CASES["two_angkatan"][0])
    service = without(service, "II")

    held = service.run(full=True).run

    assert (held.outcome, held.counts["pushed"]) == (RunOutcome.GUARDED, 0)
    [finding] = held.findings
    assert (finding.code, finding.subject) == ("angkatan_unconfigured", f"{PROGRAMME} II")
    ids = {nip: row["participant_id"] for nip, row in service.roster().items()}
    assert {ids[nip] for nip in people} <= set(finding.people) <= {ids[nip] for nip in everybody}
    assert states(service, "II") == everybody
    assert any("Angkatan II of programme" in message and "no longer configured" in message for message in held.messages)
    for words in (["status"], ["doctor"], ["roster"]):
        assert f"Angkatan II of programme {PROGRAMME}" in command(service, *words)[1], words

    accepted = service.run(full=True, accept=True, by="Rina").run
    later = [service.run(full=whole).run for whole in (True, False)]

    assert {(run.outcome, run.counts["pushed"]) for run in (accepted, *later)} == {(RunOutcome.OK, 0)}
    assert {states(service, "II")[nip] for nip in people} == {"review"}
    assert service.roster()[with_both]["roster_reason"] == "two_angkatan"
    assert command(service, "db", "check") == (0, "No contradiction found.")
    assert service.run(full=True, nip=next(iter(people))).run.outcome is RunOutcome.OK

    back = edited(service, '[[programmes.angkatan]]\nid = "III"', _block("II") + '[[programmes.angkatan]]\nid = "III"')
    assert back.run().run.outcome is RunOutcome.OK
    assert confirmed(back, "II") == people
    assert without(back, "II").run().run.outcome is RunOutcome.GUARDED, "it was mended once, if by no full run"


@sqlite_alone
def test_closing_what_is_no_longer_configured_ends_the_guard_and_only_then_counts_its_group_no_more(
    service: Service, command: Type
) -> None:
    """Somebody in the groups of both belongs to the one that remains once a person said that the other is over."""
    people, with_both = confirmed(service, "II"), str(CASES["two_angkatan"][0])
    service = without(service, "II")
    assert service.run(full=True).run.outcome is RunOutcome.GUARDED

    code, _ = command(service, "angkatan", "close", PROGRAMME, "II", "--by", "Rina", "--reason", "selesai")
    after = service.run(full=True).run

    assert (code, after.outcome, after.findings) == (0, RunOutcome.OK, ())
    row = service.roster()[with_both]
    assert (row["state"], row["angkatan"]) == ("confirmed", "I")
    assert people <= set(states(service, "II"))
    assert command(service, "db", "check") == (0, "No contradiction found.")

    back = edited(service, '[[programmes.angkatan]]\nid = "III"', _block("II") + '[[programmes.angkatan]]\nid = "III"')
    assert back.run(full=True).run.outcome is RunOutcome.OK
    assert without(back, "II").run(full=True).run.outcome is RunOutcome.GUARDED, "nobody closed what is open again"


@sqlite_alone
def test_an_angkatan_whose_course_was_taken_out_of_the_configuration_is_held_and_shown_as_read_no_more(
    service: Service, campus: Campus
) -> None:
    people = confirmed(service, "II")
    members = set(campus.kelas.group("KLS-II", "Angkatan II").members)
    before = service.config.read_text(encoding="utf-8")
    service = edited(service, 'site = "kelas"\ncourse = "KLS-II"\nrole_id = 5\n', "")

    held = service.run(full=True).run
    while_held = confirmed(service, "II")
    accepted = service.run(accept=True, by="Rina").run
    in_review = states(service, "II")
    later = service.run(full=True).run

    assert (held.outcome, [each.code for each in held.findings]) == (RunOutcome.GUARDED, ["class_unconfigured"])
    assert while_held == people
    assert {in_review[nip] for nip in people} == {"review"}
    assert {(run.outcome, run.counts["pushed"]) for run in (accepted, later)} == {(RunOutcome.OK, 0)}
    service.config.write_text(before, encoding="utf-8")
    back = Service(service.config, load_settings(service.config, TOKENS), service.database)
    assert back.run(full=True).run.outcome is RunOutcome.OK
    assert confirmed(back, "II") == people
    assert set(campus.kelas.group("KLS-II", "Angkatan II").members) == members


def _block(angkatan: str, source: str = "II") -> str:
    [block] = re.findall(rf'\[\[programmes\.angkatan\]\]\nid = "{source}"\n(?:\w.*\n)*', default_angkatan())
    return str(block).replace(f'id = "{source}"', f'id = "{angkatan}"')


def test_an_angkatan_under_a_new_id_is_refused_its_group_until_a_person_says_that_it_was_renamed(
    service: Service, campus: Campus, command: Type
) -> None:
    people = confirmed(service, "II")
    service = edited(service, 'id = "II"\n', 'id = "DUA"\n')
    group = campus.kelas.group("KLS-II", "Angkatan II")
    members = set(group.members)

    run = service.run(full=True).run

    assert (run.outcome, [each.code for each in run.findings]) == (RunOutcome.GUARDED, ["angkatan_unconfigured"])
    assert service.run(accept=True, by="Rina").run.outcome is RunOutcome.PARTIAL
    assert set(group.members) == members
    code, said = command(service, "angkatan", "rename", PROGRAMME, "II", "DUA", "--by", "Rina", "--reason", "ejaan")
    assert (code, said) == (0, "II is DUA from now on.")
    after = service.run(full=True).run
    assert (after.outcome, after.counts["pushed"]) == (RunOutcome.OK, 0)
    assert not any("no longer configured" in message for message in after.messages)
    assert confirmed(service, "DUA") == people
    assert command(service, "db", "check") == (0, "No contradiction found.")


def test_a_programme_under_a_new_id_is_held_until_a_person_says_that_it_was_renamed(
    service: Service, campus: Campus, command: Type
) -> None:
    before = {nip: row["state"] for nip, row in service.roster().items()}
    decisions = service.count("decisions")
    renamed = edited(service, f'id = "{PROGRAMME}"', 'id = "latsar-baru"')

    held = renamed.run(full=True).run

    assert (held.outcome, [finding.code for finding in held.findings]) == (RunOutcome.GUARDED, ["programme_renamed"])
    assert renamed.count("decisions") == decisions
    assert any(f"Programme {PROGRAMME} with" in message for message in held.messages)
    for words in (["status"], ["doctor"]):
        assert f"Programme {PROGRAMME} with" in command(renamed, *words)[1], words
    code, said = command(renamed, "programme", "rename", PROGRAMME, "latsar-baru", "--by", "Rina", "--reason", "ejaan")
    assert (code, said) == (0, f"{PROGRAMME} is latsar-baru from now on.")
    after = renamed.run(full=True).run
    assert (after.outcome, after.counts["pushed"], after.messages) == (RunOutcome.OK, 0, ())
    assert {nip: row["state"] for nip, row in renamed.roster().items()} == before
    assert renamed.count("decisions") == decisions
    assert command(renamed, "db", "check") == (0, "No contradiction found.")
    with pytest.raises(Exception, match="append-only"), renamed.database.writing() as connection:
        connection.execute(text("UPDATE thresholds SET programme = 'x'"))


REFUSED = [
    (["angkatan", "rename", PROGRAMME, "II", "X"], "has no angkatan X in the configuration"),
    (["angkatan", "rename", PROGRAMME, "I", "II"], "I is in the configuration still"),
    (["angkatan", "rename", PROGRAMME, "Z", "II"], "Nothing is recorded of Z"),
    (["angkatan", "close", PROGRAMME, "II"], "II is in the configuration still"),
    (["programme", "rename", PROGRAMME, PROGRAMME], "is in the configuration still"),
    (["programme", "rename", "lama", PROGRAMME], "Nothing is recorded of lama"),
    (["programme", "close", "lama"], "Nothing is recorded of lama"),
    (["angkatan", "close", PROGRAMME, "nix"], "Nothing is recorded of nix"),
]


@sqlite_alone
def test_what_cannot_be_renamed_or_closed_is_said_and_changes_nothing(service: Service, command: Type) -> None:
    for words, said in REFUSED:
        code, told = command(service, *words, "--by", "Rina", "--reason", "uji")

        assert code == 2, words
        assert said in told
    assert service.count("angkatan_actions") == 0


@sqlite_alone
def test_a_closed_angkatan_is_told_of_no_more_and_leaves_its_group_to_another(service: Service, command: Type) -> None:
    people = confirmed(service, "II")
    mark, third = f'group_idnumber = "latsar:{PROGRAMME}:II"\n', '[[programmes.angkatan]]\nid = "III"'
    service = edited(without(service, "II"), third, _block("DUA") + mark + third)
    assert service.run(full=True).run.outcome is RunOutcome.GUARDED

    code, _ = command(service, "angkatan", "close", PROGRAMME, "II", "--by", "Rina", "--reason", "selesai")
    after = service.run(full=True).run

    assert code == 0
    assert after.outcome is RunOutcome.OK
    assert not any("no longer configured" in message for message in after.messages)
    assert set(states(service, "II")) >= people


@sqlite_alone
def test_a_programme_of_another_configuration_is_refused_the_group_that_one_fills(
    service: Service, make_service: ServiceFactory, database_url: str, campus: Campus, tmp_path: Path
) -> None:
    members = set(campus.kelas.group("KLS-I", "Angkatan I").members)
    other = make_service(database_url)
    other = edited(other, f'id = "{PROGRAMME}"', 'id = "kedua"')
    assert other.run(full=True).run.outcome is RunOutcome.GUARDED

    run = other.run(full=True, accept=True, by="Rina").run

    assert run.outcome in (RunOutcome.PARTIAL, RunOutcome.FAILED)
    assert any(f"is filled by angkatan I of programme {PROGRAMME} already" in message for message in run.messages)
    assert set(campus.kelas.group("KLS-I", "Angkatan I").members) == members
    assert other.run(full=True).run.outcome is not RunOutcome.GUARDED


def test_a_group_that_a_programme_no_longer_configured_fills_is_held_with_its_people(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Type
) -> None:
    first = make_service(sqlite_url, angkatan=_block("I", "I"))
    text = first.config.read_text(encoding="utf-8")
    start = text.index("[[programmes]]")
    second = text[start:].replace(f'id = "{PROGRAMME}"', 'id = "kedua"')
    apart = second.replace("role_id = 5", 'role_id = 5\ngroup = "Kelas Kedua"')
    both = _written(first, text + apart)
    for programme in (PROGRAMME, "kedua"):
        both.run(full=True, programmes=(programme,))
    members = set(campus.kelas.group("KLS-I", "Angkatan I").members)
    alone = _written(first, text[:start] + second)

    held = alone.run(full=True, programmes=("kedua",)).run
    accepted = alone.run(accept=True, by="Rina", programmes=("kedua",)).run
    later = alone.run(full=True, programmes=("kedua",)).run

    assert (held.outcome, [each.code for each in held.findings]) == (RunOutcome.GUARDED, ["programme_unconfigured"])
    assert held.findings[0].subject == PROGRAMME
    assert len(held.findings[0].people) > 5
    assert (accepted.outcome, later.outcome) == (RunOutcome.PARTIAL, RunOutcome.PARTIAL)
    assert set(campus.kelas.group("KLS-I", "Angkatan I").members) == members
    code, _ = command(alone, "programme", "close", PROGRAMME, "--by", "Rina", "--reason", "selesai")
    assert code == 0
    assert alone.run(full=True, programmes=("kedua",)).run.findings == ()


def _written(service: Service, text: str) -> Service:
    service.config.write_text(text, encoding="utf-8")
    return Service(service.config, load_settings(service.config, TOKENS), service.database)


@sqlite_alone
def test_another_mooc_behind_the_same_address_decides_nothing(service: Service, campus: Campus) -> None:
    decisions, evidence = service.count("decisions"), service.count("evidence")
    carrying = [user for user in campus.mooc.users.values() if user.idnumber and len(user.idnumber) == 18]
    numbers = [user.idnumber for user in carrying]
    for user, number in zip(carrying, numbers[1:] + numbers[:1], strict=True):
        user.idnumber = number

    run = service.run(full=True).run

    assert run.outcome is RunOutcome.GUARDED
    assert "source_replaced" in {finding.code for finding in run.findings}
    assert (service.count("decisions"), service.count("evidence")) == (decisions, evidence)


def test_people_of_two_programmes_in_one_course_are_told_and_contradict_nothing(
    make_service: ServiceFactory, sqlite_url: str, command: Type
) -> None:
    both = make_service(sqlite_url, angkatan=_block("I", "I"))
    first = both.config.read_text(encoding="utf-8")
    second = first[first.index("[[programmes]]") :].replace(f'id = "{PROGRAMME}"', 'id = "kedua"')
    second = second.replace("role_id = 5", 'role_id = 5\ngroup = "Kelas Kedua"')
    both.config.write_text(first + second, encoding="utf-8")
    both = Service(both.config, load_settings(both.config, TOKENS), both.database)
    for _ in range(2):
        both.run(full=True)
        both.run(full=True, programmes=("kedua",))

    run = both.run(full=True).run

    assert any("in programme kedua too" in message for message in run.messages)
    assert command(both, "db", "check") == (0, "No contradiction found.")
