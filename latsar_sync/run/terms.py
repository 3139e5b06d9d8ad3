"""What a programme is judged by, as recorded and as configured: compared at the start of each run (rule 22)."""

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.records import RecordedTerms, Terms
from latsar_sync.rules.losses import terms_difference
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.rule_values import terms_of


def next_terms(recorded: RecordedTerms | None, programme: ProgrammeSettings, of_one: bool) -> RecordedTerms:
    """Return what a run judges by: the terms on record, or those configured, with the version that they get.

    ``of_one`` says that the run is about one participant. Raise UsageError then if the terms are others than recorded:
    a run over everybody has to compare them first.
    """
    now = terms_of(programme)
    if recorded is not None and recorded.terms == now:
        return recorded
    if recorded is not None and of_one:
        subject, before, after = terms_difference(recorded.terms, now)
        said = _("{programme} is configured to judge by other terms than recorded: {subject} was {before}, is {now}.")
        raise UsageError(
            said.format(programme=programme.id, subject=subject, before=before, now=after),
            _("Let a run over everybody compare them first: latsar-sync sync."),
        )
    return RecordedTerms((recorded.version if recorded else 0) + 1, now)


def harmless_terms(before: Terms, now: Terms) -> str:
    """Return the note that other terms judge nobody otherwise."""
    subject, old, new = terms_difference(before, now)
    said = _("Other terms judge from now on: {subject} was {before}, is {now}; nobody is judged otherwise.")
    return said.format(subject=subject, before=old, now=new)
