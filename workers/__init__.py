"""Where and when it runs: Celery workers, the scheduler, the deliverer. Thin shells around the pipeline."""
