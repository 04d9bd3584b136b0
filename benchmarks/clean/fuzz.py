"""Breaking pages: a mutation that a seed decides. Pure; the suite uses it on pages of our own, the benchmark on real ones."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_TAGS = b"<div> </div> <p> <table><tr><td> </table> <b> <a> <!-- --> <script> <select> <svg> <template> <ul><li>".split()
_BYTES = [b"\0", b"\xff\xfe", b"\xc3", b"<", b">", b"&#x110000;", b"&", b'"', b"\xed\xa0\x80", b"\xe2\x80\xae"]


def _cut(body: bytes, draw: Random) -> bytes:
    return body[: draw.randrange(len(body) + 1)]


def _drop(body: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(body) + 1)
    return body[:at] + body[at + draw.randrange(5000) :]


def _double(body: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(body) + 1)
    piece = body[at : at + draw.randrange(2000)]
    return body[:at] + piece * draw.choice([2, 20]) + body[at:]


def _insert(body: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(body) + 1)
    return body[:at] + draw.choice(_TAGS) * draw.choice([1, 10, 1000]) + body[at:]


def _bytes(body: bytes, draw: Random) -> bytes:
    for _ in range(20):
        at = draw.randrange(len(body) + 1)
        body = body[:at] + draw.choice(_BYTES) + body[at + draw.randrange(2) :]
    return body


def _attribute(body: bytes, draw: Random) -> bytes:
    at = body.find(b">", draw.randrange(len(body) + 1))
    return body[:at] + b' class="' + b"x related " * draw.choice([1, 100, 10_000]) + b'"' + body[at:] if at > 0 else body


def _swap(body: bytes, draw: Random) -> bytes:
    one, other = sorted(draw.randrange(len(body) + 1) for _ in range(2))
    return body[other:] + body[one:other] + body[:one]


_MUTATIONS: list[Callable[[bytes, Random], bytes]] = [_cut, _drop, _double, _insert, _bytes, _attribute, _swap]


def mutated(body: bytes, draw: Random) -> bytes:
    """The page with one to four things wrong."""
    for _ in range(draw.randint(1, 4)):
        body = draw.choice(_MUTATIONS)(body, draw)
    return body
