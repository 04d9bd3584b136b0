"""Commands that run things: the demo, all on one machine, single processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newswire.cli.output import say, settings

if TYPE_CHECKING:
    from pipeline.config import Settings


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(demo)
    app.command()(up)
    app.command()(worker)
    app.command()(beat)
    app.command()(deliver)
    app.command()(flower)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave all running at the end, until Ctrl-C.")] = False,
) -> None:
    """Tell a story: a simulated press, real workers, a consumer. About a minute; needs nothing installed."""
    from newswire.cli.output import context
    from newswire.demo import run

    raise typer.Exit(run(home=context.home or None, keep=keep))


def up(
    flower: Annotated[bool, typer.Option(help="Start Flower too.")] = True,
) -> None:
    """Run everything on this machine: broker, workers, scheduler, deliverer, Flower. Until Ctrl-C.

    Example: newswire --home ~/news up
    """
    from workers.embedded import running

    configured = settings()
    configured.home_path.mkdir(parents=True, exist_ok=True)
    with running(configured, flower=flower) as system:
        where = f" Flower: {system.flower_url} ({system.flower_auth})." if system.flower_url else ""
        say(f"newswire runs in {configured.home_path}.{where} Ctrl-C ends it.")
        try:
            for event in system.events():
                if event.get("event") == "died":
                    say(f"{event.get('role')} died (status {event.get('status')}); it is started again.")
        except KeyboardInterrupt:
            say("newswire: stopping; what is in hand is finished or given back.")


def _prepared(role: str) -> Settings:
    """Settings, logs and a checked database, as every process needs them at its start."""
    from pipeline import resources
    from pipeline.storage import schema
    from workers import logs

    configured = settings()
    resources.use(configured)
    logs.set_up(configured, role=role)
    schema.check(resources.database())
    return configured


def worker(
    role: Annotated[
        list[str] | None, typer.Option("--role", "-r", help="fetch, ingest, enrich, flash or all. May be given several times.")
    ] = None,
    children: Annotated[int | None, typer.Option(help="Processes that work side by side. [default: the setting `children`]")] = None,
) -> None:
    """Run a Celery worker for some of the queues.

    Example: newswire worker --role ingest --children 4
    """
    configured = _prepared("worker")
    from workers import worker as runner

    roles = tuple(role or ("all",))
    runner.check()
    raise typer.Exit(runner.run(configured, roles, children=children, name="-".join(roles)))


def beat() -> None:
    """Run the scheduler: claims what is due, offers what waits. Two of it do no harm."""
    configured = _prepared("beat")
    from workers import schedule

    raise typer.Exit(schedule.run(configured))


def deliver() -> None:
    """Run the deliverer: tells subscriptions what changed. Two of it do no harm."""
    configured = _prepared("deliver")
    from workers import deliver as runner

    raise typer.Exit(runner.run(configured))


def flower() -> None:
    """Run Flower, the page of jobs, with columns that show what each did. History is kept in the home."""
    configured = _prepared("flower")
    from workers import flower as runner

    raise typer.Exit(runner.run(configured))
