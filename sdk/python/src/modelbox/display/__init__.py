"""How notebooks show objects: HTML without scripts, and pictures as SVG."""
