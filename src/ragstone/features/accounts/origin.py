"""Where a request comes from, as the audit log keeps it."""

from typing import Final

from starlette.requests import Request

from ragstone.kit.scope import Origin

_LONGEST: Final = 256


def origin_of(request: Request, credential_id: str | None = None) -> Origin:
    """The address, program and id of a request, and the credential that was proven, if there is one."""
    agent = request.headers.get("user-agent")
    return Origin(
        address=request.client.host if request.client else None,
        user_agent="".join(filter(str.isprintable, agent))[:_LONGEST] if agent else None,
        request_id=request.state.request_id,
        credential_id=credential_id,
    )
