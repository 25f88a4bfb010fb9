"""Starts a parser process that never ends, says its number, and waits to be killed."""

import asyncio
import sys
from pathlib import Path

from ragstone.engine.parsing.limits import ParseLimits
from ragstone.features.ingestion.sandbox.process import ParserProcess, SandboxLimits


async def main() -> None:
    child = Path(__file__).with_name("misbehaving_child.py")
    limits = SandboxLimits(memory_bytes=2**28, cpu_s=60, wall_s=60, parse=ParseLimits(max_pages=1, max_chars=1000))
    async with ParserProcess(limits, (sys.executable, "-I", str(child))) as parser:
        document, _ = await parser.parse(b"", None, "pid")
        sys.stdout.write(f"{document.text}\n")
        sys.stdout.flush()
        await parser.parse(b"", None, sys.argv[1])


asyncio.run(main())
