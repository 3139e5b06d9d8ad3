"""The command line as people and schedulers use it: a process with arguments, two streams and an exit code."""

import json
import re
import signal
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest
from office import Office
from service import PROGRAMME
from typed_commands import only_json, plain_error
from unattended import wait_for

from latsar_sync.demo import Campus, Fault
from latsar_sync.store.leases import Lease, holders


def commands_in(help_text: str) -> list[str]:
    """Return the commands that a help text lists."""
    listed = help_text.partition("Commands")[2]
    return re.findall(r"^\W*([a-z][a-z-]+)  ", listed, flags=re.MULTILINE)


def test_every_command_that_the_help_lists_has_a_help_of_its_own(settled: Office) -> None:
    top = settled.run("--help")
    listed = commands_in(top.out)
    helps = settled.run_all([[name, "--help"] for name in listed])
    below = [
        [name, command, "--help"]
        for name, ended in zip(listed, helps, strict=True)
        for command in commands_in(ended.out)
    ]
    helps += settled.run_all(below)

    assert {"demo", "sync", "plan", "roster", "participants", "explain", "threshold", "runs", "status", "db"} <= set(
        listed
    )
    assert {("roster", "approve"), ("threshold", "set"), ("threshold", "show"), ("db", "upgrade")} <= {
        (name, command) for name, command, _ in below
    }
    for ended in helps:
        assert (ended.code, ended.err) == (0, "")
        assert "Usage" in ended.out
    assert "75" in top.out


def test_the_version_is_told_without_a_configuration(campus: Campus, tmp_path: Path) -> None:
    ended = Office(tmp_path, campus, environment={}).run("--version")

    assert (ended.code, ended.err) == (0, "")
    assert re.fullmatch(r"latsar-sync \d+\.\d+.*\n", ended.out)


def test_nothing_typed_shows_the_help(settled: Office) -> None:
    ended = settled.run()

    assert "Usage" in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_a_run_that_did_its_work_exits_0_and_the_second_has_nothing_left_to_do(office: Office) -> None:
    first, second = office.start_and_wait("sync", "--json"), office.run("sync", "--json")

    assert (first.code, second.code) == (0, 0)
    assert (first.err, second.err) == ("", "")
    assert only_json(first)["programmes"][0]["confirmed"] == 68
    assert only_json(second)["programmes"][0]["pushed"] == 0


def test_a_run_in_which_all_failed_exits_1(office: Office) -> None:
    office.campus.faults.add(Fault("bad_gateway", site="mooc"))

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert only_json(ended)["outcome"] == "failed"
    assert "502" in only_json(ended)["programmes"][0]["error"]


def test_a_bad_configuration_exits_2_before_anything_runs(office: Office) -> None:
    office.config.write_text(office.config.read_text(encoding="utf-8") + '\n[sites.third]\nurl = "x"\n', "utf-8")

    ended = office.run("sync", "--json")

    assert ended.code == 2
    assert only_json(ended)["outcome"] == "failed"
    assert office.campus.log == []
    assert not (office.folder / "data").exists()


def test_a_run_done_in_part_exits_3(office: Office) -> None:
    office.campus.kelas.set_manual_enrolment("KLS-II", enabled=False)

    ended = office.run("sync", "--json")

    assert ended.code == 3
    [programme] = only_json(ended)["programmes"]
    assert programme["outcome"] == "partial"
    assert programme["confirmed"] > 40
    assert any("KLS-II" in message for message in programme["messages"])


def test_a_run_that_a_guard_held_exits_4_and_is_released_by_a_named_person(office: Office) -> None:
    office.configure(programme="guards.max_push = 5")

    held, accepted = (
        office.run("sync", "--json"),
        office.run("sync", "--accept", "--by", "Sekretaris", "--json"),
    )

    assert (held.code, accepted.code) == (4, 0)
    [programme] = only_json(held)["programmes"]
    assert (programme["outcome"], programme["pushed"]) == ("guarded", 0)
    assert programme["findings"]
    assert only_json(accepted)["programmes"][0]["accepted_by"] == "Sekretaris"
    # two of the 68 were found in their course and group already by the run that was held
    assert (programme["confirmed"], only_json(accepted)["programmes"][0]["confirmed"]) == (2, 66)


@pytest.mark.parametrize("command", [["sync"], ["plan"]])
def test_a_run_that_finds_the_programme_held_exits_75_and_says_who_holds_it(
    settled: Office, command: list[str]
) -> None:
    database = settled.database()
    with Lease(database, PROGRAMME, lambda: datetime.now(UTC)):
        [as_json, as_text] = settled.run_all([[*command, "--json"], command])
    database.close()

    assert (as_json.code, as_text.code) == (75, 75)
    assert "since" in json.dumps(only_json(as_json))
    assert "is held by another run" in " ".join((as_text.out + as_text.err).split())


def test_undetermined_and_unmatched_people_do_not_change_the_exit_code(settled: Office) -> None:
    [ended, roster] = settled.run_all([["sync", "--json"], ["roster", "--json"]])

    assert ended.code == 0
    assert only_json(ended)["programmes"][0]["undetermined"] > 0
    assert any(line["state"] == "review" for line in roster.json)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_stopped_by_the_keyboard_or_a_service_manager_says_so_and_leaves_no_lease(
    office: Office, number: signal.Signals
) -> None:
    writing, released = Event(), Event()

    def wait(_function: str, _parameters: dict[str, Any]) -> None:
        writing.set()
        released.wait(timeout=60)

    office.campus.before_write = wait
    process = office.start("sync", "--json")
    assert writing.wait(timeout=60)
    process.send_signal(number)
    Timer(0.3, released.set).start()
    out, err = process.communicate(timeout=60)
    office.campus.before_write = None

    assert process.returncode == 128 + number
    assert "Traceback" not in err
    assert "Stopped." in err
    assert json.loads(out)["outcome"] == "failed"
    with closing(office.database()) as database:
        assert holders(database) == []


