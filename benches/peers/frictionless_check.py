"""Counts the errors that frictionless finds in a CSV file by a Table Schema.

usage: frictionless_check.py TABLE SCHEMA
"""

import sys

from frictionless import Resource, Schema, system

# The files are named by absolute paths.
system.trusted = True

table, schema = sys.argv[1:]
report = Resource(path=table, schema=Schema.from_descriptor(schema)).validate(limit_errors=10_000_000)
print(report.stats["errors"])
