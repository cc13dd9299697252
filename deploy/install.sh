#!/bin/sh
# Installs fundtrail from this folder, without a network: sh install.sh TARGET [PYTHON]
# TARGET must not exist; PYTHON (default: python3) is of the version that the wheels are for.
# Compare the SHA-256 of the archive with the one you were given by another way before you unpack it: whoever can change
# what is in it can change this script. What is compared below is whether the unpacked files are those of the archive.
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: sh install.sh TARGET [PYTHON]" >&2
  exit 2
fi
target=$1
python=${2:-python3}
bundle=$(cd "$(dirname "$0")" && pwd)

if [ -e "$target" ]; then
  echo "install.sh: $target is there already: install beside it, and switch" >&2
  exit 1
fi
if ! (cd "$bundle" && sha256sum --check --strict --quiet SHA256SUMS); then
  echo "install.sh: a file of the bundle is not what it was when it was packed: nothing is installed" >&2
  exit 1
fi

# Isolated (-I): no module is taken from the folder it is called in, nor from where the environment points.
"$python" -I -m venv "$target"
# The hashes once more, by pip: nothing is installed but what requirements.txt names, in exactly these bytes.
if ! "$target/bin/python" -I -m pip install --quiet --disable-pip-version-check --isolated --no-index --no-cache-dir \
  --find-links "$bundle/wheels" --only-binary=:all: --no-deps --require-hashes --requirement "$bundle/requirements.txt"
then
  rm -rf "$target"
  echo "install.sh: nothing is installed" >&2
  exit 1
fi
"$target/bin/python" -I -m pip --disable-pip-version-check check
"$target/bin/fundtrail" --version
