"""An authority of the tests' own, made by openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")


@dataclass(frozen=True)
class CertificateFiles:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates for `localhost` and 127.0.0.1 that are valid for a day."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self._folder = folder
        self._key = folder / f"{name}.key"
        self.cert = folder / f"{name}.pem"
        self._openssl(
            "req", "-x509", *_NEW_KEY, self._key, "-out", self.cert, "-days", "1", "-subj", f"/CN={name}"
        )

    def issue(self, name: str, names: str = "DNS:localhost,IP:127.0.0.1") -> CertificateFiles:
        """A certificate for these names."""
        files = CertificateFiles(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        self._openssl("req", *_NEW_KEY, files.key, "-out", request, "-subj", f"/CN={name}")
        extensions.write_text(f"subjectAltName={names}\n")
        signing = ("-CA", self.cert, "-CAkey", self._key, "-extfile", extensions, "-days", "1")
        self._openssl("x509", "-req", "-in", request, "-out", files.cert, *signing)
        return files

    def _openssl(self, *arguments: "str | Path") -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)
