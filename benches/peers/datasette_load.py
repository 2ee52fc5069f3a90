"""Loads a CSV file into the table `aed` of a new SQLite database, with indexes for what the benchmark asks.

usage: datasette_load.py TABLE DATABASE
"""

import csv
import sqlite3
import sys

NUMBERS = {"緯度", "経度"}
INDEXES = ['"法人番号"', '"緯度"', '"所在地_町字"', '"開始時間", "所在地_町字"']

table, database = sys.argv[1:]
with open(table, encoding="utf-8", newline="") as file, sqlite3.connect(database) as connection:
    rows = csv.reader(file)
    heading = next(rows)
    columns = ", ".join(f'"{name}" {"REAL" if name in NUMBERS else "TEXT"}' for name in heading)
    connection.execute(f'CREATE TABLE aed ({columns}, PRIMARY KEY ("ID"))')
    places = ", ".join("?" * len(heading))
    connection.executemany(f"INSERT INTO aed VALUES ({places})", ([cell or None for cell in row] for row in rows))
    for number, index in enumerate(INDEXES):
        connection.execute(f"CREATE INDEX aed_{number} ON aed ({index})")
    connection.execute("ANALYZE")
