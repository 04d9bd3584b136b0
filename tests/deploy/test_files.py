"""docker-compose.yml, Dockerfile and .env.example, as far as reading them goes: settings that exist, images that are pinned, no secret,
and what each container may do. `make test-compose` runs them on a real engine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config import Settings
from pipeline.sources.declare import read_file
from pipeline.storage import connections
from workers.alive import ROLES as HEALTH_ROLES
from workers.queues import ROLES

ROOT = Path(__file__).parents[2]
COMPOSE_FILES = ("docker-compose.yml", "docker-compose.managed.yml")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
MANAGED: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.managed.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("${NEWSWIRE_IMAGE")}
WORKERS = {name: service for name, service in OURS.items() if name.startswith("worker-")}
ONCE = ("passwords", "migrate", "cli", "demo-passwords", "demo")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
ENV_EXAMPLE = dict(
    line.split("=", 1) for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
)
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::?[-?]([^}]*))?\}")
_PINNED = re.compile(r"(?:[\w.-]+/)?[\w.-]+:\d+(?:\.\d+)*(?:-[a-z]+)?")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def settled(value: str) -> str:
    """As it is where nobody sets a variable."""
    return _VARIABLE.sub(lambda found: found[2] or "", value)


def children(service: dict[str, Any]) -> int:
    return int(settled(service["command"][service["command"].index("--children") + 1]))


# --- settings -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", COMPOSE_FILES)
def test_each_variable_of_a_compose_file_stands_in_the_example(file: str) -> None:
    assert {name for name, _ in _VARIABLE.findall(text(file))} - set(ENV_EXAMPLE) == set()


def test_each_variable_of_the_example_is_used() -> None:
    used = {name for file in COMPOSE_FILES for name, _ in _VARIABLE.findall(text(file))}
    assert set(ENV_EXAMPLE) - used == set()


@pytest.mark.parametrize("name", OURS)
def test_each_setting_of_a_service_is_one_of_newswire(name: str) -> None:
    known = {f"NEWSWIRE_{setting.upper()}" for setting in Settings.__struct_fields__} | {"DATABASE_URL", "REDIS_URL"}
    others = {"passwords": {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "FLOWER_PASSWORD"}, "consumer": {"CONSUMER_FILE"}}
    given = {variable.removesuffix("_FILE") for variable in SERVICES[name].get("environment", {}) if variable != "CONSUMER_FILE"}
    assert given - known - others.get(name, set()) == set()


def test_the_workers_read_all_queues_each_once() -> None:
    roles = [service["command"][service["command"].index("--role") + 1] for service in WORKERS.values()]
    assert sorted(roles) == sorted(set(ROLES) - {"all"})


def test_the_image_bears_the_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert {settled(service["image"]) for service in OURS.values()} == {f"newswire:{version}"}


def test_the_demo_s_sources_can_be_applied() -> None:
    allowed = settled(SERVICES["worker-fetch"]["environment"]["NEWSWIRE_ALLOW_NETWORKS"])
    host, _, ports = allowed.partition(":")
    low, _, high = ports.partition("-")
    named = [source.location for source in read_file(ROOT / "deploy" / "demo" / "sources.toml") if source.kind == "feed"]
    assert all(url.startswith(tuple(f"http://{host}:{port}/" for port in range(int(low), int(high) + 1))) for url in named)
    assert SERVICES["press"]["networks"]["outside"]["aliases"] == [host]


# --- images and secrets ---------------------------------------------------------------------------------------------------------


def test_each_image_is_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    for image in {settled(image) for image in (*bases, *(service["image"] for service in SERVICES.values()))}:
        assert _PINNED.fullmatch(image), image
    assert SERVICES["worker-fetch"]["build"]["args"]["PYTHON_TAG"].partition(":-")[2].rstrip("}") in bases[0]


def test_no_secret_stands_in_the_files() -> None:
    assert {name: value for name, value in ENV_EXAMPLE.items() if value} == {}, "the example gives no value"
    for file in COMPOSE_FILES:
        for line in text(file).splitlines():
            assert not re.search(r"://[^\s/$]*:[^\s/$]+@", line.partition("?is to be")[0]), line
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or name.endswith("_AUTH"):
                assert settled(str(value)) == "", f"{name} has a default"


def test_the_image_is_built_from_the_locks_on_any_engine() -> None:
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    assert not re.search(r"^#\s*syntax", DOCKERFILE, re.MULTILINE | re.IGNORECASE)
    assert "--mount" not in DOCKERFILE
    assert {found for line in lines for found in re.findall(r"COPY --from=(\S+)", line)} == {"build"}
    installs = [line for line in lines if re.search(r"pip .*install", line)]
    assert installs
    for line in installs:
        assert "--require-hashes --only-binary :all:" in line or "--no-deps --no-index" in line
    final = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert "pip" not in final and "apt" not in final, "nothing is built in the final image"
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", final, re.MULTILINE)


def test_only_what_is_built_goes_to_the_engine() -> None:
    first, *rest = [line for line in text(".dockerignore").splitlines() if not line.startswith("#")]
    assert first == "*"
    taken = [line.removeprefix("!") for line in rest if line.startswith("!")]
    assert all((ROOT / path).exists() for path in taken)
    assert not any(path.startswith((".env", ".git", "tests")) for path in taken)


# --- what a container may do ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_locked_up(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert service["init"] is True
    assert service["tmpfs"] == ["/tmp"]


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_is_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] in (("on-failure", "no") if name in ONCE else ("unless-stopped",))
    assert "privileged" not in service
    assert "container_name" not in service, "it could not be scaled"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - set(ONCE) - {"press", "consumer"}))
def test_each_process_has_a_health_check_without_curl(name: str) -> None:
    test = SERVICES[name]["healthcheck"]["test"]
    if name in OURS:
        assert test[:3] == ["CMD", "newswire", "health"]
        assert test[3] == ("worker" if name in WORKERS else name)
        assert test[3] in HEALTH_ROLES
    assert not re.search(r"curl|wget", " ".join(test))


def test_servers_and_workers_have_no_way_out() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    outside = {name for name, service in SERVICES.items() if "outside" in service["networks"]}
    assert outside == {"worker-fetch", "deliver", "flower", "cli", "press", "consumer", "consumer-redis"}


def test_only_flower_is_published_and_on_loopback_only() -> None:
    ports = {name: [settled(port) for port in service["ports"]] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"flower": ["127.0.0.1:5555:5555"]}


def test_volumes_have_names() -> None:
    mounted = {settled(volume).partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert {name for name in mounted if not name.startswith((".", "/"))} == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_a_worker_starts_when_all_it_needs_is_well_and_may_end_in_order(name: str) -> None:
    assert WORKERS[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "redis": {"condition": "service_healthy"},
    }
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert WORKERS[name]["stop_grace_period"] == "30s"


def test_a_scaled_stack_stays_within_what_postgresql_grants() -> None:
    """The sum that docs/how-to/compose.md gives."""
    command = SERVICES["postgres"]["command"]
    granted = int(next(word for word in command if word.startswith("max_connections=")).partition("=")[2]) - 3  # for superusers
    workers = {name: connections.of_worker(children(service)) for name, service in WORKERS.items()}
    total = sum(workers.values()) + connections.BEAT + connections.DELIVER + connections.COMMAND
    scaled = total + 3 * workers["worker-ingest"]
    assert scaled <= granted
    page = text("docs/how-to/compose.md")
    assert f"**{total}**" in page
    assert f"**{scaled}**" in page


def test_redis_has_room_to_rewrite_its_log() -> None:
    limit_mb = int(SERVICES["redis"]["mem_limit"].removesuffix("m"))
    assert limit_mb > 2 * 256, "twice maxmemory, which deploy/passwords.py writes into redis.conf"


# --- servers of one's own ---------------------------------------------------------------------------------------------------------


def test_with_managed_servers_ours_do_not_start_and_nobody_asks_for_their_passwords() -> None:
    services = MANAGED["services"]
    assert {name for name, service in services.items() if service.get("scale") == 0} == {"redis", "postgres"}
    asks = {name for name, service in SERVICES.items() if "DATABASE_URL_FILE" in service.get("environment", {})}
    assert asks - {name for name, service in services.items() if service.get("environment", {}).get("DATABASE_URL_FILE") == ""} == set()
