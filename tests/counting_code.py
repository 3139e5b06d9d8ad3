"""What counting costs, kept small, up to Python 3.11; from 3.12 on the interpreter itself counts for slipcover.

slipcover works out for seconds where its counting code goes, in each process anew: that is kept beside the compiled
module. And what has counted once is called on every pass again: it is skipped, in place, as slipcover's own option
``immediate`` does up to Python 3.10.
"""

import ast
import ctypes
import dis
import marshal
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from slipcover import Slipcover, __version__, branch
from slipcover.importer import SlipcoverLoader

Label = int | tuple[int, int]
"""What counting code stands for: a line, or a branch from one line to another."""
INTERPRETER_COUNTS = sys.version_info >= (3, 12)
NOP, JUMP = dis.opmap["NOP"], dis.opmap["JUMP_FORWARD"]
SIGNAL, PROBE, INDEX = "\0signal", "\0probe", "\0index"
KEPT_AS = "counted"
"""Part of the name of what is kept: module.cpython-311.opt-counted.pyc."""


class Counter(Slipcover):  # type: ignore[misc] # it has no types
    """Counts as slipcover does, and can skip what has counted."""

    def skip_what_has_counted(self) -> None:
        """Let nothing be called any more on the lines and branches that were come through."""
        if INTERPRETER_COUNTS or not _lies_where_expected(_lies_where_expected.__code__):
            return
        for code, index in list(self.code2index.items()):
            seen = self.all_seen.get(code.co_filename, set()) | self.newly_seen.get(code.co_filename, set())
            self.code2index[code] = [each for each in index if not (each[1] in seen and _skip(code, each[0]))]


def load_kept() -> None:
    """Let modules that are to be counted be loaded from what was kept of them."""
    if not INTERPRETER_COUNTS and SlipcoverLoader.exec_module is not _exec_module:
        SlipcoverLoader.exec_module = _exec_module


def _lies_where_expected(code: CodeType) -> bool:
    found = ctypes.string_at(id(code) + CodeType.__basicsize__, len(code.co_code))
    return bool(found == code._co_code_adaptive)  # type: ignore[attr-defined]


def _skip(code: CodeType, offset: int) -> bool:
    """Turn the NOP that begins a call of counting code, and holds how long that is, into a jump over it."""
    address = id(code) + CodeType.__basicsize__ + offset
    if ctypes.string_at(address, 1)[0] == NOP:
        ctypes.memset(address, JUMP, 1)
    return True


_LOAD: Callable[[SlipcoverLoader, ModuleType], None] = SlipcoverLoader.exec_module


def _exec_module(loader: SlipcoverLoader, module: ModuleType) -> None:
    if not isinstance(loader.orig_loader, SourceFileLoader):
        return _LOAD(loader, module)
    counter, origin = loader.sci, Path(loader.origin)
    source = origin.read_bytes()
    key = sha256(b"\0".join((MAGIC_NUMBER, __version__.encode(), str(origin).encode(), source))).digest()
    place = Path(cache_from_source(str(origin), optimization=KEPT_AS))
    name, kept = str(origin), b""
    with suppress(OSError):
        kept = place.read_bytes()
    if kept[: len(key)] == key:
        lines, branches, bare = marshal.loads(kept[len(key) :])  # noqa: S302 our own
        counter.code_lines[name] |= lines
        counter.code_branches[name] |= branches
        code = _with_probes(counter, bare)
    else:
        code = counter.instrument(compile(branch.preinstrument(ast.parse(source)), name, "exec"))
        if not sys.dont_write_bytecode:
            known = counter.code_lines[name], counter.code_branches[name], _without_probes(counter, code)
            _keep(place, key + marshal.dumps(known))
    exec(code, module.__dict__)  # noqa: S102 it is the module
    return None


def _keep(place: Path, content: bytes) -> None:
    mine = place.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        place.parent.mkdir(exist_ok=True)
        mine.write_bytes(content)
        mine.replace(place)


def _without_probes(counter: Slipcover, code: CodeType) -> CodeType:
    """Return code with names in the place of what cannot be written to a file."""
    from slipcover import bytecode, probe

    index, editor = counter.code2index[code], bytecode.Editor(code)
    labels = {editor.get_inserted_function(offset)[1]: label for offset, label in index}

    def bare(place: int, value: Any) -> Any:
        if isinstance(value, CodeType):
            return _without_probes(counter, value)
        if place in labels:
            return PROBE, labels[place]
        return SIGNAL if value is probe.signal else value

    consts = [bare(place, value) for place, value in enumerate(code.co_consts)]
    return code.replace(co_consts=(*consts, (INDEX, tuple(index))))


def _with_probes(counter: Slipcover, code: CodeType) -> CodeType:
    from slipcover import probe

    *bare, (_name, index) = code.co_consts

    def whole(value: Any) -> Any:
        if isinstance(value, CodeType):
            return _with_probes(counter, value)
        if isinstance(value, tuple) and value[:1] == (PROBE,):
            return probe.new(counter, code.co_filename, value[1], counter.d_miss_threshold)
        return probe.signal if value == SIGNAL else value

    made = code.replace(co_consts=tuple(whole(value) for value in bare))
    counter.code2index[made] = list(index)
    return made
