"""Results of jobs in Redis, for `celery result` and Flower. What a job did stands in our own tables: a result that can't be kept is no error.

Celery's own backend raises when Redis is out of memory; raised in a worker's parent, that ends the worker.
"""

from __future__ import annotations

from typing import Any

import structlog
from celery.backends.redis import RedisBackend
from redis.exceptions import RedisError

log = structlog.get_logger()


class Results(RedisBackend):
    """Celery's, and a Redis that refuses is noted in the log."""

    def store_result(self, task_id: str, result: Any, state: str, *args: Any, **options: Any) -> Any:
        try:
            return super().store_result(task_id, result, state, *args, **options)
        except (RedisError, OSError) as error:
            log.warning("result.not_kept", task=task_id, state=state, why=str(error).partition("\n")[0])
            return result
