"""Service tokens: what the settings say of them, and nothing a request says."""

from typing import Any

import pytest
import sqlalchemy as sa
from tests.features.accounts.people import NOW, add_member

from ragstone.db.database import Database
from ragstone.features.accounts.api_keys import CredentialInvalid, TenantSuspended
from ragstone.features.accounts.service_tokens import authenticate_service
from ragstone.features.accounts.tables import tenants
from ragstone.settings import ServiceTokenSettings, Settings

TOKEN = "a service token of thirty-two characters or more"


def known(**changes: Any) -> dict[str, ServiceTokenSettings]:
    values = {"token": TOKEN, "permissions": ("read", "write")} | changes
    return {"other": ServiceTokenSettings.model_validate({"token": "x" * 40}), "gateway": _settings(values)}


def _settings(values: dict[str, Any]) -> ServiceTokenSettings:
    return ServiceTokenSettings.model_validate(values)


async def test_a_token_acts_in_the_tenant_the_settings_name(db: Database) -> None:
    first, second = await add_member(db, "a@example.com"), await add_member(db, "b@example.com")
    scope = await authenticate_service(db, known(tenant=second.tenant_id), TOKEN)
    assert (scope.tenant_id, scope.caller_id, scope.permissions) == (
        second.tenant_id,
        "svc_gateway",
        frozenset({"read", "write"}),
    )
    assert (await authenticate_service(db, known(), TOKEN)).tenant_id == min(first.tenant_id, second.tenant_id)


@pytest.mark.parametrize("shown", ["", "x", TOKEN[:-1], TOKEN + "x", "\xff", TOKEN.upper()])
async def test_another_token_opens_nothing(db: Database, shown: str) -> None:
    await add_member(db)
    with pytest.raises(CredentialInvalid):
        await authenticate_service(db, known(), shown)


async def test_a_token_for_a_tenant_that_is_not_there_or_not_active_opens_nothing(db: Database) -> None:
    with pytest.raises(CredentialInvalid):
        await authenticate_service(db, known(tenant="ten_nowhere"), TOKEN)
    member = await add_member(db)
    async with db.transaction_across_tenants() as connection:
        await connection.execute(sa.update(tenants).values(suspended_at=NOW))
    with pytest.raises(TenantSuspended):
        await authenticate_service(db, known(tenant=member.tenant_id), TOKEN)


@pytest.mark.parametrize(
    "tokens", [{"a": {"token": "short"}}, {"a": {"token": TOKEN}, "b": {"token": TOKEN}}, {"a b": {"token": TOKEN}}]
)
def test_tokens_are_long_and_different_and_have_plain_names(tokens: Any) -> None:
    with pytest.raises(ValueError, match="token"):
        Settings.model_validate({"service_tokens": tokens})
