"""Types that several threads read."""

from __future__ import annotations

from typing import Any

import msgspec


def learn(*types: Any) -> None:
    """Have msgspec look at types now, while a module is imported.

    It does so when it first meets one, and two threads that meet it at once end the process: a segmentation fault, seen with msgspec 0.22
    in the deliverer, whose couriers are threads.
    """
    for one in types:
        msgspec.json.Decoder(one)
