"""The how-to pages on backends and several devices, and the files that they show."""

import importlib.metadata
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from kerasnlp_tutorial import cli, runs

HOWTO = Path(__file__).resolve().parent.parent.parent / "docs/howto"
FILES = HOWTO / "files"
PAGES = ("accelerators.md", "backends.md", "distributed.md", "model-parallel.md")
SCRIPTS = ("slurm.sh", "jobset.yaml", "ray_submit.sh")
BLOCK = re.compile(r"(?ms)^ *```(?:sh|bash|ipython)\n(.*?)^ *```$")
OF_A_CLUSTER = ("devices", "coordinator", "processes", "process")


# === Commands ===


def written_commands():
    """The commands of this program on the pages, as lists of words."""
    for page in PAGES:
        for block in BLOCK.findall((HOWTO / page).read_text(encoding="utf-8")):
            block = block.replace("\\\n", " ").replace("$JOB_COMPLETION_INDEX", "1")
            for line in block.splitlines():
                words = shlex.split(line.removeprefix("!"), comments=True)
                if words[:1] == [cli.PROGRAM]:
                    yield words[1:]


def jobset():
    yaml = pytest.importorskip("yaml")
    text = (FILES / "jobset.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def job_of(documents):
    (job,) = documents[-1]["spec"]["replicatedJobs"]
    return job["template"]["spec"]


def container(documents):
    (only,) = job_of(documents)["template"]["spec"]["containers"]
    return only


STANDS_IN = """#!{python}
import json, os, sys
with open(os.environ["CALLS"], "a") as file:
    print(json.dumps(sys.argv), file=file)
"""


@pytest.fixture
def run(tmp_path):
    """A function that runs a script with stand-ins for programs that are not here.

    It returns the script's call of `ray`, or that of this program.
    """
    program = STANDS_IN.format(python=sys.executable)
    srun = 'while [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n'
    (tmp_path / "bin").mkdir()
    texts = {cli.PROGRAM: program, "ray": program, "srun": f"#!/bin/sh\n{srun}"}
    for name, text in texts.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/activate").touch()
    environment = os.environ | {
        "PATH": f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}",
        "CALLS": str(tmp_path / "calls"),
    }

    def run_script(name, *arguments):
        if name == "jobset.yaml":
            command, (text,) = (
                container(jobset())["command"],
                container(jobset())["args"],
            )
        else:
            command, text = ["bash"], (FILES / name).read_text(encoding="utf-8")
        text = text.replace("/shared/", f"{tmp_path}/shared/")
        if command == ["bash"]:
            (tmp_path / name).write_text(text, encoding="utf-8")
            command = ["bash", name, *arguments]
        else:
            command = [*command, text]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
        (call,) = (tmp_path / "calls").read_text().splitlines()
        (tmp_path / "calls").unlink()
        return json.loads(call)

    return run_script


def of_this_program(call):
    """The words after this program's name in a call, as a cluster's host has them."""
    names = [Path(word).name for word in call]
    words = call[names.index(cli.PROGRAM) + 1 :]
    if names[0] == "ray":  # what ray_hosts.py adds
        words += [
            "--coordinator",
            "10.0.0.1:1234",
            "--processes",
            "2",
            "--process",
            "1",
        ]
    return words


def test_there_are_commands():
    used = {word for words in written_commands() for word in words}
    assert {f"--{name}" for name in OF_A_CLUSTER} <= used


@pytest.mark.parametrize(
    "words", list(written_commands()), ids=lambda w: " ".join(w)[:60]
)
def test_commands_are_understood(words):
    options, rest = cli.make_parser(words).parse_known_args(words)
    assert options.command
    assert rest == [
        w for w in rest if not w.startswith("-") and hasattr(options, "texts")
    ]


