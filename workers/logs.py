"""Logs: an event name and bound fields, the outcome included; no prose, no bodies. A terminal gets colours, all else JSON lines.

A document's `log_id` is given when it is sighted and stored with it; each process that touches it logs it, so that one search tells its
whole way. What metrics will count has its name here already: `work.done` (stage, lane, outcome, took_s, documents), `work.failed`,
`work.put_off`, `work.lost`, `fetch.done`, `deliver.sent`, `deliver.acknowledged`.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

from pipeline.config import Settings

_is_set_up = False


def are_set_up() -> bool:
    return _is_set_up


def set_up(settings: Settings, *, role: str = "", libraries: int | None = None) -> None:
    """For this process and those it forks. What libraries say passes through the same door, from WARNING on (INFO where ours is debug)."""
    global _is_set_up
    _is_set_up = True
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=lambda *_: logging.getLogger("newswire"),
        cache_logger_on_first_use=True,
    )
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if as_json:
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last += [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()], processors=last))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(libraries or (logging.INFO if settings.log_level == "debug" else logging.WARNING))
    logging.getLogger("newswire").setLevel(logging.DEBUG)
    structlog.contextvars.clear_contextvars()
    if role:
        structlog.contextvars.bind_contextvars(role=role)
