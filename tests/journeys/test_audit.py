"""The audit log over HTTP: who did what to which object from where."""

import json

from tests.journeys.api import Api


def test_the_log_is_taken_out_as_lines_and_that_is_recorded(api: Api) -> None:
    response = api.send(
        "GET", "/admin/audit/export", headers={"User-Agent": "auditor/1", "X-Request-ID": "req-audit-1"}
    )
    assert response.headers["Content-Type"] == "application/x-ndjson"
    records = [json.loads(line) for line in response.text.splitlines()]
    assert [record["seq"] for record in records] == list(range(records[0]["seq"], records[-1]["seq"] + 1))
    last = records[-1]
    assert (last["action"], last["user_agent"], last["request_id"]) == ("export_audit", "auditor/1", "req-audit-1")
    assert last["actor"].startswith(("key_", "usr_"))
    assert (last["credential_id"], last["address"]) == (last["actor"], "127.0.0.1")


def test_records_are_filtered_and_paged_newest_first(api: Api) -> None:
    for number in range(3):
        api.send("GET", "/admin/audit/export", headers={"X-Request-ID": f"req-page-{number}"})
    found = [item["request_id"] for item in api.pages("/admin/audit", action="export_audit", limit=1)]
    assert found[:3] == ["req-page-2", "req-page-1", "req-page-0"]
    newest = api.ok("GET", "/admin/audit", params={"limit": 1})["items"][0]
    same = {"actor": newest["actor"], "object": newest["objects"][0], "outcome": "done", "address": "127.0.0.1"}
    assert api.ok("GET", "/admin/audit", params={**same, "since": newest["at"], "limit": 1})["items"] == [newest]
    assert newest not in api.ok("GET", "/admin/audit", params={"until": newest["at"]})["items"]
    for name in ("actor", "object", "action", "address"):
        assert api.ok("GET", "/admin/audit", params={name: "nobody"})["items"] == []
    api.problem(422, "validation_failed", "GET", "/admin/audit", params={"since": "2026-01-01"})
    api.problem(422, "validation_failed", "GET", "/admin/audit", params={"who": "me"})
    api.problem(422, "cursor_invalid", "GET", "/admin/audit", params={"cursor": "WyJ4Il0"})


def test_the_log_of_the_installation_is_for_platform_administrators(api: Api) -> None:
    assert "items" in api.ok("GET", "/admin/audit", params={"installation": True})
