"""Kill the server again and again while documents come and go, then prove that nothing was lost.

    python -m tests.crash.run --kills 100 --documents 300 --seed 1 [--postgres postgresql://root@127.0.0.1/test]

With `--postgres` the store is a new database on that server, which is not killed itself, and is dropped afterwards. The
seed fixes what is sent and when the kills fall; how far the server has come by then is the machine's affair.
The exit status is 1 if anything acknowledged was lost, doubled, half visible, or left behind.
"""

# ruff: noqa: T201 - It is a program that prints what it finds.

import argparse
import asyncio
import contextlib
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx2
import sqlalchemy as sa
from pydantic import SecretStr
from tests.crash.invariants import Violations, check_documents, check_hits, check_nothing_is_left, wait_for_jobs
from tests.crash.ledger import COMMON_WORD, Ledger
from tests.crash.load import Load
from tests.crash.victim import Victim

from ragstone.bootstrap import build
from ragstone.db.database import Database
from ragstone.features.operations.doctor.examine import examine
from ragstone.ports.runtime import Runtime
from ragstone.settings import DatabaseSettings, Settings
from ragstone.testing.databases import postgres_database_url

_WAYS = {"server": 9, "server and index": 3, "index and server": 2, "starting server": 3, "index": 2, "parser": 1}
_LONGEST_LIFE_S = 3.0
_LONGEST_START_S = 4.0
_MOMENT_S = 1.0
_LEAVE_TIMEOUT_S = 20.0
_REMAINS = {
    "documents being deleted": "SELECT count(*) FROM documents WHERE deleted_at IS NOT NULL",
    "collections being deleted": "SELECT count(*) FROM collections WHERE deleted_at IS NOT NULL",
    "announced uploads": "SELECT count(*) FROM upload_intents",
    "undelivered events": "SELECT count(*) FROM outbox WHERE delivered_at IS NULL",
}


@dataclass(frozen=True)
class Kill:
    """One `kill -9`: of what, and how long after the server was ready or, while it starts, was started."""

    way: str
    after_s: float


class Trial:
    """A server that is killed, and the books kept about it."""

    def __init__(self, settings: Settings, kills: int, documents: int, seed: int) -> None:
        self.settings = settings
        self.rng = random.Random(seed)  # noqa: S311 - Kills need no secrecy.
        self.documents = documents
        self.plan = [self._kill() for _ in range(kills)]
        self.ledger = Ledger(random.Random(self.rng.random()))  # noqa: S311 - Nor do texts.
        self.violations = Violations()
        self.victim = Victim(settings)
        self.struck: Counter[str] = Counter()

    async def run(self) -> None:
        """All kills, then the rest of the documents, then every check."""
        for number, kill in enumerate(self.plan):
            await self._live_until(kill, quota=-(-self._missing() // (len(self.plan) - number)))
            print(f"kill {number + 1}/{len(self.plan)}: {kill.way} after {kill.after_s:.3f} s", flush=True)
        async with contextlib.aclosing(await self._alive()) as client:
            await Load(client, self.ledger, self.violations).hand_in(self._missing())
            print(f"jobs: {dict(await wait_for_jobs(client, self.violations))}")
            print(f"documents: {dict(await check_documents(client, self.ledger, self.violations))}")
            await check_nothing_is_left(client, self.ledger, self.violations)
        status = self.victim.stop()
        self.violations.unless(status == 0, f"the server ended with exit status {status}")
        self._no_process_is_left()
        async with build(self.settings) as runtime:
            await self._no_row_is_left(runtime.db)
            await self._the_doctor_finds_nothing(runtime)
        print(f"struck: {dict(self.struck)}")

    def _kill(self) -> Kill:
        way = self.rng.choices(list(_WAYS), list(_WAYS.values()))[0]
        return Kill(way, self.rng.uniform(0.0, _LONGEST_START_S if way == "starting server" else _LONGEST_LIFE_S))

    def _missing(self) -> int:
        return max(0, self.documents - len(self.ledger.acknowledged()))

    async def _alive(self) -> httpx2.AsyncClient:
        """A client of the server, which is started if it is dead; what it shows at once is checked."""
        if not self.victim.is_running:
            self.victim.spawn()
        client = self.victim.client()
        await check_hits(client, self.ledger, self.violations, COMMON_WORD, self.rng)
        return client

    async def _live_until(self, kill: Kill, quota: int) -> None:
        """Requests until the kill, and for a moment after it where it was not the server that was killed."""
        if kill.way == "starting server":
            self.victim.kill()
            self.victim.spawn()
            await asyncio.sleep(kill.after_s)
            self._strike(kill)
            return
        async with contextlib.aclosing(await self._alive()) as client:
            load = Load(client, self.ledger, self.violations)
            tasks = [asyncio.create_task(load.hand_in(quota)), asyncio.create_task(load.search())]
            await asyncio.sleep(kill.after_s)
            self._strike(kill)
            await asyncio.wait(tasks, timeout=_MOMENT_S)
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome

    def _strike(self, kill: Kill) -> None:
        strikes = {
            "server": self.victim.kill,
            "starting server": self.victim.kill,
            "index": self.victim.kill_index,
            "parser": self.victim.kill_parser,
        }
        for part in kill.way.split(" and "):
            if strikes[part]():
                self.struck[part] += 1

    def _no_process_is_left(self) -> None:
        deadline = time.monotonic() + _LEAVE_TIMEOUT_S
        while (left := self.victim.survivors()) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.violations.unless(not left, f"processes are left: {left}")

    async def _no_row_is_left(self, db: Database) -> None:
        async with db.read_across_tenants() as connection:
            for what, statement in _REMAINS.items():
                count = await connection.scalar(sa.text(statement))
                self.violations.unless(count == 0, f"{count} {what} are left")

    async def _the_doctor_finds_nothing(self, runtime: Runtime) -> None:
        report = await examine(runtime)
        print(f"doctor: {dict(report.counts)}, findings: {dict(report.by_kind())}")
        for finding in report.findings:
            self.violations.add(f"the doctor finds {finding.kind}: {dict(finding.detail)}")


def main() -> int:
    """Run one trial; 1 if anything was violated."""
    options = _parse()
    folder = Path(tempfile.mkdtemp(prefix="ragstone-crash-"))
    print(f"seed {options.seed}: {options.kills} kills, {options.documents} documents, in {folder}", flush=True)
    began = time.monotonic()
    found = asyncio.run(_try(options, folder))
    print(f"seed {options.seed}: {found} violations, {time.monotonic() - began:.0f} s")
    if found:
        print(f"The data folder and the log are kept in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


async def _try(options: argparse.Namespace, folder: Path) -> int:
    """How much was violated."""
    async with contextlib.AsyncExitStack() as stack:
        database = DatabaseSettings()
        if options.postgres:
            url = await stack.enter_async_context(postgres_database_url(options.postgres))
            database = DatabaseSettings(url=SecretStr(url))
        settings = Settings(data_dir=folder / "data", database=database)
        trial = Trial(settings, options.kills, options.documents, options.seed)
        stack.callback(trial.victim.kill)
        await trial.run()
        return len(trial.violations.found)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--documents", type=int, default=300, help="how many are to be there in the end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", metavar="URL", help="a Postgres server to make the store on")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
