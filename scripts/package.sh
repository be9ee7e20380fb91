#!/usr/bin/env bash
# Packs the release build of a target as target/package/agent-pipelines-TARGET.tar.gz, with its SHA-256 beside it.
# Cargo.toml tells `cargo binstall` this name and the folder inside.
set -euo pipefail
target=${1:?usage: scripts/package.sh TARGET}
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

name=agent-pipelines-$target
folder=target/package/$name
rm -rf -- "$folder"
mkdir -p -- "$folder"
cp -- "target/$target/release/ap" "target/$target/release/ap-shim" README.md LICENSE CHANGELOG.md "$folder/"
tar -C target/package -czf "target/package/$name.tar.gz" "$name"
rm -rf -- "$folder"
cd target/package
if command -v sha256sum >/dev/null; then
    sha256sum -- "$name.tar.gz" >"$name.tar.gz.sha256"
else
    shasum -a 256 -- "$name.tar.gz" >"$name.tar.gz.sha256"
fi
