"""By which terms a programme judges: those on record, or others that are configured now. Pure (rules 6, 22)."""

from collections.abc import Sequence

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command, for_admins, joined
from latsar_sync.domain.records import RecordedTerms, Terms


def next_terms(programme: str, recorded: RecordedTerms | None, configured: Terms, of_one: bool) -> RecordedTerms:
    """Return what a run judges by: the terms on record, or those configured, with the version that they get.

    ``of_one`` says that the run is about one participant. Raise UsageError then if the terms are others than recorded:
    a run over everybody has to compare them first.
    """
    if recorded is not None and recorded.terms == configured:
        return recorded
    if recorded is not None and of_one:
        subject, before, after = terms_difference(recorded.terms, configured)
        said = _("{programme} is configured to judge by other terms than recorded.").format(programme=programme)
        terms = _("{subject} was {before}, is {now}.").format(subject=subject, before=before, now=after)
        raise UsageError(
            joined(said, for_admins(terms, "")),
            _("Let a run over everybody compare them first: {sync}.").format(sync=command("sync")),
        )
    return RecordedTerms((recorded.version if recorded else 0) + 1, configured)


def terms_difference(before: Terms, now: Terms) -> tuple[str, str, str]:
    """Return the names of the settings in which two terms differ, and both values, each as one text."""
    named = zip(Terms._fields, map(_value, before), map(_value, now), strict=True)
    names, old, new = zip(*(each for each in named if each[1] != each[2]), strict=True)
    return ", ".join(names), ", ".join(old), ", ".join(new)


def _value(value: Sequence[str]) -> str:
    return (value if isinstance(value, str) else "+".join(value)) or "–"
