"""A contract test for somebody else's consumer: all that may happen to messages, sent to it as newswire sends, and what it shows then.

Line        sends to the consumer's own queue, webhook, stream or folder, and waits until it has taken what was sent
Looks       asks the consumer what it shows of an item, by a command of its own
CASES       what is sent, what must be shown, and what a consumer that shows something else got wrong
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from pipeline.delivery import Answered, Channel, Log, open_channel, open_log, target
from pipeline.errors import Gone, Infrastructure, Misconfigured, Transient
from pipeline.storage.logs import Entry
from schemas.article import Article
from schemas.messages import Message, Showing

_LOOK_S = 0.05
_COMMAND_S = 30
_FIRST_ITEM = 9_000_000_000
"""Far from items that newswire has."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `text` None: nothing to show, for the reason that `status` says."""

    seq: int
    text: str | None = None
    status: Showing = Showing.USABLE
    epoch: int = 1
    generation: int = 0
    """Rewinds before it."""
    body_omitted: bool = False


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent about one item, and what is right then."""

    name: str
    steps: tuple[Step, ...]
    shows: str | None
    wrong: str
    """What a consumer got wrong that shows something else."""
    applied: int | None = None
    """How many of the messages may have an effect."""
    logs_only: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """Of one case."""

    name: str
    ok: bool
    says: str = ""


_KILL = Step(seq=20, status=Showing.KILLED)
CASES = (
    Case(name="a text", steps=(Step(seq=10, text="One"),), shows="One", wrong="It does not show what it was told."),
    Case(
        name="a repeat",
        steps=(Step(seq=10, text="One"), Step(seq=10, text="One")),
        shows="One",
        applied=1,
        wrong="Its effect happened twice: apply a message only if its (epoch, seq) is greater than what you hold for the item.",
    ),
    Case(name="an update", steps=(Step(seq=10, text="One"), Step(seq=20, text="Two")), shows="Two", wrong="It keeps the older version."),
    Case(
        name="out of order",
        steps=(Step(seq=20, text="Two"), Step(seq=10, text="One")),
        shows="Two",
        applied=1,
        wrong="A late message put an older text back: apply a message only if its (epoch, seq) is greater than what you hold for the item.",
    ),
    Case(name="a kill", steps=(Step(seq=10, text="One"), _KILL), shows=None, wrong="It shows what its publisher called off."),
    Case(
        name="a text after its kill",
        steps=(Step(seq=10, text="One"), _KILL, Step(seq=15, text="Late")),
        shows=None,
        wrong="A text that was on its way is shown after its kill: keep the (epoch, seq) of the kill.",
    ),
    Case(
        name="a kill of an unknown item",
        steps=(_KILL, Step(seq=10, text="Late")),
        shows=None,
        wrong="It forgot a kill of what it did not have, and shows the text that came after: keep a row for it (a tombstone).",
    ),
    Case(
        name="a revival",
        steps=(Step(seq=10, text="One"), _KILL, Step(seq=30, text="Again")),
        shows="Again",
        wrong="It does not show what was taken back from a kill.",
    ),
    Case(
        name="a rewind",
        steps=(
            Step(seq=10, text="One"),
            Step(seq=20, text="Two"),
            Step(seq=10, text="One", generation=1),
            Step(seq=20, text="Two", generation=1),
        ),
        shows="Two",
        applied=2,
        wrong="After a rewind it applied again what it held: `generation` is no part of the comparison.",
    ),
    Case(
        name="a restored newswire",
        steps=(Step(seq=50, text="Lost"), Step(seq=7, text="True", epoch=2)),
        shows="True",
        wrong="It holds on to what newswire has forgotten: compare `epoch` first, then `seq`.",
    ),
    Case(
        name="a purge",
        steps=(Step(seq=10, text="One"), Step(seq=20, status=Showing.PURGED)),
        shows=None,
        wrong="It shows what had to be removed for good.",
    ),
    Case(
        name="no longer in the filter",
        steps=(Step(seq=10, text="One"), Step(seq=20, status=Showing.LEFT)),
        shows=None,
        wrong="It shows what it will hear no more of.",
    ),
    Case(
        name="a message without its body",
        steps=(Step(seq=10, text="One", body_omitted=True),),
        shows="One",
        wrong="It can't take a message whose body was too large: `body_omitted` is true, the headline and the link are there.",
    ),
    Case(
        name="a version under embargo",
        steps=(Step(seq=10, text="One"), Step(seq=20, status=Showing.HELD)),
        shows="One",
        logs_only=True,
        wrong="It hides what may be shown because a newer version is under embargo: pass over `held`.",
    ),
)


class Line(Protocol):
    """A way to the consumer."""

    is_log: bool

    def tell(self, messages: Sequence[Message]) -> str:
        """Send, and wait until they were taken; '' or what went wrong."""


class Pushed:
    """To a queue or a webhook: one message after the other, each answered before the next."""

    is_log = False

    def __init__(self, channel: Channel, patience_s: float, now: Callable[[], datetime]) -> None:
        self._channel = channel
        self._patience_s = patience_s
        self._now = now

    def tell(self, messages: Sequence[Message]) -> str:
        for message in messages:
            got: list[Answered] = []
            try:
                self._channel.send(1, [message], self._now())
            except (Infrastructure, Transient, Gone) as error:
                return str(error)
            deadline = time.monotonic() + self._patience_s
            while not self._channel.answers(got.extend):
                if time.monotonic() > deadline:
                    return f"It did not acknowledge within {self._patience_s:g} s."
                time.sleep(_LOOK_S)
            if not all(one.ok for one in got):
                return f"It refused a message: {got[-1].why or 'its task failed'}."
        return ""


class Logged:
    """To a stream or a folder: entries in order. Their ids grow whatever the messages' own numbers do, as after a rewind."""

    is_log = True

    def __init__(self, log: Log, patience_s: float, now: datetime) -> None:
        self._log = log
        self._patience_s = patience_s
        self._now = now
        self._generation = int(now.timestamp())
        self._seq = 0

    def tell(self, messages: Sequence[Message]) -> str:
        held = self._log.look(self._generation, self._now)
        if not held.is_ready:
            self._log.append(held, self._generation, self._seq, ())
            held = self._log.look(self._generation, self._now)
        entries = []
        for message in messages:
            self._seq += 1
            entries.append(Entry(seq=self._seq, item=message.item, at=self._now, message=message))
        self._log.append(held, self._generation, 0, entries)
        self._now += timedelta(days=1)  # a file is complete
        deadline = time.monotonic() + self._patience_s
        while self._log.look(self._generation, self._now).acknowledged < self._seq:
            if time.monotonic() > deadline:
                return f"It did not acknowledge within {self._patience_s:g} s."
            time.sleep(_LOOK_S)
        return ""


