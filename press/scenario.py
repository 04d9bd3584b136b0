"""A day of the press as data: who does what, in which order. `python -m press` plays it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from press.ledger import Published
from press.newsroom import Press


@dataclass(frozen=True, kw_only=True)
class Publish:
    story: str
    version: str = "story"


@dataclass(frozen=True, kw_only=True)
class Carry:
    outlet: str
    story: str
    share: float = 1.0
    additions: tuple[str, ...] = ()
    headline: str = ""


@dataclass(frozen=True, kw_only=True)
class Embargo:
    story: str
    lasts: timedelta


@dataclass(frozen=True, kw_only=True)
class Kill:
    story: str


Step = Publish | Carry | Embargo | Kill

ADDED = (
    "The Daily Lantern's own readers on the southern shore said that the fog bells, taken down in 2019, would have shown the bank.",
    "The borough council will discuss the bells at its meeting next week, its clerk said.",
)
"""What an outlet wrote below an agency's story."""

DAY: tuple[Step, ...] = (
    Publish(story="museum"),
    Publish(story="ferry", version="alert"),
    Publish(story="ferry", version="story"),
    Publish(story="grid"),
    Carry(outlet="inland-courier", story="grid", share=0.6, headline="Trams stop in Oslo"),
    Publish(story="ferry", version="writethru"),
    Carry(outlet="harbour-post", story="ferry"),
    Carry(outlet="inland-courier", story="ferry", share=0.5, headline="Fog ferry: everybody safe"),
    Carry(outlet="daily-lantern", story="ferry", additions=ADDED),
    Embargo(story="census", lasts=timedelta(minutes=1)),
    Publish(story="harvest"),
    Publish(story="merger"),
    Publish(story="ferry", version="correction"),
    Publish(story="grid", version="update"),
    Kill(story="merger"),
)


def play(press: Press, step: Step) -> Published:
    """Do one step."""
    match step:
        case Publish():
            return press.publish(step.story, step.version)
        case Carry():
            return press.carry(step.outlet, step.story, step.share, additions=step.additions, headline=step.headline)
        case Embargo():
            return press.embargo(step.story, press.now() + step.lasts)
        case Kill():
            return press.kill(step.story)
