"""The Kubernetes manifests, as far as reading them goes: valid by Kubernetes' own schemas, and the same processes as with compose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from pipeline.config import Settings
from tests.deploy.test_files import OURS, ROOT, SERVICES, WORKERS

FOLDER = ROOT / "deploy" / "kubernetes"
FILES = sorted(FOLDER.glob("*.yaml"))
OBJECTS: list[tuple[Path, dict[str, Any]]] = [
    (file, found) for file in FILES for found in yaml.safe_load_all(file.read_text(encoding="utf-8"))
]
PODS = {found["metadata"]["name"]: found["spec"]["template"] for _, found in OBJECTS if found["kind"] in ("Deployment", "Job")}
VERSIONS = ("1.28", kubernetes_validate.latest_version())
PROCESSES = sorted(name for name, service in OURS.items() if "healthcheck" in service)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("file", "found"), OBJECTS, ids=[f"{file.stem}:{found['kind']}:{found['metadata']['name']}" for file, found in OBJECTS]
)
def test_it_is_valid(file: Path, found: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(found, version, strict=True)


def test_a_mistake_is_found() -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replica": 1}}, VERSIONS[-1], strict=True)


def test_the_processes_are_those_of_compose() -> None:
    assert sorted(PODS) == sorted([*PROCESSES, "migrate"])
    for name in PROCESSES:
        [container] = PODS[name]["spec"]["containers"]
        command = [str(word) for word in SERVICES[name]["command"]]
        assert [word for word in container["args"] if not word.isdigit()] == [word for word in command if "$" not in word]
        assert container["readinessProbe"]["exec"]["command"] == SERVICES[name]["healthcheck"]["test"][1:]
        assert container["resources"]["limits"]["memory"].removesuffix("Mi") == SERVICES[name]["mem_limit"].removesuffix("m")


@pytest.mark.parametrize("name", sorted(PODS))
def test_pods_are_locked_up(name: str) -> None:
    pod = PODS[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        context = container["securityContext"]
        assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["image"].rpartition(":")[2] == SERVICES["beat"]["image"].rpartition(":")[2].rstrip("}")


def test_only_who_fetches_or_delivers_has_a_way_out() -> None:
    free = {name for name, pod in PODS.items() if pod["metadata"]["labels"]["newswire/way-out"] == "yes"}
    assert free == {"worker-fetch", "deliver"}


def test_a_worker_has_time_to_end() -> None:
    assert {PODS[name]["spec"]["terminationGracePeriodSeconds"] for name in WORKERS} == {30}


def test_settings_exist_and_no_secret_stands_there() -> None:
    known = {f"NEWSWIRE_{name.upper()}" for name in Settings.__struct_fields__} | {"DATABASE_URL", "REDIS_URL"}
    given = {name: value for _, found in OBJECTS if found["kind"] == "ConfigMap" for name, value in found["data"].items()}
    for pod in PODS.values():
        for container in pod["spec"]["containers"]:
            given |= {one["name"]: one["value"] for one in container.get("env", [])}
    assert {name.removesuffix("_FILE") for name in given} - known == set()
    assert not any(found["kind"] == "Secret" for _, found in OBJECTS)
    assert all(name.endswith("_FILE") for name in given if "URL" in name or "AUTH" in name)
