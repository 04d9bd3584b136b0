"""The Celery app, and each of its settings with its reason.

    celery -A workers.app worker -Q ingest,enrich        as any Celery user expects; `newswire worker` is the same with our logs and checks
    celery -A workers.app inspect active

A message only names a row of work: losing one costs seconds, a repeated one costs nothing. So everything here that makes Celery careful
with messages is off, and what makes it quick, small and readable is on.
"""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.entity import Queue

from pipeline import resources
from workers import broker
from workers.queues import QUEUES

assert broker, "imported for what it puts in place"

RESULTS_KEPT_S = 3600
"""`celery result ID` answers for an hour. What a job did stays in our own tables, and in Flower's file."""
SOFT_SHUTDOWN_S = 5.0
"""A worker told to stop lets its jobs run on for so long; what then still runs gives its work back."""


def configuration() -> dict[str, Any]:
    """Celery's settings. Read when they are first needed, so that importing this module needs no Redis."""
    settings = resources.settings()
    url = resources.redis_url()
    transport = {
        "socket_keepalive": True,  # a peer that vanished is noticed
        "socket_connect_timeout": 5,
        "socket_timeout": 30,  # a frozen Redis must not freeze us; longer than any blocking read that we do
        "health_check_interval": 10,
        "queue_order_strategy": "priority",  # the order of workers.queues: a worker empties the system from its end
        "max_retries": 1,  # who publishes while Redis is away learns it at once, not after 6 s: the sweep offers again
        "interval_start": 0.1,
        # `retry_on_timeout` stays unset: it would switch batch publishing off.
    }
    return {
        "broker_url": url,
        "broker_transport_options": transport,
        "broker_connection_retry_on_startup": True,  # Redis may start after us
        "broker_connection_max_retries": None,  # ... or be away for a night
        "broker_connection_timeout": 5,
        "result_backend": f"workers.results:Results+{url}",
        "result_backend_transport_options": {"socket_keepalive": True, "socket_connect_timeout": 5, "socket_timeout": 30},
        "redis_socket_keepalive": True,
        "redis_socket_connect_timeout": 5,
        "redis_socket_timeout": 30,
        "result_expires": RESULTS_KEPT_S,
        "result_extended": False,
        "imports": ("workers.worker",),
        "task_queues": [Queue(name, routing_key=name) for name in QUEUES],  # type: ignore[no-untyped-call]
        "task_create_missing_queues": False,  # a wrong -Q is told, not obeyed
        "task_default_queue": QUEUES[-1],
        # JSON only: a message from a stranger must not run code.
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        # The row decides who runs what, once its claim is committed: a message has done its duty when it arrives.
        "task_acks_late": False,
        "task_publish_retry": False,  # what can't be published is offered again by the sweep
        "worker_prefetch_multiplier": 1,  # what waits, waits in Redis, where others can take it
        "worker_disable_prefetch": True,  # ... all of it: nothing waits behind a job of 20 s while another worker is free
        "worker_eta_task_limit": 1,  # no ETAs: they sit in memory; what is due later is a row with a time
        "task_time_limit": settings.time_limit_s,
        "task_soft_time_limit": settings.soft_time_limit_s,
        "worker_concurrency": settings.children,
        "worker_max_tasks_per_child": 5000,  # a leak in a library is bounded
        "worker_soft_shutdown_timeout": SOFT_SHUTDOWN_S,
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # the job is safe without Redis
        "worker_proc_alive_timeout": 20.0,  # a busy machine forks slowly
        # What Flower lives from. There are no tasks for ticks, so nothing fills it but work.
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        "task_track_started": False,  # an event says so; a write to Redis for each start says nothing more
        "event_queue_expires": 60.0,
        "enable_utc": True,
        "timezone": "UTC",
        "beat_scheduler": "workers.schedule:Scheduler",
        "worker_hijack_root_logger": False,  # workers/logs.py has it
        "worker_redirect_stdouts": False,
        "task_reject_on_worker_lost": False,
    }


def create() -> Celery:
    """An app of its own, for tests; all else uses `app`."""
    made = Celery("newswire", set_as_current=False)
    made.add_defaults(configuration)
    return made


app = create()
app.set_current()
