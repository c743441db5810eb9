# Sourced by bin/modelbox on every start, so it must cost next to nothing: one find, which stops at the first hit.

# Whether $1/dist/modelbox is missing or older than something it was built from. A folder is newer too
# when a file in it was removed or renamed.
modelbox_changed() {
  [ -x "$1/dist/modelbox" ] || return 0
  [ -n "$(find "$1/src" "$1/drizzle" "$1/scripts/build.ts" "$1/scripts/compile.ts" "$1/package.json" \
    "$1/bun.lock" ! -name '*.test.ts' -newer "$1/dist/modelbox" -print -quit 2>/dev/null)" ]
}
