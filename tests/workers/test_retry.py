"""The map from error to outcome."""

from __future__ import annotations

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import FetchFailed, Gone, Infrastructure, Misconfigured, NewswireError, Refused, Throttled, Unreadable
from workers.retry import INFRASTRUCTURE_CAP_S, MOST_RETRIES, TRANSIENT_CAP_S, Action, decide

DOWN = Infrastructure("The database is not to be had.", hint="It is tried again by itself.")


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (DOWN, Action.GIVE_BACK),
        (Misconfigured("no"), Action.GIVE_BACK),
        (FetchFailed("no"), Action.GIVE_BACK),
        (Throttled("no"), Action.GIVE_BACK),
        (SystemExit(0), Action.GIVE_BACK),
        (SoftTimeLimitExceeded(), Action.LOST),
        (Unreadable("no"), Action.BLAME),
        (Refused("no"), Action.BLAME),
        (Gone("no"), Action.BLAME),
        (ValueError("a fault of ours"), Action.BLAME),
    ],
)
def test_what_happens_with_the_work(error: BaseException, action: Action) -> None:
    assert decide(error, retries=0, chance=0.5).action is action


def test_every_error_of_ours_has_an_answer() -> None:
    def leaves(kind: type[NewswireError]) -> list[type[NewswireError]]:
        return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]

    assert all(isinstance(decide(kind("why"), retries=0, chance=0).action, Action) for kind in leaves(NewswireError))


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_infrastructure_never_gives_up_and_is_back_within_a_minute(retries: int, chance: float) -> None:
    decision = decide(DOWN, retries=retries, chance=chance)
    assert decision.action is Action.GIVE_BACK
    assert 0 < decision.delay_s <= INFRASTRUCTURE_CAP_S


def test_delays_grow_until_their_cap() -> None:
    delays = [decide(DOWN, retries=n, chance=0.5).delay_s for n in range(12)]
    assert delays == sorted(delays)
    assert delays[0] < 1
    assert delays[-1] == INFRASTRUCTURE_CAP_S


def test_what_failed_together_does_not_come_back_together() -> None:
    assert decide(DOWN, retries=3, chance=0.1).delay_s != decide(DOWN, retries=3, chance=0.9).delay_s


def test_a_transient_error_is_bounded() -> None:
    assert decide(FetchFailed("no"), retries=MOST_RETRIES - 1, chance=0).action is Action.GIVE_BACK
    assert decide(FetchFailed("no"), retries=MOST_RETRIES, chance=0).action is Action.BLAME


def test_the_wait_that_the_other_side_asked_for_is_kept_but_not_for_ever() -> None:
    assert decide(Throttled("no", retry_after_s=90), retries=0, chance=0).delay_s == 90
    assert decide(Throttled("no", retry_after_s=1e9), retries=0, chance=0).delay_s == TRANSIENT_CAP_S


def test_the_sentence_is_ours_with_its_hint_and_of_others_the_type() -> None:
    assert decide(DOWN, retries=0, chance=0).sentence == "The database is not to be had. It is tried again by itself."
    assert decide(ValueError("first line\nsecret body"), retries=0, chance=0).sentence == "ValueError: first line"
