"""Exit codes mean what docs/commands.md says, and nothing is offered that is refused."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from service import Command, Service
from unattended import open_service, programme, small_campus, urls_of, write_config

from latsar_sync.cli.context import now
from latsar_sync.cli.exit_codes import HELD, code_of
from latsar_sync.demo import Campus
from latsar_sync.store import notices, queue
from latsar_sync.store.access import recorded_accesses
from latsar_sync.store.leases import Lease
from latsar_sync.store.site_health import note_failure

FIRST, SECOND = "latsar-a", "latsar-b"
UNGUARDED = "max_push_share = 1.0"


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with two courses."""
    with small_campus(8, 2) as campus:
        yield campus


@pytest.fixture
def service(campus: Campus, tmp_path: Path) -> Iterator[Service]:
    """Give a service with two programmes, of which a guard holds the first."""
    both = programme(FIRST, ["1"]).replace(UNGUARDED, UNGUARDED + "\nmax_push = 1") + programme(SECOND, ["2"])
    service = open_service(write_config(tmp_path / "latsar.toml", both, urls_of(campus)))
    yield service
    service.database.close()


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["ok", HELD], 3),
        ([HELD], 75),
        ([HELD, HELD], 75),
        (["failed", HELD], 1),
        (["guarded", HELD], 4),
        (["partial", HELD], 3),
        (["ok", "failed", "guarded", HELD], 4),
    ],
)
def test_what_another_run_holds_counts_after_what_was_done(outcomes: list[str], code: int) -> None:
    assert code_of(outcomes) == code


@pytest.mark.parametrize(
    "arguments",
    [
        ["threshold", "set", "75", "--legal-basis", "SK 2", "--by", "Rina"],
        ["threshold", "preview", "75"],
        ["import", "participants", "peserta.csv", "--apply"],
        ["import", "scores", "nilai.csv", "--by", "Rina", "--apply"],
    ],
)
def test_which_of_several_programmes_is_meant_has_to_be_said(
    service: Service, command: Command, arguments: list[str]
) -> None:
    code, _, said = command(service, *arguments)

    assert code == 2
    assert f"Say which with --programme: {FIRST}, {SECOND}." in " ".join(said.split())


def test_one_accepts_what_is_held_and_the_other_programmes_run_as_ever(service: Service, command: Command) -> None:
    held, _, _ = command(service, "sync", "--json")
    code, shape, _ = command(service, "sync", "--accept", "--by", "Rina", "--json")

    assert (held, code) == (4, 0)
    first, second = json.loads(shape)["programmes"]
    assert (first["id"], first["outcome"], first["accepted_by"]) == (FIRST, "ok", "Rina")
    assert (second["id"], second["outcome"], second["accepted_by"]) == (SECOND, "ok", None)


def test_where_nothing_is_held_accepting_is_refused_before_anything_runs(service: Service, command: Command) -> None:
    command(service, "sync", "--programme", SECOND)
    before = service.count("runs")

    code, shape, _ = command(service, "sync", "--programme", SECOND, "--accept", "--by", "Rina", "--json")
    never, _, told = command(service, "sync", "--accept", "--by", "Rina")

    assert (code, never) == (2, 2)
    assert "there is nothing to accept" in json.loads(shape)["error"]
    assert f"{FIRST}, {SECOND}" in told
    assert (service.count("runs"), service.count("run_programmes")) == (before, 1)


def test_a_plan_offers_no_acceptance_before_a_run_has_met_what_it_found(service: Service, command: Command) -> None:
    code, told, _ = command(service, "plan", "--programme", FIRST)
    refused, _, _ = command(service, "sync", "--programme", FIRST, "--accept", "--by", "Rina")

    assert (code, refused) == (4, 2)
    assert "A plan is no run, so this cannot be accepted yet." in told
    found = [line for line in told.splitlines() if line.startswith("    - ")]
    assert {"Angkatan" in line for line in found} == {True}  # by name, though nobody is recorded yet
    offered = [line.strip() for line in told.splitlines() if line.strip().startswith("latsar-sync sync")]
    assert offered == [
        f"latsar-sync sync --programme {FIRST}",
        f"latsar-sync sync --programme {FIRST} --accept --by NAME",
    ]
    codes = [command(service, *line.replace("NAME", "Rina").split()[1:])[0] for line in offered]
    assert codes == [4, 0]


