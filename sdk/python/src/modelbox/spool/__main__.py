"""`python -m modelbox.spool`: sends what waits on this machine for the server of the settings."""

from __future__ import annotations

import sys

from modelbox.errors import ModelBoxError
from modelbox.spool import send_spool


def main() -> int:
    """The exit status: 0 when nothing waits any more."""
    try:
        report = send_spool()
    except ModelBoxError as error:
        print(f"Not sent: {error}", file=sys.stderr)
        return 1
    print(f"{report.sent} sent, {report.waiting} waiting, {report.set_aside} set aside.")
    return 1 if report.waiting or report.set_aside else 0


if __name__ == "__main__":
    sys.exit(main())
