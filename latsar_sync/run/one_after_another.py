"""Runs about a few people, one after another, told as one run: what each moved is added up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from latsar_sync.run.pipeline import ProgrammeResult, RunResult, outcome_of
from latsar_sync.store.runs import MOVED


def told_as_one(results: Sequence[RunResult]) -> RunResult:
    """Return several runs as one, under the number of the last: each programme once, as the runs came to it."""
    if len(results) == 1:
        return results[0]
    parts: dict[str, list[ProgrammeResult]] = {}
    for each in chain.from_iterable(result.programmes for result in results):
        parts.setdefault(each.run.programme, []).append(each)
    programmes = tuple(_one_programme(each) for each in parts.values())
    sites = {name: error for result in results for name, error in result.sites.items()}
    return RunResult(results[-1].run_id, outcome_of([each.run.outcome for each in programmes]), programmes, sites)


def _one_programme(parts: Sequence[ProgrammeResult]) -> ProgrammeResult:
    """Return what came of the runs of a programme: the decisions after the last that got so far, all that was moved.

    It failed only if each of them did; else their errors are told beside the rest.
    """
    runs = [each.run for each in parts]
    errors = [each.error for each in parts if each.error is not None]
    failed = len(errors) == len(parts)
    counts = next((dict(run.counts) for run in reversed(runs) if run.counts.get("participants")), dict(runs[-1].counts))
    counts |= {name: sum(run.counts.get(name, 0) for run in runs) for name in MOVED if counts}
    told = [*chain.from_iterable(run.messages for run in runs), *map(str, errors[:-1] if failed else errors)]
    seconds: Counter[str] = Counter()
    for run in runs:
        seconds.update(run.lms_seconds)
    whole = replace(
        runs[-1],
        outcome=outcome_of([run.outcome for run in runs]),
        counts=counts,
        findings=tuple({finding.key: finding for run in runs for finding in run.findings}.values()),
        courses_read=tuple(dict.fromkeys(chain.from_iterable(run.courses_read for run in runs))),
        messages=tuple(dict.fromkeys(told)),
        error=runs[-1].error if failed else None,
        accepted_by=next((run.accepted_by for run in runs if run.accepted_by), None),
        requests=sum(run.requests for run in runs),
        seconds=round(sum(run.seconds for run in runs), 3),
        lms_seconds={site: round(each, 3) for site, each in seconds.items()},
    )
    plan = {line.participant_id: line for each in parts for line in each.plan}
    problems = tuple(dict.fromkeys(chain.from_iterable(each.problems for each in parts)))
    return ProgrammeResult(whole, errors[-1] if failed else None, tuple(plan.values()), problems)
