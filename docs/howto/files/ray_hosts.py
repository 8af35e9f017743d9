"""Run one command on several hosts of a Ray cluster, as processes of one training.

    python ray_hosts.py --hosts 2 --gpus 8 COMMAND ...

Each host runs `COMMAND ... --coordinator HOST:PORT --processes 2 --process I`.
"""

import argparse
import socket
import subprocess
import sys

import ray
from ray.util.placement_group import placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy


@ray.remote(max_restarts=0)
class Host:
    """One process of the training."""

    def free_address(self):
        with socket.socket() as free:
            free.bind(("", 0))
            port = free.getsockname()[1]
        return f"{ray.util.get_node_ip_address()}:{port}"

    def run(self, command):
        return subprocess.run(command).returncode


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--gpus", type=int, default=0, help="of a host")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()

    ray.init(address="auto")
    needs = {"CPU": 1} | ({"GPU": options.gpus} if options.gpus else {})
    group = placement_group([needs] * options.hosts, strategy="STRICT_SPREAD")
    ray.get(group.ready())
    hosts = [
        Host.options(
            num_cpus=1,
            num_gpus=options.gpus,
            scheduling_strategy=PlacementGroupSchedulingStrategy(group, index),
        ).remote()
        for index in range(options.hosts)
    ]
    common = ["--coordinator", ray.get(hosts[0].free_address.remote())]
    common += ["--processes", str(options.hosts), "--process"]
    runs = [
        host.run.remote([*options.command, *common, str(index)])
        for index, host in enumerate(hosts)
    ]
    sys.exit(int(any(ray.get(runs))))


if __name__ == "__main__":
    main()
