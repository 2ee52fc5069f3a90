"""What schemathesis tries beyond the document: HEAD wherever there is GET, and a table that conforms."""

import copy
import pathlib

import schemathesis

SAMPLE = pathlib.Path(__file__).parents[2] / "datasets/sample_catalog/331007_aed.csv"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        if "get" in path:
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
