"""Is it new, another version, or somebody's copy? Pure.

keys (identity) ─► signature ─► candidates, looked up by storage ─► compare ─► decide ─► Verdict
"""
