"""What the service counts for Prometheus: runs, requests to the LMS, decisions, pushes, quarantine."""

from collections.abc import Callable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from latsar_sync.domain.decision import Outcome
from latsar_sync.moodle.functions import Function
from latsar_sync.run.pipeline import RunResult

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Meters:
    """The counters of one process. ``clock`` gives the time; ages are computed when somebody looks."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._good: dict[str, datetime] = {}
        labels = ["programme"]
        self._runs = Counter("latsar_runs", "Runs by outcome.", ["programme", "outcome"], registry=self.registry)
        self._seconds = Histogram(
            "latsar_run_seconds",
            "Length of runs.",
            labels,
            buckets=(1, 5, 15, 60, 300, 900, 3600),
            registry=self.registry,
        )
        self._requests = Counter(
            "latsar_lms_requests", "Requests to the LMS.", ["site", "function", "status"], registry=self.registry
        )
        self._latency = Histogram(
            "latsar_lms_seconds",
            "Answer time of the LMS.",
            ["site", "function"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._decisions = Gauge(
            "latsar_decisions", "Participants by decision.", ["programme", "decision"], registry=self.registry
        )
        self._pushes = Counter(
            "latsar_pushes", "People pushed or failed.", ["programme", "result"], registry=self.registry
        )
        self._age = Gauge(
            "latsar_last_good_run_age_seconds", "Age of the last good run.", labels, registry=self.registry
        )
        self._quarantine = Gauge(
            "latsar_site_quarantined", "1 while a failing site is left alone.", ["site"], registry=self.registry
        )

    def observe(self, site: str, function: Function, seconds: float, status: str) -> None:
        """Count one request to the LMS."""
        self._requests.labels(site, str(function), status).inc()
        self._latency.labels(site, str(function)).observe(seconds)

    def run_ended(self, result: RunResult) -> None:
        """Count a run, what it took and what it pushed."""
        for programme in result.programmes:
            run = programme.run
            self._runs.labels(run.programme, str(run.outcome)).inc()
            self._seconds.labels(run.programme).observe(run.seconds)
            for what in ("pushed", "confirmed", "failed"):
                self._pushes.labels(run.programme, what).inc(run.counts.get(what, 0))

    def decisions(self, programme: str, counts: Mapping[str, int]) -> None:
        """Take note of how many participants have each decision, by whichever daemon's run."""
        for outcome in Outcome:
            self._decisions.labels(programme, str(outcome)).set(counts.get(str(outcome), 0))

    def good_run(self, programme: str, finished_at: datetime) -> None:
        """Take note of a programme's last good run, by whichever daemon."""
        self._good[programme] = finished_at

    def sites(self, quarantined: Mapping[str, bool]) -> None:
        """Take note of which sites are in quarantine."""
        for site, ill in quarantined.items():
            self._quarantine.labels(site).set(int(ill))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        now = self._clock()
        for programme, finished_at in list(self._good.items()):  # the daemon adds to it meanwhile
            self._age.labels(programme).set((now - finished_at).total_seconds())
        return generate_latest(self.registry)
