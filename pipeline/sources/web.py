"""What kinds that are asked over HTTP have in common: where they may be, and how a text is told from its older state. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

import xxhash

from pipeline.errors import Misconfigured


def check_url(location: str) -> str:
    """A location that can be asked for. Raises Misconfigured, without repeating a password."""
    try:
        parts = urlsplit(location.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Misconfigured(f"{location} is no URL: {error}.", hint="Write it in full: https://example.org/feed.xml") from error
    if parts.username is not None or parts.password is not None:
        raise Misconfigured("A location with a user and a password in it is not fetched.", hint="Take them out of the URL.")
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise Misconfigured(f"{location!r} is no URL of the web.", hint="Write it in full: https://example.org/feed.xml")
    return location.strip()


def text_key(*texts: str) -> str:
    """Tells one state of a text from another: xxh3-128 over its parts, hex, with the version of this recipe."""
    return "1:" + xxhash.xxh3_128_hexdigest("\x1f".join(texts).encode("utf-8", "surrogatepass"))
