"""Which addresses may be connected to. A name is resolved once, every address of it must be allowed, and only those are connected to.

Not global is refused, whatever it is called: loopback, private, link-local, shared, documentation, multicast, reserved, and each form that
hides an IPv4 address in an IPv6 one. What an operator lists (`127.0.0.1/32:8000-8999`, `10.0.0.0/8`, `wiki.internal:443`) is allowed all
the same: a network on its ports, a name wherever it leads.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpcore2
import msgspec
from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from pipeline.errors import Misconfigured, Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PORTS = r":(?P<low>\d{1,5})(?:-(?P<high>\d{1,5}))?"
_RULE = re.compile(rf"(?P<network>[0-9A-Fa-f:.]+/\d{{1,3}})(?:{_PORTS})?")
_NAME_RULE = re.compile(rf"(?P<name>[\w.-]*[a-z][\w-]*){_PORTS}", re.IGNORECASE | re.ASCII)
_ENDS_IN_A_NUMBER = re.compile(r"(?:\d+|0[xX][0-9A-Fa-f]*)")
_CANONICAL_IPV4 = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})")
_NEVER = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "::/96",  # IPv4-compatible, RFC 4291
        "::ffff:0:0/96",  # IPv4-mapped, RFC 4291
        "::ffff:0:0:0/96",  # IPv4-translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # local NAT64, RFC 8215
        "100::/64",  # discard, RFC 6666
        "2001::/23",  # Teredo and other protocol assignments, RFC 2928
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637: unknown to older Pythons
        "5f00::/16",  # segment routing, RFC 9602: unknown to older Pythons
    )
)
"""What `ipaddress` calls global in some version of Python, and yet leads to an address that is not, or to none."""


class Allowed(msgspec.Struct, frozen=True):
    """A network or a name, and the ports there, that may be fetched from although it is not global."""

    network: Network | None
    low: int
    high: int
    name: str = ""
    """In lower case, without a dot at its end: who lists it trusts whoever says where it leads."""


def parse_allowed(rules: Iterable[str]) -> tuple[Allowed, ...]:
    """`127.0.0.1/32:8000-8999`, `10.0.0.0/8`, `::1/128:8080`, `wiki.internal:443`. Raises Misconfigured, naming the rule."""
    return tuple(_parse(rule) for rule in rules)


def _parse(rule: str) -> Allowed:
    match = _RULE.fullmatch(rule.strip()) or _NAME_RULE.fullmatch(rule.strip())
    try:
        if match is None:
            raise ValueError("it has another form")
        name = match.groupdict().get("name", "").lower()
        network = None if name else ip_network(match["network"])
        low = int(match["low"]) if match["low"] else 0
        high = int(match["high"]) if match["high"] else (low or 65535)
        if not low <= high <= 65535:
            raise ValueError("its ports are no range")
    except ValueError as error:
        raise Misconfigured(
            f"allow_networks holds {rule!r}, which is no network: {error}.",
            hint="Write 127.0.0.1/32:8000-8999, 10.0.0.0/8 for all ports, or a name with its ports: wiki.internal:443.",
        ) from error
    return Allowed(network, low, high, name)


def is_global(address: Address) -> bool:
    """Whether an address leads to the public internet, and to nothing else."""
    if isinstance(address, IPv6Address) and (address.scope_id is not None or address.is_site_local):
        return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback or address.is_link_local
    return address.is_global and not special and not any(address.version == n.version and address in n for n in _NEVER)


def is_allowed(address: Address, port: int, allowed: Sequence[Allowed], *, name: str = "") -> bool:
    """Global, or in a network, or of a name (and on a port) that the operator lists."""
    if is_global(address):
        return True
    is_scoped = isinstance(address, IPv6Address) and address.scope_id is not None
    return not is_scoped and any(rule.low <= port <= rule.high and _covers(rule, address, name) for rule in allowed)


def _covers(rule: Allowed, address: Address, name: str) -> bool:
    if rule.network is None:
        return rule.name == name.rstrip(".").lower()
    return rule.network.version == address.version and address in rule.network


def check_host(host: str) -> str:
    """The host as it may be asked for; no look-up. Raises Refused for a number that is not a plain address.

    Whoever writes an address as `2130706433`, `0x7f.1` or `127.1` hides it: getaddrinfo and WHATWG's parser both accept it.
    """
    name = host.removeprefix("[").removesuffix("]")
    last = name.rstrip(".").rpartition(".")[2]
    if ":" not in name and _ENDS_IN_A_NUMBER.fullmatch(last) and not _is_canonical(name):
        raise Refused(
            f"The host {host} is a number in disguise, and not fetched.", hint="Write the address as four plain numbers, or its name."
        )
    if not name.strip("."):
        raise Refused("The URL names no host.", hint="Write it in full: https://example.org/feed.xml")
    return name


def _is_canonical(name: str) -> bool:
    return _CANONICAL_IPV4.fullmatch(name) is not None and all(int(part) <= 255 for part in name.split("."))


async def resolve(host: str, port: int, allowed: Sequence[Allowed]) -> list[Address]:
    """The addresses of a host, all of them allowed. One look-up. Raises Refused, or OSError where there is no such host."""
    name = check_host(host)
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(ip_address(entry[4][0]) for entry in found))
    if not addresses:
        raise OSError(f"{host} has no address")
    for address in addresses:
        if not is_allowed(address, port, allowed, name=name):
            where = host if name == str(address) else f"{host} ({address})"
            raise Refused(
                f"{where} port {port} is not on the public internet, and not fetched.",
                hint=f"If it is meant, allow it: NEWSWIRE_ALLOW_NETWORKS={address}/{address.max_prefixlen}:{port}",
            )
    return addresses


class GuardedBackend(AsyncNetworkBackend):
    """Opens connections only to addresses that `resolve` gave: what was checked is what is connected to. Host and SNI stay as they are."""

    def __init__(self, allowed: Sequence[Allowed]) -> None:
        self._allowed = allowed
        self._sockets = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        try:
            addresses = await resolve(host, port, self._allowed)
        except OSError as error:
            raise httpcore2.ConnectError(f"its name has no address ({error.strerror or error})") from error
        for address in addresses[:-1]:
            try:
                return await self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._sockets.connect_tcp(str(addresses[-1]), port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        raise Refused(f"The socket {path} is not fetched from.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
