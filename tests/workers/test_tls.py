"""Redis and PostgreSQL behind TLS: verified unless somebody says no, and a sentence where the certificate is a stranger's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from kombu.exceptions import OperationalError
from sqlalchemy import func, select, text

from pipeline import resources
from pipeline.config import Settings
from pipeline.delivery.celery import CeleryChannel
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage import schema
from pipeline.storage.db import Database
from pipeline.urls import verified
from schemas import tables
from tests.servers.postgres import Postgres
from tests.servers.tls import Terminator, certificates
from tests.servers.valkey import Valkey
from tests.workers.conftest import add, until
from workers.app import create
from workers.embedded import free_port

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    return certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secured(valkey: Valkey, valkey_url: str, files: tuple[Path, Path, Path]) -> Iterator[str]:
    """`rediss://127.0.0.1:…/N`"""
    with Terminator(valkey.port, *files[1:]) as door:
        yield valkey_url.replace(f"redis://127.0.0.1:{valkey.port}", f"rediss://127.0.0.1:{door.port}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", ["?ssl_ca_certs={ca}", "?ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs={ca}", "?ssl_cert_reqs=none"])
def test_check_broker_and_results_all_take_it(secured: str, files: tuple[Path, Path, Path], query: str, settings: Settings) -> None:
    resources.use(msgspec.structs.replace(settings, redis_url=secured + query.format(ca=files[0])))
    assert resources.check_redis(resources.redis_url()) == []
    app = create()
    with app.connection() as connection:
        connection.ensure_connection(max_retries=1)
    assert app.AsyncResult("none").state == "PENDING"
    app.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_certificate_of_a_stranger_is_refused_by_all_of_them(secured: str, settings: Settings) -> None:
    resources.use(msgspec.structs.replace(settings, redis_url=secured))
    with pytest.raises(Infrastructure, match="certificate verify failed") as told:
        resources.check_redis(resources.redis_url())
    assert "ssl_ca_certs=" in told.value.hint
    app = create()
    with app.connection() as connection, pytest.raises(OperationalError, match="certificate verify failed"):
        connection.ensure_connection(max_retries=1)
    app.close()
    with pytest.raises(Infrastructure, match="certificate verify failed"):
        CeleryChannel({"broker": secured, "task": "desk.receive", "queue": "desk"}).room()


def test_a_setting_that_no_client_knows_is_told() -> None:
    assert verified("redis://h/0") == "redis://h/0"
    assert verified("rediss://:p@h:6380/0") == "rediss://:p@h:6380/0?ssl_cert_reqs=required"
    assert verified(verified("rediss://h?ssl_ca_certs=/x")) == "rediss://h?ssl_cert_reqs=required&ssl_ca_certs=/x"
    with pytest.raises(Misconfigured, match="ssl_cert_reqs=maybe"):
        verified("rediss://h?ssl_cert_reqs=maybe")


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_workers_run_over_tls_to_both(
    request: pytest.FixtureRequest,
    secured: str,
    files: tuple[Path, Path, Path],
    settings: Settings,
    start: Callable[..., subprocess.Popen[bytes]],
) -> None:
    authority, certificate, key = files
    made = Postgres(only_wheel=request.config.getoption("--wheel-servers"))
    for path in (certificate, key):
        shutil.copy(path, made.folder / path.name)
        (made.folder / path.name).chmod(0o600)
        if made._user is not None:
            os.chown(made.folder / path.name, made._user.pw_uid, made._user.pw_gid)
    port = free_port()
    made._settings |= {"ssl": "on", "ssl_cert_file": str(made.folder / "server.crt"), "ssl_key_file": str(made.folder / "server.key")}
    made._settings |= {"listen_addresses": "127.0.0.1", "port": str(port)}
    with made:
        made.create("newswire")
        url = f"postgresql://postgres@127.0.0.1:{port}/newswire?sslmode=verify-full&sslrootcert="
        db = Database.open(url + str(authority))
        schema.upgrade(db)
        with db.read() as conn:
            assert conn.execute(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).scalar_one() is True
        stranger = Database.open(url + str(certificate.with_name("server.csr")))
        with pytest.raises(Infrastructure, match="certificate"), stranger.read():
            pass
        stranger.close()
        tls = {"database_url": url + str(authority), "redis_url": f"{secured}?ssl_ca_certs={authority}"}
        start("all", **tls)
        start("beat", **tls)
        add(db, 3, stage="release")

        def left() -> int:
            with db.read() as conn:
                return int(conn.execute(select(func.count()).select_from(tables.work)).scalar_one())

        until(lambda: left() == 0)
        db.close()
