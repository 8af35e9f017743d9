#!/bin/bash
#SBATCH --job-name=my-bert
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=64
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%j.log

set -euo pipefail
source .venv/bin/activate

export KERAS_BACKEND=jax
# Slurm gives a process one device unless all are named.
export JAX_LOCAL_DEVICE_IDS=0,1,2,3,4,5,6,7
# A proxy would stand between the hosts.
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY

# Every host sees /shared.
OUTPUT=/shared/my-bert
if [ -d "$OUTPUT.partial" ]; then
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

srun --kill-on-bad-exit=1 \
  kerasnlp-tutorial pretrain bert \
  "${SETTINGS[@]}" \
  --output "$OUTPUT" \
  --coordinator auto
