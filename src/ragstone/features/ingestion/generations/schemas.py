"""Changes of the embedding model, and what embedding has cost, on the wire."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from ragstone.features.documents.usage_store import DailyUsage
from ragstone.features.ingestion.generations.estimate import Estimate


class ModelChoice(BaseModel):
    """An embedding model of the server, by its name in the settings."""

    model_config = ConfigDict(extra="forbid")

    embedding_model: str = Field(min_length=1, max_length=200)


class EstimateView(BaseModel):
    """What moving a collection to another model would take."""

    documents: int
    chunks: int
    passages_to_embed: int = Field(description="Those the model has embedded already are not embedded again.")
    tokens: int = Field(description="Of the passages to embed, as the present model counts them.")
    seconds_estimate: float
    cost_estimate: float = Field(description="By the setting `price_per_million_tokens` of the model.")

    @classmethod
    def of(cls, estimate: Estimate) -> "EstimateView":
        """An estimate as it is answered."""
        return cls.model_validate(estimate, from_attributes=True)


class UsageView(BaseModel):
    """What embedding with one model has cost a tenant on one day in UTC."""

    day: date
    model: str
    generation: str = Field(description="Names everything that decides what the vectors are.")
    texts: int = Field(description="Passages that needed a vector.")
    cached: int = Field(description="Those of them that had been embedded before.")
    tokens: int = Field(description="Of the passages that were embedded.")
    seconds: float = Field(description="Spent on embedding them.")

    @classmethod
    def of(cls, item: DailyUsage) -> "UsageView":
        """A day's figures as they are answered."""
        usage = item.usage
        return cls(
            day=item.day,
            model=item.model,
            generation=item.generation,
            texts=usage.n_texts,
            cached=usage.n_cached,
            tokens=usage.n_tokens,
            seconds=round(usage.seconds, 3),
        )


class UsagePage(BaseModel):
    """Days with embedding, newest first."""

    items: list[UsageView]
