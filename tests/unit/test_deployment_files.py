"""The files that an installation is made of agree with each other, with the program and with docs/deploy.md."""

import configparser
import os
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from latsar_sync import __version__
from latsar_sync.files import reading_pdf
from latsar_sync.service.meters import Meters
from latsar_sync.settings import ServiceSettings
from latsar_sync.store import accounts

ROOT = Path(__file__).parents[2]
DEPLOY = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
COMPOSE = (ROOT / "config/compose.yaml").read_text(encoding="utf-8")
CONTAINERFILE = (ROOT / "config/Containerfile").read_text(encoding="utf-8")
ALERTS = (ROOT / "config/alerts.yaml").read_text(encoding="utf-8")
DEFAULTS = ServiceSettings()


def unit() -> dict[str, dict[str, list[str]]]:
    """Return the systemd unit: section, key, and every value that the key is given."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in (ROOT / "config/latsar-sync.service").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = match[1]
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(section, {}).setdefault(key, []).append(value)
    return found


UNIT = unit()
SERVICE = {key: values[-1] for key, values in UNIT["Service"].items()}


def seconds(text: str) -> float:
    """Return a time of compose ("60s") or of systemd ("60") in seconds."""
    return float(text.removesuffix("s"))


def block(text: str, key: str, indent: int) -> str:
    """Return what stands below a key of a YAML file, given how far the key is indented."""
    pad = " " * indent
    match = re.search(rf"^{pad}{re.escape(key)}:[^\n]*\n((?:{pad} +[^\n]*\n|\s*\n)*)", text, re.MULTILINE)
    assert match, key
    return match[1]


def image_references() -> list[str]:
    """Return every image that the Containerfile and the compose file start from."""
    return re.findall(r"^(?:ARG PYTHON_IMAGE=| +image: )(\S+)", CONTAINERFILE + COMPOSE, re.MULTILINE)


def test_systemd_waits_for_the_daemon_s_own_word_and_for_its_sign_of_life() -> None:
    assert (SERVICE["Type"], SERVICE["NotifyAccess"], SERVICE["Restart"]) == ("notify", "main", "always")
    # the loop may wait 30 s for a locked database and 5 s more, and gives its sign of life every half of this
    assert float(SERVICE["WatchdogSec"]) / 2 > 35


def test_systemd_and_the_container_give_the_step_in_hand_the_time_that_the_configuration_promises() -> None:
    [grace] = re.findall(r"stop_grace_period: (\S+)", COMPOSE)

    assert seconds(SERVICE["TimeoutStopSec"]) >= 2 * float(DEFAULTS.stop_within)
    assert seconds(grace) >= 2 * float(DEFAULTS.stop_within)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("PrivateUsers", "yes"),
        ("CapabilityBoundingSet", ""),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX"),
        ("RestrictNamespaces", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("SystemCallArchitectures", "native"),
        ("UMask", "0077"),
        ("LimitCORE", "0"),
        ("User", "latsar-sync"),
    ],
)
def test_the_unit_takes_away_what_the_daemon_does_not_need(key: str, value: str) -> None:
    assert SERVICE[key] == value


def test_what_reads_strangers_files_never_takes_the_memory_of_the_service() -> None:
    [limit] = re.findall(r"mem_limit: (\d+)g", COMPOSE)
    files = reading_pdf.AT_ONCE * reading_pdf.MOST_MEMORY
    passwords = accounts.CHECKED_AT_ONCE * PasswordHasher().memory_cost * 1024

    assert SERVICE["MemoryMax"] == f"{limit}G"
    assert files + passwords + 200_000_000 < int(limit) * 1_000_000_000
    assert SERVICE["OOMPolicy"] == "continue"


def test_the_unit_allows_only_the_system_calls_of_a_service() -> None:
    assert UNIT["Service"]["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_the_unit_leaves_proc_readable_since_leases_look_there_for_their_holder() -> None:
    assert "ProtectProc" not in SERVICE
    assert "ProcSubset" not in SERVICE


def test_the_unit_is_installed_where_the_documentation_says() -> None:
    program, option, config, command = SERVICE["ExecStart"].split()

    assert (option, command) == ("--config", "run")
    for path in (program, config, SERVICE["EnvironmentFile"], f"/var/lib/{SERVICE['StateDirectory']}"):
        assert path in DEPLOY, path
    assert SERVICE["WorkingDirectory"] == f"/var/lib/{SERVICE['StateDirectory']}"
    assert SERVICE["EnvironmentFile"] == str(Path(config).parent / ".env")
    assert UNIT["Install"]["WantedBy"] == ["multi-user.target"]


def test_the_unit_is_one_that_any_reader_of_such_files_understands() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string((ROOT / "config/latsar-sync.service").read_text(encoding="utf-8"))

    assert parser.sections() == ["Unit", "Service", "Install"]


def test_every_image_has_a_name_with_a_version() -> None:
    found = image_references()

    assert len(found) == 3
    for image in found:
        name, _, tag = image.rpartition(":")
        assert name
        assert re.match(r"\d", tag), image


def test_the_image_that_is_built_carries_the_version_of_the_program() -> None:
    version = ".".join(__version__.split(".")[:2])

    assert f"image: localhost/latsar-sync:{version}\n" in COMPOSE
    assert f"--tag localhost/latsar-sync:{version} " in CONTAINERFILE


def test_what_the_containerfile_copies_is_there_and_is_let_into_the_build() -> None:
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / "config/Containerfile.dockerignore").read_text("utf-8"), re.MULTILINE))
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE) for name in line.split()[:-1]
    }

    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_containerfile_installs_the_locked_packages_and_leaves_root() -> None:
    assert "--require-hashes --requirement scripts/requirements.lock" in CONTAINERFILE
    assert re.findall(r"^USER (.+)$", CONTAINERFILE, re.MULTILINE) == ["10001:10001"]
    assert 'user: "10001:10001"' in COMPOSE


def test_the_packages_that_the_image_installs_include_the_driver_of_its_database() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    [driver] = [re.split(r"[\[>]", each)[0] for each in extras["postgres"]]

    assert re.search(rf"^{driver}==", (ROOT / "scripts/requirements.lock").read_text("utf-8"), re.MULTILINE)


def test_the_compose_file_keeps_both_containers_read_only_and_without_rights() -> None:
    services = block(COMPOSE, "services", 0)

    for name in ("latsar-sync", "database"):
        service = block(services, name, 2)
        assert "read_only: true" in service
        assert "cap_drop: [ALL]" in service
        assert "no-new-privileges:true" in service


def test_the_compose_file_opens_the_daemon_to_this_machine_only_and_the_database_to_nobody() -> None:
    services = block(COMPOSE, "services", 0)
    ports = re.findall(r'"([^"]+:\d+)"', block(block(services, "latsar-sync", 2), "ports", 4))

    assert ports == [f"127.0.0.1:{DEFAULTS.port}:{DEFAULTS.port}"]
    assert "ports:" not in block(services, "database", 2)
    assert "internal: true" in block(block(COMPOSE, "networks", 0), "inside", 2)
    assert "- outside" not in block(services, "database", 2)


def test_the_container_is_well_while_the_daemon_says_so() -> None:
    assert f"http://127.0.0.1:{DEFAULTS.port}/healthz" in block(block(COMPOSE, "services", 0), "latsar-sync", 2)


def test_every_secret_of_the_compose_file_is_a_file_that_the_documentation_tells_to_make() -> None:
    files = dict(re.findall(r"^  (\w+):\n    file: \./secrets/(\w+)$", block(COMPOSE, "secrets", 0), re.MULTILINE))
    used = set(re.findall(r"^      - (\w+)$", COMPOSE, re.MULTILINE)) & files.keys()

    assert used == files.keys() == set(files.values())
    for name in files:
        assert f"secrets/{name}" in DEPLOY, name
    assert not re.search(r"(PASSWORD|TOKEN): ", COMPOSE)


def test_nothing_that_lies_among_the_secrets_can_be_committed() -> None:
    assert "*" in (ROOT / "config/secrets/.gitignore").read_text(encoding="utf-8").splitlines()


def exported() -> set[str]:
    """Return the names of everything that /metrics tells."""
    meters = Meters(lambda: datetime.now(UTC))
    return {sample.name for family in meters.registry.collect() for sample in family.samples} | {
        f"{family.name}_total" if family.type == "counter" else family.name for family in meters.registry.collect()
    }


def test_the_alert_rules_ask_only_for_what_the_daemon_tells() -> None:
    expressions = re.findall(r"latsar_\w+", re.sub(r"#.*", "", ALERTS))

    assert expressions
    assert set(expressions) - exported() == set()


def test_there_is_an_alert_for_everything_that_needs_a_person() -> None:
    alerts = re.findall(r"^      - alert: (\w+)$", ALERTS, re.MULTILINE)

    assert alerts == [
        "LatsarDaemonDown",
        "LatsarGoodRunStale",
        "LatsarRunFailed",
        "LatsarRunGuarded",
        "LatsarSiteQuarantined",
        "LatsarPushesRejected",
    ]
    assert all(f"`{alert}`" in DEPLOY for alert in alerts)


@pytest.mark.parametrize("name", ["compose.yaml", "alerts.yaml"])
def test_the_yaml_files_are_indented_evenly_and_hold_no_tab(name: str) -> None:
    lines = (ROOT / "config" / name).read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if "\t" in line or (len(line) - len(line.lstrip(" "))) % 2] == []


@pytest.mark.parametrize(
    ("script", "environment", "told"),
    [
        ("demo", {"LANG": "en_GB.UTF-8"}, "made in"),
        ("demo", {"LANG": "en_GB", "LANGUAGE": "id"}, "dibuat di"),
        ("demo", {}, "dibuat di"),
        ("test", {"LANGUAGE": "id"}, "made in"),
    ],
    ids=["English", "Indonesian wanted", "nothing said", "for who works on it"],
)
def test_the_demo_speaks_the_language_that_the_program_speaks_there_and_the_other_scripts_english(
    script: str, environment: dict[str, str], told: str
) -> None:
    said = subprocess.run(
        ["bash", "-c", '. scripts/environment; say "made in" "dibuat di"', f"scripts/{script}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stderr == f"scripts/{script}: {told}\n"


@pytest.mark.parametrize(
    ("typed", "folders"), [([], ["./data/demo"]), (["--folder", "x"], ["x"]), (["--json", "--folder=x"], ["x"])]
)
def test_the_script_of_the_demo_names_its_folder_once(tmp_path: Path, typed: list[str], folders: list[str]) -> None:
    program = tmp_path / "bin" / "latsar-sync"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    ending = (ROOT / "scripts" / "demo").read_text(encoding="utf-8").partition("\ncase ")[2]

    told = subprocess.run(
        ["bash", "-c", f"here=. venv={tmp_path}\ncase {ending}", "demo", *typed],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.replace("=", "\n")

    words = told.split()
    assert [words[place + 1] for place, word in enumerate(words) if word == "--folder"] == folders
    assert words[0] == "demo"
