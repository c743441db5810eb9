# Sourced by the scripts of a checkout, by any POSIX shell:  . scripts/env.sh
# Puts the pinned Bun first on PATH, and fetches it through npm when it is missing.
# Callers from elsewhere set MODELBOX_CHECKOUT to the root of the checkout first.

MODELBOX_CHECKOUT=${MODELBOX_CHECKOUT:-$PWD}
modelbox_bun_version=$(sed -n 's/.*"packageManager": *"bun@\([^"]*\)".*/\1/p' "$MODELBOX_CHECKOUT/package.json")
modelbox_bun_folder=$MODELBOX_CHECKOUT/.tools/bun-$modelbox_bun_version

# npm's name for the Bun that runs on this machine.
modelbox_bun_package() {
  case $(uname -s) in
    Linux) modelbox_system=linux ;;
    Darwin) modelbox_system=darwin ;;
    *) echo "modelbox: a checkout runs on Linux and macOS only; use the released executable here." >&2; return 1 ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) modelbox_cpu=x64 ;;
    aarch64 | arm64) modelbox_cpu=aarch64 ;;
    *) echo "modelbox: Bun has no build for a $(uname -m) processor." >&2; return 1 ;;
  esac
  modelbox_variant=
  if [ "$modelbox_system" = linux ]; then
    # A loader's file proves nothing: glibc systems can have musl's, and the reverse.
    if ldd --version 2>&1 | grep -qi musl; then
      modelbox_variant=-musl
    fi
    if [ "$modelbox_cpu" = x64 ] && ! grep -qw avx2 /proc/cpuinfo; then
      modelbox_variant=$modelbox_variant-baseline
    fi
  fi
  echo "@oven/bun-$modelbox_system-$modelbox_cpu$modelbox_variant"
}

# The `bun` package's install script is not used: npm may be set to refuse such scripts,
# and the package for this platform holds the same program.
modelbox_fetch_bun() {
  if [ "$(bun --version 2>/dev/null)" = "$modelbox_bun_version" ]; then
    return 0
  fi
  if ! command -v npm >/dev/null 2>&1; then
    echo "modelbox: needs Bun $modelbox_bun_version, or Node.js with npm to fetch it. Install either, then try again." >&2
    return 1
  fi
  modelbox_package=$(modelbox_bun_package) || return 1
  modelbox_parts=$MODELBOX_CHECKOUT/.tools/parts.$$
  echo "modelbox: fetching Bun $modelbox_bun_version ($modelbox_package) through npm" >&2
  mkdir -p "$modelbox_parts" || return 1
  if [ ! -w "${HOME:-/nonexistent}" ]; then
    npm_config_cache=$modelbox_parts/cache
    export npm_config_cache
  fi
  # --force: npm would refuse a package for another C library or processor, and we chose on purpose.
  if ! npm install --prefix "$modelbox_parts" --no-save --no-audit --no-fund --ignore-scripts --force \
    --loglevel error "$modelbox_package@$modelbox_bun_version" </dev/null >"$modelbox_parts/npm.log" 2>&1; then
    cat "$modelbox_parts/npm.log" >&2
    rm -rf "$modelbox_parts"
    echo "modelbox: npm could not fetch Bun. Check the network and npm's registry setting, then try again." >&2
    return 1
  fi
  mkdir -p "$modelbox_parts/folder" || return 1
  mv "$modelbox_parts/node_modules/$modelbox_package/bin/bun" "$modelbox_parts/folder/bun" || return 1
  chmod 755 "$modelbox_parts/folder/bun"
  ln -s bun "$modelbox_parts/folder/bunx"
  # Renamed when whole; whoever comes second finds the first one's and drops its own.
  if [ ! -x "$modelbox_bun_folder/bun" ]; then
    mv "$modelbox_parts/folder" "$modelbox_bun_folder" 2>/dev/null || true
    rm -rf "$modelbox_bun_folder/folder"
  fi
  rm -rf "$modelbox_parts"
  [ -x "$modelbox_bun_folder/bun" ]
}

if [ -x "$modelbox_bun_folder/bun" ] || modelbox_fetch_bun; then
  if [ -x "$modelbox_bun_folder/bun" ]; then
    PATH=$modelbox_bun_folder:$PATH
    export PATH
  fi
else
  return 1
fi