def test_what_a_run_finds_wrong_in_moodle_is_a_failed_run_and_no_wrong_usage(
    service: Service, command: Command, campus: Campus
) -> None:
    service.config.write_text(service.config.read_text().replace('"KLS-1"', '"KLS-9"'))

    alone, _, _ = command(service, "sync", "--programme", FIRST)
    both, _, _ = command(service, "sync")
    unknown, _, _ = command(service, "sync", "--programme", "latsar-c")

    assert (alone, both, unknown) == (1, 3, 2)


def test_a_participant_is_looked_for_in_the_programmes_that_know_the_nip(
    service: Service, command: Command, campus: Campus
) -> None:
    command(service, "sync", "--programme", SECOND)
    nip, *others = list(service.participants())[:4]
    before = service.count("run_programmes")
    several = [word for each in (nip, *others) for word in ("--participant", each)]

    code, shape, _ = command(service, "sync", "--participant", nip, "--json")
    command(service, "resync", "--participant", nip)
    more, all_four, _ = command(service, "sync", *several, "--json")
    command(service, "resync", *several)

    assert (code, more) == (0, 0)
    assert [each["id"] for each in json.loads(shape)["programmes"]] == [SECOND]
    assert [each["id"] for each in json.loads(all_four)["programmes"]] == [SECOND]
    assert service.count("run_programmes") == before + 2
    with service.database.reading() as connection:
        asked = [queue.open_requests(connection, each) for each in (FIRST, SECOND)]
    assert [[each.scope for each in those] for those in asked] == [[], ["participant", queue.FULL]]


def test_the_notices_of_one_programme_are_its_newest_whatever_was_told_of_others(
    service: Service, command: Command
) -> None:
    subjects = [FIRST, f"files:{FIRST}", SECOND, "site:mooc", SECOND]
    with service.database.writing() as connection:
        for number, subject in enumerate(subjects):
            at = now() - timedelta(minutes=10 - number)
            notices.note(connection, "failed", subject, ("Judul", "Isi"), at, told=True)

    _, shown, _ = command(service, "notices", "list", "--programme", FIRST, "--limit", "2", "--json")

    assert [each["subject"] for each in json.loads(shown)] == [f"files:{FIRST}", FIRST]


def test_a_held_programme_does_not_hide_what_was_done_for_the_others(service: Service, command: Command) -> None:
    with Lease(service.database, FIRST, now):
        part, _, _ = command(service, "sync")
        nothing, _, _ = command(service, "sync", "--programme", FIRST)

    assert (part, nothing) == (3, 75)


def test_an_angkatan_that_nobody_knows_is_a_mistake_of_the_call(service: Service, command: Command) -> None:
    meant = [
        ("roster",),
        ("roster", "approve", "--by", "Rina"),
        ("roster", "finalised"),
        ("participants",),
        ("clearance", "list"),
        ("export", "letters", "call-up", "--programme", FIRST, "-o", "surat"),
    ]

    for words in meant:
        unknown, _, said = command(service, *words, "--angkatan", "IX")
        assert (words, unknown) == (words, 2)
        assert 'No angkatan has the id "IX"' in said, words
    known, out, _ = command(service, "participants", "--angkatan", "1", "--json")
    assert (known, json.loads(out)) == (0, [])


def test_an_angkatan_of_two_programmes_is_approved_in_the_one_that_is_named(service: Service, command: Command) -> None:
    text = service.config.read_text(encoding="utf-8").replace('id = "2"', 'id = "1"')
    service.config.write_text(text.replace("[programmes.source]", 'push = "confirmed"\n[programmes.source]'))
    command(service, "sync")

    both, _, said = command(service, "roster", "approve", "--angkatan", "1", "--by", "Rina")
    one, told, _ = command(
        service, "roster", "approve", "--angkatan", "1", "--by", "Rina", "--programme", FIRST, "--json"
    )

    _code, again, _ = command(service, "roster", "approve", "--angkatan", "1", "--by", "Rina", "--programme", FIRST)

    assert again.strip() == "Nobody waits for approval."
    assert (both, one) == (2, 0)
    assert f"Say which with --programme: {FIRST}, {SECOND}." in " ".join(said.split())
    assert json.loads(told)["approved"] == 3
    with service.database.reading() as connection:
        [_, noted] = [each for each in recorded_accesses(connection, [], 99) if each.action == "roster approve"]
    assert (noted.programme, noted.people) == (FIRST, 3)


