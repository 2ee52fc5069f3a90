"""Reads the reports that machikura writes in the formats of others: frictionless and Excel workbooks.

usage: reports.py FOLDER

FOLDER holds frictionless.json, marked.xlsx and template.xlsx, made from the standard aed and its invalid.csv.
"""

import json
import pathlib
import sys

import openpyxl
from frictionless import Report

FOLDER = pathlib.Path(sys.argv[1])

# frictionless makes the error classes of each type again, so every property must be there.
told = json.loads((FOLDER / "frictionless.json").read_text(encoding="utf-8"))
report = Report.from_descriptor(str(FOLDER / "frictionless.json"), basepath="")
assert report.valid is False and len(report.tasks) == 1, report
assert [error.type for error in report.task.errors] == [error["type"] for error in told["tasks"][0]["errors"]]
kinds = {type(error).__name__ for error in report.task.errors}
assert {"TypeError", "ConstraintError", "UniqueError", "ExtraCellError"} <= kinds, kinds
times = [error for error in report.task.errors if error.type == "type-error" and error.cell == "9時"]
assert [(error.row_number, error.field_name) for error in times] == [(9, "開始時間")], times
assert report.to_summary()
assert report.flatten(["rowNumber", "type"]), report


def choices(sheet, cell):
    """The words offered in a cell."""
    for validation in sheet.data_validations.dataValidation:
        if cell in validation.sqref:
            return validation.formula1
    return None


book = openpyxl.load_workbook(FOLDER / "marked.xlsx")
assert book.sheetnames[1:3] == ["手直し一覧", "説明"], book.sheetnames
sheet = book.worksheets[0]
assert [sheet["A1"].value, sheet["B1"].value] == ["確認", "全国地方公共団体コード"]
wrong = sheet["AD9"]
assert wrong.value == "9時" and "09:00" in wrong.comment.text, wrong.comment
assert wrong.fill.fgColor.rgb == "FFFFC7CE", wrong.fill.fgColor.rgb
code = sheet["B2"]
assert (code.value, code.data_type, code.number_format) == ("331007", "s", "@"), code
assert sheet.column_dimensions["B"].width > 0
assert choices(sheet, "AG2") == '"有,無"', choices(sheet, "AG2")
assert sheet.freeze_panes == "B2" and sheet.auto_filter.ref.startswith("A1:"), sheet.auto_filter.ref
links = [cell.hyperlink.location for row in book["手直し一覧"].iter_rows() for cell in row if cell.hyperlink]
assert any(link.endswith("!AD9") for link in links), links

book = openpyxl.load_workbook(FOLDER / "template.xlsx")
assert book.sheetnames == ["aed", "記入のきまり"], book.sheetnames
sheet = book.worksheets[0]
names = [cell.value for cell in sheet[1]]
rules = [row[1].value for row in book["記入のきまり"].iter_rows(min_row=3)]
assert names == rules and "設置位置" in names, (names, rules)
assert all(cell.comment and cell.comment.text for cell in sheet[1])
assert choices(sheet, "AF2") == '"有,無"' and choices(sheet, "AF1001") == '"有,無"'
assert choices(sheet, "AF1") is None
# The format of a whole column holds for every cell that is still empty.
style = sheet.column_dimensions["A"]
assert style.number_format == "@", style.number_format
print("reports read")
