"""How good the clean text is, and what it costs, beside the open tools of the field.

python -m benchmarks.clean ../shared/samples/pages                      the tuning half, a table
python -m benchmarks.clean ../shared/samples/pages --half reporting --write    the other half, and benchmarks/results/clean.json
"""
