"""A site that has another name in the configuration, at the same address: what is recorded of it goes on (rule 22)."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from service import PROGRAMME, TOKENS, Service, ServiceFactory
from sqlalchemy import text

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.rules.sent_messages import Message, MessageEvent
from latsar_sync.settings import load_settings
from latsar_sync.store import accounts, messages
from latsar_sync.store.tables import metadata

ANI, BUDI = (str(CASES["passed"][number]) for number in (2, 4))
CICI = str(CASES["score_exactly_70"][0])
"""Three of angkatan I whom the first run enrols."""
LATE = str(CASES["score_69_99999"][0])
"""Somebody whom it does not."""
BY = ("--reason", "surat 12/2026", "--by", "Siti")
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def service(make_service: ServiceFactory, database_url: str) -> Service:
    """Give the service after its first run, on either database."""
    service = make_service(database_url)
    assert service.first_run().run.outcome is RunOutcome.OK
    return service


def renamed(service: Service, **names: str) -> Service:
    """Return the service whose sites have other names in the configuration."""
    text = service.config.read_text("utf-8")
    for old, new in names.items():
        text = text.replace(f"[sites.{old}]", f"[sites.{new}]").replace(f'site = "{old}"', f'site = "{new}"')
    service.config.write_text(text, "utf-8")
    return Service(service.config, load_settings(service.config, TOKENS), service.database, service.campus)


def names_kept(service: Service) -> set[str]:
    """Return every name of a site that anything of the programme is kept under."""
    found = set()
    with service.database.reading() as connection:
        for table in metadata.sorted_tables:
            if "site" in table.c and ("programme" in table.c or "participant_id" in table.c):
                found |= set(connection.execute(text(f"SELECT DISTINCT site FROM {table.name}")).scalars())
    return found - {None}


def sites_of_findings(service: Service) -> str:
    with service.database.reading() as connection:
        [content] = connection.execute(text("SELECT content FROM baselines")).scalars()
    return content if isinstance(content, str) else json.dumps(content)


def test_what_is_recorded_of_a_renamed_site_goes_by_its_new_name(
    service: Service, campus: Campus, command: Command
) -> None:
    kelas = campus.kelas
    other = kelas.add_user("Ani", "Kedua", username="ani.kedua").id
    kelas.enrol("KLS-I", other)
    kelas.add_member("KLS-I", "Angkatan I", other)
    kelas.unenrol("KLS-I", kelas.user_id(ANI))
    assert command(service, "identity", "account", ANI, "--user", str(other), *BY)[0] == 0
    assert command(service, "roster", "move", BUDI, "--to", "II", *BY)[0] == 0
    kelas.unenrol("KLS-I", kelas.user_id(CICI))
    assert service.run(full=True).run.outcome is RunOutcome.OK
    before = {nip: (row["state"], row["roster_reason"]) for nip, row in service.roster().items()}
    assert (before[ANI][0], before[BUDI][0], before[CICI][0]) == ("confirmed", "confirmed", "withdrawn")

    with service.database.writing() as connection:
        for recipient in ("kelas:7", "kelas:group:3"):
            told = Message(MessageEvent.ARRIVALS, "kelas", 7, recipient, "3/2026-12-01", "")
            messages.write_ahead(connection, PROGRAMME, told, None, 1, datetime.now(UTC))
        now, bound = datetime.now(UTC), ("kelas/KLS-I",)
        manager = Account("dosen", Role.VIEWER, None, bound, "uji", now, has_password=False, has_token=False)
        accounts.add_account(connection, manager, None)
    kelas.set_manual_enrolment("KLS-II", enabled=False)
    held_before = service.run(full=True)

    service = renamed(service, kelas="lms", mooc="belajar")
    kelas.unenrol("KLS-I", kelas.user_id(BUDI))
    held = service.run(full=True)

    assert [each.subject for each in held_before.run.findings] == ["kelas/KLS-II"]
    assert [each.subject for each in held.run.findings] == ["lms/KLS-II"], held.error
    assert "Site kelas is called lms in the configuration now" in " ".join(held.run.messages)
    kelas.set_manual_enrolment("KLS-II", enabled=True)
    result = service.run(full=True)
    assert (result.run.outcome, result.run.counts["pushed"]) == (RunOutcome.OK, 0), result.error
    assert {nip: (row["state"], row["roster_reason"]) for nip, row in service.roster().items()} == before
    assert names_kept(service) == {"belajar", "lms"}
    assert "kelas/" not in sites_of_findings(service)
    with service.database.reading() as connection:
        told = {recipient for _event, recipient, _occasion in messages.load_messages(connection, PROGRAMME)}
        bound = [each.courses for each in accounts.all_accounts(connection) if each.name == "dosen"]
    assert {"lms:7", "lms:group:3"} <= told
    assert bound == [("lms/KLS-I",)]
    _code, said, _ = command(service, "roster", "--json")
    [line] = [each for each in json.loads(said) if each["nip"] == BUDI]
    assert line["left_behind"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_account_that_was_chosen_on_a_site_is_not_looked_for_on_another_one_of_the_same_name(
    service: Service, campus: Campus, command: Command
) -> None:
    """The user id may mean somebody else there. Who sits there by the same account as before was left nowhere: it is
    the same site, at another address, and nobody may be told to take them out of it. Whoever goes there by their NIP is
    not sent by one that they carry no more.
    """
    kelas = campus.kelas
    stranger = kelas.add_user("Orang", "Lain", username="orang.lain").id
    assert command(service, "identity", "account", ANI, "--user", str(stranger), *BY)[0] == 0
    other = kelas.add_user("Orang", "Ketiga", username="orang.ketiga").id
    assert command(service, "identity", "account", LATE, "--user", str(other), *BY)[0] == 0
    with service.database.writing() as connection:
        for table in ("course_places", "course_sightings", "site_addresses"):
            connection.execute(text(f"UPDATE {table} SET address = 'https://lama.example.go.id' WHERE site = 'kelas'"))

    held = service.run(full=True)
    released = service.run(full=True, accept=True, by="Rina")

    assert {each.code for each in held.run.findings} == {"target_replaced"}
    assert "The accounts in class of 2 people were chosen on a site" in " ".join(held.run.messages)
    assert released.run.outcome is RunOutcome.OK, released.error
    row = service.roster()[ANI]
    assert (row["state"], row["roster_reason"]) == ("confirmed", None)
    assert stranger not in kelas.course("KLS-I").enrolments
    _code, said, _ = command(service, "roster", "--json")
    lines = {each["nip"]: each for each in json.loads(said)}
    assert lines[BUDI]["left_behind"] == []

    said = []

    def correct(_programme: str, step: Step, _count: int) -> None:
        if step is Step.ENROL and not said:
            said.append(command(service, "identity", "correct", LATE, "--to", "199001012025031001", *BY)[0])

    mooc = campus.mooc
    mooc.set_grade(mooc.user_id(LATE), mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90))
    service.run(full=True, progress=correct)

    assert said == [0]
    assert all(kelas.user_id(LATE) not in kelas.course(f"KLS-{each}").enrolments for each in ("I", "II", "III"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_address_that_is_spelled_otherwise_is_the_same_site(service: Service) -> None:
    written = service.config.read_text("utf-8")
    spelled = written.replace("http://127.0.0.1", "http://localhost")
    service.config.write_text(spelled, "utf-8")
    with service.database.writing() as connection:
        for table in ("course_places", "course_sightings", "site_addresses"):
            connection.execute(text(f"UPDATE {table} SET address = replace(address, '127.0.0.1', 'LOCALHOST')"))

    service = Service(service.config, load_settings(service.config, TOKENS), service.database, service.campus)

    assert service.run(full=True).run.findings == ()
