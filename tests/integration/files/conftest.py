"""A programme that runs on files, for the tests of what comes by files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from service import PROGRAMME, TOKENS, Service

from latsar_sync.demo import Campus
from latsar_sync.domain import language
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield


@pytest.fixture
def by_files(campus: Campus, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Give a factory of services for a programme that runs on files.

    ``programme`` is TOML for its own table, ``coming`` that of the tables by which files come by themselves.
    """
    made: list[Service] = []

    def make(
        database_url: str,
        programme: str = "",
        materials: str = "",
        evaluation: bool = True,
        coming: str = "",
        source: str = "",
        maximum: int = 100,
    ) -> Service:
        threshold = '[programmes.evaluation]\nthreshold = { value = 70, scale = "points", legal_basis = "Uji" }'
        threshold += f"\nmaximum = {maximum}"
        config = tmp_path / f"files-{len(made)}.toml"
        config.write_text(
            f'''
database_url = "{database_url}"
language = "en"
[sites.kelas]
url = "{campus.kelas.url}"
token_env = "LATSAR_KELAS_TOKEN"
requests_per_second = 1000
retry_budget = 0
[[programmes]]
id = "{PROGRAMME}"
title = "Latsar dari berkas"
{programme}
[programmes.source]
kind = "import"
{source}
{threshold if evaluation else ""}
[programmes.materials]
{materials}
{coming}
[[programmes.angkatan]]
id = "I"
site = "kelas"
course = "KLS-I"
role_id = 5
[[programmes.angkatan]]
id = "II"
site = "kelas"
course = "KLS-II"
role_id = 5
''',
            encoding="utf-8",
        )
        settings = load_settings(config, {**TOKENS, "LATSAR_MAIL": "rahasia-uji"})
        database = Database(settings.database_url)
        database.upgrade()
        made.append(Service(config, settings, database))
        return made[-1]

    yield make
    for service in made:
        service.database.close()
