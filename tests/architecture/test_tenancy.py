"""Rows of a tenant are read and written within a `Scope`, or by one of the few functions named here."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest

UNSCOPED = {
    # A credential is what a scope is made from.
    "ragstone.features.accounts.api_keys.authenticate",
    "ragstone.features.accounts.api_keys.add_api_key",
    "ragstone.features.accounts.first_start.ensure_first_administrator",
    "ragstone.features.accounts.first_start._first_tenant",
    # The row carries the tenant of the scope it was made in.
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
}
"""Functions that speak SQL without a scope, each with its reason. A new entry is a decision about isolation."""

UNSCOPED_MODULES = {
    # The doctor compares the installation as a whole; it is run by whoever holds the data folder, not by a tenant.
    "ragstone.features.operations.doctor.store",
    # Who somebody is comes before a scope: these read by the secret that is shown, or by the user that it proved.
    "ragstone.features.accounts.user_store",
    "ragstone.features.accounts.session_store",
    "ragstone.features.accounts.signing_key_store",
}
"""Modules that speak SQL without a scope, each with its reason."""

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


def _speaks_sql(function: ast.AsyncFunctionDef) -> bool:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return any(isinstance(called, ast.Attribute) and called.attr in SQL for called in calls)


def _scopes(function: ast.AsyncFunctionDef) -> list[str]:
    """The parameters annotated as a scope, or as something that has one."""
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [item.arg for item in arguments if item.annotation and ast.unparse(item.annotation) in {"Scope", "JobRun"}]


def _names_read(body: list[ast.stmt]) -> Iterator[str]:
    return (node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name))
