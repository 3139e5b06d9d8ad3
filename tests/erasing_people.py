"""Whom tests erase, and by which words."""

from personal_data import Shell
from service import Service

from latsar_sync.demo import CASES

NIP = str(CASES["passed"][0])
OTHER = str(CASES["passed"][1])
UNDECIDED = str(CASES["score_69_99999"][0])
BY = ("--reason", "Surat nomor 5/2026", "--by", "Ratna")


def name_of(service: Service, nip: str) -> str:
    return str(service.participants()[nip]["name"])


def id_of(service: Service, nip: str) -> str:
    return str(service.participants()[nip]["participant_id"])


def erased(shell: Shell, service: Service, nip: str) -> str:
    """Erase somebody and return the internal id."""
    identifier = id_of(service, nip)
    assert shell.json(service, "person", "erase", nip, *BY, "--apply")["applied"] is True
    return identifier
