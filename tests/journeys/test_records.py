"""Records of other systems, streamed in: mapped, typed, filtered by, sent again, changed, skipped."""

import gzip
import json
from typing import Any

import pytest
from tests.journeys.api import Api

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}
MAPPING = {
    "text": "Payment of {amount} by {body} to {beneficiary}.",
    "title": "{beneficiary}",
    "external_id": "id",
    "metadata": {"amount": "amount:float", "body": "body", "paid_on": "payment_date:date"},
    "tags": ["payment"],
    "language": "en",
}
ROWS = [
    ("1", "bradford", "2013-04-26", "825.00", "British Destinations"),
    ("2", "bradford", "2013-04-08", "1200.00", "Grice Bros & Co Ltd"),
    ("3", "leeds", "2013-04-26", "", 'Drake "Plant" Hire,\nLtd'),
]
FIELDS = ("id", "body", "payment_date", "amount", "beneficiary")


def table(*rows: tuple[str, ...]) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    return "".join(",".join(map(cell, row)) + "\r\n" for row in [FIELDS, *rows])


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def send(api: Api, collection_id: str, content: str | bytes, headers: dict[str, str], **params: Any) -> Any:
    params = {"collection_id": collection_id} | {
        name: json.dumps(value) if isinstance(value, dict) else value for name, value in params.items()
    }
    receipt = api.ok("POST", "/ingest", params=params, content=content, headers=headers)
    job = api.finished(receipt["job"])
    assert job["status"] == "succeeded", job
    return receipt


def counts(created: int = 0, updated: int = 0, unchanged: int = 0, skipped: int = 0) -> dict[str, int]:
    return {"created": created, "updated": updated, "unchanged": unchanged, "linked": 0, "skipped": skipped}


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_table_becomes_documents_that_filters_know(api: Api, encoding: str) -> None:
    collection_id = api.collection(f"payments {encoding}")
    body = table(*ROWS).encode()
    content = gzip.compress(body) if encoding == "gzip" else body
    receipt = send(api, collection_id, content, CSV | {"Content-Encoding": encoding}, mapping=MAPPING)
    assert receipt["counts"] == counts(created=3)
    documents = {item["external_id"]: item for item in api.pages("/documents", collection_id=collection_id)}
    assert documents["1"]["metadata"] == {"amount": 825.0, "body": "bradford", "paid_on": "2013-04-26"}
    assert documents["3"]["metadata"] == {"body": "leeds", "paid_on": "2013-04-26"}
    assert (documents["3"]["title"], documents["3"]["language"]) == ('Drake "Plant" Hire,\nLtd', "en")
    assert api.text(documents["2"]["id"]).decode() == "Payment of 1200.00 by bradford to Grice Bros & Co Ltd."
    dear = {"field": "metadata.amount", "op": "gte", "value": 1000}
    found = api.found("payment by bradford", collection_ids=[collection_id], filters=dear, mode="lexical")
    assert found == ["Grice Bros & Co Ltd"]


def test_the_same_records_again_are_nothing_and_changed_ones_are_new_versions(api: Api) -> None:
    collection_id = api.collection("records again", record_mapping=MAPPING)
    records = [
        {"id": n, "body": "leeds", "payment_date": "2013-01-01", "amount": n, "beneficiary": f"Firm {n}"}
        for n in range(40)
    ]
    assert send(api, collection_id, lines(*records), NDJSON)["counts"] == counts(created=40)
    assert send(api, collection_id, lines(*records), NDJSON)["counts"] == counts(unchanged=40)
    records[7]["amount"] = 777
    twice = [{**records[8], "amount": 1}, {**records[8], "amount": 888}]
    receipt = send(api, collection_id, lines(*records, *twice), NDJSON)
    assert receipt["counts"] == counts(updated=2, unchanged=40)
    documents = {item["external_id"]: item for item in api.pages("/documents", collection_id=collection_id)}
    assert len(documents) == 40
    versions = api.ok("GET", f"/documents/{documents['7']['id']}/versions")["items"]
    assert [version["status"] for version in versions] == ["superseded", "ready"]
    assert api.text(documents["7"]["id"]).decode() == "Payment of 777 by leeds to Firm 7."
    assert documents["8"]["metadata"]["amount"] == 888
    for amount, titles in ((777, ["Firm 7"]), (888, ["Firm 8"]), (7, [])):
        only = {"field": "metadata.amount", "op": "eq", "value": amount}
        assert api.found("payment by leeds", collection_ids=[collection_id], filters=only) == titles


