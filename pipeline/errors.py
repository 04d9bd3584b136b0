"""All that can go wrong, as one tree.

    NewswireError
    ├── Transient              may go well later: retried with a growing delay, bounded
    │   ├── FetchFailed            the network, a 5xx, 429 or 408, a deadline
    │   └── Throttled              the host asked us to wait
    ├── Permanent              will go wrong each time: the item goes to quarantine, its neighbours go on
    │   ├── Unreadable             bytes that no format can read, or that hold no article
    │   │   └── Blocked                a page with something else in the article's place: a challenge, a consent wall, an error
    │   ├── Refused                our own limits or guards said no: address, size, scheme
    │   └── Gone                   404, 410 and their like
    ├── Infrastructure         database, broker or disk: the work is given back, nobody is blamed
    │   └── DatabaseAway           our own database
    └── Misconfigured          a setting or a command is wrong: told to whoever runs it, never retried

Messages are one sentence for an operator: what, where, and what to do. Errors carry ids and URLs, never bodies or secrets.
`workers/retry.py` is the only map from type to what happens next.
"""

from __future__ import annotations


class NewswireError(Exception):
    """The root. `str(error)` is one sentence that an operator can act on."""

    def __init__(self, message: str, *, url: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.url = url
        self.hint = hint
        """What the operator can do, as a sentence or a command."""


class Transient(NewswireError):
    """May go well later. `retry_after_s`: the wait that the other side asked for."""

    def __init__(self, message: str, *, url: str = "", hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, url=url, hint=hint)
        self.retry_after_s = retry_after_s


class FetchFailed(Transient):
    """The network, a server's error, or our total deadline."""


class Throttled(Transient):
    """The host asked us to wait (429, 503 with Retry-After)."""


class Permanent(NewswireError):
    """Will go wrong each time with these bytes and this code."""


class Unreadable(Permanent):
    """Bytes that no format reads, or that hold no article."""


class Blocked(Unreadable):
    """Something else stands in the article's place: a challenge, a consent wall, a login, an error served as a page, an empty shell."""


class Refused(Permanent):
    """Our own limits or guards said no."""


class Gone(Permanent):
    """The server says that it is not there: 404, 410, 451 or another 4xx."""


class Infrastructure(NewswireError):
    """Database, broker or disk. The work is given back."""


class DatabaseAway(Infrastructure):
    """Our own database is not to be had, or kept us waiting too long."""


class Misconfigured(NewswireError):
    """A setting, a file of settings or a command line is wrong."""
