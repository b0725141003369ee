#!/bin/sh
# fan-out.sh COPIES CMD ARGS...: starts so many at once and waits for all of them.
copies=$1
shift
while [ "$copies" -gt 0 ]; do
  "$@" &
  copies=$((copies - 1))
done
wait
