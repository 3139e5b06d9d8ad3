"""The example files that we ship load as they are, and show every option with its true default."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import get_args

from dotenv import dotenv_values
from pydantic import BaseModel

from latsar_sync.settings import Settings, load_settings

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "config" / "latsar.example.toml"
TOKENS = {"LATSAR_MOOC_TOKEN": "a", "LATSAR_KELAS_TOKEN": "b"}


def tables(model: type[BaseModel]) -> set[type[BaseModel]]:
    """Return a model and all models of the tables below it."""
    found = {model}
    pending: list[object] = [field.annotation for field in model.model_fields.values()]
    while pending:
        annotation = pending.pop()
        pending += get_args(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found |= tables(annotation)
    return found


def test_the_example_configuration_loads() -> None:
    settings = load_settings(EXAMPLE, TOKENS)

    assert settings.sites["kelas"].token.get_secret_value() == "b"
    assert [angkatan.id for angkatan in settings.programmes[0].angkatan] == ["I", "II"]


def test_the_example_sets_no_threshold_for_anybody() -> None:
    evaluation = load_settings(EXAMPLE, TOKENS).programmes[0].evaluation

    assert evaluation is not None
    assert evaluation.threshold is None


def test_the_example_shows_every_option() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    secrets = {"token", "urls", "client_secret", "password", "secret"}
    names = {name for model in tables(Settings) for name in model.model_fields} - secrets

    shown = set(re.findall(r"^(?:# ?)?\[*(?:programmes\.|service\.)?(\w+)(?:\.\w+)?(?: =|\])", text, re.MULTILINE))
    shown |= set(re.findall(r"[{,] (\w+) =", text)) | set(re.findall(r"\.(\w+)\]", text))
    assert names <= shown


def test_every_default_in_the_example_is_the_true_one() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    uncommented = re.sub(r"^#(?=\w+ = )", "", text, flags=re.MULTILINE)
    assert tomllib.loads(uncommented, parse_float=Decimal) != tomllib.loads(text, parse_float=Decimal)

    path = ROOT / "config" / "latsar.example.toml"
    assert settings_of(uncommented, path).model_dump() == load_settings(path, TOKENS).model_dump()


def settings_of(text: str, beside: Path) -> Settings:
    """Check a text as ``load_settings`` would, with the tokens of the fake environment."""
    document = tomllib.loads(text, parse_float=Decimal)
    reference = load_settings(beside, TOKENS)
    for name, site in document["sites"].items():
        site["token"] = reference.sites[name].token
    return Settings.model_validate(document, context={"folder": beside.resolve().parent})


def test_every_token_of_the_example_has_a_line_in_the_env_example() -> None:
    variables = dotenv_values(ROOT / ".env.example")
    document = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))

    assert {site["token_env"] for site in document["sites"].values()} <= set(variables)
    assert "LATSAR_CONFIG" not in variables  # it is looked up before any .env is


def test_the_env_example_holds_no_token() -> None:
    variables = dotenv_values(ROOT / ".env.example")

    assert not any(value for name, value in variables.items() if name.endswith("_TOKEN"))
