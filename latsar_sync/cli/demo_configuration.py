"""The configuration of the demonstration, written beside its database, with the tokens of the campus."""

from datetime import date, timedelta
from pathlib import Path

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import KELAS_TOKEN, MOOC_TOKEN

PROGRAMME = "latsar-2026-iii"
TOKENS = {"LATSAR_DEMO_MOOC_TOKEN": MOOC_TOKEN, "LATSAR_DEMO_KELAS_TOKEN": KELAS_TOKEN}
CAPACITIES = {"I": 40, "II": 40, "III": 25}


def configure(folder: Path, campus: Campus, today: date) -> Path:
    """Write the configuration and the tokens of the campus, as a real set-up would have them."""
    monday = today + timedelta(days=21 - today.weekday())
    angkatan = "".join(
        f"""
[[programmes.angkatan]]
id = "{name}"
source_group = "Angkatan {name}"
site = "kelas"
course = "KLS-{name}"
role_id = 5
capacity = {capacity}
starts = {monday}
ends = {monday + timedelta(days=5)}
"""
        for name, capacity in CAPACITIES.items()
    )
    config = folder / "latsar.toml"
    config.write_text(
        f"""# Made by latsar-sync demo. The tokens are in .env beside this file.
database_url = "sqlite:///latsar.db"
timezone = "Asia/Jakarta"

[sites.mooc]
url = "{campus.mooc.url}"
token_env = "LATSAR_DEMO_MOOC_TOKEN"
requests_per_second = 100

[sites.kelas]
url = "{campus.kelas.url}"
token_env = "LATSAR_DEMO_KELAS_TOKEN"
requests_per_second = 100

[[programmes]]
id = "{PROGRAMME}"
title = "Latsar CPNS Golongan III 2026 (contoh)"

[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC-LATSAR"

[programmes.evaluation]
item = "EVAL-AKADEMIK"
threshold = {{ value = 70, scale = "points", legal_basis = "Contoh: keputusan kepala badan yang dibuat-buat" }}
{angkatan}""",
        encoding="utf-8",
    )
    secrets = folder / ".env"
    secrets.write_text(
        f"LATSAR_DEMO_MOOC_TOKEN={MOOC_TOKEN}\nLATSAR_DEMO_KELAS_TOKEN={KELAS_TOKEN}\n", encoding="utf-8"
    )
    secrets.chmod(0o600)
    return config
