"""From the type of an error to what happens with the work: the only such map. Pure: no clock, no dice, no storage.

An item's own troubles never come here: they end in the chunk's commit (pipeline/ingest/). What comes here ended the whole piece of work.
"""

from __future__ import annotations

from enum import Enum

import msgspec
from celery.exceptions import SoftTimeLimitExceeded

from pipeline.errors import Infrastructure, Misconfigured, NewswireError, Transient

FIRST_DELAY_S = 0.5
INFRASTRUCTURE_CAP_S = 60.0
"""A database that comes back finds its work within a minute."""
TRANSIENT_CAP_S = 3600.0
MOST_RETRIES = 10
"""Of a transient error: after 10 doublings, some eight minutes and what the other side asked for, the item goes to quarantine."""


class TookTooLong(BaseException):
    """The soft time limit. Not an Exception: what sets one document's trouble aside must not take it for that document's."""


class Action(Enum):
    """What to do with the row that is held."""

    GIVE_BACK = "give back"
    """Nobody's fault: due again later, not counted as a loss."""
    LOST = "lost"
    """As if the worker had died: free at once, counted; a chunk is split, a single that does it again and again goes to quarantine."""
    BLAME = "blame"
    """Its own fault: a chunk is split, so that the guilty one stands alone; a single goes to quarantine."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What happens next, and the sentence that its job shows."""

    action: Action
    sentence: str
    delay_s: float = 0.0


def decide(error: BaseException, *, retries: int, chance: float) -> Decision:
    """`retries`: how often it was given back before. `chance` (0 to 1) spreads the delays of what failed together."""
    sentence = _sentence(error)
    delay = FIRST_DELAY_S * 2 ** min(retries, 30) * (0.5 + chance / 2)
    match error:
        case Infrastructure():
            return Decision(action=Action.GIVE_BACK, sentence=sentence, delay_s=min(delay, INFRASTRUCTURE_CAP_S))
        case Misconfigured():
            return Decision(action=Action.GIVE_BACK, sentence=sentence, delay_s=INFRASTRUCTURE_CAP_S)
        case Transient() if retries < MOST_RETRIES:
            return Decision(action=Action.GIVE_BACK, sentence=sentence, delay_s=min(max(delay, error.retry_after_s or 0), TRANSIENT_CAP_S))
        case TookTooLong() | SoftTimeLimitExceeded():
            return Decision(action=Action.LOST, sentence="it took too long")
        case SystemExit() | KeyboardInterrupt():
            return Decision(action=Action.GIVE_BACK, sentence="its worker was told to stop")
        case _:
            return Decision(action=Action.BLAME, sentence=sentence)


def _sentence(error: BaseException) -> str:
    """Ours are sentences; of others, the type says more than the text, whose first line may do."""
    if isinstance(error, NewswireError):
        return f"{error} {error.hint}".strip()
    first = str(error).strip().partition("\n")[0][:300]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
