"""Rows of a tenant are read and written within a `Scope`, or by one of the few functions named here."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.isolation.names import tenantless_names
from tests.postgres import reachable_postgres

from ragstone.db.metadata import metadata
from ragstone.db.row_security import list_open_tables
from ragstone.testing.databases import postgres_database

UNSCOPED = {
    # A credential is what a scope is made from.
    "ragstone.features.accounts.api_keys.authenticate",
    "ragstone.features.accounts.first_start.ensure_first_administrator",
    "ragstone.features.accounts.first_start._first_tenant",
    "ragstone.features.accounts.service_tokens.authenticate_service",
    "ragstone.features.accounts.invitations.store.find_invitation_by_token",
    # What was used is noted for the installation, by the ids of keys that have just proven themselves.
    "ragstone.features.accounts.keys.store.note_uses",
    # The row carries the tenant of the scope it was made in.
    "ragstone.features.accounts.keys.store.insert_key",
    "ragstone.features.collections.store.insert_collection",
    "ragstone.features.documents.store.insert_documents",
    "ragstone.features.jobs.store.insert_job",
    # The conditions begin with `live(scope)`.
    "ragstone.features.documents.store.list_documents",
    "ragstone.features.documents.store.count_documents",
    # Workers act for the installation, and take their scope from the job they hold.
    "ragstone.features.jobs.store.take_job",
    "ragstone.features.jobs.store.count_waits",
    "ragstone.features.jobs.turn_store.is_anything_due",
    "ragstone.features.jobs.turn_store.count_slots",
    "ragstone.features.jobs.turn_store.count_running",
    "ragstone.features.jobs.turn_store.count_due",
    "ragstone.features.jobs.turn_store.find_next",
    "ragstone.features.jobs.turn_store.do_others_wait",
    "ragstone.features.jobs.turn_store.note_served",
    "ragstone.features.jobs.worker_store.note_worker",
    "ragstone.features.jobs.worker_store.forget_worker",
    "ragstone.features.jobs.worker_store.forget_silent",
    "ragstone.features.jobs.worker_store.list_workers",
    "ragstone.features.jobs.store.update_held",
    "ragstone.features.jobs.store.is_cancel_requested",
    "ragstone.features.jobs.store._release",
    "ragstone.features.jobs.store.delete_finished",
    "ragstone.features.jobs.store.expire_holds",
    "ragstone.features.documents.purge_store.list_stale_intents",
    "ragstone.features.accounts.answered_store.forget_answered",
    "ragstone.features.accounts.invitations.store.forget_invitations",
    # Verification and retention go through every tenant's chain, one after the other, each under a scope of its own.
    "ragstone.features.audit.store.list_chains",
    "ragstone.features.accounts.quotas.store.forget_expired",
}
"""Functions that speak SQL without a scope, each with its reason. A new entry is a decision about isolation."""

UNSCOPED_MODULES = {
    # The doctor compares the installation as a whole; it is run by whoever holds the data folder, not by a tenant.
    "ragstone.features.operations.doctor.store",
    # Who somebody is comes before a scope: these read by the secret that is shown, or by the user that it proved.
    "ragstone.features.accounts.user_store",
    "ragstone.features.accounts.session_store",
    "ragstone.features.accounts.signing_key_store",
    # Tenants as a whole, asked for by whoever administers the platform.
    "ragstone.features.operations.tenants.store",
    "ragstone.features.accounts.delay_store",
    "ragstone.features.accounts.one_time_store",
}
"""Modules that speak SQL without a scope, each with its reason."""

ACROSS_TENANTS = {
    # The tables of the installation itself.
    "ragstone.db.database.ping",
    "ragstone.db.migrate.schema_state",
    "ragstone.testing.databases._administer",
    # A credential is what a scope is made from.
    "ragstone.features.accounts.api_keys.authenticate",
    "ragstone.features.accounts.service_tokens.authenticate_service",
    "ragstone.features.accounts.invitations.accept.find_invitation",
    "ragstone.features.accounts.first_start.ensure_first_administrator",
    # Uses of keys are written for all tenants at once.
    "ragstone.features.accounts.keys.note_uses.note_key_uses",
    # The administrator of the platform acts on tenants as a whole.
    "ragstone.features.operations.tenants.create.create_tenant",
    "ragstone.features.operations.tenants.read.list_tenants",
    "ragstone.features.operations.tenants.read.get_tenant",
    "ragstone.features.operations.tenants.suspend.suspend_tenant",
    "ragstone.features.operations.tenants.suspend.resume_tenant",
    "ragstone.features.operations.tenants.delete.delete_tenant",
    "ragstone.features.operations.tenants.erase.run",
    "ragstone.features.operations.tenants.erase._rows",
    # Workers, delivery and sweeps act for the installation; with what they find they go on within its tenant.
    "ragstone.entry.worker.events.deliver",
    "ragstone.entry.worker.events.forget_old",
    "ragstone.entry.worker.supervise.take_over",
    "ragstone.entry.worker.supervise._forget_answers",
    "ragstone.entry.worker.supervise._forget_jobs",
    "ragstone.entry.worker.supervise._forget_reservations",
    "ragstone.entry.worker.worker._announced",
    "ragstone.entry.worker.worker._say",
    "ragstone.features.documents.purge.sweep_uploads",
    "ragstone.features.jobs.claim.claim",
    "ragstone.features.audit.record_deeds.record_deeds",
    "ragstone.features.audit.record_deeds._is_any_noted",
    "ragstone.features.audit.prune.prune",
    "ragstone.features.audit.verify.verify",
    # Whose turn it is depends on how many others wait, which is all that is told of them.
    "ragstone.features.jobs.look._look_ahead",
    "ragstone.features.jobs.queue_state.look_at_queue",
    "ragstone.features.jobs.run.should_yield",
}
"""Functions that see the rows of all tenants, also on Postgres. A new entry is a decision about isolation."""

CONNECTIONS = {"read", "transaction"}
SQL = {"execute", "scalar", "scalars"}
UNSEEN_SQL = {"exec_driver_sql", "raw_connection", "run_sync", "stream_scalars"}


@pytest.fixture(scope="module")
def speakers(modules: tuple[Any, ...]) -> dict[str, ast.AsyncFunctionDef]:
    """Every function of a slice that speaks SQL, by its full name."""
    return {
        f"{module.name}.{node.name}": node
        for module in modules
        if module.name.startswith("ragstone.features.") and module.name not in UNSCOPED_MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.AsyncFunctionDef) and _speaks_sql(node)
    }


def test_every_function_that_speaks_sql_takes_a_scope(speakers: dict[str, ast.AsyncFunctionDef]) -> None:
    unscoped = {name for name, node in speakers.items() if not _scopes(node)}
    assert sorted(unscoped - UNSCOPED) == []


def test_every_function_that_takes_a_scope_uses_it(speakers: dict[str, ast.AsyncFunctionDef]) -> None:
    unused = [name for name, node in speakers.items() for scope in _scopes(node) if scope not in _names_read(node.body)]
    assert unused == []


def test_the_list_of_exceptions_holds_no_more_than_it_needs(speakers: dict[str, ast.AsyncFunctionDef]) -> None:
    needed = {name for name, node in speakers.items() if not _scopes(node)}
    assert sorted(UNSCOPED - needed) == []


def test_slices_speak_sql_in_no_way_the_rules_do_not_see(modules: tuple[Any, ...]) -> None:
    raw = [
        f"{module.name}:{node.lineno}"
        for module in modules
        if module.name.startswith("ragstone.features.") and module.name not in UNSCOPED_MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and (node.attr in UNSEEN_SQL or ast.unparse(node) == "connection.stream")
    ]
    assert raw == []


def test_only_a_few_functions_see_the_rows_of_all_tenants(modules: tuple[Any, ...]) -> None:
    found = {
        f"{module.name}.{function.name}"
        for module in modules
        if module.name not in UNSCOPED_MODULES
        for function in ast.walk(module.tree)
        if isinstance(function, ast.AsyncFunctionDef)
        for call in _calls(function)
        if call.attr in {f"{name}_across_tenants" for name in CONNECTIONS}
    }
    assert sorted(found ^ ACROSS_TENANTS) == []


def test_what_is_done_on_a_connection_is_done_in_the_scope_it_was_opened_for(modules: tuple[Any, ...]) -> None:
    """Postgres would show nothing else; SQLite would show everything."""
    assert [place for module in modules for place in _strangers(module)] == []


def test_keys_of_blobs_and_caches_begin_with_the_tenant_and_spaces_name_it(modules: tuple[Any, ...]) -> None:
    of_slices = (module for module in modules if module.name.startswith("ragstone.features."))
    scoped = (module for module in of_slices if module.name not in UNSCOPED_MODULES)
    assert [line for module in scoped for line in tenantless_names(module.name, module.tree)] == []


async def test_every_table_with_a_tenant_has_its_policy(modules: tuple[Any, ...], tmp_path: Path) -> None:
    """The server finds them in its catalogue, this test in the code."""
    assert modules, "importing them all fills the metadata"
    closed_tables = sa.text(
        "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid"
        " WHERE relrowsecurity AND relforcerowsecurity"
    )
    async with postgres_database(await reachable_postgres(), tmp_path) as db, db.migration() as connection:
        closed = set(await connection.scalars(closed_tables))
        assert await list_open_tables(connection) == []
    of_tenants = {table.name for table in metadata.tables.values() if "tenant_id" in table.c}
    assert sorted((of_tenants | {"tenants"}) - closed) == []


def _strangers(module: Any) -> Iterator[str]:
    """Calls that pass on a connection together with another scope than it was opened for."""
    for block in ast.walk(module.tree):
        if not isinstance(block, ast.AsyncWith):
            continue
        for item in block.items:
            opened = item.context_expr
            if not (isinstance(opened, ast.Call) and isinstance(opened.func, ast.Attribute) and item.optional_vars):
                continue
            if opened.func.attr not in CONNECTIONS or not opened.args:
                continue
            scope, connection = ast.unparse(opened.args[0]), ast.unparse(item.optional_vars)
            for call in (node for line in block.body for node in ast.walk(line) if isinstance(node, ast.Call)):
                given = [ast.unparse(item) for item in call.args if isinstance(item, ast.Name | ast.Attribute)]
                other = {name for name in given if "scope" in name.split(".")[-1].lower()} - {scope}
                if connection in given and other:
                    yield f"{module.name}:{call.lineno} {sorted(other)} on a connection of {scope}"


def _calls(function: ast.AsyncFunctionDef) -> Iterator[ast.Attribute]:
    called = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return (item for item in called if isinstance(item, ast.Attribute))


def _speaks_sql(function: ast.AsyncFunctionDef) -> bool:
    return any(called.attr in SQL for called in _calls(function))


def _scopes(function: ast.AsyncFunctionDef) -> list[str]:
    """The parameters annotated as a scope, or as something that has one."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [item.arg for item in arguments if item.annotation and ast.unparse(item.annotation) in {"Scope", "JobRun"}]


def _names_read(body: list[ast.stmt]) -> Iterator[str]:
    return (node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