def without_cluster(words):
    """The words but for the options that start devices and processes."""
    words = list(words)
    for name in OF_A_CLUSTER:
        while f"--{name}" in words:
            at = words.index(f"--{name}")
            del words[at : at + 2]
    return words


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_start_a_training(name, resumed, run, tmp_path, monkeypatch, capsys):
    if resumed:
        (tmp_path / "shared/my-bert.partial").mkdir(parents=True)
    arguments = ["--resume"] if resumed and name == "ray_submit.sh" else []
    words = of_this_program(run(name, *arguments))
    options = cli.make_parser(words).parse_args(words)
    if name == "ray_submit.sh":
        assert (options.coordinator, options.processes, options.process) == (
            "10.0.0.1:1234",
            2,
            1,
        )
    else:
        assert options.coordinator == "auto"

    received = []

    def pretrain(config):
        received.append(config)
        return tmp_path

    monkeypatch.setattr("kerasnlp_tutorial.pretraining.pretrain", pretrain)
    monkeypatch.setattr(runs, "describe", lambda path: {"metrics": {}})
    assert cli.main(without_cluster(words)) == 0, capsys.readouterr().err
    (config,) = received
    # Ray's script is written for /shared, whoever submits it.
    assert Path(config.output).name == "my-bert"
    assert config.resume == resumed
    if not resumed:
        assert config.text[0].endswith("/shared/texts/*.txt.xz")
        assert config.tokens.endswith("/shared/tokens")
        tokens = config.steps * config.batch_size * config.sequence_length
        assert tokens == pytest.approx(20e9, rel=0.01)  # those of the page's estimate


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.glob("*.sh")))
def test_scripts_are_bash(name):
    subprocess.run(["bash", "-n", str(FILES / name)], check=True)


def test_every_file_is_on_a_page():
    shown = {
        name
        for page in PAGES
        for name in re.findall(
            r"```\{literalinclude\} files/(\S+)",
            (HOWTO / page).read_text(encoding="utf-8"),
        )
    }
    assert shown == {path.name for path in FILES.iterdir() if path.is_file()}


# === Clusters, as JAX sees them ===


