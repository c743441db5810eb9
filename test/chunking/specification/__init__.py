"""Where files are cut, written from docs/storage-layout.md alone: what else reads that page must come to the same chunks."""
