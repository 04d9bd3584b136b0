"""Polite, guarded HTTP: one URL in, one document out, or an error that says what to do.

    async with Fetcher(user_agent=…, allow_networks=…, …) as fetcher:
        answer = await fetcher.get("https://example.org/feed.xml", Validators(etag='"abc"'))

Fetched content is hostile: each address is guarded (pipeline/guard.py) on every hop, the body is bounded after decompression while it
streams, and one deadline stands around it all. No cookies, no proxies of the environment, no credentials. Never decides when to ask: that
is collect's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx2
import msgspec

from pipeline.errors import FetchFailed, Gone, Refused, Throttled
from pipeline.guard import Allowed, check_host, parse_allowed
from pipeline.http import GuardedTransport, retry_after_s
from schemas.document import Document

MOST_REDIRECTS = 5
LONGEST_VALIDATOR = 1_000
"""Characters: a longer one is not worth keeping."""
CONNECTIONS = 8
"""At a time, to all hosts of one client: the pool's cost grows with it."""
_KEPT_HEADERS = (
    "content-type",
    "content-language",
    "content-location",
    "date",
    "last-modified",
    "etag",
    "link",
    "x-robots-tag",
    "tdm-reservation",
)
_REDIRECTS = (301, 302, 303, 307, 308)
_NO_CONTENT = (204, 205, 206)


class Validators(msgspec.Struct, frozen=True, kw_only=True):
    """What a server gave to recognise its answer by. Opaque: sent back byte by byte."""

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    document: Document | None
    """None: not modified."""
    validators: Validators = Validators()


