"""The limits that transfers keep."""

from __future__ import annotations

MIB = 1 << 20

UPLOAD_BUFFERS = 8
"""Large chunks that an upload holds, each in memory for the largest one."""
COPIED_BYTES = 1 * MIB
"""Smaller chunks are copied, so that they don't keep such memory."""
GROUP_BUFFERS = 2
"""Large chunks that are asked about together."""
GROUP_BYTES = 8 * MIB
PACK_BYTES = 4 * MIB
"""Small chunks that an upload gathers before it asks about them and sends what is missing."""
UPLOAD_WORKERS = 4
LOCAL_UPLOAD_WORKERS = 3
"""The same where the server is on this machine: it takes two chunks at once."""
UNASKED_AFTER_CHUNKS = 8
"""On one machine, chunks go unasked once so many in a row were new to the server: 32 MiB of the usual size."""
MIN_UNASKED_BYTES = 1 * MIB
DOWNLOAD_WORKERS = 4
RANGE_BYTES = 16 * MIB
"""Neighbouring chunks are asked for together up to this size."""
SMALL_FILE_BYTES = 256 << 10
"""Files up to this size come many to a request."""
IMMEDIATE_VERIFY_BYTES = 4 * MIB
"""Files up to this size have a digest of their own at once, and nobody need ask for their chunks."""
WRITE_BYTES = 512 << 10
"""Linux puts larger writes into huge pages of its cache, at three times the cost."""
CORRUPT_ATTEMPTS = 3
"""How often a chunk that arrives with wrong bytes is asked for."""
MAX_WORKERS = 64
MAX_FOLDERS = 200_000
"""Folders that a walk looks into: links can make a small tree look endless."""
MAX_FILES = 200_000
MAX_PATH_BYTES = 1_024
MAX_PATH_PART_BYTES = 255
PAGE_SIZE = 1_000
CHUNK_PAGE_SIZE = 10_000
PARTIAL_SUFFIX = ".modelbox-partial"
"""The ending of a file that is not whole yet."""
SEND_TIMEOUT_SECONDS = 300.0
"""How long a connection may be silent. The largest chunk takes as long as the first at 28 KB/s."""
STALL_TIMEOUT_SECONDS = 60.0
CONNECT_TIMEOUT_SECONDS = 10.0
MAX_IDLE_CONNECTIONS = 16
"""Connections that wait for the next request, of each address."""
MAX_ERROR_BYTES = 64 << 10
