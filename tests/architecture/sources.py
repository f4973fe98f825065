"""The product's own source files, parsed once, and what each of them imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("app", "workers", "sandbox", "migrations")


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: str
    module: str
    text: str
    tree: ast.Module


@dataclass(frozen=True)
class Import:
    """One imported module, and whether the import stands inside a function."""

    path: str
    line: int
    module: str
    is_local: bool

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.module}"


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file below the folders."""
    found = []
    for folder in folders or FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            text = file.read_text(encoding="utf-8")
            found.append(Source(path, _module(path), text, ast.parse(text, path)))
    return tuple(found)


@cache
def imports(*folders: str) -> tuple[Import, ...]:
    """Every import of every file below the folders; `from a import b` counts as `a.b` when that is a module of ours."""
    ours = {source.module for source in (*sources(), *sources(*folders))}
    return tuple(found for source in sources(*folders) for found in _imports(source, ours))


def _imports(source: Source, ours: set[str]) -> Iterator[Import]:
    inside = {id(node) for function in _functions(source.tree) for node in ast.walk(function)}
    for node in ast.walk(source.tree):
        is_local = id(node) in inside
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(source.path, node.lineno, name.name, is_local)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.path}:{node.lineno}: write the whole name of the module"
            for name in node.names:
                below = f"{node.module}.{name.name}"
                yield Import(source.path, node.lineno, below if below in ours else str(node.module), is_local)


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def is_in(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")
