"""How a piece of work ended: what its job shows in Flower, and what comes next."""

from __future__ import annotations

import msgspec


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A work row that may be published: a message names it, the row is the truth."""

    id: int
    attempt: int
    """Which claim of the row this message asks for: part of the task's id, so that each attempt is a job of its own."""
    stage: str
    lane: str
    label: str
    """What a person reads as the job's arguments: `reuters-world · 50 documents · run 41`."""

    goes_first: bool = False
    """Before all that waits in its queue: it was lost before."""

    @property
    def task_id(self) -> str:
        return f"{self.stage}-{self.id}-{self.attempt}"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The end of one job. Its commit is done, whatever it says."""

    sentence: str
    """`41 new, 6 pickups, 3 unchanged`"""
    failed: str = ""
    """Why the job ends red, and what to do: `1 of 50 quarantined: … ; newswire quarantine show 17`."""
    put_off: str = ""
    """Why (part of) it is tried again later."""
    put_off_s: float = 0.0
    next: tuple[Offered, ...] = ()
    """Rows of the next stage, inserted as offered: whoever committed publishes them."""
    lease_lost: bool = False
    """Somebody else holds the row: nothing was written."""
    quarantined: tuple[int, ...] = ()


def counted(number: int, noun: str) -> str:
    """`1 page`, `3 pages`: for sentences."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