@contextlib.contextmanager
def line_to(kind: str, settings: Mapping[str, Any], patience_s: float, now: Callable[[], datetime]) -> Iterator[Line]:
    """Raises Misconfigured."""
    target(kind).check(settings)
    if target(kind).is_log:
        log = open_log(kind, settings)
        try:
            yield Logged(log, patience_s, now())
        finally:
            log.close()
    else:
        channel = open_channel(kind, settings)
        try:
            yield Pushed(channel, patience_s, now)
        finally:
            channel.close()


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the consumer says of an item."""

    shows: str | None
    applied: int | None = None


def looks(command: str, item: int) -> Shown:
    """`command` with {item} in it prints a headline, or nothing; or JSON: {"shows": …, "applied": …}. Raises Misconfigured."""
    words = [word.replace("{item}", str(item)) for word in shlex.split(command)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_COMMAND_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Misconfigured(f"The command {words[0]} can't be run: {error}.", hint="--shows 'program --of {item}'") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Misconfigured(f"The command {words[0]} failed: {last}")
    said = done.stdout.strip()
    if said.startswith("{"):
        try:
            return msgspec.json.decode(said, type=Shown)
        except msgspec.DecodeError as error:
            raise Misconfigured(
                f"The command {words[0]} prints no such JSON: {error}.", hint='{"shows": "a headline", "applied": 1}'
            ) from error
    return Shown(shows=said or None)


def check(line: Line, look: Callable[[int], Shown], patience_s: float) -> Iterator[Result]:
    """Case by case; each has an item of its own. At the end all of them are purged there."""
    first = _FIRST_ITEM + secrets.randbits(24) * 100
    for number, case in enumerate(CASES):
        if not case.logs_only or line.is_log:
            yield _run(line, look, patience_s, case, first + 2 * number)
    gone = [message(first + 2 * n + k, Step(seq=1000, epoch=99, status=Showing.PURGED)) for n in range(len(CASES)) for k in (0, 1)]
    line.tell(gone)


def _run(line: Line, look: Callable[[int], Shown], patience_s: float, case: Case, item: int) -> Result:
    told = [message(item, step) for step in case.steps]
    if line.is_log:  # what comes last in order is there: then so is all before it
        told.append(message(item + 1, Step(seq=1, text="The end")))
    trouble = line.tell(told)
    if trouble:
        return Result(name=case.name, ok=False, says=trouble)
    deadline = time.monotonic() + patience_s
    while line.is_log and look(item + 1).shows != "The end":
        if time.monotonic() > deadline:
            return Result(name=case.name, ok=False, says=f"It did not show within {patience_s:g} s what it was told.")
        time.sleep(_LOOK_S)
    shown = look(item)
    if shown.shows != case.shows:
        return Result(name=case.name, ok=False, says=f"{case.wrong} It shows {json.dumps(shown.shows, ensure_ascii=False)}.")
    if case.applied is not None and shown.applied is not None and shown.applied != case.applied:
        return Result(name=case.name, ok=False, says=f"{case.wrong} {shown.applied} messages had an effect, {case.applied} may.")
    return Result(name=case.name, ok=True)


def message(item: int, step: Step) -> Message:
    """As newswire would make it."""
    article = None
    if step.text is not None:
        body = "" if step.body_omitted else f"{step.text}."
        article = Article(headline=step.text, paragraphs=(body,) if body else (), text=body)
    return Message(
        epoch=step.epoch,
        seq=step.seq,
        subscription="check",
        generation=1 + step.generation,
        item=item,
        provider="newswire-check",
        story=item,
        event="stored" if article else str(step.status),
        status=step.status,
        article=article,
        body_omitted=step.body_omitted,
    )