def test_texts_in_json_know_their_identifiers_too(api: Api) -> None:
    collection_id = api.collection("json again")
    given = [{"external_id": f"e{n}", "text": f"Entry {n} of the log."} for n in range(3)]
    first = api.ingest(collection_id, *given)
    assert first["counts"] == counts(created=3)
    given[1]["text"] = "Entry 1, corrected."
    second = api.ingest(collection_id, *given, {"text": "No identifier."})
    assert second["counts"] == counts(created=1, updated=1, unchanged=2)
    ids = [document["id"] for document in second["documents"]]
    assert ids[:3] == [document["id"] for document in first["documents"]]
    assert api.text(ids[1]).decode() == "Entry 1, corrected."
    assert second["job"]["progress"]["total"] == 2


def test_invalid_records_can_be_skipped_and_are_told_of(api: Api) -> None:
    collection_id = api.collection("skipping")
    rows = [ROWS[0], ("9", "x", "no date", "1", "y"), ("", "x", "2013-01-01", "1", "y"), ("8", "x"), ROWS[1]]
    receipt = send(api, collection_id, table(*rows), CSV, mapping=MAPPING, on_error="skip")
    assert receipt["counts"] == counts(created=2, skipped=3)
    assert [(error["line"], error["field"]) for error in receipt["errors"]] == [(3, "payment_date"), (4, "id"), (5, "")]


@pytest.mark.parametrize(
    ("content", "headers", "line", "field"),
    [
        (table(ROWS[0], ("9", "x", "no date", "1", "y")), CSV, 3, "payment_date"),
        (lines({"id": 1}), NDJSON, 1, "amount"),
        ('{"id": 1', NDJSON, 1, ""),
        ("[1]\n", NDJSON, 1, ""),
        (b"id,body\n1,\xff\n", CSV, 1, ""),
        ("id,id\n", CSV, 1, ""),
        (b"not gzip", CSV | {"Content-Encoding": "gzip"}, 0, ""),
        (gzip.compress(b"id,body\n")[:-9], CSV | {"Content-Encoding": "gzip"}, 0, ""),
        ("a", {"Content-Type": "text/csv; charset=base64"}, 0, ""),
    ],
)
def test_a_stream_that_cannot_be_read_is_refused_where_it_goes_wrong(
    api: Api, content: str | bytes, headers: dict[str, str], line: int, field: str
) -> None:
    params = {"mapping": json.dumps(MAPPING)}
    problem = api.problem(422, "record_invalid", "POST", "/ingest", params=params, content=content, headers=headers)
    assert f"Line {line} cannot be read ({field})" in problem["detail"]


def test_a_table_without_a_mapping_and_an_unknown_packing_are_refused(api: Api) -> None:
    api.problem(422, "record_mapping_missing", "POST", "/ingest", content="a,b\n", headers=CSV)
    packed = CSV | {"Content-Encoding": "br"}
    api.problem(415, "content_encoding_unsupported", "POST", "/ingest", content="a,b\n", headers=packed)


@pytest.mark.parametrize(
    "mapping",
    [
        "{",
        "7",
        json.dumps({"title": "x"}),
        json.dumps({"text": "{a"}),
        json.dumps({"text": "{a}", "colour": "red"}),
        json.dumps({"text": "{a}", "metadata": ["not a key:float"]}),
        json.dumps({"text": "{a}", "metadata": ["a:int", "a:str"]}),
        json.dumps({"text": "{a}", "external_id": []}),
    ],
)
def test_a_mapping_that_cannot_be_understood_is_a_bad_parameter(api: Api, mapping: str) -> None:
    params = {"mapping": mapping}
    api.problem(422, "validation_failed", "POST", "/ingest", params=params, content="a\n", headers=CSV)
    if mapping.startswith("{") and mapping != "{":
        body = {"name": "bad mapping", "record_mapping": json.loads(mapping)}
        api.problem(422, "validation_failed", "POST", "/collections", json=body)


def test_a_collection_keeps_a_mapping_until_it_is_taken_away(api: Api) -> None:
    collection_id = api.collection("mapped", record_mapping=MAPPING)
    assert api.ok("GET", f"/collections/{collection_id}")["record_mapping"]["external_id"] == "id"
    plain = lines({"text": "A document as it is."})
    assert send(api, collection_id, plain, NDJSON, mapping="none")["counts"] == counts(created=1)
    other = MAPPING | {"text": "{beneficiary} was paid."}
    changed = api.ok("PATCH", f"/collections/{collection_id}", json={"record_mapping": other})
    assert changed["record_mapping"]["text"] == other["text"]
    assert api.ok("PATCH", f"/collections/{collection_id}", json={"description": "d"})["record_mapping"] is not None
    assert api.ok("PATCH", f"/collections/{collection_id}", json={"record_mapping": None})["record_mapping"] is None
    assert send(api, collection_id, plain, NDJSON)["counts"] == counts(created=1)
