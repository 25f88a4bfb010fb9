"""One run of one command: where the data is, what to write on, and a call to the API from there."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ragstone.entry.cli.api import Api
from ragstone.entry.cli.connect import connect
from ragstone.entry.cli.options import Options
from ragstone.entry.cli.screen import Screen
from ragstone.settings import Settings, load

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Session:
    """What a command works with."""

    options: Options
    screen: Screen

    def run(self, call: Callable[[Api], Awaitable[Result]]) -> Result:
        """Connect, call, disconnect; the call's result."""

        async def connected() -> Result:
            async with connect(self.options, self.screen) as api:
                return await call(api)

        return asyncio.run(connected())

    def settings(self, **flags: Any) -> Settings:
        """The settings of the data folder. `flags` are by name, a dot written as two underscores."""
        return load(self.flags(**flags), self.options.config)

    def flags(self, **flags: Any) -> dict[str, Any]:
        """Flags as `settings.load` takes them."""
        return {"data_dir": self.options.data_dir} | {name.replace("__", "."): value for name, value in flags.items()}
