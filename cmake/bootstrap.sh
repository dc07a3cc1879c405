#!/bin/sh
# Installs what is missing from Debian's packages, as root or through sudo:
#   sh cmake/bootstrap.sh        to build the library and the examples
#   sh cmake/bootstrap.sh test   to run the tests too
#   sh cmake/bootstrap.sh docs   to make the documentation
#   sh cmake/bootstrap.sh ci     for everything that .ci/run does
# Where nothing is missing it does nothing, and asks for no rights.
set -eu

packages='cmake g++ ninja-build libeigen3-dev libfmt-dev libspectra-dev libcli11-dev doctest-dev'
mpi='libopenmpi-dev openmpi-bin'  # for the component unroll::mpi, which is built where they are
case "${1-}" in
  '') ;;
  test) packages="$packages pkg-config valgrind $mpi" ;;
  docs) packages="$packages doxygen doxygen-awesome-css" ;;
  ci) packages="$packages pkg-config valgrind $mpi clang-14 libclang-rt-14-dev clang-format-14 doxygen doxygen-awesome-css" ;;
  *)
    echo "bootstrap: unknown argument '$1' (none, test, docs or ci)" >&2
    exit 2
    ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "bootstrap: no apt-get here; on another system than Debian install what corresponds to: $packages gnuplot" >&2
  exit 0
fi

missing=
for package in $packages; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
# Any of gnuplot's packages will do, and each removes the others.
command -v gnuplot >/dev/null || missing="$missing gnuplot-nox"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root=env
elif command -v sudo >/dev/null; then
  as_root='sudo env'
else
  echo "bootstrap: these packages are missing, and only root, or a user with sudo, may install them:$missing" >&2
  exit 1
fi

echo "bootstrap: installing$missing"
apt='apt-get -q -o DPkg::Lock::Timeout=300'
$as_root $apt update
$as_root DEBIAN_FRONTEND=noninteractive $apt install -y --no-install-recommends $missing
