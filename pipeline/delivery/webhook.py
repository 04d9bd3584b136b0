"""A webhook: each message a POST of JSON, signed. 2xx acknowledges; nothing else does. No redirect is followed, and the guard applies.

    2xx                                   acknowledged
    408, 425, 429, 502, 503, 504,         the other side is away or asks us to wait: nobody's attempt; left alone, as long as Retry-After says
    no answer, the deadline
    410                                   it wants nothing more: the subscription is paused
    all else                              this message was refused: an attempt. After a few in a row the circuit opens: then one message at a
                                          time is tried, and what it says counts against nobody, until one is taken

Signed as Standard Webhooks are (headers webhook-id, webhook-timestamp, webhook-signature: v1 and HMAC-SHA256 of `id.timestamp.body`), so that
their libraries check it. The id is the same for each repeat of one message.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx2
import msgspec

from pipeline.delivery import Answered, Finding, Room, Target, read_settings, words
from pipeline.errors import Gone, Infrastructure, Misconfigured, NewswireError, Refused, Throttled
from pipeline.guard import check_host, parse_allowed
from pipeline.http import GuardedTransport, retry_after_s
from schemas.learnt import learn
from schemas.messages import Message, Showing, encode
from schemas.outcome import counted

_AWAY = (408, 425, 429, 502, 503, 504)
_GONE = 410
_OPENS_AFTER = 5
"""Refusals in a row: then it is the other side that is ill, not the messages."""
_LONGEST_ANSWER = 65_536
"""Bytes that are read of what nobody looks at."""
_EXAMPLE = "url=https://host/path secret=whsec_$(openssl rand -base64 32)"


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator says of a webhook."""

    url: str
    secret: str
    """`whsec_` and the key in base64; two, separated by a space, while one replaces the other: both sign."""
    headers: dict[str, str] = {}
    """More headers of each request: `headers.authorization=…`."""
    deadline_s: float = 10.0
    """For one whole exchange."""
    at_once: int = 4
    """Requests at a time."""
    allow_networks: str = ""
    """Networks that it may be in although they are not public: `10.0.0.0/8:443`."""


learn(WebhookSettings)


def _read(settings: Mapping[str, Any]) -> WebhookSettings:
    read = read_settings("webhook", WebhookSettings, settings, needs=("url", "secret"), example=_EXAMPLE)
    url = httpx2.URL(read.url)
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise Misconfigured("The url of a webhook is https://host/path, without a user in it.", hint=_EXAMPLE)
    keys(read.secret)
    parse_allowed(words(read.allow_networks))
    if read.at_once < 1 or read.deadline_s <= 0:
        raise Misconfigured(f"at_once = {read.at_once}, deadline_s = {read.deadline_s:g}: both are more than 0.")
    return read


def check(settings: Mapping[str, Any]) -> None:
    """Raises Misconfigured."""
    _read(settings)


def describe(settings: Mapping[str, Any]) -> str:
    """`webhook https://host/path`: what stands after a ? may be a secret."""
    return f"webhook {str(settings.get('url', '')).partition('?')[0].rpartition('@')[2]}"


def keys(secret: str) -> list[bytes]:
    """Raises Misconfigured for what is none."""
    try:
        found = [base64.b64decode(one.removeprefix("whsec_"), validate=True) for one in secret.split()]
    except binascii.Error as error:
        raise Misconfigured("The secret of a webhook is whsec_ and 24 to 64 bytes in base64.", hint=_EXAMPLE) from error
    if not found or not all(24 <= len(key) <= 64 for key in found):
        raise Misconfigured("The secret of a webhook has 24 to 64 bytes.", hint=_EXAMPLE)
    return found


