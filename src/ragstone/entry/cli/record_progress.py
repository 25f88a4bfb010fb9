"""How far a file of records has been sent, kept in a small file, so that a run that was broken off can go on."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

_STATE: Final = Path("ragstone/records")


@dataclass(slots=True)
class Progress:
    """Records the server has acknowledged, the jobs that read them, and what became of them."""

    path: Path
    n_records: int = 0
    jobs: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, file: Path, target: Mapping[str, object], *, anew: bool) -> Self:
        """What is known of sending this very file, as it is now, to this target; nothing if it is to begin anew."""
        stat = file.stat()
        what = [str(file.resolve()), stat.st_size, stat.st_mtime_ns, sorted(target.items())]
        name = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]
        path = _state_home() / _STATE / f"{name}.json"
        if anew or not path.exists():
            return cls(path)
        return cls(path, **json.loads(path.read_text()))

    def acknowledge(self, n_records: int, receipt: Mapping[str, object]) -> None:
        """Note a portion the server has taken."""
        job, counts = receipt["job"], receipt["counts"]
        assert isinstance(job, dict)
        assert isinstance(counts, dict)
        self.n_records += n_records
        self.jobs.append(job["id"])
        self.counts = dict(Counter(self.counts) + Counter(counts))
        known = asdict(self)
        del known["path"]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(known))
        draft.replace(self.path)  # Whole or not at all.

    def forget(self) -> None:
        """The file has been sent and read to its end."""
        self.path.unlink(missing_ok=True)


def _state_home() -> Path:
    """Where programs keep state of no importance (XDG Base Directory Specification)."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
