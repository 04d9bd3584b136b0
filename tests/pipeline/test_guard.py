"""Which addresses may be connected to: the hostile ones, by all the names they have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_address

import httpcore2
import pytest

from pipeline import guard
from pipeline.errors import Misconfigured, Refused
from pipeline.guard import GuardedBackend, check_host, is_allowed, is_global, parse_allowed, resolve

LOOPBACK = parse_allowed(["127.0.0.1/32:8000-8999"])

HOSTILE = [
    "127.0.0.1",
    "127.255.255.254",
    "localhost",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",  # metadata of clouds
    "100.64.0.1",  # shared address space
    "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "2130706433",  # 127.0.0.1 in decimal
    "134744072",  # 8.8.8.8 in decimal: global, and yet a disguise
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.1",
    "127.0.0.1.",
    "127.0.0.01",
    "1.2.3.256",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:8.8.8.8]",  # mapped is refused, wherever it leads
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",  # NAT64
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",  # 6to4
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",  # Teredo
    "[2001:db8::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[100::1]",
    "[fe80::1]",
    "[fe80::1%1]",
    "[fec0::1]",
    "[fd00::1]",
    "[ff02::1]",
    "",
    ".",
]


def resolved(host: str, port: int = 80, allowed: tuple[guard.Allowed, ...] = ()) -> list[str]:
    return [str(address) for address in asyncio.run(resolve(host, port, allowed))]


@pytest.mark.parametrize("host", HOSTILE)
def test_a_hostile_host_is_refused(host: str) -> None:
    with pytest.raises(Refused):
        resolved(host)


@pytest.mark.parametrize("host", [host for host in HOSTILE if host not in ("127.0.0.1", "localhost")])
def test_allowing_loopback_opens_no_other_way_to_it(host: str) -> None:
    with pytest.raises(Refused):
        resolved(host, 8080, LOOPBACK)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "151.101.1.1", "2606:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"]
)
def test_the_public_internet_is_allowed(address: str) -> None:
    assert is_global(ip_address(address))
    assert resolved(address, 443) == [address]


def test_an_allowed_network_is_allowed_on_its_ports_only() -> None:
    assert resolved("127.0.0.1", 8080, LOOPBACK) == ["127.0.0.1"]
    for host, port in (("127.0.0.1", 7999), ("127.0.0.1", 9000), ("127.0.0.2", 8080)):
        with pytest.raises(Refused, match="not on the public internet"):
            resolved(host, port, LOOPBACK)


def test_one_bad_address_among_good_ones_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", two)
    with pytest.raises(Refused, match=r"example.org \(10.0.0.1\) port 80"):
        resolved("example.org")


def test_a_name_is_resolved_once_and_what_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers otherwise the second time (DNS rebinding) is not asked a second time."""
    answers: Iterator[list[tuple[object, ...]]] = iter([[(2, 1, 6, "", ("127.0.0.1", 1))], [(2, 1, 6, "", ("10.0.0.1", 1))]])
    asked: list[object] = []

    async def look_up(_: object, host: object, *__: object, **___: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return next(answers)

    connected: list[str] = []

    async def connect(_: object, host: str, *__: object, **___: object) -> object:
        connected.append(host)
        raise httpcore2.ConnectError("enough seen")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect)
    with pytest.raises(httpcore2.ConnectError):
        asyncio.run(GuardedBackend(parse_allowed(["127.0.0.0/8"])).connect_tcp("rebinding.example", 1))
    assert (asked, connected) == (["rebinding.example"], ["127.0.0.1"])


def test_a_unix_socket_is_refused() -> None:
    with pytest.raises(Refused):
        asyncio.run(GuardedBackend(()).connect_unix_socket("/run/docker.sock"))


def test_a_listed_name_is_allowed_wherever_it_leads_on_its_ports_only() -> None:
    rules = parse_allowed(["LocalHost:8800-8804"])
    assert "127.0.0.1" in resolved("localhost", 8800, rules)
    for host, port in (("localhost", 8799), ("127.0.0.1", 8800), ("localhost.example.org.localhost", 8800)):
        with pytest.raises((Refused, OSError)):
            resolved(host, port, rules)


@pytest.mark.parametrize(
    "rule",
    [
        *("127.0.0.1", "127.0.0.1/33", "127.0.0.1/8", "localhost/8", "127.0.0.1/32:9-8", "127.0.0.1/32:1-70000", "", "10.0.0.0/8:x"),
        *("localhost", "example.org", "127.0.0.1:80", "wiki.internal:9-8", ":80"),
    ],
)
def test_a_rule_that_is_no_network_is_named(rule: str) -> None:
    with pytest.raises(Misconfigured, match="allow_networks holds"):
        parse_allowed([rule])


def test_rules_of_both_families() -> None:
    rules = parse_allowed(["10.0.0.0/8", "::1/128:8080"])
    assert is_allowed(ip_address("10.9.9.9"), 1, rules)
    assert is_allowed(ip_address("::1"), 8080, rules)
    assert not is_allowed(ip_address("::1"), 8081, rules)


def test_a_name_is_not_taken_for_a_number() -> None:
    for host in ("example.org", "1.example.org", "0x7f.example.org", "123.com", "[2606:4700::1]"):
        check_host(host)
