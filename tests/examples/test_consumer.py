"""The example consumer, run as another team would: it knows nothing of newswire, and keeps one rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pipeline.delivery import Answered
from pipeline.delivery.celery import CeleryChannel
from schemas.article import Article
from schemas.messages import Message, Showing
from tests.consumer import ROOT, Consumer, consuming, until

OURS = {"newswire", "workers", "pipeline", "press", "migrations", "schemas", "desk"}


def message(item: int, seq: int, headline: str = "", **more: Any) -> Message:
    article = Article(headline=headline, paragraphs=("A body.",), text="A body.") if headline else None
    status = Showing.USABLE if headline else Showing.KILLED
    event = "stored" if headline else "killed"
    fields: dict[str, Any] = {"epoch": 1, "status": status, "event": event} | more
    return Message(seq=seq, subscription="team", generation=7, item=item, provider="wire", story=1, article=article, **fields)


class Line:
    """From here to the running consumer, and back."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.channel = CeleryChannel(consumer.target)
        self.answers: list[Answered] = []
        self._sent = 0

    def tell(self, *messages: Message) -> None:
        """Send, and wait until each was answered."""
        self.channel.send(3, messages, datetime(2026, 3, 1, tzinfo=UTC))
        self._sent += len(messages)
        until(self._is_answered, "an answer to each message")

    def _is_answered(self) -> bool:
        self.channel.answers(self.answers.extend)
        return len(self.answers) >= self._sent


@pytest.fixture
def line(tmp_path: Path, valkey_url: str) -> Iterator[Line]:
    with consuming(tmp_path, valkey_url) as consumer:
        line = Line(consumer)
        yield line
        line.channel.close()


def test_it_imports_nothing_of_newswire() -> None:
    for path in (ROOT / "examples" / "consumer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not OURS & {name.partition(".")[0] for name in names}, path


def test_each_example_is_about_a_page() -> None:
    lengths = {path.parent.name: len(path.read_text().splitlines()) for path in (ROOT / "examples").glob("*/*.py")}
    assert set(lengths) == {"consumer", "files", "stream", "webhook"}
    assert max(lengths.values()) < 100


def test_it_holds_what_it_is_told_hides_what_is_killed_and_acknowledges_without_a_line_for_it(line: Line) -> None:
    line.tell(message(1, 5, "One"), message(2, 6, "Two"))
    assert line.consumer.held() == {1: ("usable", "One"), 2: ("usable", "Two")}
    line.tell(message(1, 8))
    assert line.consumer.held()[1] == ("killed", None)
    expected = [(3, 7, 1, 5, True), (3, 7, 1, 8, True), (3, 7, 2, 6, True)]
    assert sorted(msgspec.structs.astuple(one)[:5] for one in line.answers) == expected

    # repeats, and what comes late: answered, and without effect
    line.tell(message(1, 5, "One"), message(2, 6, "Two"), message(2, 4, "Too old"))
    assert line.consumer.held() == {1: ("killed", None), 2: ("usable", "Two")}
    assert [applied for *_, applied in line.consumer.received()] == [1, 1, 1, 0, 0, 0]

    # a kill of what it never had, and then its text, which was on its way
    line.tell(message(3, 10), message(3, 9, "Killed before it came"))
    assert line.consumer.held()[3] == ("killed", None)

    # a greater epoch counts more than any seq: newswire was restored from a backup
    line.tell(message(2, 1, "Restored", epoch=2), message(2, 99, "From before", epoch=1))
    assert line.consumer.held()[2] == ("usable", "Restored")


def test_a_task_that_fails_answers_no(line: Line) -> None:
    broken = message(1, 5, "One", epoch=None)  # type error in the consumer's comparison: None is not a number
    line.tell(message(1, 4, "First"), broken)
    assert {(one.seq, one.ok) for one in line.answers} == {(4, True), (5, False)}
    assert line.consumer.held()[1] == ("usable", "First")
