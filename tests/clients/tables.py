"""Checks every dataset of a server with frictionless against the Table Schema that the server gives for its standard.

usage: tables.py BASE FOLDER

Leaves the files in FOLDER. Then damages one table, each time in another way, and sees to it that frictionless finds that.
"""

import csv
import io
import json
import pathlib
import sys
import urllib.request

from frictionless import Resource, Schema, system

# The files are named by absolute paths.
system.trusted = True

BASE, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])


def get(path):
    with urllib.request.urlopen(BASE + path) as answer:
        return answer.read()


def errors(table, schema):
    report = Resource(path=str(table), schema=Schema.from_descriptor(str(schema))).validate()
    return [(error.type, error.message) for task in report.tasks for error in task.errors], report


def fetch(dataset):
    table, schema = FOLDER / f"{dataset['id']}.csv", FOLDER / f"{dataset['standard']}.json"
    table.write_bytes(get(f"/api/v1/datasets/{dataset['id']}/download.csv"))
    schema.write_bytes(get(f"/api/v1/standards/{dataset['standard']}?format=table-schema"))
    return table, schema


def damaged(rows, column, row, value):
    rows = [list(cells) for cells in rows]
    rows[row][rows[0].index(column)] = value
    return rows


datasets = json.loads(get("/api/v1/datasets?limit=1000"))["datasets"]
assert datasets, "the catalogue is empty"
faults = []
for dataset in datasets:
    table, schema = fetch(dataset)
    found, report = errors(table, schema)
    if found:
        faults.append(f"{dataset['id']}: {found[:5]}")
    rows = report.tasks[0].stats.get("rows")
    if rows != dataset["records"]:
        faults.append(f"{dataset['id']}: {rows} rows, but {dataset['records']} records")
assert not faults, "\n".join(faults)

table, schema = FOLDER / "331007_aed.csv", FOLDER / "aed.json"
rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
first = rows[1][rows[0].index("ID")]
for name, change, expected in [
    ("text-for-number", damaged(rows, "緯度", 1, "北緯34度"), "type-error"),
    ("number-out-of-range", damaged(rows, "緯度", 1, "134.6"), "constraint-error"),
    ("no-time", damaged(rows, "開始時間", 1, "9時"), "type-error"),
    ("id-twice", damaged(rows, "ID", 2, first), "unique-error"),
    ("short-row", [*rows[:1], rows[1][:-1], *rows[2:]], "missing-cell"),
    ("other-heading", damaged(rows, "緯度", 0, "いど"), "incorrect-label"),
]:
    copy = FOLDER / f"damaged-{name}.csv"
    with copy.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(change)
    found, _ = errors(copy, schema)
    assert expected in [kind for kind, _ in found], f"{name}: expected {expected}, found {found[:5]}"
print(f"{len(datasets)} datasets valid")
