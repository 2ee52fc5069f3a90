"""Counts the rows that a condition holds for, as one statement over a CSV file.

usage: duckdb_check.py STATEMENT
"""

import sys

import duckdb

(faults,) = duckdb.execute(sys.argv[1]).fetchone()
print(faults)
