"""Clearances in whole runs against the campus, and the commands that record them (rules 12 to 14)."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from seen_in_runs import is_in_class
from service import Command, Service, ServiceFactory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.request import RunOutcome, Step

PASSED, OTHER, THIRD = (str(CASES["passed"][number]) for number in (2, 4, 6))
"""Three people of angkatan I."""
NOT_YET = str(CASES["score_69_99999"][0])
TODAY = datetime.now(ZoneInfo("Asia/Jakarta")).date()  # as the programmes count it
STARTS = TODAY + timedelta(days=20)
LATER, EARLIER = str(STARTS), str(STARTS - timedelta(days=1))

HEALTH = '[programmes.clearances]\nparticipant = ["surat_sehat"]'
COVID = '[programmes.clearances]\npreset = "covid"'


def angkatan(*names: str, more: str = "") -> str:
    """Return angkatan of the campus that begin in twenty days, as TOML."""
    return "".join(
        f"""
[[programmes.angkatan]]
id = "{name}"
source_group = "Angkatan {name}"
site = "kelas"
course = "KLS-{name}"
role_id = 5
starts = {STARTS}
{more}
"""
        for name in names
    )


def strict(make_service: ServiceFactory, address: str, clearances: str = HEALTH, **more: str) -> Service:
    """Return the service for a programme that asks for papers."""
    return make_service(address, angkatan=angkatan("I", "II", "III") + clearances, **more)


def clear(command: Command, service: Service, *whose: str, kind: str = "surat_sehat", until: str = LATER) -> int:
    """Record a document and return the exit code."""
    words = ("--kind", kind, "--number", "440/7", "--issuer", "RSUD", "--date", str(TODAY), "--valid-until", until)
    return command(service, "clearance", "add", *whose, *words, "--by", "Siti")[0]


def codes(service: Service, nip: str) -> list[str]:
    return [code for code, _ in service.participants()[nip]["reasons"]]


def standing(service: Service, nip: str) -> tuple[str, str | None, str | None]:
    """Return somebody's decision, roster state and its reason."""
    row: Mapping[str, Any] = service.participants()[nip]
    return row["outcome"], row["state"], row["roster_reason"]


