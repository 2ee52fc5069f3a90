"""Reads every format of every dataset of a server with the programs that people use for it, and compares what they find
with the JSON: the same records, the same values, the right types.

usage: formats.py BASE TOKEN FOLDER

Publishes a dataset of some thousand records first, with TOKEN. Leaves the files in FOLDER.
"""

import csv
import datetime
import io
import json
import pathlib
import struct
import sys
import urllib.error
import urllib.parse
import urllib.request
from zoneinfo import ZoneInfo

import duckdb
import geopandas
import icalendar
import openpyxl
import pyarrow.parquet

BASE, TOKEN, FOLDER = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
TOKYO = ZoneInfo("Asia/Tokyo")
LARGE = 3_000


def get(path):
    with urllib.request.urlopen(BASE + path) as answer:
        return answer.read(), answer.headers


def publish_many():
    """Replaces the AEDs by thousands, with characters that some formats and encodings cannot take as they are."""
    rows = list(csv.reader(io.StringIO(get("/api/v1/datasets/331007_aed/download.csv")[0].decode("utf-8-sig"))))
    names, first = rows[0], rows[1]
    remarks = ["", "𠮷野家前、鷗外通り", "一行目\n二行目", "=1+1", '"引用", <b>&', "9:00〜17:00", "0086", " 前後 "]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for number in range(LARGE):
        row = dict(zip(names, first))
        row["ID"] = f"FF331007{number:06}"
        row["備考"] = remarks[number % len(remarks)]
        row["緯度"], row["経度"] = ("", "") if number % 7 == 0 else (f"34.{600000 + number}", f"133.{900000 - number}")
        writer.writerow(row.values())
    request = urllib.request.Request(
        f"{BASE}/api/v1/datasets/331007_aed?nonconforming=publish&confirm=renumbered-ids",
        data=text.getvalue().encode(),
        method="PUT",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as error:
        raise SystemExit(error.read().decode()) from error


def of_ndjson(body, records, fields):
    assert [json.loads(line) for line in body.decode().splitlines()] == records


def of_csv(body, records, fields):
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert [row["ID"] for row in rows if "ID" in row] == [record["ID"] or "" for record in records if "ID" in record]
    for row, record in zip(rows, records, strict=True):
        for name, value in record.items():
            assert row[name] == "" if value is None else same(row[name], value), (name, row[name], value)


def same(text, value):
    return float(text) == value if isinstance(value, (int, float)) else text == value


def of_xlsx(body, records, fields):
    book = openpyxl.load_workbook(io.BytesIO(body))
    sheet = book.worksheets[0]
    assert book.sheetnames == ["データ data"] and sheet.freeze_panes == "A2"
    names = [cell.value for cell in sheet[1]]
    assert names == [field["name"] for field in fields][: len(names)] or set(names) == set(records[0])
    numeric = {field["name"] for field in fields if field["type"] in ("number", "integer")}
    for row, record in zip(sheet.iter_rows(min_row=2), records, strict=True):
        for cell, name in zip(row, names, strict=True):
            assert cell.value == record[name], (name, cell.value, record[name])
            expected = "n" if name in numeric or record[name] is None else "s"
            assert cell.data_type in (expected, "inlineStr"), (name, cell.data_type)
            assert expected == "n" or cell.number_format == "@", (name, cell.number_format)


def of_parquet(body, records, fields):
    table = pyarrow.parquet.read_table(io.BytesIO(body))
    types = {"integer": "int64", "number": "double", "date": "date32[day]"}
    for field in fields:
        expected = types.get(field["type"], "string")
        assert str(table.schema.field(field["name"]).type) == expected, field
    geo = json.loads((table.schema.metadata or {}).get(b"geo", b"null"))
    rows = table.to_pylist()
    bounds = []
    for row, record in zip(rows, records, strict=True):
        point, around = row.pop("geometry", None), row.pop("bbox", None)
        for name, value in record.items():
            found = row[name].isoformat() if isinstance(row[name], datetime.date) else row[name]
            assert found == value, (name, found, value)
        places = [value for name, value in record.items() if name.endswith(("緯度", "経度"))] if geo else [None]
        assert (point is None) == (None in places), record
        if point:
            assert list(around.values()) == [places[1], places[0]] * 2, around
            assert struct.unpack("<bIdd", point) == (1, 1, places[1], places[0])
            bounds.append((places[1], places[0]))
    path = FOLDER / "table.parquet"
    path.write_bytes(body)
    if geo:
        assert geo["primary_column"] == "geometry" and geo["columns"]["geometry"]["encoding"] == "WKB", geo
        if bounds:
            east, north = zip(*bounds)
            assert geo["columns"]["geometry"]["bbox"] == [min(east), min(north), max(east), max(north)], geo
            # A box a little larger than the first point: what lies in it, found by the boxes of the points.
            west, south = min(bounds)
            box = (west - 1e-6, south - 1e-6, west + 1e-6, south + 1e-6)
            inside = [x for x, y in bounds if box[0] <= x <= box[2] and box[1] <= y <= box[3]]
            found = geopandas.read_parquet(path, bbox=box)
            assert len(found) == len(inside) < len(bounds), (len(found), len(inside))
    assert duckdb.sql(f"SELECT count(*) FROM read_parquet('{path}')").fetchall() == [(len(records),)]
    name = fields[0]["name"]
    found = duckdb.sql(f'SELECT "{name}" FROM read_parquet(\'{path}\')').fetchall()
    assert [value for (value,) in found] == [record[name] for record in records]


def of_ics(body, records, fields):
    events = [part for part in icalendar.Calendar.from_ical(body).walk("VEVENT")]
    dated = [record for record in records if record["開始日"]]
    assert len({event["UID"] for event in events}) == len(events), "each event has an ID of its own"
    for event, record in zip(events, dated, strict=True):
        assert event["SUMMARY"] == record["イベント名"], event
        begin = datetime.date.fromisoformat(record["開始日"])
        if record["開始時間"]:
            time = datetime.time.fromisoformat(record["開始時間"])
            begin = datetime.datetime.combine(begin, time, TOKYO)
        assert event["DTSTART"].dt == begin, event
        if not record["開始時間"]:
            last = datetime.date.fromisoformat(record["終了日"] or record["開始日"])
            assert event["DTEND"].dt == last + datetime.timedelta(days=1), event
        if record["URL"]:
            assert event["URL"] == record["URL"], event
        if record["緯度"] and record["経度"]:
            assert (event["GEO"].latitude, event["GEO"].longitude) == (record["緯度"], record["経度"]), event


def of_map(body, records, fields):
    lines = body.decode().splitlines()
    assert len(lines) <= 24 and all(len(line) <= 80 for line in lines), body.decode()
    assert str(len(records)) in lines[-1], lines[-1]


READERS = {"ndjson": of_ndjson, "csv": of_csv, "xlsx": of_xlsx, "parquet": of_parquet, "ics": of_ics, "map": of_map}


def check_shift_jis(dataset):
    """As Python's Windows-31J reads it, but for what it lacks."""
    plain = get(f"/api/v1/datasets/{dataset}/download.csv?bom=false")[0].decode()
    body, headers = get(f"/api/v1/datasets/{dataset}/download.csv?encoding=shift_jis")
    text = body.decode("cp932")
    replaced = int(headers["Machikura-Replaced-Characters"])
    assert len(text) == len(plain) and text.count("〓") - plain.count("〓") == replaced
    assert all(found in (told, "〓") or told in "〜−" for found, told in zip(text, plain)), dataset
    return replaced


def check_groups():
    """Groups are a table of their own, with columns that no standard has."""
    question = "group_by={}&aggregate=count,max({}),avg({}),min({})&names={}&sort=-count&limit=10000"
    for address in ("/api/v1/datasets/331007_aed/records", "/api/v1/standards/aed/records"):
        for language, names in (("ja", ("備考", "緯度", "経度", "開始時間")), ("en", ("remarks", "latitude", "longitude", "start_time"))):
            asked = question.format(*map(urllib.parse.quote, names), language)
            records = json.loads(get(f"{address}?{asked}")[0])["records"]
            assert len(records) > 2 and None in [list(record.values())[0] for record in records], records
            types = ("string", "integer", "number", "number", "string")
            fields = [{"name": name, "type": type} for name, type in zip(records[0], types, strict=True)]
            for format in ("ndjson", "csv", "xlsx", "parquet"):
                READERS[format](get(f"{address}.{format}?{asked}")[0], records, fields)


publish_many()
check_groups()
datasets = json.loads(get("/api/v1/datasets?limit=1000")[0])["datasets"]
read, replaced = dict.fromkeys(READERS, 0), {}
for dataset in datasets:
    records = json.loads(get(f"/api/v1/datasets/{dataset['id']}/download.json")[0])["records"]
    fields = json.loads(get(f"/api/v1/standards/{dataset['standard']}?format=table-schema")[0])["fields"]
    for record in records:
        record.pop("_raw", None)
    for file in dataset["distributions"]:
        reader = READERS.get(file["format"])
        if reader and "?" not in file["url"]:
            reader(get(file["url"])[0], records, fields)
            read[file["format"]] += 1
    if len(dataset["tables"]) == 1:
        replaced[dataset["id"]] = check_shift_jis(dataset["id"])
assert all(read.values()), read
assert replaced["331007_aed"] == 2 * LARGE // 8, replaced["331007_aed"]
print(f"{len(datasets)} datasets read in {len(READERS)} formats")
