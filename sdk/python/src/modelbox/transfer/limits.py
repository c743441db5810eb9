"""The limits that transfers keep."""

from __future__ import annotations

MIB = 1 << 20

#: Large chunks that an upload holds, each in memory for the largest one.
UPLOAD_BUFFERS = 8
#: Smaller chunks are copied, so that they don't keep such memory.
COPIED_BYTES = 1 * MIB
#: Large chunks that are asked about together.
GROUP_BUFFERS = 2
GROUP_BYTES = 8 * MIB
#: Small chunks that an upload gathers before it asks about them and sends what is missing.
PACK_BYTES = 4 * MIB
UPLOAD_WORKERS = 4
#: The same where the server is on this machine: it takes two chunks at once.
LOCAL_UPLOAD_WORKERS = 3
#: On one machine, chunks go unasked once so many in a row were new to the server: 32 MiB of the usual size.
UNASKED_AFTER_CHUNKS = 8
MIN_UNASKED_BYTES = 1 * MIB
DOWNLOAD_WORKERS = 4
#: Neighbouring chunks are asked for together up to this size.
RANGE_BYTES = 16 * MIB
#: Files up to this size come many to a request.
SMALL_FILE_BYTES = 256 << 10
#: Files up to this size have a digest of their own at once, and nobody need ask for their chunks.
IMMEDIATE_VERIFY_BYTES = 4 * MIB
#: Linux puts larger writes into huge pages of its cache, at three times the cost (docs/decisions/client-transfer.md).
WRITE_BYTES = 512 << 10
#: How often a chunk that arrives with wrong bytes is asked for.
CORRUPT_ATTEMPTS = 3
MAX_WORKERS = 64
#: Folders that a walk looks into: links can make a small tree look endless.
MAX_FOLDERS = 200_000
MAX_FILES = 200_000
MAX_PATH_BYTES = 1_024
MAX_PATH_PART_BYTES = 255
PAGE_SIZE = 1_000
CHUNK_PAGE_SIZE = 10_000
#: The ending of a file that is not whole yet.
PARTIAL_SUFFIX = ".modelbox-partial"
#: How long a connection may be silent. The largest chunk takes as long as the first at 28 KB/s.
SEND_TIMEOUT_SECONDS = 300.0
STALL_TIMEOUT_SECONDS = 60.0
CONNECT_TIMEOUT_SECONDS = 10.0
#: A transfer that has begun outlives a server that drains, by default for 30 seconds, and starts again.
PATIENCE_SECONDS = 60.0
#: Tries, the first included, however short the patience is.
MAX_ATTEMPTS = 7
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 2.0
#: A server that asks for more patience than this is not worth waiting for.
LONGEST_RETRY_AFTER_SECONDS = 30.0
#: Connections that wait for the next request, of each address.
MAX_IDLE_CONNECTIONS = 16
MAX_ERROR_BYTES = 64 << 10
