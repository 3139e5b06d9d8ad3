"""Setting a programme up on the campus: what is asked, what is taken as certain, what is written, and what never is."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from service import PROGRAMME, silent
from typer.testing import CliRunner

from latsar_sync.cli import app, init_answers
from latsar_sync.demo import Campus, seed_single_site
from latsar_sync.demo.rights import KELAS_TOKEN, MOOC_TOKEN, TARGET_CAPABILITIES, TARGET_FUNCTIONS
from latsar_sync.domain import language
from latsar_sync.domain.errors import LatsarError, UsageError
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.run import clients, pipeline
from latsar_sync.settings import ProgrammeSettings, Settings, SiteSettings, load_settings
from latsar_sync.setup import doctor
from latsar_sync.store.database import Database

LIMIT = ["--threshold", "70", "--legal-basis", "SK Kepala BPSDM 12/2026"]
EVALUATION = ["--evaluation", "EVAL-AKADEMIK"]


@dataclass
class Said:
    """How one call of init ended."""

    code: int
    out: str
    error: LatsarError | None


@dataclass
class Shell:
    """A folder in which somebody types init, and what it wrote there."""

    folder: Path
    campus: Campus

    @property
    def config(self) -> Path:
        return self.folder / "config" / "latsar.toml"

    @property
    def settings(self) -> Settings:
        return load_settings(self.config, os.environ)

    @property
    def programme(self) -> ProgrammeSettings:
        [programme] = self.settings.programmes
        return programme

    def init(self, *options: str, answers: list[str] | None = None) -> Said:
        """Type init with these options, and these answers one a line."""
        result = CliRunner().invoke(app, ["init", *options], input="\n".join([*(answers or []), ""]))
        error = result.exception if isinstance(result.exception, LatsarError) else None
        if result.exception is not None and not isinstance(result.exception, LatsarError | SystemExit):
            raise result.exception
        return Said(result.exit_code, result.output, error)

    def init_silently(self, *options: str) -> Said:
        """Type init --yes with the addresses of the campus and tokens from the environment."""
        return self.init("--yes", *self.sites, *options)

    @property
    def sites(self) -> list[str]:
        return ["--mooc-url", self.campus.mooc.url, "--class-url", self.campus.kelas.url]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = language.in_use()
    language.choose("en")
    yield
    language.choose(before)


@pytest.fixture
def shell(campus: Campus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, campus)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask the campus as fast as it answers; init, and a configuration by it, are polite to a real site."""

    def connect(name: str, site: SiteSettings) -> MoodleClient:
        return clients.connect(name, site.model_copy(update={"requests_per_second": 1000.0}))

    monkeypatch.setattr(doctor, "connect", connect)
    monkeypatch.setattr(init_answers, "ASK_ONCE", replace(init_answers.ASK_ONCE, requests_per_second=1000.0))


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LATSAR_CONFIG", "LATSAR_MOOC_TOKEN", "LATSAR_KELAS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def in_the_environment(monkeypatch: pytest.MonkeyPatch, _bare_environment: None) -> None:
    monkeypatch.setenv("LATSAR_MOOC_TOKEN", MOOC_TOKEN)
    monkeypatch.setenv("LATSAR_KELAS_TOKEN", KELAS_TOKEN)


def conversation(campus: Campus) -> list[str]:
    return [
        campus.mooc.url,
        MOOC_TOKEN,
        campus.kelas.url,
        KELAS_TOKEN,
        "4",
        "y",
        "40",
        "70",
        "SK Kepala BPSDM 12/2026",
        PROGRAMME,
        "Latsar CPNS Golongan III 2026",
        "y",
    ]


def run(settings: Settings) -> pipeline.ProgrammeResult:
    database = Database(settings.database_url)
    try:
        database.upgrade()
        return pipeline.run(settings, database, Request("test"), lambda: datetime.now(UTC), silent).programmes[0]
    finally:
        database.close()


