"""URLs: the one form in which two spellings of an address are equal. Pure. Parsing is WHATWG's (can_ada); what is normalised stands below.

canonical("HTTP://Example.org:80/a/../b?utm_source=x&id=7#top")  →  "http://example.org/b?id=7"
"""

from __future__ import annotations

import re
from functools import lru_cache

import can_ada

from pipeline.errors import Misconfigured, Unreadable

LONGEST = 2_000
"""Characters of a URL as it is sent; what is longer is data, no address, and fits no index."""
_TRACKING = re.compile(
    # Parameters that say how a reader came, never what is shown. Sources: the vendors' documentation of campaign tagging (Google Analytics utm_*,
    # gclid, dclid, srsltid; Meta fbclid, fb_*; Microsoft msclkid; Matomo pk_*, mtm_*; HubSpot _hs*; Mailchimp mc_*; Marketo mkt_tok;
    # Adobe s_cid; AT Internet xtor, at_*; Webtrekk wt_*; Comscore ns_*; TikTok ttclid; LinkedIn li_fat_id).
    r"(?:utm_[a-z_]+|gclid|gclsrc|dclid|gbraid|wbraid|srsltid|fbclid|fb_action_ids|fb_action_types|fb_ref|fb_source|msclkid|yclid|_openstat"
    r"|twclid|ttclid|li_fat_id|igshid|igsh|mc_cid|mc_eid|mkt_tok|_hsenc|_hsmi|__hs[a-z]+|hsctatracking"
    r"|pk_[a-z]+|piwik_[a-z]+|mtm_[a-z]+|matomo_[a-z]+|s_cid|s_kwcid|xtor|wt_mc|wt_zmc|at_medium|at_campaign|at_custom\d|cmpid|_ga|_gl|vero_id"
    r"|oly_anon_id|oly_enc_id|wickedid|ns_campaign|ns_mchannel|ns_source|ns_linkname|ns_fee|guccounter|guce_referrer(?:_sig)?)\Z",
    re.IGNORECASE,
)
_SCHEMES = ("http:", "https:", "file:")
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)


def _parse(url: str, base: str | None = None) -> can_ada.URL:
    try:
        parsed = can_ada.parse(base.strip()) + url.strip() if base else can_ada.parse(url.strip())
    except (ValueError, TypeError) as error:
        raise Unreadable(
            f"{url[:200]!r} is no absolute URL.", url=url[:2000], hint="http://, https:// or file:// and a host or path."
        ) from error
    if len(str(parsed.href)) > LONGEST:
        raise Unreadable(f"{url[:100]!r}… is longer than {LONGEST:,} characters: no address.", url=url[:2000])
    if parsed.protocol not in _SCHEMES:
        raise Unreadable(f"{url[:200]!r} has the scheme {parsed.protocol!r}: newswire reads http, https and file.", url=url[:2000])
    return parsed


@lru_cache(maxsize=4096)
def canonical(url: str) -> str:
    """The form by which two URLs are the same address. Idempotent.

    WHATWG parsing (lower-case scheme and host, default port off, `..` resolved), the fragment off unless it is a hashbang, tracking
    parameters and credentials off, escapes in capitals (RFC 3986 section 6.2.2.1); the order and spelling of all other parameters stay,
    since servers may care. Raises Unreadable.
    """
    parsed = _parse(url)
    if not str(parsed.hash).startswith("#!"):
        parsed.hash = ""
    kept = [part for part in str(parsed.search)[1:].split("&") if part and not _TRACKING.match(part.partition("=")[0])]
    parsed.search = "?" + "&".join(kept) if kept else ""  # with its own mark: a query may begin with another one
    parsed.username = ""
    parsed.password = ""
    return _ESCAPE.sub(lambda escape: escape[0].upper(), str(parsed.href))


def resolve(base: str, url: str) -> str:
    """`url` as it reads on the page at `base`, absolute. Raises Unreadable."""
    return str(_parse(url, base).href)


def host_key(url: str) -> str:
    """`scheme://host:port`, the port always given: what politeness counts by. Raises Unreadable for a file URL."""
    parsed = _parse(url)
    if parsed.protocol == "file:" or not parsed.hostname:
        raise Unreadable(f"{url[:200]!r} has no host.", url=url[:2000], hint="Only http:// and https:// URLs name one.")
    port = parsed.port or ("443" if parsed.protocol == "https:" else "80")
    return f"{parsed.protocol}//{parsed.hostname}:{port}"


def verified(url: str) -> str:
    """A Redis URL that all clients read alike: with TLS (`rediss://`) the server's certificate is verified, unless `ssl_cert_reqs=none` says no.

    Without the parameter, kombu would verify nothing and Celery's results refuse the URL; `CERT_REQUIRED`, as Celery's documentation writes
    it, is refused by redis-py. Raises Misconfigured for a value that is none of theirs.
    """
    if not url.startswith("rediss://"):
        return url
    where, _, query = url.partition("?")
    given = [part.partition("=") for part in query.split("&") if part]
    asked = next((value for name, _, value in given if name == "ssl_cert_reqs"), "required")
    reads = asked.lower().removeprefix("cert_")
    if reads not in ("required", "optional", "none"):
        raise Misconfigured(f"ssl_cert_reqs={asked} of a Redis URL is none of required, optional and none.")
    others = [f"{name}={value}" for name, _, value in given if name != "ssl_cert_reqs"]
    return f"{where}?{'&'.join([f'ssl_cert_reqs={reads}', *others])}"
