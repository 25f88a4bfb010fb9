"""Every operation that changes something leaves a record that names the object, and none tells a secret or a text."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.journeys.api import Api
from tests.journeys.server import KEY
from tests.operations import mutating

from ragstone.kit.ids import new_id

CANARY = "zephyrquartz"
"""Said in everything that users write: no record may repeat it."""

ELSEWHERE = {
    "move_collection",
    "roll_back_collection",
    "drop_previous_model",
    "accept_invitation",
    "change_member",
    "remove_member",
}
"""The shared server has no second embedding model and no second member; other tests walk through these."""


def _new(api: Api) -> str:
    return api.collection(f"{CANARY} {new_id('x')}")


def _text(collection_id: str, number: int = 0) -> dict[str, Any]:
    label: dict[str, Any] = {"title": f"{CANARY} title", "tags": [CANARY], "metadata": {CANARY: CANARY}}
    return {"text": f"{CANARY} {collection_id} {number}", "external_id": f"{CANARY}-{number}", **label}


def _documents(api: Api, count: int = 1) -> list[str]:
    """Documents that have been read, in a collection of their own."""
    home = _new(api)
    receipt = api.ingest(home, *(_text(home, number) for number in range(count)))
    return [item["id"] for item in receipt["documents"]]


def _change_collection(api: Api) -> str:
    made = _new(api)
    api.ok("PATCH", f"/collections/{made}", json={"description": CANARY})
    return made


def _delete_collection(api: Api) -> str:
    made = _new(api)
    api.ok("DELETE", f"/collections/{made}")
    return made


def _upload(api: Api) -> str:
    receipt = api.upload(_new(api), (f"{CANARY}.txt", CANARY.encode()), password=CANARY, tags=CANARY)
    return str(receipt["documents"][0]["id"])


def _reindex_collection(api: Api) -> str:
    made = _new(api)
    api.ok("POST", f"/collections/{made}/reindex")
    return made


def _reindex_everything(api: Api) -> str:
    made = _new(api)
    api.ok("POST", "/reindex")
    return made


def _on_document(method: str, path: str = "", **options: Any) -> Callable[[Api], str]:
    def act(api: Api) -> str:
        (document_id,) = _documents(api)
        api.ok(method, f"/documents/{document_id}{path}", **options)
        return document_id

    return act


def _on_documents(path: str, **fields: Any) -> Callable[[Api], str]:
    def act(api: Api) -> str:
        first, second = _documents(api, 2)
        api.ok("POST", f"/documents/{path}", json={"document_ids": [first, second], **fields})
        return second

    return act


def _failed_job(api: Api) -> str:
    receipt = api.upload(_new(api), (f"{CANARY}.pdf", b"%PDF-1.7\nbroken"))
    return str(api.finished(receipt["job"])["id"])


def _retry_job(api: Api) -> str:
    job_id = _failed_job(api)
    api.ok("POST", f"/jobs/{job_id}/retry")
    return job_id


def _cancel_job(api: Api) -> str:
    home = _new(api)
    body = {"collection_id": home, "documents": [_text(home, number) for number in range(60)]}
    job_id = str(api.ok("POST", "/ingest", json=body, params={"priority": "low"})["job"]["id"])
    api.ok("POST", f"/jobs/{job_id}/cancel")
    return job_id


def _make_key(api: Api) -> str:
    return str(api.ok("POST", "/api-keys", json={"name": CANARY})["id"])


def _on_key(method: str, path: str = "", **options: Any) -> Callable[[Api], str]:
    def act(api: Api) -> str:
        key_id = _make_key(api)
        api.ok(method, f"/api-keys/{key_id}{path}", **options)
        return key_id

    return act


def _invite(api: Api) -> str:
    email = f"{CANARY}-{new_id('x')}@example.com"
    return str(api.ok("POST", "/tenant/invitations", json={"email": email})["id"])


def _withdraw(api: Api) -> str:
    invitation_id = _invite(api)
    api.ok("DELETE", f"/tenant/invitations/{invitation_id}")
    return invitation_id


def _create_tenant(api: Api) -> str:
    return str(api.ok("POST", "/admin/tenants", json={"name": CANARY})["id"])


def _on_tenant(method: str, path: str = "") -> Callable[[Api], str]:
    def act(api: Api) -> str:
        tenant_id = _create_tenant(api)
        api.ok(method, f"/admin/tenants/{tenant_id}{path}")
        return tenant_id

    return act


def _change_own_tenant(api: Api) -> str:
    own = api.ok("GET", "/tenant")
    api.ok("PATCH", "/tenant", json={"name": own["name"]})
    return str(own["id"])


OPERATIONS: dict[str, Callable[[Api], str]] = {
    "create_collection": _new,
    "change_collection": _change_collection,
    "delete_collection": _delete_collection,
    "upload_documents": _upload,
    "ingest_documents": lambda api: _documents(api)[0],
    "change_document": _on_document("PATCH", json={"title": CANARY, "tags": [CANARY]}),
    "delete_document": _on_document("DELETE"),
    "update_content": _on_document("PUT", "/content", json={"text": f"{CANARY} again"}),
    "reindex_document": _on_document("POST", "/reindex"),
    "delete_documents": _on_documents("bulk-delete"),
    "update_documents": _on_documents("bulk-update", add_tags=[CANARY]),
    "merge_documents": _on_documents("merge", title=CANARY),
    "reindex_collection": _reindex_collection,
    "reindex_everything": _reindex_everything,
    "cancel_job": _cancel_job,
    "retry_job": _retry_job,
    "make_api_key": _make_key,
    "rename_api_key": _on_key("PATCH", json={"name": CANARY}),
    "rotate_api_key": _on_key("POST", "/rotate"),
    "revoke_api_key": _on_key("DELETE"),
    "invite_member": _invite,
    "withdraw_invitation": _withdraw,
    "change_tenant": _change_own_tenant,
    "create_tenant": _create_tenant,
    "suspend_tenant": _on_tenant("POST", "/suspend"),
    "resume_tenant": _on_tenant("POST", "/resume"),
    "delete_tenant": _on_tenant("DELETE"),
}
"""By operation: does it once; the id of an object its record has to name."""


def test_every_operation_that_changes_something_is_in_the_table(api: Api) -> None:
    assert sorted(mutating(api.ok("GET", "/openapi.json"))) == sorted({*OPERATIONS, *ELSEWHERE})


@pytest.mark.parametrize("action", sorted(OPERATIONS))
def test_the_operation_leaves_a_record_that_names_its_object(api: Api, action: str) -> None:
    object_id = OPERATIONS[action](api)
    found = api.ok("GET", "/admin/audit", params={"action": action, "object": object_id})["items"]
    assert [(item["outcome"], item["address"]) for item in found] == [("done", "127.0.0.1")]
    assert found[0]["request_id"].startswith("req_")


def test_no_record_tells_a_secret_or_a_word_of_a_user(api: Api) -> None:
    _upload(api)
    exported = api.send("GET", "/admin/audit/export").text
    assert len(exported.splitlines()) > 1
    assert CANARY not in exported
    assert KEY not in exported


def test_what_is_refused_for_its_content_leaves_no_record_that_it_was_done(api: Api) -> None:
    name = f"{CANARY} {new_id('x')}"
    made = api.collection(name)
    api.problem(409, "collection_name_taken", "POST", "/collections", json={"name": name})
    newest = api.ok("GET", "/admin/audit", params={"action": "create_collection", "limit": 1})["items"]
    assert newest[0]["objects"] == [made]


def test_an_export_is_a_chain_that_anyone_can_check(api: Api) -> None:
    lines = [json.loads(line) for line in api.send("GET", "/admin/audit/export").text.splitlines()]
    assert all(after["previous_hash"] == before["hash"] for before, after in itertools.pairwise(lines))
