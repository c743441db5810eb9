"""A client that moves bytes, and is killed once it has moved so many.

transfer_child.py SIZE_BYTES upload ADDRESS NAMESPACE FILE
transfer_child.py SIZE_BYTES download ADDRESS OBJECT FOLDER
"""

import os
import signal
import sys

import modelbox
from modelbox.transfer import Progress, download_files, upload_files


def main() -> None:
    size, what, addr, source, path = sys.argv[1:]

    def tell(now: Progress) -> None:
        # By itself: another process may come too late.
        if now.transferred_bytes >= int(size):
            os.kill(os.getpid(), signal.SIGKILL)

    with modelbox.ModelBox(addr) as box:
        if what == "upload":
            upload_files(box.connection, source, [path], progress=tell)
        else:
            download_files(box.connection, source, path, progress=tell)


main()
