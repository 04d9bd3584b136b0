"""The recipes of docs/how-to/webhook.md: each accepts what newswire signs, and nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.delivery.webhook import WebhookChannel
from tests.hook import SECRET, Hook
from tests.pipeline.delivery.test_targets import NOW, message

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "webhook.md").read_text()
RECIPES = {"python": [sys.executable], "js": ["node"], "sh": ["sh"]}


@pytest.fixture(scope="module")
def signed() -> tuple[dict[str, str], bytes]:
    hook = Hook()
    channel = WebhookChannel(hook.settings())
    channel.send(3, [message(11, 7, "Überraschung in Łódź: 港.")], NOW)
    channel.close()
    hook.close()
    return hook.requests[0]


@pytest.mark.parametrize("language", RECIPES)
def test_a_recipe_accepts_what_is_signed_and_nothing_else(language: str, signed: tuple[dict[str, str], bytes], tmp_path: Path) -> None:
    [program, *_] = RECIPES[language]
    needed = {"sh": "openssl"}.get(language, program)
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not installed")
    [recipe] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / f"recipe.{language}"
    file.write_text(recipe)
    headers, body = signed
    given = [SECRET, headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]]

    def accepts(arguments: list[str], body: bytes = body) -> bool:
        return subprocess.run([program, str(file), *arguments], input=body, check=False).returncode == 0

    assert accepts(given)
    assert accepts([*given[:3], f"v1,b3RoZXI= {given[3]}"]), "one of several"
    assert not accepts(given, body + b" ")
    assert not accepts([given[0], "other", *given[2:]])
    assert not accepts([*given[:2], "1", given[3]])
    assert not accepts(["whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=", *given[1:]])
    assert not accepts([*given[:3], "v1,"])