def signature(secrets: Iterable[bytes], id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature."""
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}" for key in secrets)


class WebhookChannel:
    """A client, and the loop that it runs on, opened on first use. It remembers how the other side answered."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = _read(settings)
        self._name = describe(settings)
        self._keys = keys(self._settings.secret)
        self._runner: asyncio.Runner | None = None
        self._client: httpx2.AsyncClient | None = None
        self._answers: list[Answered] = []
        self._refused = 0
        """In a row."""

    @property
    def _is_open(self) -> bool:
        """The circuit."""
        return self._refused >= _OPENS_AFTER

    def room(self) -> Room:
        return Room(free=1 if self._is_open else self._settings.at_once * 4, is_empty=True, is_seen=False)

    def send(self, subscription: int, messages: Sequence[Message], now: datetime, *, urgent: int = 0) -> None:
        if self._runner is None:
            self._runner = asyncio.Runner()
        self._runner.run(self._send(subscription, messages, now))
        if self._is_open:
            raise Infrastructure(
                f"{self._name} refused {counted(self._refused, 'message')} in a row; the last one {self._answers[-1].why}.",
                hint="One at a time is tried, later and later, until it takes one.",
            )

    async def _send(self, subscription: int, messages: Sequence[Message], now: datetime) -> None:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                transport=GuardedTransport(parse_allowed(words(self._settings.allow_networks)), connections=self._settings.at_once),
                timeout=self._settings.deadline_s,
                trust_env=False,
                follow_redirects=False,
            )
        waiting = list(reversed(messages))
        away: list[NewswireError] = []

        async def works() -> None:
            while waiting and not away:
                message = waiting.pop()
                try:
                    self._note(subscription, message, await self._post(subscription, message, now))
                except NewswireError as error:
                    away.append(error)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._settings.at_once, len(messages))):
                group.create_task(works())
        if away:
            raise next((error for error in away if isinstance(error, Gone)), away[0])

    def _note(self, subscription: int, message: Message, refusal: str) -> None:
        counts = not self._is_open
        self._refused = self._refused + 1 if refusal else 0
        self._answers.append(
            Answered(
                subscription=subscription,
                generation=message.generation,
                item=message.item,
                seq=message.seq,
                ok=not refusal,
                why=refusal,
                counts=counts,
            )
        )

    async def _post(self, subscription: int, message: Message, now: datetime) -> str:
        """Why it was refused; '' where it was taken. Raises Throttled, Infrastructure or Gone for what is not about this message."""
        body = encode(message)
        id = f"{subscription}-{message.generation}-{message.item}-{message.seq}"
        stamp = int(now.timestamp())
        headers = dict(self._settings.headers) | {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(self._keys, id, stamp, body),
        }
        assert self._client is not None
        hint = "It is tried again by itself; what it is owed waits here."
        try:
            async with asyncio.timeout(self._settings.deadline_s):
                check_host(httpx2.URL(self._settings.url).host)
                async with self._client.stream("POST", self._settings.url, content=body, headers=headers) as response:
                    status = response.status_code
                    wait = retry_after_s(response.headers.get("retry-after", ""), now)
                    await _read_to_its_end(response)
        except TimeoutError as error:
            raise Infrastructure(f"{self._name} did not answer within {self._settings.deadline_s:g} s.", hint=hint) from error
        except Refused as error:
            raise Infrastructure(f"{self._name}: {error}", hint="If it is meant, allow it: --set allow_networks=NETWORK:PORT") from error
        except (httpx2.HTTPError, OSError, ssl.SSLError) as error:
            said = (str(error).strip().splitlines() or [""])[0].rstrip(".") or type(error).__name__
            raise Infrastructure(f"{self._name} is not to be had: {said}.", hint=hint) from error
        if 200 <= status < 300:
            return ""
        if status == _GONE:
            raise Gone(f"{self._name} answered 410: it wants nothing more.", hint="Resume it when it does: newswire subscriptions resume")
        if status in _AWAY:
            asked = f", and asks us to wait {wait:.0f} s" if wait is not None else ""
            raise Throttled(f"{self._name} answered {status}{asked}.", hint=hint, retry_after_s=wait)
        redirects = ": redirects are not followed" if 300 <= status < 400 else ""
        return f"failed: the webhook answered {status}{redirects}"

    def answers(self, take: Callable[[Sequence[Answered]], None]) -> int:
        answered = list(self._answers)
        if answered:
            take(answered)
            del self._answers[: len(answered)]
        return len(answered)

    def examine(self, now: datetime) -> list[Finding]:
        """A signed message of an item that is none: `event` is probe."""
        probe = Message(
            epoch=0, seq=0, subscription="probe", generation=0, item=0, provider="", story=0, event="probe", status=Showing.LEFT
        )
        before, self._refused = self._refused, 0
        try:
            self.send(0, [probe], now)
        except (Gone, Throttled) as error:
            return [Finding(ok=False, says=str(error))]
        finally:
            self._refused = before
        said = self._answers.pop()
        return [Finding(ok=said.ok, says=f"{self._name} took a signed probe." if said.ok else f"{self._name}: {said.why}.")]

    def probe(self, number: int) -> bool:
        """It has answered already."""
        return False

    def unanswered(self) -> Finding:
        return Finding(ok=False, says=f"{self._name} did not answer.")

    def close(self) -> None:
        """What was answered and not yet taken is kept."""
        runner, client, self._runner, self._client = self._runner, self._client, None, None
        if runner is not None:
            if client is not None:
                runner.run(client.aclose())
            runner.close()


async def _read_to_its_end(response: httpx2.Response) -> None:
    """So that its connection can be used again; not for ever."""
    size = 0
    async for part in response.aiter_raw():
        size += len(part)
        if size > _LONGEST_ANSWER:
            break


TARGET = Target(name="webhook", check=check, open=WebhookChannel, describe=describe)
