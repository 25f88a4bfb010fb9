"""Documents that nearly repeat others are said to, and lose the flag with what they repeat."""

from tests.journeys.api import Api

LEASE = " ".join(
    f"Clause {number}: the tenant shall keep {thing} in good repair until the end of month {number}."
    for number, thing in enumerate(["the roof", "the sluice", "the jetty", "the boathouse", "the slip", "the weir"], 1)
)


def test_a_text_with_a_word_changed_is_flagged_until_the_older_one_is_deleted(api: Api) -> None:
    collection_id = api.collection("near duplicates")
    (first,) = api.ingest(collection_id, {"title": "lease", "text": LEASE})["documents"]
    (other,) = api.ingest(collection_id, {"title": "poem", "text": LEASE[::-1]})["documents"]
    (second,) = api.ingest(collection_id, {"title": "lease (2)", "text": LEASE.replace("jetty", "pier")})["documents"]
    assert api.ok("GET", f"/documents/{second['id']}")["near_duplicate_of"] == first["id"]
    assert api.ok("GET", f"/documents/{first['id']}")["near_duplicate_of"] is None
    assert api.ok("GET", f"/documents/{other['id']}")["near_duplicate_of"] is None
    flagged = api.pages("/documents", collection_id=collection_id, near_duplicate=True)
    assert [item["id"] for item in flagged] == [second["id"]]
    api.ok("DELETE", f"/documents/{first['id']}")
    api.idle()
    assert api.ok("GET", f"/documents/{second['id']}")["near_duplicate_of"] is None


def test_collections_do_not_know_of_each_other(api: Api) -> None:
    for name in ("apart one", "apart two"):
        (document,) = api.ingest(api.collection(name), {"title": "lease", "text": f"{LEASE} Signed."})["documents"]
        assert api.ok("GET", f"/documents/{document['id']}")["near_duplicate_of"] is None