def test_slurm_s_script_is_seen_by_jax(monkeypatch):
    clusters = pytest.importorskip("jax._src.clusters")
    text = (FILES / "slurm.sh").read_text(encoding="utf-8")
    settings = dict(re.findall(r"(?m)^#SBATCH --([\w-]+)=(\S+)$", text))
    nodes, tasks = int(settings["nodes"]), int(settings["ntasks-per-node"])
    # What srun gives to the second of the processes.
    for name, value in {
        "SLURM_JOB_ID": "1234",
        "SLURM_STEP_NODELIST": "gpu[07-08]",
        "SLURM_NTASKS": str(nodes * tasks),
        "SLURM_PROCID": "1",
        "SLURM_LOCALID": "0",
    }.items():
        monkeypatch.setenv(name, value)
    slurm = clusters.SlurmCluster
    assert slurm.is_env_present()
    assert re.fullmatch(r"gpu07:\d+", slurm.get_coordinator_address(None, None))
    assert 61440 <= int(slurm.get_coordinator_address(None, None)[6:]) <= 65535
    assert (slurm.get_process_count(), slurm.get_process_id()) == (nodes, 1)
    # Without the variable, JAX would give each process the one device of its number.
    assert slurm.get_local_process_id() == 0
    (devices,) = re.findall(r"(?m)^export JAX_LOCAL_DEVICE_IDS=(\S+)$", text)
    expected = range(int(settings["gpus-per-node"]) // tasks)
    assert [int(word) for word in devices.split(",")] == list(expected)


def test_the_jobset_is_seen_by_jax(monkeypatch):
    clusters = pytest.importorskip("jax._src.clusters")
    documents = jobset()
    name, job = documents[-1]["metadata"]["name"], job_of(documents)
    (replicated,) = documents[-1]["spec"]["replicatedJobs"]
    # As the controller of JobSet names and labels them.
    labels = {"jobset.sigs.k8s.io/jobset-name": name}
    created = SimpleNamespace(
        metadata=SimpleNamespace(name=f"{name}-{replicated['name']}-0", labels=labels),
        spec=SimpleNamespace(parallelism=job["parallelism"]),
    )
    kubernetes = clusters.K8sCluster
    controller = SimpleNamespace(kind="Job", controller=True)
    monkeypatch.setattr(kubernetes, "_controller", lambda: controller)
    monkeypatch.setattr(kubernetes, "_job", lambda: created)
    monkeypatch.setattr(kubernetes, "_pod", lambda: SimpleNamespace())
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")
    address = kubernetes.get_coordinator_address(None, None)
    host, _, port = address.rpartition(":")
    assert host == f"{name}-{replicated['name']}-0-0.{name}" and port.isdecimal()
    assert f"`{host}`" in (HOWTO / "distributed.md").read_text(encoding="utf-8")
    assert (kubernetes.get_process_count(), kubernetes.get_process_id()) == (2, 1)
    assert kubernetes.get_local_process_id() is None  # all devices of the pod


def test_the_jobset_may_ask_for_its_pods():
    account, role, binding, whole = jobset()
    kinds = [part["kind"] for part in (account, role, binding, whole)]
    assert kinds == ["ServiceAccount", "Role", "RoleBinding", "JobSet"]
    name = account["metadata"]["name"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert [subject["name"] for subject in binding["subjects"]] == [name]
    pod = job_of([whole])["template"]["spec"]
    assert pod["serviceAccountName"] == name
    allowed = {
        (verb, resource)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for resource in rule["resources"]
    }
    assert {("list", "pods"), ("list", "services"), ("get", "jobs")} <= allowed


def test_the_jobset_restarts_all_hosts_together():
    whole = jobset()[-1]
    assert whole["apiVersion"] == "jobset.x-k8s.io/v1alpha2"
    assert whole["spec"]["failurePolicy"]["maxRestarts"] > 0
    job = job_of([whole])
    assert job["completions"] == job["parallelism"] and job["backoffLimit"] == 0
    assert job["completionMode"] == "Indexed"
    pod = job["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    variables = {v["name"]: v["value"] for v in container([whole])["env"]}
    assert variables["KERAS_BACKEND"] == "jax"
    mounted = {mount["name"] for mount in container([whole])["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_parts_of_the_jobset_have_the_right_form():
    validator = pytest.importorskip("kubernetes_validate")
    page = (HOWTO / "distributed.md").read_text(encoding="utf-8")
    (code,) = [code for code in python_blocks(page) if "kubernetes_validate" in code]
    exec(code.replace('"jobset.yaml"', repr(str(FILES / "jobset.yaml"))), {})
    with pytest.raises(validator.ValidationError):
        job = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": "two"}}
        validator.validate(job, validator.latest_version(), strict=True)


# === Estimated time ===


def python_blocks(text):
    return re.findall(r"(?ms)^```python\n(.*?)^```$", text)


def test_the_estimated_times_are_those_that_the_page_computes(capsys):
    page = (HOWTO / "distributed.md").read_text(encoding="utf-8")
    (code,) = [code for code in python_blocks(page) if "BANDWIDTH" in code]
    values = {}
    exec(code, values)
    printed = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert len(printed) > 10
    after = page[page.index(code) :]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"(?m)^\|.*\|$", after)
    ]
    names = [row[0] for row in printed]
    assert [row for row in rows if row[0] in names] == printed
    rates = [row[1] for row in printed if row[0].startswith("H100시간")]
    assert rf"\frac{{{rates[0]} \sim {rates[1]}}}{{E}}" in after
    low, high, worst = *map(float, rates), min(values["apart"]) / 100
    assert f"${rates[0]}p$" in after
    assert f"${rates[1]}p / {worst:.2f} = {high / worst:.0f}p$" in after
    assert f"${low * 10:.0f}p$에서 ${round(high / worst) * 10}p$" in after


def test_the_estimated_model_is_kcbert_s_size():
    keras_nlp = pytest.importorskip("keras_nlp")
    page = (HOWTO / "distributed.md").read_text(encoding="utf-8")
    (code,) = [code for code in python_blocks(page) if "BANDWIDTH" in code]
    values = {}
    exec(code[: code.index("T =")], values)
    small = {"V": 50, "P": 6, "L": 2, "H": 8}
    (layer, formula) = re.findall(r"(?m)^(?:layer|N) = (.*)$", code)
    small["layer"] = eval(layer, dict(small))
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=small["V"],
        num_layers=small["L"],
        num_heads=2,
        hidden_dim=small["H"],
        intermediate_dim=4 * small["H"],
        max_sequence_length=small["P"],
    )
    assert backbone.count_params() == eval(formula, small)
    assert values["N"] == 108_918_528


# === Programs ===


@pytest.mark.slow
def test_a_model_in_parts_learns_like_a_whole_one():
    pytest.importorskip("jax")
    command = [sys.executable, str(FILES / "model_parallel.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-5000:]
    page = (HOWTO / "model-parallel.md").read_text(encoding="utf-8")
    first = next(line for line in done.stdout.splitlines() if "embeddings" in line)
    assert first in page
    for name in ("BERT", "GPT-2"):
        assert re.search(rf"(?m)^{name} \[.*largest difference", done.stdout)
    # Three parts of the attention with their biases, and what follows, of each model.
    assert done.stdout.count(" -> ") == 2 * (1 + 3 * 2 + 1 + 2 + 1)


@pytest.mark.slow
def test_colab_s_tpu_runtime_could_keep_its_packages(tmp_path):
    """What the cells for TPUs rely on: the requirements of tensorflow-text and so on."""
    requirements = pytest.importorskip("packaging.requirements")
    page = (HOWTO / "backends.md").read_text(encoding="utf-8")
    pinned = re.findall(r'"(tensorflow-(?:cpu|text)==\S+)"', page)
    assert len(pinned) == 2
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"]
    command += ["--no-deps", "--ignore-installed", "--python-version", "3.13"]
    command += ["--only-binary", ":all:", "--target", str(tmp_path / "nowhere")]
    command += ["--report", str(tmp_path / "report.json"), *pinned]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    needs = {}
    for item in report["install"]:
        name = item["metadata"]["name"].replace("_", "-")
        parsed = map(requirements.Requirement, item["metadata"]["requires_dist"])
        needs[name] = {
            r.name.replace("_", "-"): r.specifier for r in parsed if not r.marker
        }
    (version,) = {pin.partition("==")[2].removesuffix("*") + "0" for pin in pinned}
    assert version in needs["tensorflow-text"]["tensorflow"]
    assert "tensorflow-cpu" not in needs["tensorflow-text"]
    for name, kept in (("protobuf", "5.29.6"), ("numpy", "2.1.3"), ("h5py", "3.16.0")):
        assert kept in needs["tensorflow-cpu"][name], name


def test_a_training_can_be_saved_beside_tensorflow_cpu(monkeypatch):
    """`tensorflow-cpu` has TensorFlow's modules, but not its name."""

    def version(name):
        if name == "tensorflow":
            raise importlib.metadata.PackageNotFoundError(name)
        return "2.20.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert runs.versions()["tensorflow"] == "2.20.0"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def ray_cluster(tmp_path):
    """The address of a local Ray cluster with one node, and Ray's program."""
    search = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ray = shutil.which("ray", path=search)
    if ray is None:
        pytest.skip("needs ray[default], in any environment on the PATH")
    port, dashboard = free_port(), free_port()
    command = [ray, "start", "--head", "--block", "--disable-usage-stats"]
    command += ["--num-cpus", "2", "--port", str(port), "--include-dashboard=true"]
    command += ["--dashboard-port", str(dashboard), "--temp-dir", f"/tmp/ray-{port}"]
    with open(tmp_path / "ray.log", "w") as log:
        head = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(120):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", dashboard)) == 0:
                    break
            time.sleep(1)
        else:
            pytest.fail((tmp_path / "ray.log").read_text())
        yield f"http://127.0.0.1:{dashboard}", ray
    finally:
        head.send_signal(signal.SIGTERM)  # it ends those that it has started
        head.wait(60)
        shutil.rmtree(f"/tmp/ray-{port}", ignore_errors=True)


@pytest.mark.slow
def test_ray_starts_the_command_on_its_hosts(ray_cluster, run, tmp_path):
    address, ray = ray_cluster
    submit = run("ray_submit.sh")
    hosts = submit[submit.index("--") + 1 : submit.index(cli.PROGRAM)]
    assert hosts[:2] == ["python", "ray_hosts.py"]
    code = "import os, sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]))"
    command = [ray, "job", "submit", "--address", address, "--working-dir", str(FILES)]
    python = str(Path(ray).with_name("python"))
    command += ["--", python, "ray_hosts.py", "--hosts", "1"]
    command += [python, "-c", code, str(tmp_path / "received"), "train", "ch04"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    received = eval((tmp_path / "received").read_text())
    assert received[:3] == ["train", "ch04", "--coordinator"]
    assert re.fullmatch(r"[\d.]+:\d+", received[3])
    assert received[4:] == ["--processes", "1", "--process", "0"]
    command[command.index("-c") + 1] = "raise SystemExit(1)"
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
