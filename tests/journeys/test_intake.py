"""Handing documents in: as files, as one text, as many, as a stream of records."""

import hashlib
import json

import pytest
from fpdf import FPDF
from tests.journeys.api import Api
from tests.journeys.conftest import Corpus

NDJSON = {"Content-Type": "application/x-ndjson"}


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_every_sample_becomes_a_ready_document(api: Api, corpus: Corpus) -> None:
    assert corpus.documents.keys() == corpus.samples.keys()
    for name, document in corpus.documents.items():
        sample = corpus.samples[name]
        assert document["status"] == "ready", document
        assert document["type"] == sample.media_type
        assert document["language"] == sample.language
        assert document["size_bytes"] == len(sample.content)
        assert document["tags"] == ["sample"]
        assert document["metadata"]["source"] == "samples"
        assert api.ok("GET", f"/documents/{document['id']}") == document


def test_a_job_tells_how_far_it_came_and_its_events_end_with_the_same(api: Api, corpus: Corpus) -> None:
    assert corpus.job["progress"] == {"stage": "done", "done": len(corpus.samples), "total": len(corpus.samples)}
    assert list(api.events("GET", f"/jobs/{corpus.job['id']}/events")) == [("job", corpus.job)]


def test_the_events_of_a_running_job_lead_from_its_beginning_to_its_end(api: Api) -> None:
    collection_id = api.collection("watched")
    files = [(f"watched-{n}.txt", b"Watch the tide.") for n in range(3)]
    job = api.upload(collection_id, *files)["job"]
    seen = [data for name, data in api.events("GET", f"/jobs/{job['id']}/events") if name == "job"]
    assert [item["id"] for item in seen] == [job["id"]] * len(seen)
    assert seen[-1]["status"] == "succeeded"
    done = [item["progress"]["done"] for item in seen]
    assert done == sorted(done)
    assert seen[-1]["progress"]["done"] == 3


def test_one_text_needs_neither_a_list_nor_a_collection(api: Api) -> None:
    receipt = api.ok("POST", "/ingest", json={"text": "A lone cormorant dries its wings.", "title": "Lone"})
    (document,) = receipt["documents"]
    assert api.finished(receipt["job"])["status"] == "succeeded"
    named = {item["id"]: item["name"] for item in api.pages("/collections")}
    assert named[document["collection_id"]] == "default"
    assert api.text(document["id"]).decode() == "A lone cormorant dries its wings."
    assert api.found("lone cormorant", mode="lexical")[0] == "Lone"


def test_texts_keep_what_is_said_about_them(api: Api) -> None:
    collection_id = api.collection("labelled")
    given = {
        "external_id": "erp/17",
        "title": "Invoice",
        "tags": ["paid", "paid", "2025"],
        "metadata": {"amount": 12.5, "checked": True, "codes": ["a", "b"]},
    }
    receipt = api.ingest(collection_id, {"text": "# Other title\n\nAn invoice.", "source_type": "markdown", **given})
    document = api.ok("GET", f"/documents/{receipt['documents'][0]['id']}")
    assert document["tags"] == ["paid", "2025"]
    assert {name: document[name] for name in ("external_id", "title", "metadata")} == {
        name: given[name] for name in ("external_id", "title", "metadata")
    }
    assert document["type"] == "text/markdown"


def test_a_stream_of_records_is_read_whole(api: Api) -> None:
    collection_id = api.collection("stream")
    records = [{"external_id": f"r{n}", "text": f"Record {n} of the buoy register."} for n in range(600)]
    body = lines(*records) + "\n  \n"
    receipt = api.ok("POST", "/ingest", params={"collection_id": collection_id}, content=body, headers=NDJSON)
    assert receipt["documents"] == []
    job = api.finished(receipt["job"])
    assert (job["status"], job["progress"]["total"]) == ("succeeded", 600)
    kept = [item["external_id"] for item in api.pages("/documents", collection_id=collection_id, limit=500)]
    assert sorted(kept) == sorted(record["external_id"] for record in records)