def test_a_run_that_waits_for_a_site_is_stopped_at_once_and_leaves_no_lease(office: Office) -> None:
    hangs = office.campus.faults.add(Fault("slow", site="mooc", function="gradereport_user_get_grade_items", seconds=9))
    process = office.start("sync", "--json")
    wait_for(lambda: hangs.hits, "the request that hangs")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=8)
    office.campus.faults.clear()

    assert process.returncode == 130
    assert "Traceback" not in err
    assert json.loads(out)["outcome"] == "failed"
    with closing(office.database()) as database:
        assert holders(database) == []


@pytest.mark.parametrize(
    "command",
    [
        ["sync", "--programme", "no-such-programme"],
        ["plan", "--programme", "no-such-programme"],
        ["roster", "--programme", "no-such-programme"],
        ["participants", "--programme", "no-such-programme"],
        ["threshold", "show", "--programme", "no-such-programme"],
        ["runs", "--programme", "no-such-programme"],
        ["explain", "199508172025042003"],
        ["sync", "--participant", "123"],
        ["sync", "--accept"],
        ["sync", "--by", "Sekretaris"],
        ["sync", "--accept", "--by", "Sekretaris"],
        ["sync", "--accept", "--by", "Sekretaris", "--dry-run"],
        ["sync", "--no-such-option"],
        ["no-such-command"],
        ["participants", "--state", "no-such-state"],
        ["explain"],
        ["roster", "--format", "no-such-format"],
        ["roster", "approve"],
        ["threshold", "set", "70"],
        ["runs", "--limit", "0"],
        ["demo", "--fault", "no-such-fault", "--serve"],
        ["demo", "--fault", "slow"],
        ["demo", "--port", "70000"],
        ["demo", "--folder", "config/latsar.toml"],
    ],
)
def test_a_mistake_in_the_call_is_json_too_and_exits_2(settled: Office, command: list[str]) -> None:
    [ended, spoken] = settled.run_all([[*command, "--json"], command])

    shape = only_json(ended)
    assert (ended.code, spoken.code) == (2, 2)
    assert shape["outcome"] == "failed"
    assert shape["error"]
    assert "Traceback" not in spoken.err
    assert spoken.err


def test_a_nip_that_nobody_in_the_mooc_carries_is_found_by_the_run_and_exits_1(settled: Office) -> None:
    command = ["sync", "--participant", "199508172025042003"]
    [ended, spoken] = settled.run_all([[*command, "--json"], command])

    assert (ended.code, spoken.code) == (1, 1)
    assert "1995**********2003" in only_json(ended)["error"]
    assert "1995**********2003" in spoken.err
    assert "199508172025042003" not in ended.out + spoken.out + spoken.err


def test_a_failed_run_carries_its_error_at_the_top_of_the_json(office: Office) -> None:
    office.campus.faults.add(Fault("maintenance", site="mooc"))

    ended = office.run("sync", "--json")

    assert only_json(ended)["outcome"] == "failed"
    assert "maintenance" in only_json(ended)["error"]


def test_progress_goes_to_the_error_stream_and_results_to_the_other(office: Office) -> None:
    ended = office.run("sync")

    assert ended.code == 0
    assert f"{PROGRAMME}: 11/14 enrol" in ended.err
    assert "11/14" not in ended.out
    assert "68 confirmed" in ended.out


def test_the_demonstration_runs_twice_pushes_nothing_the_second_time_and_exits_0(
    tmp_path_factory: pytest.TempPathFactory, campus: Campus
) -> None:
    office = Office(tmp_path_factory.mktemp("demo"), campus, environment={})

    ended = office.start_and_wait("demo", "--json")

    assert (ended.code, ended.err) == (0, "")
    first, second = only_json(ended)["runs"]
    assert first["programmes"][0]["confirmed"] == 68
    assert (second["outcome"], second["programmes"][0]["pushed"], second["programmes"][0]["confirmed"]) == ("ok", 0, 0)


def test_the_demonstration_does_not_empty_a_folder_that_is_not_its_own(office: Office) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data" / "precious.txt").write_text("ours", encoding="utf-8")

    ended = office.run("demo", "--folder", "data")

    assert ended.code == 2
    assert "data" in plain_error(ended)
    assert (office.folder / "data" / "precious.txt").read_text(encoding="utf-8") == "ours"


def test_a_port_in_use_leaves_the_demonstration_before_as_it_was(office: Office) -> None:
    before = office.folder / "data" / "demo"
    before.mkdir(parents=True)
    for name in (".latsar-demo", "latsar.db"):
        (before / name).touch()

    ended = office.run("demo", "--port", str(office.campus.port))

    assert ended.code == 2
    assert str(office.campus.port) in plain_error(ended)
    assert {each.name for each in before.iterdir()} == {".latsar-demo", "latsar.db"}


def test_with_an_open_umask_everything_that_is_made_is_its_owners_alone(office: Office) -> None:
    before = {*office.folder.rglob("*")}

    codes = [office.run("db", *each, umask=0).code for each in (["upgrade"], ["backup", "ab/lage/kopie.db"])]

    made = {*office.folder.rglob("*")} - before
    assert {"latsar.db", "kopie.db", "lage"} <= {each.name for each in made}
    assert codes == [0, 0]
    assert [str(each) for each in made if each.stat().st_mode & 0o077] == []
