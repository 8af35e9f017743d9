"""Settings as options of the command line.

Their names, types and docstrings are read from the source files: importing a chapter
imports Keras, and `--help` or a misspelled option must not take the seconds of that.
"""

import argparse
import ast
import dataclasses
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kerasnlp_tutorial
from kerasnlp_tutorial import config, registry


@dataclasses.dataclass(frozen=True)
class Setting:
    """A field of a config class, as written in its source."""

    name: str
    type: str
    """Such as `int | None`."""
    default: str
    help: str
    """Its docstring, on one line."""

    @property
    def option(self) -> str:
        """The option that sets it: `--learning-rate`."""
        return "--" + self.name.replace("_", "-")


def chapter_settings(name: str) -> list[Setting]:
    """Return the settings of a chapter, without importing it.

    Args:
        name: as in `registry.find`.

    Raises:
        InputError: there is no such chapter, or it has no task.
    """
    chapter = registry.find(name)
    chapter.check_task()
    return list(_settings(chapter.source(), "Config").values())


def package_settings(file: str, class_name: str) -> list[Setting]:
    """Return the settings of a config class, without importing its module.

    Args:
        file: path of the module inside the package, such as `pretraining/config.py`.
        class_name: name of the class.
    """
    path = Path(kerasnlp_tutorial.__file__).parent / file
    return list(_settings(path.read_text(encoding="utf-8"), class_name).values())


def _settings(source: str, class_name: str) -> dict[str, Setting]:
    classes: dict[str, ast.ClassDef] = {}
    imported: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            classes[node.name] = node
        elif isinstance(node, ast.ImportFrom):
            imported |= {name.asname or name.name: name.name for name in node.names}
    if class_name not in classes:  # imported from `config`, which imports no Keras
        shared = getattr(config, imported[class_name])
        if not dataclasses.is_dataclass(shared):
            return {}
        return _settings(inspect.getsource(config), imported[class_name])
    node = classes[class_name]
    if not any("dataclass" in ast.unparse(item) for item in node.decorator_list):
        return {}
    settings: dict[str, Setting] = {}
    for base in node.bases:
        settings |= _settings(source, ast.unparse(base))
    return settings | {found.name: found for found in _fields(node)}


def _fields(node: ast.ClassDef) -> Iterator[Setting]:
    for field, following in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(field, ast.AnnAssign):
            continue
        docstring = ""
        if isinstance(following, ast.Expr) and isinstance(
            following.value, ast.Constant
        ):
            docstring = " ".join(str(following.value.value).split())
        default = ast.unparse(field.value) if field.value else ""
        name, kind = ast.unparse(field.target), ast.unparse(field.annotation)
        yield Setting(name, kind, default, docstring)


def add_settings(parser: argparse.ArgumentParser, settings: list[Setting]) -> None:
    """Add an option for each setting that the parser has no argument for.

    The namespace has only the settings that are given.
    """
    known = {action.dest for action in parser._actions}
    group = parser.add_argument_group("settings")
    for setting in settings:
        if setting.name in known:
            continue
        text = f"{setting.help} (default: {setting.default})".replace("%", "%%")
        arguments: dict[str, Any] = {"help": text, "default": argparse.SUPPRESS}
        if setting.type == "bool":
            arguments["action"] = argparse.BooleanOptionalAction
        else:
            arguments["metavar"] = setting.type.removesuffix(" | None").upper()
        group.add_argument(setting.option, dest=setting.name, **arguments)
