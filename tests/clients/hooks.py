"""What schemathesis tries beyond the document: HEAD wherever there is GET, conditions on fields that most standards have,
and a table that conforms."""

import copy
import pathlib

import schemathesis

SAMPLE = pathlib.Path(__file__).parents[2] / "datasets/sample_catalog/331007_aed.csv"
TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "number"}, {"type": "boolean"}
CONDITIONS = {"名称": TEXT, "名称__contains": TEXT, "名称__isnull": FLAG, "ID__in": TEXT, "緯度__gte": NUMBER}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        if "get" in path:
            if path["get"]["operationId"].endswith(("_records", "_records_as")):
                conditions = [{"name": name, "in": "query", "schema": schema} for name, schema in CONDITIONS.items()]
                path["get"]["parameters"] += conditions
            head = copy.deepcopy(path["get"])
            head["operationId"] = "head_" + head["operationId"]
            for response in head["responses"].values():
                # The answer has the headers of GET and no body.
                response.pop("content", None)
            path["head"] = head
        for method in ("post", "put"):
            for media_type, content in path.get(method, {}).get("requestBody", {}).get("content", {}).items():
                if media_type == "text/csv":
                    content["example"] = SAMPLE.read_text(encoding="utf-8")
