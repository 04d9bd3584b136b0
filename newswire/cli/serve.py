"""`newswire up` and each of the processes that it starts, one by one."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from newswire.cli.opening import load, opened, options
from newswire.cli.output import is_terminal, plain, say, tell


def add_to(app: typer.Typer) -> None:
    for command in (up, worker, beat, deliver, flower, health):
        app.command()(command)


def up(no_flower: Annotated[bool, typer.Option("--no-flower", help="Without Flower.")] = False) -> None:
    """Run all of it on this machine: broker, workers, scheduler, deliverer and Flower, until Ctrl-C.

    \b
    newswire up
    """
    import signal

    from pipeline.errors import Infrastructure
    from workers import embedded

    settings = load()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` ends it as Ctrl-C does
    try:
        with embedded.running(settings, flower=not no_flower) as system:
            from pipeline.resources import without_password

            say(f"newswire runs. Data: {settings.home_path}; Redis: {without_password(system.redis_url)}")
            if system.flower_url:
                say(f"Flower shows its jobs: {system.flower_url} ({system.flower_auth})")
            tell("In another terminal: `newswire sources add`, `newswire status`. Ctrl-C stops all of it.")
            for event in system.events():
                tell(_event(event))
            raise Infrastructure("Its supervisor has ended, and all of it with it.", hint=f"Logs: {settings.home_path}.")
    except KeyboardInterrupt:
        tell("Stopped.")


def _event(event: dict[str, object]) -> str:
    what, role = event.get("event"), event.get("role", "")
    if what == "died":
        return f"{role} died (status {event.get('status')}); it is started again."
    if what == "started":
        return f"{role} started, process {event.get('pid')}."
    return f"{what} {', '.join(f'{name} {plain(value)}' for name, value in event.items() if name != 'event')}"


def worker(
    role: Annotated[
        list[str] | None, typer.Option("--role", metavar="ROLE", help="flash, ingest, enrich, fetch or all; may be given several times.")
    ] = None,
    children: Annotated[int | None, typer.Option(min=1, help="Processes; NEWSWIRE_CHILDREN by default.", show_default=False)] = None,
    name: Annotated[str, typer.Option(help="As Flower shows it; its roles by default.")] = "",
) -> None:
    """Run one worker, for installations of several machines. `newswire up` starts its own.

    \b
    newswire worker --role ingest --role enrich --children 4
    newswire worker --role flash
    """
    from workers.queues import queues_of

    settings = load()
    roles = tuple(role or ["all"])
    queues_of(*roles)
    with opened(settings, create=True):
        pass
    from workers import worker as one

    raise typer.Exit(one.run(settings, roles, children=children, name=name))


def beat() -> None:
    """Run the scheduler: it claims what is due and offers what waits. Two at once do no harm.

    \b
    newswire beat
    """
    settings = load()
    with opened(settings, create=True):
        pass
    from workers import schedule

    raise typer.Exit(schedule.run(settings))


def deliver() -> None:
    """Run the deliverer: it tells subscribers what changed. Two at once do no harm.

    \b
    newswire deliver
    """
    settings = load()
    with opened(settings, create=True):
        pass
    from workers import deliver as deliverer

    raise typer.Exit(deliverer.run(settings))


def flower() -> None:
    """Run Flower, which shows the jobs, on loopback unless NEWSWIRE_FLOWER_ADDRESS says otherwise.

    \b
    NEWSWIRE_FLOWER_PORT=5556 newswire flower
    """
    settings = load()
    from pipeline import resources
    from workers import flower as shown

    resources.check_redis(resources.redis_url())  # before an address is told at which nobody will answer
    login = shown.auth(settings) if is_terminal(sys.stderr) else "with its login"  # a log is no place for a password
    tell(f"Flower: http://{settings.flower_address}:{settings.flower_port} ({login})")
    raise typer.Exit(shown.run(settings))


def health(role: Annotated[str, typer.Argument(metavar="ROLE", help="worker, beat, deliver or flower.", show_default=False)]) -> None:
    """Say whether a process of this host does what it is for; exit code 0 if it does, 3 if not. For health checks of containers.

    \b
    newswire health beat
    """
    from pipeline import config
    from workers import alive

    say(alive.check(config.load(home=options.home or None), role))
