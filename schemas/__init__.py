"""What things are: values that every other part speaks of. Imports nothing of ours; never imports `schemas.tables`."""
