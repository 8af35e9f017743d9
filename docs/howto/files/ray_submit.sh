#!/bin/bash
# bash ray_submit.sh, or to go on: bash ray_submit.sh --resume
set -euo pipefail
cd "$(dirname "$0")"  # where ray_hosts.py is

if [ "${1:-}" = --resume ]; then
  SETTINGS=(--resume)
else
  SETTINGS=(
    --text '/shared/texts/*.txt.xz'
    --set tokens=/shared/tokens
    --set initial=/shared/kcbert-base
    --set batch_size=2048
    --set learning_rate=1e-4
    --steps 76000
  )
fi
ENVIRONMENT='{"env_vars": {"KERAS_BACKEND": "jax"}}'

ray job submit --working-dir . \
  --runtime-env-json "$ENVIRONMENT" -- \
  python ray_hosts.py --hosts 2 --gpus 8 \
  kerasnlp-tutorial pretrain bert \
  "${SETTINGS[@]}" \
  --output /shared/my-bert
