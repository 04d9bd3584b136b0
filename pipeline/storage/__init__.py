"""The only opener of database sessions: work, ledger, items, captures, deliveries, quarantine. No decisions: those are pure, elsewhere."""
