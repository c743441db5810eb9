"""Loads what an object's files are."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelbox.connection import Connection
from modelbox.errors import CorruptData, InvalidInput, NotFound
from modelbox.loading.candidates import ARRAY_FRAMEWORKS, INDEX_SUFFIX, Candidate, choose
from modelbox.loading.local_files import local_files
from modelbox.state.layout import OBJECTS_FILE, TENSORS_FILE, TREE_FILE
from modelbox.transfer import FileSource, OnProgress, StoredFile, list_files


@dataclass(frozen=True)
class LoadOptions:
    """How something is loaded; see `HasFiles.load`."""

    file: str | None = None
    framework: str | None = None
    map_location: Any = None
    providers: Sequence[Any] | None = None
    allow_pickle: bool = False
    progress: OnProgress = None
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """For the framework's own function."""


def load_object(connection: Connection, what: str, stated_framework: str, options: LoadOptions) -> Any:
    """What is in the files of `what`: `version:…`, `checkpoint:…` or `artifact:…` and an id."""
    listed = list(list_files(connection, FileSource.of(what)))
    tracked = {file.path: file.uri for file in listed if file.uri}
    files = {file.path: StoredFile.of(file) for file in listed if not file.uri}
    if options.file in tracked:
        raise InvalidInput(f"{options.file} is not kept by ModelBox; it is at {tracked[options.file]}.")
    chosen = choose(files, file=options.file, framework=options.framework, stated_framework=stated_framework)
    framework = (options.framework or stated_framework).lower()
    with ExitStack() as stack:
        load = _Load(connection, what, files, chosen, options, framework in ARRAY_FRAMEWORKS, stack)
        return load.run()


@dataclass(frozen=True)
class _Load:
    connection: Connection
    what: str
    files: Mapping[str, StoredFile]
    chosen: Candidate
    options: LoadOptions
    as_arrays: bool
    stack: ExitStack

    def run(self) -> Any:
        if self.options.providers is not None and self.chosen.format != "onnx":
            raise InvalidInput(
                f"providers are for ONNX Runtime, and {self.chosen.file} is {self.chosen.format}."
            )
        if self.options.more and self.chosen.format not in ("onnx", "keras"):
            raise InvalidInput(
                f"{self.chosen.file} is {self.chosen.format}, which takes no {', '.join(self.options.more)}."
            )
        return getattr(self, f"_{self.chosen.format}")()

    def _local(self, paths: Sequence[str]) -> Path:
        """A folder with these files."""
        missing = [path for path in paths if path not in self.files]
        if missing:
            raise NotFound(f"{self.chosen.file} belongs together with {missing[0]}, which is not there.")
        chosen = [self.files[path] for path in paths]
        context = local_files(self.connection, self.what, chosen, self.options.progress)
        return self.stack.enter_context(context)

    def _state(self) -> Any:
        from modelbox.loading.state import load_state

        paths = [path for path in (TREE_FILE, TENSORS_FILE, OBJECTS_FILE) if path in self.files]
        return load_state(
            self._local(paths),
            map_location=self.options.map_location,
            allow_pickle=self.options.allow_pickle,
        )

    def _safetensors(self) -> Any:
        from modelbox.loading.safetensors import load_safetensors, load_shards, shards_of

        file = self.chosen.file
        how = {"as_arrays": self.as_arrays, "map_location": self.options.map_location}
        if not file.endswith(INDEX_SUFFIX):
            return load_safetensors(self._local([file]) / file, **how)
        shards = shards_of(self._local([file]) / file, file)
        return load_shards(self._local(sorted(set(shards.values()))), shards, **how)

    def _pytorch(self) -> Any:
        from modelbox.loading.pytorch import load_pytorch

        file = self.chosen.file
        return load_pytorch(
            self._local([file]) / file,
            file,
            map_location=self.options.map_location,
            allow_pickle=self.options.allow_pickle,
        )

    def _keras(self) -> Any:
        from modelbox.loading.keras import load_keras

        file = self.chosen.file
        return load_keras(
            self._local([file]) / file,
            file,
            allow_pickle=self.options.allow_pickle,
            options=self.options.more,
        )

    def _onnx(self) -> Any:
        from modelbox.loading.onnx import data_files, load_onnx

        file = self.chosen.file
        folder = self._local([file])
        others = data_files(folder / file, file)
        if others:
            folder = self._local(sorted({file, *others}))
        return load_onnx(folder / file, file, providers=self.options.providers, options=self.options.more)

    def _pickle(self) -> Any:
        file = self.chosen.file
        if not self.options.allow_pickle:
            raise InvalidInput(
                f"{file} is a pickle, and reading it can run any code that whoever made it wants; if you trust them, "
                "load it with allow_pickle=True."
            )
        with (self._local([file]) / file).open("rb") as opened:
            try:
                return pickle.load(opened)
            except (pickle.UnpicklingError, EOFError) as error:
                raise CorruptData(f"{file} is no pickle: {error}") from error
