"""Usage and quotas on the wire."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from ragstone.features.accounts.quotas.quota import MICROS, Limits, Resource, micros
from ragstone.features.operations.quotas.usage import Usage

_MOST: Final = 2**53  # What every JSON parser reads exactly.
_MOST_MONEY: Final = 1e9


class UsedView(BaseModel):
    """How much of something a tenant has used, and may use."""

    used: int | float = Field(description="Kept now or, of requests, tokens and cost, spent this month.")
    reserved: int | float = Field(description="About to be spent by work that is under way.")
    limit: int | float | None = Field(description="Null: any amount.")
    is_default: bool = Field(description="Whether the limit is the one of the settings.")


class UsageView(BaseModel):
    """What a tenant has used, and may use."""

    month: str = Field(description="In UTC, as `2026-11`.", examples=["2026-11"])
    resets_at: datetime = Field(description="When requests, tokens and cost are counted from zero again.")
    documents: UsedView
    bytes: UsedView = Field(description="Of originals, those of former versions included.")
    requests: UsedView
    tokens: UsedView = Field(description="Read by embedding models.")
    cost: UsedView = Field(description="By the prices in the settings.")

    @classmethod
    def of(cls, usage: Usage) -> "UsageView":
        """Usage as it is answered."""
        views = {resource.value: _view(usage, resource) for resource in Resource}
        return cls.model_validate({"month": usage.month.name, "resets_at": usage.month.ends_at, **views})


class QuotasBody(BaseModel):
    """Limits of one tenant. One that is left out is the default of the settings; null allows any amount."""

    model_config = ConfigDict(extra="forbid")

    documents: int | None = Field(None, ge=0, le=_MOST)
    bytes: int | None = Field(None, ge=0, le=_MOST)
    requests: int | None = Field(None, ge=0, le=_MOST, description="A month.")
    tokens: int | None = Field(None, ge=0, le=_MOST, description="A month.")
    cost: float | None = Field(None, ge=0, le=_MOST_MONEY, allow_inf_nan=False, description="A month.")

    def limits(self) -> Limits:
        """Those that were given."""
        given = self.model_dump(exclude_unset=True)
        return {
            Resource(name): micros(most) if name == Resource.COST and most is not None else most
            for name, most in given.items()
        }


def _view(usage: Usage, resource: Resource) -> UsedView:
    item = usage.by_resource[resource]
    used, reserved, limit = (
        amount / MICROS if resource is Resource.COST and amount is not None else amount
        for amount in (item.used, item.reserved, item.limit)
    )
    return UsedView(used=used or 0, reserved=reserved or 0, limit=limit, is_default=item.is_default)
