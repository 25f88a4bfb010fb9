"""What every section of the settings has in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Settings of one concern: fixed once read, and without room for a misspelt name."""

    model_config = ConfigDict(frozen=True, extra="forbid")
