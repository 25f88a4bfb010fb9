"""Search over HTTP."""

from fastapi import APIRouter

from ragstone.features.accounts.routes import Caller, Locale, Ports
from ragstone.features.search.find import find
from ragstone.features.search.schemas import SearchBody, SearchView

router = APIRouter(prefix="/search", tags=["search"])


@router.post("")
async def search(ports: Ports, caller: Caller, locale: Locale, body: SearchBody) -> SearchView:
    """The best chunks for a question, from words, meaning, or both."""
    return SearchView.of(await find(ports, caller, body.request()), body, locale)
