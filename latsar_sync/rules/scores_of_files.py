"""Which of the scores that came by files counts, and which may still be confirmed. Pure (rule 1).

A participant's newest imported score counts once a second person has confirmed it; until then the newest one that
was confirmed before. What was replaced by a newer file before anybody confirmed it can never count.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from latsar_sync.domain.evidence import Imported


@dataclass(frozen=True, slots=True)
class ImportedScores:
    """One participant's imported scores: the ``newest`` that was told, and the ``confirmed`` one that counts.

    That is the newest confirmed one; where that says that there is no score, the last of the ``certificates``, which
    were confirmed and not taken back. ``waiting`` are those that a second person may still confirm.
    """

    newest: Imported
    confirmed: Imported | None = None
    certificates: tuple[Imported, ...] = ()
    waiting: tuple[Imported, ...] = ()

    @property
    def awaits(self) -> bool:
        """Whether something of them waits for a second person."""
        return bool(self.waiting)


class ToldScore(NamedTuple):
    """A score as it was told, the SHA-256 of what told it, and whether it is confirmed."""

    score: Imported
    digest: str
    is_confirmed: bool

    @property
    def takes_back(self) -> bool:
        """Whether it says that the certificate of this content is none."""
        return self.score.source == "certificate" and self.score.raw is None

    def is_of(self, contents: Collection[str]) -> bool:
        """Say whether a certificate of one of these contents told it."""
        return self.score.source == "certificate" and self.digest in contents


def in_the_end(told: Sequence[ToldScore]) -> ImportedScores:
    """Return what somebody's scores come to, given them oldest first: the last that was confirmed and not taken back.

    Where that says that there is none, the last certificate; where none is left, that it was taken back.
    """
    confirmed = [each for each in told if each.is_confirmed]
    taken_back = {each.digest for each in confirmed if each.takes_back}
    stand = [each.score for each in confirmed if not each.is_of(taken_back)]
    certificates = tuple(each for each in stand if each.source == "certificate")
    counts = stand[-1] if stand else confirmed[-1].score if confirmed else None
    if stand and stand[-1].raw is None and certificates:
        counts = certificates[-1]
    scores = [each for each in told if not each.takes_back]
    newest = (scores or told)[-1]
    refused = {each.digest for each in told if each.takes_back}
    waiting = [each for each in told if each.takes_back or (each is newest and not each.is_of(refused))]
    return ImportedScores(
        newest.score, counts, certificates, tuple(each.score for each in waiting if not each.is_confirmed)
    )