def test_what_is_mistyped_makes_no_database_and_what_was_recorded_is_shown_under_its_old_id(
    service: Service, command: Command
) -> None:
    command(service, "sync", "--programme", SECOND)
    text = service.config.read_text(encoding="utf-8")
    service.config.write_text(text.replace(f'id = "{SECOND}"', 'id = "latsar-new"'), encoding="utf-8")
    old, shown, _ = command(service, "runs", "--programme", SECOND, "--json")
    empty = text.replace("/latsar.db", "/none.db")
    service.config.write_text(empty, encoding="utf-8")
    wrong = [command(service, *words, "--programme", "zz")[0] for words in (("sync",), ("import", "fetch"))]

    assert (old, [each["programme"] for each in json.loads(shown)]) == (0, [SECOND])
    assert wrong == [2, 2]
    assert not service.config.with_name("none.db").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["threshold", "set", "75", "--legal-basis", "SK 2", "--by", "Rina", "--effective-from", ""],
        ["threshold", "set", "7_5", "--legal-basis", "SK 2", "--by", "Rina"],
        ["retention", "apply", "--by", "Rina", "--ended", ""],
        ["export", "letters", "call-up", "-o", ".", "--date", ""],
        ["export", "recap", "-o", "rekap.xlsx", "--columns", ""],
        ["export", "chase", "-o", "kejar.xlsx", "--place", "Utara"],
        ["roster", "--json", "-o", "peserta.csv"],
        ["export", "accounts", "-o", "akun.xlsx"],
        ["import", "example", "scores", "-o", "contoh.csv"],
        ["access-log"],
    ],
)
def test_what_a_script_left_empty_or_nobody_knows_is_refused(
    service: Service, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    of = "latsar-c" if arguments == ["access-log"] else SECOND
    code, _, said = command(service, *arguments, "--programme", of)

    assert code == 2, said
    assert service.count("thresholds") == 0


def test_scores_are_looked_at_by_anybody_and_imported_in_somebodys_name(service: Service, command: Command) -> None:
    looked, imported = (
        command(service, "import", "scores", "tiada.csv", "--programme", SECOND, *more) for more in ([], ["--apply"])
    )

    assert (looked[0], imported[0]) == (2, 2)
    assert "tiada.csv" in looked[2]
    assert "--apply needs --by NAME" in imported[2]


def test_a_certificate_file_that_is_missing_stops_only_what_asks_its_site(service: Service, command: Command) -> None:
    command(service, "sync", "--programme", SECOND)
    service.config.write_text(
        service.config.read_text(encoding="utf-8").replace("[sites.mooc]\n", '[sites.mooc]\nca_bundle = "no.pem"\n')
    )

    with service.database.writing() as connection:
        for site in ("kelas", "no_longer_configured"):
            note_failure(connection, site, "no answer", now())

    ran, shape, _ = command(service, "sync", "--json")
    stands, told, _ = command(service, "status", "--json")

    assert ran == 2
    assert "sites.mooc.ca_bundle" in json.loads(shape)["error"]
    assert service.count("runs") == 1
    assert stands == 0
    assert [each["site"] for each in json.loads(told)["quarantine"]] == ["kelas"]
    assert [each["key"] for each in json.loads(told)["files_not_there"]] == ["sites.mooc.ca_bundle"]
    assert [command(service, *words)[0] for words in (["status"], ["roster"], ["participants", "--json"])] == [0, 0, 0]


def test_a_copy_under_a_name_that_is_no_text_is_wrong_usage(service: Service, command: Command, tmp_path: Path) -> None:
    code, _, told = command(service, "db", "backup", tmp_path / "salin\udcffan.db")

    assert code == 2
    assert "FILE holds characters that cannot be printed" in told