def test_only_whoever_has_a_valid_paper_enters_and_a_lapsed_one_undoes_nothing(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = strict(make_service, sqlite_url)
    first = service.first_run()
    clear(command, service, PASSED)
    clear(command, service, OTHER, until=EARLIER)
    service.run()
    entered = (standing(service, PASSED), standing(service, OTHER), codes(service, OTHER), codes(service, THIRD))

    code, _, _ = command(service, "clearance", "revoke", "1", "--reason", "Palsu", "--by", "Siti")
    service.run()
    quiet = (service.count("decisions"), service.count("roster_events"))
    service.run()
    lapsed, still_there = standing(service, PASSED), is_in_class(campus, PASSED)
    clear(command, service, PASSED)
    mended = service.run()

    assert (first.run.counts["qualified"], first.run.counts["pushed"]) == (0, 0)
    assert entered == (
        ("qualified", "confirmed", None),
        ("not_yet", None, None),
        ["clearance_expired"],
        ["clearance_missing"],
    )
    assert code == 0
    assert (lapsed, still_there) == (("not_yet", "review", "clearance_unmet"), True)
    assert quiet == (service.count("decisions") - 1, service.count("roster_events") - 1)
    assert standing(service, PASSED) == ("qualified", "confirmed", None)
    assert mended.run.counts["pushed"] == 0


def test_of_two_accounts_of_one_person_a_paper_that_is_good_for_neither_lets_nobody_in(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = strict(make_service, sqlite_url)
    service.first_run()
    clear(command, service, OTHER, until=EARLIER)
    clear(command, service, THIRD)
    why = ("--reason", "surat", "--by", "Siti")
    assert command(service, "identity", "merge", OTHER, THIRD, "--although-different", *why)[0] == 0
    assert command(service, "clearance", "revoke", "2", *why)[0] == 0
    service.run()
    refused = standing(service, OTHER), codes(service, OTHER), is_in_class(campus, OTHER)
    clear(command, service, OTHER)
    service.run(nip=OTHER)

    assert refused == (("not_yet", None, None), ["clearance_expired"], False)
    assert standing(service, OTHER) == ("qualified", "confirmed", None)


def test_a_paper_is_held_against_the_first_day_in_class_wherever_that_is_moved(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = strict(make_service, sqlite_url)
    clear_until = {PASSED: LATER, OTHER: EARLIER}

    def begins(day: date) -> None:
        mine = service.settings.programmes[0]
        moved = tuple(each.model_copy(update={"starts": day}) for each in mine.angkatan)
        changed = mine.model_copy(update={"angkatan": moved})
        service.settings = service.settings.model_copy(update={"programmes": (changed,)})

    service.first_run()
    for who, until in clear_until.items():
        clear(command, service, who, until=until)
    service.run()
    begins(STARTS + timedelta(days=7))
    service.run()
    later, still_there = standing(service, PASSED), is_in_class(campus, PASSED)
    begins(STARTS - timedelta(days=7))
    service.run()

    assert (later, still_there) == (("not_yet", "review", "clearance_unmet"), True)
    assert standing(service, PASSED) == ("qualified", "confirmed", None)
    assert standing(service, OTHER) == ("qualified", "confirmed", None)


def test_whoever_loses_a_paper_while_a_run_is_under_way_is_not_sent_by_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command
) -> None:
    service = strict(make_service, sqlite_url, f'{HEALTH}\nangkatan = ["satgas"]')
    service.first_run()
    ii = str(CASES["passed"][0])
    for who in (PASSED, OTHER, ii):
        clear(command, service, who)
    for name in ("I", "II"):
        clear(command, service, "--angkatan", name, kind="satgas")
    revoked = []

    def revoke(_programme: str, step: Step, _count: int) -> None:
        if step is Step.ENROL and not revoked:
            for number in ("1", "5"):  # of one person, and of the whole angkatan II
                revoked.append(command(service, "clearance", "revoke", number, "--reason", "Palsu", "--by", "Siti")[0])

    service.run(progress=revoke)
    service.run()

    assert revoked == [0, 0]
    assert [standing(service, who) for who in (PASSED, OTHER, ii)] == [
        ("not_yet", "review", "clearance_unmet"),
        ("qualified", "confirmed", None),
        ("not_yet", "review", "clearance_unmet"),
    ]
    enrolled = {user for name in ("I", "II") for user in campus.kelas.course(f"KLS-{name}").enrolments}
    assert [campus.kelas.user_id(who) in enrolled for who in (PASSED, OTHER, ii)] == [False, True, False]


def test_every_unmet_gate_is_listed_with_its_reason(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = strict(make_service, sqlite_url, COVID)

    service.first_run()
    _, shown, _ = command(service, "explain", NOT_YET, "--json")
    _, chased, _ = command(service, "participants", "--json")
    _, plan, _ = command(service, "plan", "--json")

    expected = ["score_below_threshold", "clearance_missing", "clearance_missing", "angkatan_clearance_missing"]
    explained = json.loads(shown)
    assert explained["decisions"][-1]["reasons"][:4] == expected
    [line] = [line for line in json.loads(chased) if line["nip"] == NOT_YET]
    assert line["reasons"][:4] == expected
    assert "Not on record: antigen test / PCR test." in line["missing"]
    assert json.loads(plan)["programmes"][0]["qualified"] == 0


def test_the_covid_set_admits_with_either_test_and_the_recommendation_of_the_course(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = strict(make_service, sqlite_url, COVID)
    service.run()
    for nip, kind in ((PASSED, "antigen"), (OTHER, "pcr")):
        assert clear(command, service, nip) == clear(command, service, nip, kind=kind) == 0
    assert clear(command, service, "--angkatan", "I", kind="rekomendasi_satgas") == 0

    result = service.run()

    assert (result.run.counts["qualified"], result.run.counts["pushed"]) == (2, 2)
    assert codes(service, THIRD) == ["clearance_missing", "clearance_missing"]


@pytest.mark.parametrize(
    ("effect", "rest", "admission"),
    [
        ("warn", "", "warned"),
        ("prioritise", f"fill_from = {TODAY - timedelta(days=2)}", "filled"),
        ("prioritise", f"fill_from = {TODAY + timedelta(days=2)}", None),
    ],
)
def test_the_effect_holds_for_papers_too_and_the_mooc_keeps_its_own(
    make_service: ServiceFactory, sqlite_url: str, effect: str, rest: str, admission: str | None
) -> None:
    service = strict(make_service, sqlite_url, f'{HEALTH}\neffect = "{effect}"', programme=rest)

    service.run()

    row = service.roster().get(PASSED)
    assert (row and row["admission"], row and row["state"]) == (admission, "confirmed" if admission else None)
    assert service.participants()[PASSED]["outcome"] == "not_yet"
    assert NOT_YET not in service.roster()


def test_a_person_admits_somebody_without_papers(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = strict(make_service, sqlite_url)
    service.first_run()

    command(service, "override", "admit", PASSED, "--reason", "Surat menyusul", "--by", "Ratna")
    service.run()

    assert standing(service, PASSED) == ("not_yet", "confirmed", None)


def test_a_classical_programme_has_no_mooc_gate_but_asks_for_papers(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = strict(make_service, sqlite_url, programme='method = "classical"')
    service.run()
    clear(command, service, NOT_YET)
    service.run()

    assert standing(service, NOT_YET) == ("qualified", "confirmed", None)
    assert codes(service, PASSED) == ["clearance_missing"]


def test_a_distance_programme_fills_an_online_course_and_asks_no_papers_of_those_without_a_course(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    online = '\n[[programmes.angkatan]]\nid = "II"\nsource_group = "Angkatan II"\n'
    service = make_service(sqlite_url, programme='method = "distance"', angkatan=angkatan("I", "III") + online + HEALTH)
    service.first_run()
    clear(command, service, PASSED)
    result = service.run()

    people = service.participants().values()
    of_two = [row["outcome"] for row in people if row["groups"] == ["Angkatan II"]]
    assert result.run.outcome is RunOutcome.OK
    assert standing(service, PASSED) == ("qualified", "confirmed", None)
    assert "qualified" in of_two
    assert not [row for row in service.roster().values() if row["angkatan"] == "II"]


def test_first_qualified_fills_only_the_course_that_has_its_recommendation(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    required = '[programmes.clearances]\nangkatan = ["rekomendasi_satgas"]'
    service = strict(make_service, sqlite_url, required, programme='placement = "first_qualified"')
    before = service.run()
    clear(command, service, "--angkatan", "II", kind="rekomendasi_satgas")
    service.run()

    assert before.run.counts["qualified"] == 0
    assert {row["angkatan"] for row in service.roster().values() if row["origin"] == "pushed"} == {"II"}


def test_the_commands_refuse_what_cannot_be_recorded_and_say_why(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = strict(make_service, sqlite_url)
    service.first_run()
    good = {
        "--kind": "surat_sehat",
        "--number": "1",
        "--issuer": "RSUD",
        "--date": str(TODAY),
        "--valid-until": LATER,
        "--by": "Siti",
    }

    def add(*whose: str, **changes: str) -> tuple[int, str]:
        words = good | {f"--{name}".replace("_", "-"): value for name, value in changes.items()}
        code, _, said = command(service, "clearance", "add", *whose, *[word for pair in words.items() for word in pair])
        return code, said

    refused = [
        add(PASSED, kind="surat_sehta"),
        add(PASSED, date=str(TODAY + timedelta(days=2))),
        add(PASSED, valid_until="2020-01-01"),
        add(PASSED, valid_until="besok"),
        add(PASSED, number=" "),
        add(PASSED, by=" "),
        add(PASSED, "--angkatan", "I"),
        add("--angkatan", "IX"),
        add(),
        add("199508172025042003"),
    ]
    first, twice = add(PASSED), add(PASSED)

    assert [code for code, _ in refused] == [2] * len(refused)
    assert 'Did you mean "surat_sehat"?' in refused[0][1]
    assert (first[0], twice[0]) == (0, 2)
    assert service.count("clearances") == 1


def test_a_clearance_is_revoked_once_and_the_list_shows_it(
    make_service: ServiceFactory, sqlite_url: str, command: Command
) -> None:
    service = strict(make_service, sqlite_url)
    service.first_run()
    clear(command, service, PASSED)
    clear(command, service, PASSED, until=str(TODAY))
    clear(command, service, "--angkatan", "I", kind="rekomendasi_satgas")
    words = ("--reason", "Salah orang", "--by", "Ratna")

    codes = [command(service, "clearance", "revoke", number, *words)[0] for number in ("1", "1", "9")]
    _, listed, _ = command(service, "clearance", "list", "--json")
    _, shown, _ = command(service, "clearance", "list")
    _, of_one, _ = command(service, "clearance", "list", "--angkatan", "I", "--json")
    _, of_others, _ = command(service, "clearance", "list", "--angkatan", "III", "--json")
    _, explained, _ = command(service, "explain", PASSED)

    lines = json.loads(listed)
    assert codes == [0, 2, 2]
    assert [(line["no"], line["state"]) for line in lines] == [(1, "revoked"), (2, "valid"), (3, "valid")]
    assert (lines[0]["revoked_by"], lines[0]["revoked_reason"]) == ("Ratna", "Salah orang")
    assert (lines[0]["nip"], lines[2]["nip"], lines[2]["angkatan"]) == (PASSED, None, "I")
    assert [line["no"] for line in json.loads(of_one)] == [3]
    assert json.loads(of_others) == []
    assert "angkatan I" in shown
    assert explained.count("health letter, 440/7 of RSUD") == 2


# From a file


def write(folder: Path, *lines: str, heading: str = "nip;angkatan;jenis;nomor;penerbit;tanggal;berlaku sampai") -> Path:
    file = folder / "surat.csv"
    file.write_text("\n".join((heading, *lines)), encoding="utf-8-sig")
    return file


def test_a_file_is_tried_first_then_taken_whole_and_only_once(
    make_service: ServiceFactory, database_url: str, command: Command, tmp_path: Path
) -> None:
    service = strict(make_service, database_url)
    service.first_run()
    day = f"{TODAY:%d/%m/%Y}"
    lines = (f"'{PASSED};;surat_sehat;1;RSUD;{day};{LATER}", f";I;rekomendasi_satgas;2;Satgas;{day};{LATER}", ";;;;;;")
    words = ("clearance", "import", str(write(tmp_path, *lines)), "--by", "Siti", "--json")

    tried = json.loads(command(service, *words)[1])
    before = service.count("clearances")
    taken = json.loads(command(service, *words, "--apply")[1])
    again = json.loads(command(service, *words, "--apply")[1])
    service.run()

    assert (tried["new"], tried["applied"], before) == (2, False, 0)
    assert (taken["new"], again["new"], again["already_recorded"]) == (2, 0, 2)
    assert service.count("clearances") == 2
    assert standing(service, PASSED) == ("qualified", "confirmed", None)


def test_one_bad_line_and_nothing_of_the_file_is_taken(
    make_service: ServiceFactory, sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = strict(make_service, sqlite_url)
    service.first_run()
    good = f"{PASSED};;surat_sehat;1;RSUD;{TODAY};{LATER}"
    file = write(
        tmp_path,
        good,
        good,
        f"{PASSED};I;surat_sehat;1;RSUD;{TODAY};{LATER}",
        f";IX;surat_sehat;1;RSUD;{TODAY};{LATER}",
        f"199508172025042003;;surat_sehat;1;RSUD;{TODAY};{LATER}",
        f"{PASSED};;surat_sehat;;RSUD;{TODAY};{LATER}",
        f"{PASSED};;surat_sehat;1;RSUD;kemarin;{LATER}",
        f"{PASSED};;surat_sehta;1;RSUD;{TODAY};{LATER}",
        f"{PASSED};;surat_sehat;1",
        f"{CASES['nip_shared'][0]};;surat_sehat;1;RSUD;{TODAY};{LATER}",
    )

    code, out, said = command(service, "clearance", "import", str(file), "--by", "Siti", "--apply", "--json")

    problems = json.loads(out)["problems"]
    assert code == 2
    assert [problem.split(":")[0] for problem in problems] == [f"line {number}" for number in range(3, 12)]
    assert PASSED not in out + said
    assert service.count("clearances") == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"nip,kind\n1,2\n", "heading"),
        (b"nip,kind,number,issuer,date,valid_until\n", "no line holds a document"),
        (b"\x00\x01\x02", "neither an XLSX file nor text"),
        (b'nip,kind,number,issuer,date,valid_until\n"a"b,', "quotes"),
        (None, "was not taken"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_in_one_line(
    make_service: ServiceFactory,
    sqlite_url: str,
    command: Command,
    tmp_path: Path,
    content: bytes | None,
    told: str,
) -> None:
    service = strict(make_service, sqlite_url)
    file = tmp_path / "surat.csv"
    if content is not None:
        file.write_bytes(content)

    code, _, said = command(service, "clearance", "import", str(file), "--by", "Siti")

    assert code == 2
    assert told in said
    assert "Traceback" not in said


def test_a_workbook_is_taken_with_its_dates_and_a_nip_that_lost_digits_is_not(
    make_service: ServiceFactory, sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = strict(make_service, sqlite_url)
    service.first_run()

    def workbook(name: str, nip: object) -> str:
        with xlsxwriter.Workbook(str(tmp_path / name), {"default_date_format": "dd/mm/yyyy"}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["NIP", "Jenis", "Nomor", "Penerbit", "Tanggal", "Berlaku sampai"])
            sheet.write_row(1, 0, [nip, "surat_sehat", 7, "RSUD"])
            sheet.write_datetime(1, 4, datetime.combine(TODAY, time()))
            sheet.write_datetime(1, 5, datetime.combine(STARTS, time()))
        return str(tmp_path / name)

    lost = command(service, "clearance", "import", workbook("angka.xlsx", int(PASSED)), "--by", "Siti", "--apply")
    kept = command(service, "clearance", "import", workbook("teks.xlsx", PASSED), "--by", "Siti", "--apply")
    [document] = json.loads(command(service, "clearance", "list", "--json")[1])

    assert (lost[0], kept[0]) == (2, 0)
    assert (document["nip"], document["number"]) == (PASSED, "7")
    assert (document["date"], document["valid_until"]) == (TODAY.isoformat(), LATER)


def test_the_database_refuses_to_change_a_clearance(
    make_service: ServiceFactory, database_url: str, command: Command
) -> None:
    service = strict(make_service, database_url)
    service.first_run()
    clear(command, service, PASSED)
    command(service, "clearance", "revoke", "1", "--reason", "x", "--by", "Siti")

    for table in ("clearances", "clearance_revocations"):
        for statement in (f"UPDATE {table} SET version = 2", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="append-only"), service.database.writing() as connection:
                connection.execute(text(statement))


@pytest.mark.parametrize(
    ("effect", "ground"), [('effect = "warn"', "warned"), ('effect = "prioritise"\nfill_from = 2020-01-01', "filled")]
)
def test_whoever_qualifies_first_fills_a_course_without_its_paper_on_the_ground_of_the_effect(
    make_service: ServiceFactory, sqlite_url: str, command: Command, effect: str, ground: str
) -> None:
    """The next run says of them what their angkatan lacks, holds nobody for that, and leaves them where they are."""
    own, *since = effect.splitlines()
    required = f'[programmes.clearances]\nangkatan = ["rekomendasi_satgas"]\n{own}\n'
    placing = "\n".join((*since, 'placement = "first_qualified"'))
    few = angkatan("I", more="capacity = 3") + angkatan("III")
    service = make_service(sqlite_url, angkatan=few + required, programme=placing)
    clear(command, service, "--angkatan", "I", kind="rekomendasi_satgas")

    first, second = service.run(), service.run(full=True)
    judged = service.count("decisions")
    third = service.run(full=True)

    assert [each.run.outcome for each in (first, second, third)] == [RunOutcome.OK] * 3
    assert (second.run.counts["pushed"], third.run.counts["pushed"]) == (0, 0)
    rows = [row for row in service.roster().values() if row["state"] == "confirmed"]
    assert {(row["angkatan"], row["admission"], row["outcome"]) for row in rows} == {
        ("I", "rule", "qualified"),
        ("III", ground, "not_yet"),
    }
    assert {row["roster_reason"] for row in rows} == {None}
    assert service.count("decisions") == judged
    clear(command, service, "--angkatan", "III", kind="rekomendasi_satgas")
    service.run()
    assert {row["admission"] for row in service.roster().values() if row["state"] == "confirmed"} == {"rule"}