class Fetcher:
    """A client of one event loop. Opens connections as it needs them, and closes them at the end of its block."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow_networks: Sequence[str] | Sequence[Allowed] = (),
        max_body_bytes: int,
        deadline_s: float,
        now: Callable[[], datetime],
    ) -> None:
        """`now` tells when a last byte had arrived. Raises Misconfigured for a network that is none."""
        allowed = tuple(rule if isinstance(rule, Allowed) else parse_allowed([rule])[0] for rule in allow_networks)
        self._max_body_bytes = max_body_bytes
        self._deadline_s = deadline_s
        self._now = now
        self._client = httpx2.AsyncClient(
            transport=GuardedTransport(allowed, connections=CONNECTIONS),
            headers={"User-Agent": user_agent, "Accept": "*/*"},
            timeout=deadline_s,
            trust_env=False,
            follow_redirects=False,
        )
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._client.aclose()

    async def get(self, url: str, validators: Validators | None = None) -> Answer:
        """Ask for a URL, with validators only for what changed since.

        Raises FetchFailed (network, a server's error, the deadline), Throttled (told to wait), Gone (4xx) and Refused (our own limits).
        """
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._exchange(url, validators or Validators())
        except TimeoutError as error:
            raise FetchFailed(
                f"{url} was not there in full after {self._deadline_s:g} s.",
                url=url,
                hint="It may answer later; polls try again by themselves.",
            ) from error
        except httpx2.TimeoutException as error:
            raise FetchFailed(
                f"{url} did not answer within {self._deadline_s:g} s.", url=url, hint="It may answer later; polls try again by themselves."
            ) from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise Refused(f"{url} is no URL that can be fetched: {_words(error)}.", url=url, hint="Write https://host/path.") from error
        except httpx2.DecodingError as error:
            raise FetchFailed(f"{url} sent a body that can't be decompressed: {_words(error)}.", url=url) from error
        except httpx2.ConnectError as error:
            raise FetchFailed(
                f"{url} can't be connected to: {_words(error)}.", url=url, hint="Is the address right, and the host up?"
            ) from error
        except httpx2.HTTPError as error:
            raise FetchFailed(
                f"{url} broke off: {_words(error)}.", url=url, hint="It may answer later; polls try again by themselves."
            ) from error

    async def _exchange(self, url: str, validators: Validators) -> Answer:
        target = _checked(httpx2.URL(url), url)
        for _ in range(MOST_REDIRECTS + 1):
            async with self._client.stream("GET", target, headers=_conditions(validators)) as response:
                if response.status_code not in _REDIRECTS:
                    return await self._read(url, response, validators)
                to = response.headers.get("location", "")
                if not to:
                    raise FetchFailed(f"{url} answers {response.status_code} and does not say where to.", url=url)
                target = _checked(target.join(to), url)
        raise Refused(
            f"{url} redirects more than {MOST_REDIRECTS} times.", url=url, hint="Open it in a browser, and use the address it ends at."
        )

    async def _read(self, url: str, response: httpx2.Response, sent: Validators) -> Answer:
        status = response.status_code
        if status == HTTPStatus.NOT_MODIFIED and sent:
            return Answer(document=None, validators=sent)
        if not 200 <= status < 300 or status in _NO_CONTENT:
            raise _refusal(url, response, self._now())
        body = await self._body(url, response)
        final = str(response.url)
        document = Document(
            url=url,
            body=body,
            fetched_at=self._now(),
            content_type=_header(response, "content-type"),
            final_url="" if final == url else final,
            headers={name: value for name in _KEPT_HEADERS if (value := _header(response, name))},
        )
        return Answer(document=document, validators=_validators(response))

    async def _body(self, url: str, response: httpx2.Response) -> bytes:
        """Bounded while it streams: what is sent, and what it becomes when decompressed."""
        most = self._max_body_bytes
        too_large = Refused(f"{url} is larger than {most:,} bytes.", url=url, hint="NEWSWIRE_MAX_BODY_BYTES raises the limit.")
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            raise too_large
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > most or response.num_bytes_downloaded > most:
                raise too_large
            parts.append(part)
        return b"".join(parts)


def _checked(target: httpx2.URL, asked: str) -> httpx2.URL:
    """Raises Refused for what no hop may lead to."""
    place = asked if str(target) == asked else f"{asked} redirects to {target.scheme}://{target.host}, which"
    if target.scheme not in ("http", "https"):
        raise Refused(
            f"{place} is neither http nor https.", url=asked, hint="Only http and https are fetched; a file is a source of kind folder."
        )
    if target.userinfo:
        raise Refused("A URL with a user and a password in it is not fetched.", hint="Take them out of the URL.")
    check_host(target.host)
    return target


def _conditions(validators: Validators) -> list[tuple[bytes, bytes]]:
    """Both, where there are both: some servers look at one, some at the other."""
    pairs = ((b"If-None-Match", validators.etag), (b"If-Modified-Since", validators.last_modified))
    return [(name, value.encode("latin-1")) for name, value in pairs if value]


def _header(response: httpx2.Response, name: str) -> str:
    """A header as it was sent; latin-1, so that it goes back byte by byte."""
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in response.headers.raw if key.lower() == wanted), "")


def _validators(response: httpx2.Response) -> Validators:
    etag, last_modified = (_header(response, name) for name in ("etag", "last-modified"))
    return Validators(
        etag=etag if len(etag) <= LONGEST_VALIDATOR else "", last_modified=last_modified if len(last_modified) <= LONGEST_VALIDATOR else ""
    )


def _refusal(url: str, response: httpx2.Response, now: datetime) -> FetchFailed | Throttled | Gone:
    """A status that is no answer, as an error."""
    status = response.status_code
    phrase = f"{status} {_phrase(status)}".strip()
    wait = retry_after_s(response.headers.get("retry-after", ""), now)
    if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and wait is not None):
        asked = f"asks us to wait {wait:.0f} s" if wait is not None else "asks us to wait"
        return Throttled(f"{url} answers {phrase} and {asked}.", url=url, hint="We do; a slower rhythm may help.", retry_after_s=wait)
    if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY) or not 400 <= status < 500:
        return FetchFailed(
            f"{url} answers {phrase}.", url=url, hint="It may answer later; polls try again by themselves.", retry_after_s=wait
        )
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN):
        return Gone(f"{url} answers {phrase}: it is not for us.", url=url, hint="Ask the publisher for access, or remove it.")
    return Gone(f"{url} answers {phrase}: it is not there.", url=url, hint="Look whether the address is right; it may have moved.")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _words(error: Exception) -> str:
    """An error's own words, as part of a sentence."""
    return (str(error).strip().splitlines() or [""])[0].rstrip(".") or type(error).__name__
