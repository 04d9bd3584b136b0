"""A contract test for somebody else's consumer: all that may happen to messages, sent to it as newswire sends, and what it shows then.

Looks       asks the consumer what it shows of an item, by a command of its own
CASES       what is sent, what must be shown, and what a consumer that shows something else got wrong
"""

from __future__ import annotations

import json
import secrets
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator

import msgspec

from newswire.consumer_lines import Line, Streamed
from pipeline.errors import Misconfigured
from schemas.article import Article
from schemas.messages import Message, Showing
from schemas.outcome import counted

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


A_DEAD_READER = "a reader that died"
"""Of streams only: a case that is not about what is sent, but about whose hands it fell into."""


def check(line: Line, look: Callable[[int], Shown], patience_s: float) -> Iterator[Result]:
    """Case by case; each has an item of its own. At the end all of them are purged there."""
    first = _FIRST_ITEM + secrets.randbits(24) * 100
    for number, case in enumerate(CASES):
        if not case.logs_only or line.is_log:
            yield _run(line, look, patience_s, case, first + 2 * number)
    if isinstance(line, Streamed):
        yield _of_the_dead(line, look, patience_s, first - 1)
    gone = Step(seq=1000, epoch=99, status=Showing.PURGED)
    line.tell([message(item, gone) for item in range(first - 1, first + 2 * len(CASES))])


def _of_the_dead(line: Streamed, look: Callable[[int], Shown], patience_s: float, item: int) -> Result:
    wrong = "What a reader of its group had in its hands when it died nobody takes up: XAUTOCLAIM it."
    trouble = line.tell_a_dead_reader(message(item, Step(seq=10, text="One")))
    shown = look(item).shows
    is_well = not trouble and shown == "One"
    return Result(name=A_DEAD_READER, ok=is_well, says="" if is_well else f"{wrong} {trouble}".strip())


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
        return Result(name=case.name, ok=False, says=f"{case.wrong} {counted(shown.applied, 'message')} had an effect, {case.applied} may.")
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
