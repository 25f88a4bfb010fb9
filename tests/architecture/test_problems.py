"""Every problem can be met, is told in both languages, and has a name of its own."""

import ast
from string import Formatter
from typing import Any

import pytest

from ragstone.kit.i18n import LOCALES, catalogue
from ragstone.kit.problem import Problem

PARTS = ("title", "detail")

NEVER_MADE = {"ChatModelUnavailable"}
"""Part of a port's contract that no backend of today can break: the one chat model runs in this very process."""


@pytest.fixture(scope="session")
def problems(reference: Any) -> dict[str, list[type[Problem]]]:
    found: dict[str, list[type[Problem]]] = reference.problem_classes()
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_every_problem_has_a_title_and_a_detail(problems: dict[str, list[type[Problem]]], locale: str) -> None:
    wanted = {f"problem.{code}.{part}" for code in problems for part in PARTS}
    assert sorted(wanted - catalogue(locale).keys()) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_message_tells_of_a_problem_that_is_gone(problems: dict[str, list[type[Problem]]], locale: str) -> None:
    told = {key.split(".")[1] for key in catalogue(locale) if key.startswith("problem.")}
    assert sorted(told - problems.keys()) == []


def test_the_languages_have_the_same_messages() -> None:
    first, *others = (catalogue(locale).keys() for locale in LOCALES)
    assert [sorted(first ^ other) for other in others] == [[] for _ in others]


def test_the_languages_name_the_same_facts() -> None:
    keys = set.intersection(*(set(catalogue(locale)) for locale in LOCALES))
    differing = {key for key in keys if len({_facts(catalogue(locale)[key]) for locale in LOCALES}) > 1}
    assert sorted(differing) == []


def test_no_message_is_empty() -> None:
    assert [(locale, key) for locale in LOCALES for key, text in catalogue(locale).items() if not text.strip()] == []


def test_a_code_names_one_problem(problems: dict[str, list[type[Problem]]]) -> None:
    """But for `internal`: a caller need not know which part of the server has the defect."""
    shared = {code: classes for code, classes in problems.items() if len(classes) > 1 and code != Problem.code}
    assert shared == {}


def test_every_problem_says_what_it_is(problems: dict[str, list[type[Problem]]]) -> None:
    assert [item.__qualname__ for classes in problems.values() for item in classes if not item.__doc__] == []


def test_every_problem_is_made_somewhere(problems: dict[str, list[type[Problem]]], modules: tuple[Any, ...]) -> None:
    made = {name for module in modules for node in ast.walk(module.tree) for name in _made(node)}
    never = [item.__name__ for classes in problems.values() for item in classes if item.__name__ not in made]
    assert sorted(never) == sorted(NEVER_MADE)


def _facts(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)


def _made(node: ast.AST) -> list[str]:
    """Names that are called or raised."""
    made = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
    return [
        part.id if isinstance(part, ast.Name) else part.attr
        for part in [made]
        if isinstance(part, ast.Name | ast.Attribute)
    ]
