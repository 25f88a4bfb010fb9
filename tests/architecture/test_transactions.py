"""No transaction is open while anything but the database is waited for.

The rule follows calls: a function that waits for a port, directly or through another function of ours, may not be
awaited inside `async with ….transaction(scope)`.
"""

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

PORTS = {"index", "blobs", "queue", "cache", "limiter", "embedder", "chat", "parser", "mailer"}
"""What ports are called wherever a runtime, a use case or a handler holds them."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Key = tuple[str, str]


class Program:
    """The functions of some modules, and which of them wait for a port."""

    def __init__(self, modules: list[ModuleType]) -> None:
        self.functions: dict[Key, tuple[ModuleType, str, Function]] = {}
        for module in modules:
            tree = ast.parse(inspect.getsource(module))
            for owner, function in _functions(tree):
                name = f"{owner}.{function.name}" if owner else function.name
                self.functions[module.__name__, name] = (module, owner, function)
        self.waiting = self._waiting()

    def _waiting(self) -> set[Key]:
        found: set[Key] = set()
        while True:
            more = {
                key
                for key, (module, owner, function) in self.functions.items()
                if key not in found and any(self.waits(call, module, owner, found) for call in _awaited(function))
            }
            if not more:
                return found
            found |= more

    def waits(self, call: ast.Call, module: ModuleType, owner: str, known: set[Key]) -> bool:
        """Whether a call waits for a port."""
        return (
            bool(PORTS & {name.lstrip("_") for name in _chain(call.func)[:-1]})
            or self._key(call.func, module, owner) in known
        )

    def violations(self) -> list[str]:
        """Where a port is waited for inside a transaction."""
        return [
            f"{module.__name__}:{call.lineno} {ast.unparse(call.func)}"
            for module, owner, function in self.functions.values()
            for block in ast.walk(function)
            if isinstance(block, ast.AsyncWith) and _opens_transaction(block)
            for statement in block.body
            for call in _awaited(statement)
            if self.waits(call, module, owner, self.waiting)
        ]

    def _key(self, called: ast.expr, module: ModuleType, owner: str) -> Key | None:
        chain = _chain(called)
        if len(chain) > 1 and chain[0] == "self":
            return (module.__name__, f"{owner}.{chain[-1]}")
        found: Any = module
        for name in chain:
            found = getattr(found, name, None)
        return (found.__module__, found.__qualname__) if inspect.isfunction(found) else None


def test_no_port_is_waited_for_inside_a_transaction(modules: tuple[Any, ...]) -> None:
    loaded = [module.loaded for module in modules if module.loaded and not module.name.startswith("ragstone.testing")]
    assert Program(loaded).violations() == []


def test_the_rule_sees_a_port_at_the_end_of_a_chain_of_calls() -> None:
    module = inspect.getmodule(_Example)
    assert module
    lines = Program([module]).violations()
    assert [line.split(" ")[1] for line in lines] == ["self._runtime.queue.send", "self._deeply", "_search"]


class _Example:
    """What the rule must find: never called."""

    _runtime: Any
    _scope: Any

    async def breaks_the_rule(self) -> None:
        async with self._runtime.db.transaction(self._scope) as connection:
            await connection.execute("…")
            await self._runtime.queue.send("job_1")
            await self._deeply()
            await _search(self._runtime)
        await self._deeply()

    async def _deeply(self) -> None:
        await _search(self._runtime)


async def _search(runtime: Any) -> None:
    async for _ in runtime.blobs.read("key"):
        pass


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, item) for item in node.body if isinstance(item, Function))


def _awaited(node: ast.AST) -> Iterator[ast.Call]:
    """Calls whose results are awaited, iterated or entered asynchronously, anywhere below."""
    for item in ast.walk(node):
        if isinstance(item, ast.Await):
            yield from _calls(item.value)
        elif isinstance(item, ast.AsyncFor) or (isinstance(item, ast.comprehension) and item.is_async):
            yield from _calls(item.iter)
        elif isinstance(item, ast.AsyncWith):
            yield from (call for entered in item.items for call in _calls(entered.context_expr))


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (item for item in ast.walk(node) if isinstance(item, ast.Call))


def _opens_transaction(block: ast.AsyncWith) -> bool:
    opened = (_chain(call.func)[-1:] for item in block.items for call in _calls(item.context_expr))
    return any(name in (["transaction"], ["transaction_across_tenants"]) for name in opened)


def _chain(node: ast.expr) -> list[str]:
    """`self._runtime.index.upsert` as its names."""
    if isinstance(node, ast.Attribute):
        return [*_chain(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []
