"""A client that is killed: moves bytes, and says how far it has come.

transfer_child.py upload ADDRESS NAMESPACE FILE
transfer_child.py download ADDRESS OBJECT FOLDER
"""

import sys

import modelbox
from modelbox.transfer import Progress, download_files, upload_files


def tell(now: Progress) -> None:
    print(now.transferred_bytes, flush=True)


def main() -> None:
    what, addr, source, path = sys.argv[1:]
    with modelbox.ModelBox(addr) as box:
        if what == "upload":
            upload_files(box.connection, source, [path], progress=tell)
        else:
            download_files(box.connection, source, path, progress=tell)


main()
