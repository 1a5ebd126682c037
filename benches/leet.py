"""Writes an offline run of W&B: METRICS series of STEPS points each, the same values as the bench writes for Sconce.

Usage: leet.py FOLDER METRICS STEPS
"""

import sys

import wandb


def main() -> None:
    folder, metrics, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    settings = wandb.Settings(
        mode="offline", silent=True, console="off", x_disable_stats=True, x_disable_meta=True
    )
    run = wandb.init(project="bench", dir=folder, settings=settings)
    names = [f"metric/{i:02}" for i in range(metrics)]
    for step in range(steps):
        decay = 1.0 / (1.0 + step / 1000.0)
        run.log({name: (1 + i) * decay + (step * 7919 + i * 104729) % 101 / 1010 for i, name in enumerate(names)})
    run.finish()


if __name__ == "__main__":
    main()
