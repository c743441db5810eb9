"""Moves the bytes of files: uploads for a commit, downloads, and reads of parts of files."""

from modelbox.transfer.cache import CacheUse, ChunkCache
from modelbox.transfer.download import DownloadReport, download_files
from modelbox.transfer.find_files import Uploadable, find_files
from modelbox.transfer.open_cache import open_cache
from modelbox.transfer.open_file import RandomAccessFile, download_into, open_file
from modelbox.transfer.progress import OnProgress, Progress
from modelbox.transfer.source_of_files import FileSource, held
from modelbox.transfer.upload import UploadedFiles, UploadReport, upload_files
from modelbox.transfer.wanted_files import StoredFile, TrackedFile, list_files

__all__ = [
    "CacheUse",
    "ChunkCache",
    "DownloadReport",
    "FileSource",
    "OnProgress",
    "Progress",
    "RandomAccessFile",
    "StoredFile",
    "TrackedFile",
    "UploadReport",
    "Uploadable",
    "UploadedFiles",
    "download_files",
    "download_into",
    "find_files",
    "held",
    "list_files",
    "open_cache",
    "open_file",
    "upload_files",
]