def test_a_conversation_ends_with_a_configuration_that_loads_a_private_env_and_a_good_diagnosis(shell: Shell) -> None:
    said = shell.init(answers=conversation(shell.campus))

    assert said.code == 0, said.out
    assert "0 fail" in said.out
    assert shell.programme.id == PROGRAMME
    assert shell.programme.evaluation is not None
    assert shell.programme.evaluation.item == "EVAL-AKADEMIK"
    assert shell.programme.evaluation.threshold is not None
    assert shell.programme.evaluation.threshold.value == 70
    assert [(each.source_group, each.course, each.capacity) for each in shell.programme.angkatan] == [
        ("Angkatan I", "KLS-I", 40),
        ("Angkatan II", "KLS-II", 40),
        ("Angkatan III", "KLS-III", 40),
    ]
    assert shell.settings.sites["kelas"].token.get_secret_value() == KELAS_TOKEN
    assert stat.S_IMODE((shell.config.parent / ".env").stat().st_mode) == 0o600


def test_the_programme_that_was_set_up_runs_and_its_second_run_pushes_nothing(shell: Shell) -> None:
    shell.init(answers=conversation(shell.campus))

    first, second = run(shell.settings), run(shell.settings)

    assert first.run.outcome is RunOutcome.OK
    assert first.run.counts["confirmed"] > 60
    assert second.run.counts["pushed"] == 0


def test_a_token_is_in_env_alone_never_in_the_configuration_or_on_the_screen(shell: Shell) -> None:
    said = shell.init(answers=conversation(shell.campus))

    assert MOOC_TOKEN not in said.out + shell.config.read_text(encoding="utf-8")
    assert KELAS_TOKEN not in said.out + shell.config.read_text(encoding="utf-8")


@pytest.mark.usefixtures("in_the_environment")
def test_yes_takes_what_is_certain_and_tokens_of_the_environment_are_not_copied_to_a_file(shell: Shell) -> None:
    said = shell.init_silently(*LIMIT, *EVALUATION)

    assert said.code == 0, said.out
    assert shell.programme.id == "mooc-latsar"
    assert [each.capacity for each in shell.programme.angkatan] == [None, None, None]
    assert not (shell.config.parent / ".env").exists()


@pytest.mark.usefixtures("in_the_environment")
@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--legal-basis", "SK"], "--threshold"),
        (["--threshold", "70"], "--legal-basis"),
    ],
)
def test_yes_never_guesses_the_limit_and_refuses_before_any_site_is_asked(
    shell: Shell, options: list[str], named: str
) -> None:
    said = shell.init_silently(*options, *EVALUATION)

    assert isinstance(said.error, UsageError)
    assert named in said.error.remedy
    assert shell.campus.log == []
    assert not shell.config.exists()


@pytest.mark.usefixtures("in_the_environment")
def test_yes_fails_naming_the_option_where_a_person_would_have_to_choose(shell: Shell) -> None:
    said = shell.init_silently(*LIMIT)
    assert isinstance(said.error, UsageError)
    assert "--evaluation" in said.error.remedy
    assert "EVAL-AKADEMIK" in said.error.remedy

    shell.campus.kelas.course("KLS-III").fullname = "Klasikal"
    shell.campus.kelas.course("KLS-III").shortname = "KLS-TIGA"
    said = shell.init_silently(*LIMIT, *EVALUATION)
    assert isinstance(said.error, UsageError)
    assert "Angkatan III" in said.error.message
    assert "--angkatan" in said.error.remedy
    assert not shell.config.exists()


def test_yes_without_a_token_says_where_to_put_one(shell: Shell) -> None:
    said = shell.init_silently(*LIMIT, *EVALUATION)

    assert isinstance(said.error, UsageError)
    assert "LATSAR_MOOC_TOKEN" in said.error.remedy
    assert "--mooc-token-file" in said.error.remedy


def test_a_token_given_in_place_of_a_variables_name_is_refused_and_not_repeated(shell: Shell) -> None:
    token = "0123456789abcdef0123456789abcdef"

    said = shell.init_silently(*LIMIT, "--mooc-token-env", token)

    assert isinstance(said.error, UsageError)
    assert token not in str(said.error) + said.out
    assert "revoke" in said.error.remedy


