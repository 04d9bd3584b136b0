"""A simulated press on loopback: agencies and outlets with feeds, pages and a drop folder. All names and stories are invented.

    stories/*.toml ─► Press.publish, carry, correct, kill … ─► feeds and pages (server), ninjs files (drop folder)
                                                           └─► Ledger: what was published, and what was served, when

It is the outside world: it imports nothing of newswire. `python -m press --port 8800` starts it alone.
"""

from press.ledger import Ledger, Published, Served
from press.newsroom import Press

__all__ = ["Ledger", "Press", "Published", "Served"]
