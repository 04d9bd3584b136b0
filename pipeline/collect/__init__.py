"""From due sources to captures and work for ingest: the only package that sees source kinds, the fetcher and storage.

    claim_due    due sources ─► listing jobs of their hosts, scans of folders                               one transaction
    pump         a host ─► its jobs, politely ─► captures, sightings, owed pages, validators, ingest work   a transaction a micro-batch
    scan_chunk   a folder ─► captures, sightings, ingest work                                               one transaction

A Celery task names a host (pump) or a row of work (scan); what it does is told in the sentence that it returns.
"""

from pipeline.collect.folders import give_up_scan, scan_chunk
from pipeline.collect.hosts import get, host_lease_s, longest_pump_s, pump
from pipeline.collect.pages import earlier_page, next_page
from pipeline.collect.triggers import Started, claim_due

__all__ = [
    "Started",
    "claim_due",
    "earlier_page",
    "get",
    "give_up_scan",
    "host_lease_s",
    "longest_pump_s",
    "next_page",
    "pump",
    "scan_chunk",
]
