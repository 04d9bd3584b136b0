"""What several threads read is known to msgspec before they begin."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import msgspec._utils
import pipeline.delivery.celery, pipeline.delivery.files, pipeline.delivery.stream, pipeline.delivery.webhook, workers.couriers

def fail(*_):
    raise AssertionError("looked at while couriers run")

msgspec._utils.get_class_annotations.__code__ = fail.__code__  # C code holds the function itself
from pipeline.delivery import Answered, celery, files, stream, webhook
from pipeline.storage import items, subscriptions
items.article_of("text", {"headline": "Channel to be deepened"})
subscriptions._pasts([])
for one in (Answered, celery.CelerySettings, files.FilesSettings, stream.StreamSettings, webhook.WebhookSettings):
    try:
        msgspec.convert({}, one)
    except msgspec.ValidationError:
        pass
try:
    msgspec.json.Decoder(type("Other", (msgspec.Struct,), {"__annotations__": {"one": "int"}}))
except AssertionError:
    print("known")
"""


def test_couriers_meet_no_type_that_msgspec_has_not_looked_at() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "known", "")
