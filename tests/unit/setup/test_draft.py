"""Whatever names the sites have, the drafted file loads and says the same; nothing is written that would not load."""

import stat
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.settings import load_settings
from latsar_sync.setup.onboarding.draft import AngkatanDraft, Draft, SiteDraft, as_toml
from latsar_sync.setup.onboarding.writing import write

TOKENS = {"LATSAR_MOOC_TOKEN": "a", "LATSAR_KELAS_TOKEN": "b"}
NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40).filter(lambda text: text.strip())
SAID = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(
    lambda text: text.strip()
)
"""What a person may type: control characters are refused before."""


def draft(**changes: object) -> Draft:
    values: dict[str, object] = {
        "sites": [
            SiteDraft("mooc", "https://mooc.example.go.id", "LATSAR_MOOC_TOKEN"),
            SiteDraft("kelas", "https://lms.example.go.id", "LATSAR_KELAS_TOKEN"),
        ],
        "in_class_site": "kelas",
        "programme_id": "latsar",
        "title": "Latsar",
        "course": "MOOC",
        "participant_key": "idnumber",
        "item": "EVAL",
        "cmid": None,
        "materials": "activities",
        "threshold": Decimal(70),
        "scale": "points",
        "legal_basis": "SK",
        "all_angkatan": [AngkatanDraft("I", "Angkatan I", "KLS-I", "Angkatan I")],
        "target_key": "idnumber",
        "role_id": 5,
        "capacity": None,
    }
    return Draft(**{**values, **changes})  # type: ignore[arg-type]


@given(title=SAID, course=NAMES, item=NAMES, group=NAMES, legal_basis=SAID, value=st.decimals("0.00001", 100, places=5))
def test_whatever_the_names_are_the_file_loads_and_says_the_same(
    title: str, course: str, item: str, group: str, legal_basis: str, value: Decimal
) -> None:
    drafted = draft(
        title=title,
        course=course,
        item=item,
        legal_basis=legal_basis,
        threshold=value,
        all_angkatan=[AngkatanDraft("I", group, course, group, group)],
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "latsar.toml"
        file.write_text(as_toml(drafted), encoding="utf-8")
        [programme] = load_settings(file, TOKENS).programmes

    assert programme.evaluation is not None
    assert programme.evaluation.threshold is not None
    assert (programme.title, programme.source.course, programme.evaluation.item) == (
        " ".join(title.split()),
        course,
        item,
    )
    assert (programme.evaluation.threshold.value, programme.evaluation.threshold.legal_basis) == (value, legal_basis)
    [angkatan] = programme.angkatan
    assert (angkatan.source_group, angkatan.course, angkatan.group, angkatan.group_idnumber) == (
        group,
        course,
        group,
        group,
    )


@pytest.mark.parametrize("capacity", [None, 40])
def test_the_commented_options_are_true_when_their_mark_is_taken_away(tmp_path: Path, capacity: int | None) -> None:
    drafted = as_toml(draft(capacity=capacity))
    file = tmp_path / "latsar.toml"
    file.write_text(drafted.replace("\n#", "\n").replace("\n ", "\n# "), encoding="utf-8")

    [angkatan] = load_settings(file, TOKENS).programmes[0].angkatan

    assert angkatan.capacity == 40
    assert angkatan.starts is not None


def test_a_draft_that_would_not_load_leaves_everything_as_it_was(tmp_path: Path) -> None:
    config = tmp_path / "latsar.toml"
    config.write_text("# mine\n", encoding="utf-8")

    with pytest.raises(ConfigurationError):
        write(config, "id = 5\n", {"LATSAR_MOOC_TOKEN": SecretStr("a")}, {})

    assert [file.name for file in tmp_path.iterdir()] == ["latsar.toml"]
    assert config.read_text(encoding="utf-8") == "# mine\n"


def test_a_private_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    secrets = tmp_path / ".env"
    secrets.write_text('OTHER="kept # as it is"', encoding="utf-8")
    secrets.chmod(0o644)

    write(tmp_path / "latsar.toml", as_toml(draft()), {name: SecretStr(text) for name, text in TOKENS.items()}, {})

    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert 'OTHER="kept # as it is"\n' in secrets.read_text(encoding="utf-8")