def test_a_token_in_a_file_stays_there(shell: Shell) -> None:
    (shell.folder / "mooc.token").write_text(MOOC_TOKEN + "\n")
    (shell.folder / "kelas.token").write_text(KELAS_TOKEN)

    said = shell.init_silently(
        *LIMIT, *EVALUATION, "--mooc-token-file", "mooc.token", "--class-token-file", "kelas.token"
    )

    assert said.code == 0, said.out
    assert shell.settings.sites["mooc"].token_file == shell.folder / "mooc.token"
    assert shell.settings.sites["mooc"].token.get_secret_value() == MOOC_TOKEN


def test_a_wrong_token_and_a_wrong_address_are_told_and_asked_again(shell: Shell) -> None:
    wrong = [shell.campus.mooc.url, "0" * 32, "http://mooc.example.go.id", "", MOOC_TOKEN]

    said = shell.init(answers=[*wrong, *conversation(shell.campus)[2:]])

    assert said.code == 0, said.out
    assert "invalidtoken" in said.out
    assert "in the clear" in said.out


@pytest.mark.parametrize("same_account", [True, False])
def test_both_courses_on_one_site_under_one_account_or_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_account: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    with Campus(seed=seed_single_site) as campus:
        shell = Shell(tmp_path, campus)
        other = campus.mooc.add_account("k" * 32, "svc-kelas", "Kelas", TARGET_CAPABILITIES, TARGET_FUNCTIONS)
        second = "" if same_account else other.token
        said = shell.init(answers=[campus.mooc.url, MOOC_TOKEN, "", second, "MOOC-LATSAR", *conversation(campus)[4:]])

        assert said.code == 0, said.out
        assert set(shell.settings.sites) == ({"mooc"} if same_account else {"mooc", "kelas"})
        assert "MOOC-LATSAR" not in {each.course for each in shell.programme.angkatan}
        assert run(shell.settings).run.outcome is RunOutcome.OK