@pytest.mark.parametrize("bad", ['{"text": 7}', "no json", '{"text": "x", "colour": "red"}', '{"text": ""}', "[]"])
def test_a_bad_line_is_named_and_nothing_of_its_stream_is_kept(api: Api, bad: str) -> None:
    collection_id = api.collection(f"bad {hashlib.sha256(bad.encode()).hexdigest()}")
    good = [{"text": f"Good line {n}"} for n in range(502)]
    body = lines(*good) + bad + "\n" + lines(*good[:3])
    problem = api.problem(
        422, "record_invalid", "POST", f"/ingest?collection_id={collection_id}", content=body, headers=NDJSON
    )
    assert "503" in problem["detail"]
    assert list(api.pages("/documents", collection_id=collection_id)) == []
    assert api.found("Good line", collection_ids=[collection_id]) == []


def test_a_document_that_cannot_be_read_does_not_block_the_others(api: Api) -> None:
    collection_id = api.collection("mixed")
    receipt = api.upload(
        collection_id,
        ("before.txt", b"The pelican stands before."),
        ("broken.pdf", b"%PDF-1.7\nnothing follows"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100)),
        ("empty.txt", b""),
        ("after.txt", b"The pelican stands behind."),
    )
    job = api.finished(receipt["job"])
    assert (job["status"], job["last_error"]["code"]) == ("failed", "job_failed")
    assert job["progress"]["done"] == 5
    documents = {item["filename"]: item for item in api.pages("/documents", collection_id=collection_id)}
    assert {name: item["status"] for name, item in documents.items()} == {
        "before.txt": "ready",
        "broken.pdf": "failed",
        "picture.png": "failed",
        "empty.txt": "failed",
        "after.txt": "ready",
    }
    errors = {name: item["error"]["code"] for name, item in documents.items() if item["error"]}
    assert errors == {
        "broken.pdf": "document_corrupt",
        "picture.png": "document_type_unsupported",
        "empty.txt": "document_empty",
    }
    assert sorted(api.found("pelican", mode="lexical")) == ["after", "before"]
    api.problem(409, "document_not_ready", "GET", f"/documents/{documents['broken.pdf']['id']}/text")


def test_an_uploaded_name_is_only_a_name(api: Api) -> None:
    collection_id = api.collection("names")
    receipt = api.upload(collection_id, ("../../etc/passwd ميناء.txt", b"A name is only a name."))
    assert receipt["documents"][0]["filename"] == "passwd ميناء.txt"
    api.finished(receipt["job"])
    response = api.send("GET", f"/documents/{receipt['documents'][0]['id']}/content")
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''passwd%20")


def test_an_encrypted_file_is_read_with_its_password_and_its_pages_keep_their_labels(api: Api) -> None:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.set_encryption(owner_password="owner", user_password="sesame")
    for text, style in (("The preface praises pelicans.", "r"), ("Herons stand on the first page.", "D")):
        pdf.add_page(label_style=style, label_start=1)
        pdf.multi_cell(0, 6, text)
    content = bytes(pdf.output())
    collection_id = api.collection("secrets")
    refused = api.upload(collection_id, ("locked.pdf", content))
    assert api.finished(refused["job"])["status"] == "failed"
    error = api.ok("GET", f"/documents/{refused['documents'][0]['id']}")["error"]
    assert error["code"] == "document_encrypted"
    read = api.upload(collection_id, ("locked.pdf", content), password="sesame")
    assert api.finished(read["job"])["status"] == "succeeded"
    (hit, *_) = api.search("pelicans", collection_ids=[collection_id])["results"]
    assert (hit["span"]["page_start"], hit["span"]["page_label"]) == (1, "i")
    assert "sesame" not in json.dumps(api.ok("GET", f"/documents/{hit['document_id']}"))
    api.problem(
        422,
        "validation_failed",
        "POST",
        f"/collections/{collection_id}/documents",
        files=[("files", ("a.txt", b"x"))],
        data={"password": "x" * 2000},
    )
