"""From `module:attribute` to the app: every way this can go wrong has a message of its own."""

from __future__ import annotations

import importlib
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from mister_webhooks.errors import MisterWebhooksError
from mister_webhooks_router.app import App
from mister_webhooks_router.cli.blame import user_frames, user_traceback
from mister_webhooks_router.errors import AppError, RouterError
from mister_webhooks_router.messages import describe, did_you_mean

_FORM = "write MODULE:NAME, for `app = App()` in app.py: app:app"


@dataclass(frozen=True, slots=True)
class Target:
    """Where an app is to be found: a module and the path of attributes in it."""

    module: str
    attributes: tuple[str, ...]

    @property
    def attribute(self) -> str:
        """The attributes as they are written."""
        return ".".join(self.attributes)

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}"


def parse_target(text: str) -> Target:
    """Read `MODULE:NAME[.NAME]`. Raises `AppError` with the text that was probably meant."""
    module, colon, attribute = text.partition(":")
    if not colon:
        raise AppError(f"{text!r} does not say which object is the app: {_FORM}{_guess(module, 'app')}")
    if not module or not attribute or ":" in attribute:
        raise AppError(f"{text!r} is not MODULE:NAME: {_FORM}")
    target = Target(module, tuple(attribute.split(".")))
    if not all(name.isidentifier() for name in (*module.split("."), *target.attributes)) or module.endswith(".py"):
        raise AppError(f"{text!r} is not MODULE:NAME: {_FORM}{_guess(module, attribute)}")
    return target


def load_app(target: Target, app_dir: Path) -> App:
    """Import the app, with `app_dir` first on the import path.

    Raises `AppError` whose text is for the user; where the user's module raised, it holds the user's own traceback.
    """
    found = _attribute(_import(target.module, app_dir), target, app_dir)
    if not isinstance(found, App):
        raise AppError(f"{target} is no App: {_what_it_is(found, target)}")
    return found


def _guess(module: str, attribute: str) -> str:
    """What somebody who gave a file name meant."""
    path = module.removesuffix(".py").replace("\\", "/").strip("./")
    if not path or not all(part.isidentifier() for part in path.replace("/", ".").split(".")):
        return ""
    return f". Did you mean {path.replace('/', '.')}:{attribute}?"


def _import(module: str, app_dir: Path) -> ModuleType:
    """Import the module. A failure is the target's, or of the code that it runs: the traceback tells which."""
    sys.path.insert(0, str(app_dir))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(module)
    except (RouterError, MisterWebhooksError) as error:
        raise AppError(f"{error}{_where(error)}") from error
    except ModuleNotFoundError as error:
        if not user_frames(error):
            raise AppError(_missing_module(module, error.name or module, app_dir)) from error
        raise AppError(_missing_inside(module, error)) from error
    except SystemExit as error:
        raise AppError(f"{module} ended the program while it was imported (sys.exit){_where(error)}") from error
    except Exception as error:
        raise AppError(f"importing {module} failed:\n\n{user_traceback(error)}") from error


def _where(error: BaseException) -> str:
    """The user's own line that led to the error."""
    frames = user_frames(error)
    if not frames:
        return ""
    last = frames[-1]
    return f"\n  at {last.filename}:{last.lineno}: {last.line}"


def _missing_inside(module: str, error: ModuleNotFoundError) -> str:
    missing = f"which is missing: {error.name!r}" if error.name else f"which fails: {error}"
    return f"importing {module} failed, for it needs another module, {missing}{_where(error)}"


def _missing_module(module: str, missing: str, app_dir: Path) -> str:
    """No such module; say where it was looked for and what is there instead."""
    text = f"there is no module {missing!r} in {app_dir}"
    if missing != module:
        text += f" (on the way to {module!r})"
    close = did_you_mean(missing, _modules_beside(missing, app_dir))
    if close:
        return f"{text}.{close}"
    elsewhere = _found_below(module, app_dir)
    if elsewhere is not None:
        return f"{text}, but in {elsewhere}: add --app-dir {elsewhere}"
    return f"{text}. If it is in another folder, add --app-dir FOLDER"


def _modules_beside(missing: str, app_dir: Path) -> list[str]:
    """Dotted names of the modules in the folder where `missing` would have to be."""
    parent = missing.rpartition(".")[0]
    folder = app_dir.joinpath(*parent.split(".")) if parent else app_dir
    if not folder.is_dir():
        return []
    files = [path.stem for path in folder.glob("*.py") if path.stem.isidentifier() and path.stem != "__init__"]
    packages = [path.parent.name for path in folder.glob("*/__init__.py")]
    return [f"{parent}.{name}" if parent else name for name in files + packages]


def _found_below(module: str, app_dir: Path) -> Path | None:
    """A folder directly under `app_dir` that has the module, such as `src`."""
    relative = Path(*module.split("."))
    for name in (relative.with_suffix(".py"), relative / "__init__.py"):
        for path in sorted(app_dir.glob(f"*/{name}")):
            return app_dir / path.relative_to(app_dir).parts[0]
    return None


def _attribute(module: ModuleType, target: Target, app_dir: Path) -> object:
    found: object = module
    for name in target.attributes:
        try:
            found = getattr(found, name)
        except AttributeError:
            raise AppError(_missing_attribute(module, found, name, target, app_dir)) from None
        except Exception as error:
            raise AppError(f"{target}: looking up {name!r} raised {describe(error)}") from error
    return found


def _missing_attribute(module: ModuleType, holder: object, name: str, target: Target, app_dir: Path) -> str:
    shadow = _shadowed(module, app_dir)
    if shadow:
        return shadow
    where = f"{target.module} ({module.__file__})" if module.__file__ else target.module
    if holder is not module:
        return f"{where} has {target.attributes[0]!r}, but that has no {name!r}"
    apps = _apps_of(module)
    if not apps:
        return f"{where} has no {name!r} and no other App: write `{name} = App()` there"
    close = did_you_mean(name, apps) or f" Its apps: {', '.join(apps)}"
    return f"{where} has no {name!r}.{close}"


def _apps_of(module: ModuleType) -> list[str]:
    return sorted(name for name, value in vars(module).items() if isinstance(value, App))


def _shadowed(module: ModuleType, app_dir: Path) -> str:
    """The user's file has the name of a module that Python had loaded before."""
    mine = app_dir / f"{module.__name__}.py"
    if not mine.is_file() or (module.__file__ and Path(module.__file__).resolve() == mine.resolve()):
        return ""
    return f"{mine} cannot be imported, because another module is named {module.__name__!r} too: rename the file"


def _what_it_is(found: object, target: Target) -> str:
    if found is App:
        return f"it is the class. Write `{target.attributes[-1].lower()} = App()` and name that"
    if isinstance(found, type):
        return f"it is the class {found.__qualname__}"
    if inspect.isroutine(found):
        return (
            f"it is the function {found.__name__}. If it returns the App, call it in the module, "
            f"`app = {found.__name__}()`, and give {target.module}:app"
        )
    if inspect.ismodule(found):
        return f"it is the module {found.__name__}. Name the App in it: {found.__name__}:app"
    return f"it is of type {type(found).__qualname__}"
