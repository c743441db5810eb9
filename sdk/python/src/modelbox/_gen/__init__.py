"""Generated from proto/ by `bun run gen`."""
