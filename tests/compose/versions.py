"""Three versions of the installation, each a folder and an image: this tree, an earlier commit, and this tree with one more migration."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.storage import schema
from tests.compose.stack import Stack

ROOT = Path(__file__).parents[2]
_MIGRATION = '''"""A column more, made for the test of an upgrade."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down_revision}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("upgraded", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("item", "upgraded")
'''


@dataclass(frozen=True, kw_only=True)
class Versions:
    earlier: Stack
    earlier_commit: str
    later: Stack
    revision: str
    """That of `later`'s tables."""


def make(compose: tuple[str, ...], folder: Path) -> Versions:
    """Their files, below `folder`."""
    commit = _earlier_commit()
    earlier, later = folder / "earlier", folder / "later"
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit))) as archive:
        archive.extractall(earlier, filter="data")
    for name in _git("ls-files", "-co", "--exclude-standard").decode().splitlines():
        if (ROOT / name).is_file():
            (later / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, later / name)
    revision = "upgrade_test"
    text = _MIGRATION.format(revision=revision, down_revision=schema.head())
    (later / "migrations" / "versions" / "9999_upgrade_test.py").write_text(text, encoding="utf-8")
    return Versions(
        earlier=Stack(compose, earlier, "newswire-test:earlier"),
        earlier_commit=_git("log", "-1", "--format=%h, %ad", "--date=iso", commit).decode().strip(),
        later=Stack(compose, later, "newswire-test:later"),
        revision=revision,
    )


def _earlier_commit() -> str:
    """The earliest that has an image and the same migrations: before the first release, the first revision is still written anew."""
    chosen = "HEAD"
    migrations = _git("rev-parse", "HEAD:migrations/versions")
    for commit in _git("rev-list", "--first-parent", "HEAD").decode().split():
        has_image = not subprocess.run(
            ["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}:Dockerfile"], capture_output=True, check=False
        ).returncode
        if not has_image or _git("rev-parse", f"{commit}:migrations/versions") != migrations:
            break
        chosen = commit
    return chosen


def _git(*words: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=True).stdout
