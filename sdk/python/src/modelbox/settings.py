"""Which server, and how to reach it: from arguments, the environment, and the file that the command line uses too."""

import difflib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelbox.address import DEFAULT_PORT, parse_address
from modelbox.errors import InvalidInput, SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_MAX_FILE_BYTES = 1024 * 1024
_DEFAULT_CACHE_SIZE_MIB = 10_240
_MAX_CACHE_SIZE_MIB = 1_000_000_000
_TEXT_KEYS = ("server_addr", "token", "token_file", "ca_file", "cert_file", "key_file", "cache_folder")
_KEYS = (*_TEXT_KEYS, "cache_size_mib")
_PATH_KEYS = ("token_file", "ca_file", "cert_file", "key_file", "cache_folder")


@dataclass(frozen=True)
class Settings:
    """How a server is reached."""

    server_addr: str
    """Base URL without a slash at the end."""
    token: str = field(default="", repr=False)
    """Sent to the server and to the blob addresses that it names, nowhere else; empty for none."""
    ca_file: Path | None = None
    """PEM file of the authorities to trust with https; `None` for those of the system."""
    cert_file: Path | None = None
    """PEM file of this client's certificate, for servers that want one."""
    key_file: Path | None = None
    """PEM file of its private key."""
    cache_folder: Path | None = None
    """Where downloads keep chunks for the next ones; `None` for `$XDG_CACHE_HOME/modelbox` or `~/.cache/modelbox`."""
    cache_size_mib: int = _DEFAULT_CACHE_SIZE_MIB
    """How much is kept there at most, in MiB; 0 for nothing."""


def load_settings(
    *,
    addr: str | None = None,
    token: str | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    cert_file: str | os.PathLike[str] | None = None,
    key_file: str | os.PathLike[str] | None = None,
    config_path: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Settings:
    """Arguments win over the environment (`MODELBOX_SERVER_ADDR`, …), and that over the client's file.

    The file is `config_path`, which must be there, or `$XDG_CONFIG_HOME/modelbox/client.toml` (by default in
    `~/.config`) when that is there. Raises `SettingsError` or `InvalidInput`.
    """
    environment = os.environ if env is None else env
    values: dict[str, Any] = _read_file(config_path, environment)
    for key in _KEYS:
        text = environment.get(f"MODELBOX_{key.upper()}")
        if text is None:
            continue
        # A token of the environment replaces the file's, in whichever of the two forms each is.
        values.pop({"token": "token_file", "token_file": "token"}.get(key, ""), None)
        values[key] = _from_text(key, text)
    if "MODELBOX_TOKEN" in environment:
        values.pop("token_file", None)
        values["token"] = environment["MODELBOX_TOKEN"]
    arguments = {
        "server_addr": addr,
        "token": token,
        "ca_file": ca_file,
        "cert_file": cert_file,
        "key_file": key_file,
    }
    for key, value in arguments.items():
        if value is not None:
            values[key] = value
    if token is not None:
        values.pop("token_file", None)
    return _checked(values)


def client_file(env: Mapping[str, str]) -> Path:
    """Where the client's file is. Not the working folder: somebody else's code must not say who gets the data."""
    config_home = Path(env.get("XDG_CONFIG_HOME") or "")
    if not config_home.is_absolute():
        config_home = Path(env.get("HOME") or Path.home()) / ".config"
    return config_home / "modelbox" / "client.toml"


def _read_file(config_path: str | os.PathLike[str] | None, env: Mapping[str, str]) -> dict[str, Any]:
    path = client_file(env) if config_path is None else Path(config_path).absolute()
    if config_path is None and not path.exists():
        return {}
    try:
        entries = tomllib.loads(_read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    values: dict[str, Any] = {}
    for written, value in entries.items():
        key = written.lower()
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, n=1)
            hint = (
                f'did you mean "{close[0]}"?'
                if close
                else "the keys are in the template that `modelbox client init-config` writes."
            )
            raise SettingsError(f'Unknown key "{key}" in {path}; {hint}')
        if key in values:
            raise SettingsError(f"{key} is set twice in {path}; keep one.")
        if key == "cache_size_mib":
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_CACHE_SIZE_MIB:
                raise SettingsError(
                    f"{key} in {path}: expected a whole number from 0 to {_MAX_CACHE_SIZE_MIB}."
                )
        elif not isinstance(value, str):
            raise SettingsError(f"{key} in {path}: expected a text in quotes.")
        # Paths of the file begin at its folder.
        values[key] = path.parent / str(value) if key in _PATH_KEYS and value else value
    if values.get("token") and values.get("token_file"):
        raise SettingsError(f"Both token and token_file are set in {path}; keep one.")
    return values


def _from_text(key: str, text: str) -> str | int:
    if key != "cache_size_mib":
        return text
    if not re.fullmatch(r"\s*\d{1,10}\s*", text) or int(text) > _MAX_CACHE_SIZE_MIB:
        raise SettingsError(
            f"MODELBOX_CACHE_SIZE_MIB: expected a whole number from 0 to {_MAX_CACHE_SIZE_MIB}."
        )
    return int(text)


def _checked(values: Mapping[str, Any]) -> Settings:
    token = str(values.get("token") or "")
    if values.get("token_file"):
        token = _read_text(Path(values["token_file"]))
    token = token.strip()
    # What can't stand in a header would end in an error that shows it.
    if not re.fullmatch(r"[!-~]*", token):
        raise InvalidInput(
            "The token has characters that no token has; set MODELBOX_TOKEN, or `token` in the client's file, "
            "to the token as it was shown."
        )
    files = {key: Path(values[key]).absolute() if values.get(key) else None for key in _PATH_KEYS[1:]}
    if (files["cert_file"] is None) != (files["key_file"] is None):
        raise SettingsError("cert_file and key_file belong together; set both, or neither.")
    return Settings(
        server_addr=parse_address(values.get("server_addr") or f"http://127.0.0.1:{DEFAULT_PORT}"),
        token=token,
        cache_size_mib=values.get("cache_size_mib", _DEFAULT_CACHE_SIZE_MIB),
        **files,
    )


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise SettingsError(f"{path} is too large for a configuration.")
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise SettingsError(f"There is no file {path}; `modelbox client init-config` writes one.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}") from error