@pytest.mark.usefixtures("in_the_environment")
def test_one_site_with_yes_needs_no_second_token_and_no_role(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LATSAR_KELAS_TOKEN")
    with Campus(seed=seed_single_site) as campus:
        shell = Shell(tmp_path, campus)
        said = shell.init(
            "--yes", "--mooc-url", campus.mooc.url, "--class-url", f"{campus.mooc.url}/",
            "--mooc-course", "MOOC-LATSAR", *LIMIT, *EVALUATION,
        )  # fmt: skip

        assert said.code == 0, said.out
        assert set(shell.settings.sites) == {"mooc"}
        assert {each.role_id for each in shell.programme.angkatan} == {5}


@pytest.mark.usefixtures("in_the_environment")
def test_a_configuration_that_is_there_is_replaced_only_when_that_is_meant(shell: Shell) -> None:
    shell.config.parent.mkdir()
    shell.config.write_text("# mine\n", encoding="utf-8")

    said = shell.init_silently(*LIMIT, *EVALUATION)
    assert isinstance(said.error, UsageError)
    assert "--overwrite" in said.error.remedy
    assert shell.campus.log == []

    said = shell.init(*shell.sites, answers=["4", "y", "", "70", "SK", "", "", "n"])
    assert said.out.index("is there already") < said.out.index("Nothing was written")
    assert shell.config.read_text(encoding="utf-8") == "# mine\n"

    assert shell.init_silently("--overwrite", *LIMIT, *EVALUATION).code == 0
    assert shell.programme.id == "mooc-latsar"


def test_other_lines_of_env_stay_and_another_token_there_is_asked_about(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.config.parent.mkdir()
    secrets = shell.config.parent / ".env"
    secrets.write_text("# kept\nOTHER=value\n", encoding="utf-8")
    secrets.chmod(0o644)

    assert shell.init(answers=conversation(shell.campus)).code == 0

    kept = secrets.read_text(encoding="utf-8")
    assert kept.startswith("# kept\nOTHER=value\n")
    assert f"LATSAR_MOOC_TOKEN={MOOC_TOKEN}" in kept
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600


@pytest.mark.usefixtures("in_the_environment")
def test_angkatan_can_be_named_one_by_one(shell: Shell) -> None:
    said = shell.init_silently(
        *LIMIT, *EVALUATION, "--capacity", "25",
        "--angkatan", "A=Angkatan I=KLS-II=Kelompok A", "--angkatan", "B=Angkatan II=",
    )  # fmt: skip

    assert said.code == 0, said.out
    first, second = shell.programme.angkatan
    assert (first.id, first.source_group, first.course, first.group, first.capacity) == (
        "A", "Angkatan I", "KLS-II", "Kelompok A", 25,
    )  # fmt: skip
    assert (second.source_group, second.course) == ("Angkatan II", None)


@pytest.mark.usefixtures("in_the_environment")
@pytest.mark.parametrize(
    "wrong",
    [
        ["--angkatan", "I"],
        ["--angkatan", "I=Angkatan X=KLS-I"],
        ["--angkatan", "I=Angkatan I=KLS-X"],
        ["--angkatan", "=Angkatan I=KLS-I"],
        ["--angkatan", "I=Angkatan I=KLS-I", "--angkatan", "I=Angkatan II=KLS-II"],
        ["--angkatan", "I=Angkatan I=KLS-I", "--angkatan", "II==KLS-II"],
        ["--capacity", "99999999999"],
        ["--role-id", "99999999999"],
    ],
)
def test_what_does_not_exist_or_fit_is_refused_by_its_option(shell: Shell, wrong: list[str]) -> None:
    said = shell.init_silently(*LIMIT, *EVALUATION, *wrong)

    assert isinstance(said.error, UsageError)
    assert wrong[0] in said.error.message
    assert not shell.config.exists()


def test_pairs_that_are_not_right_are_corrected_one_by_one(shell: Shell) -> None:
    answers = conversation(shell.campus)
    at = answers.index("y")
    answers[at : at + 1] = ["n", "1=KLS-II", "2=x", "<", "2=KLS-I", "3=x", ""]

    said = shell.init(answers=answers)

    assert said.code == 0, said.out
    assert [(each.source_group, each.course) for each in shell.programme.angkatan] == [
        ("Angkatan I", "KLS-II"),
        ("Angkatan II", "KLS-I"),
    ]


@pytest.mark.usefixtures("in_the_environment")
def test_groups_are_paired_by_their_number_in_another_script_and_keep_an_idnumber_of_their_own(shell: Shell) -> None:
    for name in ("KLS-I", "KLS-II", "KLS-III"):
        course = shell.campus.kelas.course(name)
        number = len(name) - 4
        course.shortname, course.fullname = f"KLS-0{number}", f"Klasikal {number}"
    shell.campus.kelas.add_group("KLS-02", "Kelompok 2", "LAMA-2")

    said = shell.init_silently(*LIMIT, *EVALUATION)

    assert said.code == 0, said.out
    assert [(each.course, each.group, each.group_idnumber) for each in shell.programme.angkatan] == [
        ("KLS-01", "Angkatan I", None),
        ("KLS-02", "Kelompok 2", "LAMA-2"),
        ("KLS-03", "Angkatan III", None),
    ]


@pytest.mark.usefixtures("in_the_environment")
def test_one_in_class_course_takes_all_angkatan_each_in_its_group(shell: Shell) -> None:
    kelas = shell.campus.kelas
    for name in ("KLS-II", "KLS-III"):
        del kelas.courses[kelas.course(name).id]
    kelas.course("KLS-I").fullname = "Klasikal bersama"
    kelas.course("KLS-I").shortname = "KLASIKAL"

    said = shell.init_silently(*LIMIT, *EVALUATION)

    assert said.code == 0, said.out
    assert [(each.course, each.group) for each in shell.programme.angkatan] == [
        ("KLASIKAL", "Angkatan I"),
        ("KLASIKAL", "Angkatan II"),
        ("KLASIKAL", "Angkatan III"),
    ]


def test_a_mooc_without_groups_seats_in_the_order_of_the_limit(shell: Shell) -> None:
    shell.campus.mooc.course("MOOC-LATSAR").groups.clear()
    answers = conversation(shell.campus)
    at = answers.index("y")
    answers[at : at + 1] = ["1"]

    said = shell.init(answers=answers)

    assert said.code == 0, said.out
    assert shell.programme.placement == "first_qualified"
    assert [(each.id, each.course) for each in shell.programme.angkatan] == [("I", "KLS-I")]


@pytest.mark.usefixtures("in_the_environment")
def test_a_limit_that_nobody_can_reach_is_refused_and_a_quiz_of_ten_points_needs_a_scale(shell: Shell) -> None:
    said = shell.init_silently(*EVALUATION, "--threshold", "700", "--legal-basis", "SK")
    assert isinstance(said.error, UsageError)
    assert "700" in said.error.message

    said = shell.init_silently("--evaluation", "LATIHAN-1", *LIMIT)
    assert isinstance(said.error, UsageError)
    assert "--scale" in said.error.remedy

    assert shell.init_silently("--evaluation", "LATIHAN-1", *LIMIT, "--scale", "percent").code == 0
    assert shell.programme.evaluation is not None
    assert shell.programme.evaluation.threshold is not None
    assert shell.programme.evaluation.threshold.scale == "percent"


@pytest.mark.usefixtures("in_the_environment")
def test_an_evaluation_without_idnumber_is_named_by_its_number(shell: Shell) -> None:
    module = shell.campus.mooc.module_named("EVAL-AKADEMIK")
    module.idnumber = ""

    assert shell.init_silently(*LIMIT, "--evaluation", str(module.cmid)).code == 0

    assert shell.programme.evaluation is not None
    assert (shell.programme.evaluation.item, shell.programme.evaluation.cmid) == (None, module.cmid)


@pytest.mark.usefixtures("in_the_environment")
def test_the_field_of_the_nip_is_found_where_it_stands(shell: Shell) -> None:
    for site in shell.campus.sites.values():
        for user in site.users.values():
            if user.idnumber:
                user.username, user.idnumber = user.idnumber, ""

    assert shell.init_silently(*LIMIT, *EVALUATION).code == 0

    assert shell.programme.source.participant_key == "username"
    assert {each.target_key for each in shell.programme.angkatan} == {"username"}


@pytest.mark.usefixtures("in_the_environment")
def test_a_course_without_completion_asks_what_must_be_studied(shell: Shell) -> None:
    shell.campus.mooc.course("MOOC-LATSAR").completion_enabled = False

    said = shell.init_silently(*LIMIT, *EVALUATION)
    assert isinstance(said.error, UsageError)
    assert "--materials" in said.error.remedy

    assert shell.init_silently(*LIMIT, *EVALUATION, "--materials", "none").code == 0
    assert shell.programme.materials.mode == "none"


@pytest.mark.usefixtures("in_the_environment")
def test_a_failed_check_gives_exit_code_1_and_leaves_the_configuration_for_the_next_try(shell: Shell) -> None:
    shell.campus.kelas.set_manual_enrolment("KLS-I", enabled=False)

    said = shell.init_silently(*LIMIT, *EVALUATION)

    assert said.code == 1
    assert "Enrolment methods" in " ".join(said.out.split())
    assert shell.programme.id == "mooc-latsar"


@pytest.mark.usefixtures("in_the_environment")
def test_the_configuration_may_stand_anywhere_and_the_next_steps_name_it(shell: Shell) -> None:
    result = CliRunner().invoke(app, ["--config", "lain/uji.toml", "init", "--yes", *shell.sites, *LIMIT, *EVALUATION])

    assert result.exit_code == 0, result.output
    assert "latsar-sync --config lain/uji.toml plan" in result.output
    assert load_settings(shell.folder / "lain" / "uji.toml", os.environ).programmes[0].id == "mooc-latsar"


@pytest.mark.usefixtures("in_the_environment")
def test_a_folder_that_cannot_be_written_is_told_in_one_line(shell: Shell) -> None:
    (shell.folder / "config").write_text("a file", encoding="utf-8")

    said = shell.init_silently(*LIMIT, *EVALUATION)

    assert said.error is not None
    assert "cannot be written" in said.error.message
