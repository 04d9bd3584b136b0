"""Names of queues and lanes, and who reads which. Nobody else names one.

A queue is a stage in a lane: `ingest`, `ingest-flash`, `ingest-backfill`. A worker reads the queues of its roles, those named first before
the others: what is nearest to the reader goes first, so that a full house empties from its end, and backfill only takes what is left.
"""

from __future__ import annotations

from pipeline.errors import Misconfigured

STAGES = ("release", "enrich", "ingest", "scan")
"""Stages whose backlog is rows of work; from the end of an item's way to its beginning."""
LANES = ("flash", "normal", "backfill")
FETCH = "fetch"
"""Pumps, named by their host: as long as 20 s, so that they have a worker of their own."""
POLL = "poll"
"""`newswire.poll_source`, called from outside."""


def queue_of(stage: str, lane: str) -> str:
    """`ingest` in the lane normal is `ingest`, in the others `ingest-flash` and `ingest-backfill`."""
    return stage if lane == "normal" else f"{stage}-{lane}"


def _of(stages: tuple[str, ...], *lanes: str) -> tuple[str, ...]:
    return tuple(queue_of(stage, lane) for lane in lanes for stage in stages)


ROLES: dict[str, tuple[str, ...]] = {
    "flash": _of(STAGES, "flash"),
    "enrich": _of(("release", "enrich"), "normal", "backfill"),
    "ingest": (POLL, *_of(("ingest", "scan"), "normal", "backfill")),
    "fetch": (FETCH,),
    "all": (*_of(STAGES, "flash"), POLL, *_of(STAGES, "normal"), FETCH, *_of(STAGES, "backfill")),
}
"""What `newswire worker --role …` reads. `normal` and `backfill` share their workers; flash has its own."""
QUEUES = ROLES["all"]


def queues_of(*roles: str) -> tuple[str, ...]:
    """The queues of all these roles, each once, in the order of `QUEUES`. Raises Misconfigured for a role that is none."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        raise Misconfigured(f"No worker has the role {unknown[0]}.", hint=f"There are: {', '.join(ROLES)}.")
    wanted = {queue for role in roles for queue in ROLES[role]}
    return tuple(queue for queue in QUEUES if queue in wanted)
