"""What is told of documents that were handed in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ragstone.features.documents.document import Document
from ragstone.features.documents.intake.accept import Counts
from ragstone.features.documents.intake.records import Rejected
from ragstone.features.documents.version_store import VersionState
from ragstone.features.jobs.job import Job


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was accepted, the job that will read it, and the first of the records that were left out.

    `states` are those of documents that may have been there before.
    """

    documents: tuple[Document, ...]
    job: Job
    counts: Counts
    errors: tuple[Rejected, ...] = ()
    states: Mapping[str, VersionState] = field(default_factory=dict)
