"""`python -m tests.chaos`, which is `make chaos`: everything is killed, and nothing is lost. See docs/why/nothing-lost.md.

make chaos                                              both databases, a seed that is printed
python -m tests.chaos --database sqlite --documents 500 --faults 30 --seed 7
"""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
from pathlib import Path

from tests.chaos import report, rules
from tests.chaos.course import Plan, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill everything; compare ledgers.")
    parser.add_argument("--database", choices=("postgresql", "sqlite", "both"), default="both")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=None, help="of an earlier run, to see it again")
    parser.add_argument("--kinds", default="", help="kinds of consumers, separated by commas (default: all that there are)")
    parser.add_argument("--json", type=Path, help="write what came out to this file")
    parser.add_argument(
        "--rules", nargs="*", metavar="RULE", help="take rules out, or all, in short runs; writes docs/why/rules-taken-out.md"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing is left running
    if options.rules is not None:
        return rules.main(options.rules, report.tell)
    seed = options.seed if options.seed is not None else secrets.randbelow(1_000_000)
    kinds = tuple(filter(None, options.kinds.split(",")))
    results = []
    for database in ("postgresql", "sqlite") if options.database == "both" else (options.database,):
        plan = Plan(database=database, documents=options.documents, faults=options.faults, seed=seed, kinds=kinds)
        report.begin(plan)
        result = run(plan, tell=report.tell)
        report.show(result)
        results.append(result)
    if options.json:
        options.json.write_text(json.dumps([report.as_json(result) for result in results], indent=1) + "\n", encoding="utf-8")
    return 1 if any(result.findings or result.quiet_s is None for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
