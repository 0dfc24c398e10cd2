"""Checks everything in deploy/: that files parse, that what they name is there, that the binary takes the
commands and settings they give it, that manifests fit Kubernetes' own schemas and the rules of this house.

Prints what is wrong, a line each, and fails where anything is. No network, no container engine.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
BINARY = pathlib.Path(os.environ.get("PARLOR_BINARY", ROOT / "target/debug/parlor"))
# The oldest version that has what the manifests use (preStop.sleep) for everybody, and the newest known.
VERSIONS = ("1.32", "1.37")
# The port at which every role answers in a container.
PORT = 8000
# What the image's base brings (distroless cc): the binary may need no other library.
LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libdl.so.2", "libpthread.so.0", "librt.so.1",
             "libssl.so.3", "libcrypto.so.3", "libstdc++.so.6", "linux-vdso.so.1", "ld-linux-x86-64.so.2",
             "ld-linux-aarch64.so.1"}

problems = []
checks = 0


def check(ok, where, what):
    global checks
    checks += 1
    if not ok:
        problems.append(f"{where}: {what}")
    return ok


def run(*args, env=None, **kw):
    kw.setdefault("cwd", tempfile.gettempdir())
    full = {"HOME": tempfile.gettempdir(), "PATH": os.environ["PATH"], **(env or {})}
    return subprocess.run([str(a) for a in args], capture_output=True, text=True, env=full, **kw)


# --- the binary -------------------------------------------------------------------------------------


def takes(where, args):
    """The binary knows this command, its flags and their values."""
    ended = run(BINARY, *args, "--help")
    check(ended.returncode == 0, where, f"parlor {' '.join(args)}: {ended.stderr.strip()[:200]}")
    worlds = [a.removeprefix("--world=") for a in args if a.startswith("--world=")]
    for world in worlds:
        check(run(BINARY, "check", world).returncode == 0, where, f"there is no world '{world}'")
    for name in (a.removeprefix("--name=") for a in args if a.startswith("--name=")):
        check(name in cast(worlds[0] if worlds else "friends"), where, f"nobody is called '{name}'")


def world_of(name):
    file = ROOT / "worlds" / f"{name}.toml"
    return tomllib.loads(file.read_text()) if file.is_file() else {}


def cast(world):
    """Who and which places there are."""
    file = world_of(world)
    return [c["name"] for c in file.get("characters", [])] + [p["slug"] for p in file.get("places", [])]


def inboxes(world):
    """The queues or topics in which something waits for somebody."""
    file = world_of(world)
    routing = file["routing"]
    if routing["inbox"] == "place":
        return {routing["queue"].replace("{place}", p["slug"]) for p in file["places"]}
    if not file.get("characters"):
        # Bots have their own, which nobody knows before they come.
        return set()
    if routing["inbox"] == "shared":
        return {routing["queue"], routing["answers"]}
    return {routing["queue"].replace("{Name}", c["name"]) for c in file["characters"]}


def port_of(world):
    return world_of(world).get("trigger", {}).get("port")


def settings(where, variables):
    """The binary knows these variables, and takes these values."""
    files = {}
    with tempfile.TemporaryDirectory() as dir:
        for name, value in variables.items():
            if name.endswith("_FILE"):
                file = pathlib.Path(dir, name)
                file.write_text("secret\n")
                files[name] = str(file)
        env = {**{n: str(v) for n, v in variables.items() if n.startswith("PARLOR_")}, **files}
        ended = run(BINARY, "config", "--json", env=env)
        if not check(ended.returncode == 0, where, f"parlor config: {ended.stderr.strip()[:300]}"):
            return
        check("secret" not in ended.stdout, where, "parlor config shows a password")
        known = ended.stdout
    for name in variables:
        if not name.startswith("PARLOR_") or "_PASSWORD" in name:
            continue
        key = name.removeprefix("PARLOR_").lower().replace("__", ".")
        check(f'"{key}"' in known, where, f"{name} is not a setting")


def no_password(where, variables):
    for name, value in variables.items():
        secret = re.search("PASSWORD|SECRET|TOKEN|COOKIE|API_KEY", name)
        check(not secret or name.endswith(("_FILE", "__FILE")) or not value, where,
              f"{name} holds a secret: name a file")
        check(not re.search(r"://[^/@:]+:[^/@]+@", str(value)), where, f"{name} holds a password")


# --- local ------------------------------------------------------------------------------------------


def variables_of(file):
    lines = (line for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def local():
    file = DEPLOY / "local/Procfile"
    ports = []
    for line in file.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        name, command = line.split(": ", 1)
        words = command.split()
        check(words[0] == "parlor", file, f"{name} runs {words[0]}")
        takes(f"{file} {name}", words[1:])
        ports += [word for word in words if word.startswith("--listen")]
    check(len(ports) == len(set(ports)), file, "two processes listen at one address")
    example = variables_of(DEPLOY / "local/env.example")
    settings(DEPLOY / "local/env.example", {**example, "PARLOR_STORE_PASSWORD_FILE": "x"})
    no_password(DEPLOY / "local/env.example", example)


# --- the image --------------------------------------------------------------------------------------


def image():
    file = DEPLOY / "Dockerfile"
    text = file.read_text()
    instructions = re.sub(r"\\\n\s*", " ", text)
    # What the build context leaves out can't be copied.
    kept = [line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
            if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.*)$", instructions, re.M):
        *sources, _target = line.split()
        for source in sources:
            check((ROOT / source).exists(), file, f"copies '{source}', which is not there")
            top = source.strip("/").split("/")[0]
            check(any(pathlib.PurePath(top).match(k) for k in kept), file,
                  f"copies '{source}', which .dockerignore leaves out")
    members = re.search(r"^members = (\[.*\])", (ROOT / "Cargo.toml").read_text(), re.M)
    for member in json.loads(members.group(1)):
        check(f"COPY {member.split('/')[0]}/ " in text, file, f"lacks the workspace's '{member}'")
    rust = re.search(r'^rust-version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
    check(f"FROM rust:{rust}-" in text, file, f"is built by another Rust than {rust}")
    for tag in re.findall(r"^FROM (\S+)", text, re.M):
        check(":" in tag and not tag.endswith(":latest"), file, f"{tag} names no version")
    check(re.search(r"^USER \d+:\d+$", text, re.M), file, "runs as root")
    env = re.findall(r"(PARLOR_\w+)=(\S+)", instructions)
    settings(file, dict(env))
    health = json.loads(re.search(r"HEALTHCHECK.*CMD (\[.*\])", instructions).group(1))
    entry = json.loads(re.search(r"^ENTRYPOINT (\[.*\])", text, re.M).group(1))
    command = json.loads(re.search(r"^CMD (\[.*\])", text, re.M).group(1))
    check(health[0] == entry[0], file, "the health check is another program")
    takes(f"{file} HEALTHCHECK", health[1:])
    takes(f"{file} CMD", command)
    file_system(file)


def assemble(root):
    """The file system of the image, as far as the binary needs one. Gives back what starts the binary in
    it, the variables that the image sets, and the libraries that it needs."""
    text = (DEPLOY / "Dockerfile").read_text()
    instructions = re.sub(r"\\\n\s*", " ", text)
    variables = dict(re.findall(r"([A-Z_]+)=(\S+)", re.search(r"^ENV (.*)$", instructions, re.M).group(1)))
    entry = json.loads(re.search(r"^ENTRYPOINT (\[.*\])", text, re.M).group(1))[0]
    brought = set(re.findall(r"-gnu/(lib\w+\.so\.\d+)\b", text))
    linked = run("ldd", BINARY).stdout
    libraries = dict(re.findall(r"^\s*(\S+) => (\S+)", linked, re.M))
    loader = re.search(r"^\s*(/\S+ld-linux\S+)", linked, re.M).group(1)

    def put(source, at):
        target = pathlib.Path(root, at.lstrip("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        target.chmod(0o755)
    os.chmod(root, 0o755)
    put(BINARY, entry)
    put(loader, loader)
    for name, source in libraries.items():
        put(source, f"{variables['LD_LIBRARY_PATH']}/{name}" if name in brought else source)
    # The base brings the certificates of authorities; without any no client starts.
    put("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/ca-certificates.crt")
    data = pathlib.Path(root, "data")
    data.mkdir()
    os.chown(data, 65532, 65532)
    for library in libraries:
        check(library in LIBRARIES | brought, DEPLOY / "Dockerfile", f"the base has no {library}")
    return entry, variables


def file_system(file):
    """The binary runs in the image's file system: another account than root's, a root that can't be written."""
    if os.getuid() != 0:
        print("deploy/check: not root, so the binary is not tried in a file system of its own")
        return
    with tempfile.TemporaryDirectory() as root:
        entry, variables = assemble(root)
        enter = ('mount --bind "$0" "$0" && mount --bind "$0/data" "$0/data" && mount -o remount,ro,bind "$0" '
                 '&& exec chroot --userspec=65532:65532 "$0" "$@"')
        for args in (["--version"], ["check", "friends"], ["play", "friends", "--seed=7"],
                     ["migrate"], ["doctor"], ["config"]):
            ended = run("unshare", "--mount", "bash", "-c", enter, root, entry, *args, cwd="/", env=variables)
            # Nobody serves there, and the doctor says so.
            well = ended.returncode == 0 or args == ["doctor"] and "FAIL gateway" in ended.stdout
            check(well, file, f"in the image, parlor {' '.join(args)}: {(ended.stderr or ended.stdout).strip()[:300]}")
        check((pathlib.Path(root, "data/parlor.db")).is_file(), file, "what is kept is not in the volume")
        probe = run("unshare", "--mount", "bash", "-c", enter, root, entry, "new", "teahouse", cwd="/", env=variables)
        check(probe.returncode != 0 and "ead-only file system" in probe.stderr, file,
              f"the root can be written: {probe.stderr.strip()[:200]}")


# --- compose ----------------------------------------------------------------------------------------


def default_of(value):
    """`${NAME:-default}` as where NAME is not set."""
    return re.sub(r"\$\{\w+:?-?([^}]*)\}", r"\1", str(value))


def joined(under, over):
    """A service that extends another, as Compose joins them."""
    result = dict(under)
    for key, value in over.items():
        if key in ("environment", "labels", "healthcheck") and isinstance(value, dict):
            result[key] = {**under.get(key, {}), **value}
        elif key in ("secrets", "volumes", "networks", "ports", "tmpfs") and isinstance(value, list):
            result[key] = list(under.get(key, [])) + [v for v in value if v not in under.get(key, [])]
        else:
            result[key] = value
    return result


def composed(file):
    """A Compose file with what its services extend, paths as seen from its directory."""
    content = yaml.safe_load(file.read_text())
    for name, service in content["services"].items():
        source = service.pop("extends", None)
        if not source:
            continue
        other = (file.parent / source["file"]).resolve()
        parts = yaml.safe_load(other.read_text())["services"]
        if not check(source["service"] in parts, file, f"{other} has no {source['service']}"):
            continue
        part = parts[source["service"]]
        here = os.path.relpath(other.parent, file.parent)
        if "build" in part:
            part["build"]["context"] = f"{here}/{part['build']['context']}"
        part["volumes"] = [v if not v.startswith(".") else f"{here}/{v}" for v in part.get("volumes", [])]
        content["services"][name] = joined(part, service)
    return content


def chosen(content, profiles):
    """The services that start with these profiles."""
    return {name: service for name, service in content["services"].items()
            if not service.get("profiles") or set(service["profiles"]) & set(profiles)}


def compose():
    more = DEPLOY / "compose/observability.yaml"
    files = sorted((DEPLOY / "compose").glob("*/compose.yaml"))
    check(files, DEPLOY, "has no compose files")
    for file in files:
        one = composed(file)
        settings_file = file.parent / ".env"
        usual = variables_of(settings_file) if settings_file.is_file() else {}
        usual = [p for p in usual.get("COMPOSE_PROFILES", "").split(",") if p]
        profiles = {p for s in one["services"].values() for p in s.get("profiles", [])}
        check(set(usual) <= profiles, file, f"{settings_file} names {usual}, of which no service is")
        # What starts without a choice, and what starts by each other one.
        for choice in [usual, *([p] for p in sorted(profiles) if [p] != usual)]:
            compose_file(file, {**one, "services": chosen(one, choice)}, file.parent, one)
        ours = {f"{n}:{PORT}" for n, s in one["services"].items() if is_ours(s) and n != "migrate"}
        asked = yaml.safe_load((file.parent / "targets.yaml").read_text())
        check(ours == {t for group in asked for t in group["targets"]}, file, "targets.yaml names other roles")
        both = yaml.safe_load(more.read_text())
        merged = {key: {**one.get(key, {}), **both.get(key, {})}
                  for key in ("services", "secrets", "volumes", "networks")}
        compose_file(more, {**merged, "services": chosen(merged, usual)}, file.parent, merged)


def is_ours(service):
    return default_of(service["image"]).split(":")[0] == "parlor"


def names_of(services):
    """Under what the services are found."""
    names = set(services)
    for service in services.values():
        networks = service.get("networks", [])
        for how in networks.values() if isinstance(networks, dict) else []:
            names |= set(how.get("aliases", []))
    return names


def compose_file(file, content, base, all_of_it):
    services = content["services"]
    used = {s if isinstance(s, str) else s["source"] for service in all_of_it["services"].values()
            for s in service.get("secrets", [])}
    for secret, source in content.get("secrets", {}).items():
        check(is_made(source["file"]), file, f"nobody makes the secret {source['file']}")
    for name, service in services.items():
        where = f"{file.relative_to(ROOT)} {name}"
        image = default_of(service["image"])
        ours = is_ours(service)
        check(ours or re.search(r":.*\d", image), where, f"{image} names no version")
        env = {k: default_of(v) for k, v in service.get("environment", {}).items()}
        no_password(where, env)
        mounted = {}
        for secret in service.get("secrets", []):
            source = secret if isinstance(secret, str) else secret["source"]
            mounted[f"/run/secrets/{source}"] = source
            check(source in content["secrets"], where, f"there is no secret {source}")
        for variable, value in env.items():
            check(not variable.endswith("_FILE") or not value or value in mounted, where,
                  f"{variable} names {value}, which is not mounted")
        for word in service.get("command", []) if isinstance(service.get("command"), list) else []:
            check(not str(word).startswith("/run/secrets/") or word in mounted, where, f"{word} is not mounted")
        for other, how in service.get("depends_on", {}).items():
            if other in all_of_it["services"] and not how.get("required", True) and other not in services:
                continue
            if check(other in services, where, f"depends on {other}, which is not there"):
                healthy = how["condition"] == "service_healthy"
                check(not healthy or is_ours(services[other]) or "healthcheck" in services[other], where,
                      f"{other} has no health check")
                check(how["condition"] != "service_completed_successfully"
                      or services[other].get("restart") in ("no", "on-failure"), where, f"{other} never ends")
        places = {}
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            places[target] = source
            if source.startswith("."):
                check((base / source).exists(), where, f"mounts {source}, which is not there")
            else:
                check(source in content.get("volumes", {}), where, f"there is no volume {source}")
        words = [*service.get("entrypoint", []), *service.get("healthcheck", {}).get("test", [])]
        for word in words:
            check(not str(word).startswith("/etc/parlor/") or word in places, where, f"{word} is not mounted")
        for network in service.get("networks", []):
            check(network in content.get("networks", {}), where, f"there is no network {network}")
        for port in service.get("ports", []):
            port = default_of(port)
            check(port.startswith("127.0.0.1:"), where, f"publishes {port} to everybody")
            check(not ours or int(port.split(":")[-1]) in listens_at(service["command"]), where,
                  f"nobody listens at {port}")
            check("outside" in service["networks"], where, "publishes a port in no network that is reached")
        if ours:
            takes(where, [str(word) for word in service["command"]])
            settings(where, {k: v for k, v in env.items() if v})
            hosts(where, env, names_of(services))
            check(service.get("read_only") and service.get("cap_drop") == ["ALL"], where, "may do too much")
            build = (base / service["build"]["context"]).resolve()
            check((build / service["build"]["dockerfile"]).is_file(), where, "is built by nothing")
    check(used == set(content.get("secrets", {})), file, "has a secret that nobody uses")


def listens_at(command):
    """The ports of a role: its own, and of a gateway those of its worlds."""
    worlds = [word.removeprefix("--world=") for word in command if word.startswith("--world=")]
    return {PORT, *(port for port in map(port_of, worlds) if port and "gateway" in command)}


def hosts(where, env, names):
    """Whom a role's settings name is there, and everybody has the password of whom they sign in at."""
    for variable in ("PARLOR_BUS", "PARLOR_STORE", "PARLOR_CACHE", "PARLOR_AUTH_ADDR", "PARLOR_CHARACTERS_ADDR",
                     "PARLOR_CHAT_ADDR"):
        address = re.match(r"(?:\w+://)?([^@/]*@)?([\w.-]+)", env.get(variable, ""))
        if address:
            host = address.group(2).split(".")[0]
            check(host in names, where, f"{variable} names {host}, which is not there")
            check("ADDR" not in variable or host in env.get("PARLOR_ALLOWED_HOSTS", "").split(","), where,
                  f"{host} is not in PARLOR_ALLOWED_HOSTS")
            check(not address.group(1) or f"{variable}_PASSWORD_FILE" in env, where, f"{variable} has no password")


def is_made(file):
    script = (DEPLOY / "compose/make-secrets").read_text()
    return re.search(rf"\b{re.escape(pathlib.Path(file).name)}\b", script)


# --- kubernetes -------------------------------------------------------------------------------------


def render(overlay):
    """All objects of an overlay, with secrets of its own."""
    with tempfile.TemporaryDirectory() as copy:
        tree = pathlib.Path(copy, "kubernetes")
        shutil.copytree(KUBERNETES, tree, ignore=shutil.ignore_patterns("secrets"))
        made = run(DEPLOY / "compose/make-secrets", tree / "overlays" / overlay / "secrets")
        check(made.returncode == 0, overlay, made.stderr)
        tool = [shutil.which("kustomize"), "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
        ended = run(*tool, tree / "overlays" / overlay)
        if not check(ended.returncode == 0, overlay, ended.stderr):
            return []
        return list(yaml.safe_load_all(ended.stdout))


# What an installation is called by those who look after it.
NAMES = {
    "chatter": {"Service": {"gateway", "rabbitmq", "rabbitmq-headless", "postgres-headless"},
                "Deployment": {"gateway", "relay", "directory", "bots", "markov"}},
    "friends": {"Service": {"gateway", "rabbitmq", "rabbitmq-headless", "postgres-headless"},
                "Deployment": {"gateway", "characters", "relay", "jobs"}},
    "companions": {"Service": {"gateway", "chat-ws", "postgres-headless", "rabbitmq-headless", "rabbitmq", "redis",
                               "ai-companion-auth-service", "ai-character-service"},
                   "Deployment": {"gateway", "chat-ws", "ai-character", "ai-consumer", "message-dispatcher", "auth",
                                  "relay"}},
    "hogwarts": {"Service": {"gateway", "kafka", "kafka-headless", "postgres-headless"},
                 "Deployment": {"gateway", "relay", "library", "gryffindor", "hut", "greenhouse", "muggle-world",
                                "platform", "pitch"}},
}


def kubernetes():
    for platform in sorted((KUBERNETES / "overlays").iterdir()):
        worlds = sorted(w.name for w in platform.iterdir())
        check(worlds == sorted(NAMES), platform, f"has {worlds}")
        for world in worlds:
            cluster(f"{platform.name}/{world}", world, render(f"{platform.name}/{world}"))


def cluster(overlay, world, objects):
    by = {(o["kind"], o["metadata"]["name"]): o for o in objects}
    check(len(by) == len(objects), overlay, "has an object twice")
    for kind, names in NAMES[world].items():
        there = {name for k, name in by if k == kind}
        check(there == names, overlay, f"{kind}s: lacks {names - there}, has besides {there - names}")
    for (kind, name), item in by.items():
        where = f"{overlay} {kind}/{name}"
        namespaced = kind not in ("Namespace", "StorageClass")
        check(not namespaced or item["metadata"].get("namespace") == "parlor", where, "is in no namespace")
        if item["apiVersion"].split("/")[0] not in ("keda.sh", "cloud.google.com"):
            for version in VERSIONS:
                try:
                    kubernetes_validate.validate(item, version, strict=True)
                    check(True, where, "")
                except kubernetes_validate.ValidationError as error:
                    check(False, where, f"{version}: {error.message}")
        template = item.get("spec", {}).get("template")
        if template:
            workload(where, by, item, template)
        links(where, by, kind, item)
        if kind == "ScaledObject":
            keda(where, by, world, item["spec"])
    scaled = {t["metadata"].get("queueName") or t["metadata"]["topic"] for (kind, _), o in by.items()
              if kind == "ScaledObject" for t in o["spec"]["triggers"]}
    wanted = set() if overlay.startswith("minikube") else inboxes(world)
    check(scaled == wanted, overlay, f"scales by {scaled}, not by {wanted}")


def pods(by):
    return [o["spec"]["template"] for o in by.values() if o.get("spec", {}).get("template")]


def selects(by, labels):
    return [p for p in pods(by) if labels.items() <= p["metadata"]["labels"].items()]


def container_ports(pod):
    return {p["name"]: p["containerPort"] for c in pod["spec"]["containers"] for p in c.get("ports", [])}


def workload(where, by, item, template):
    spec = template["spec"]
    kind = item["kind"]
    if kind != "Job":
        wanted = item["spec"]["selector"]["matchLabels"]
        check(wanted.items() <= template["metadata"]["labels"].items(), where, "selects other pods than its own")
    if kind == "StatefulSet":
        check(("Service", item["spec"]["serviceName"]) in by, where, "has no service of that name")
    account = spec.get("securityContext", {})
    check(account.get("runAsNonRoot") and account.get("runAsUser"), where, "may run as root")
    check(account.get("seccompProfile", {}).get("type") == "RuntimeDefault", where, "has no seccomp profile")
    check(spec.get("automountServiceAccountToken") is False, where, "holds a token of the cluster")
    volumes = {v["name"]: v for v in spec.get("volumes", [])}
    claims = {c["metadata"]["name"] for c in item["spec"].get("volumeClaimTemplates", [])}
    for volume in volumes.values():
        if "secret" in volume:
            keys(where, by, "Secret", volume["secret"]["secretName"], volume["secret"].get("items", []))
        if "configMap" in volume:
            keys(where, by, "ConfigMap", volume["configMap"]["name"], volume["configMap"].get("items", []))
    for box in spec["containers"] + spec.get("initContainers", []):
        at = f"{where} {box['name']}"
        check(re.search(r":.*\d", box["image"]) or "minikube" in where, at, f"{box['image']} names no version")
        resources = box.get("resources", {})
        check({"cpu", "memory"} <= resources.get("requests", {}).keys(), at, "requests no resources")
        check("memory" in resources.get("limits", {}), at, "has no limit of memory")
        rights = box.get("securityContext", {})
        check(rights.get("allowPrivilegeEscalation") is False, at, "may gain rights")
        check(rights.get("capabilities", {}).get("drop") == ["ALL"], at, "keeps capabilities")
        # RabbitMQ writes beside its own settings at its start.
        check(rights.get("readOnlyRootFilesystem") or box["name"] == "rabbitmq", at, "may write its root")
        for mount in box.get("volumeMounts", []):
            check(mount["name"] in volumes or mount["name"] in claims, at, f"mounts {mount['name']}, which is not there")
        serves = kind in ("Deployment", "StatefulSet") and box in spec["containers"]
        check(not serves or "readinessProbe" in box and "livenessProbe" in box, at, "has no probes")
        ports = container_ports(template)
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            port = box.get(probe, {}).get("httpGet", {}).get("port")
            check(port is None or port in ports, at, f"{probe} asks at '{port}', which is no port of it")
        env = {e["name"]: e["value"] for e in box.get("env", []) if "value" in e}
        no_password(at, env)
        for source in box.get("envFrom", []):
            name = source["configMapRef"]["name"]
            if check(("ConfigMap", name) in by, at, f"there is no ConfigMap {name}"):
                env |= by["ConfigMap", name]["data"]
        if "parlor" in box["image"]:
            takes(at, box["args"])
            no_password(at, env)
            settings(at, env)
            hosts(at, env, {name for kind, name in by if kind == "Service"})
            files = {f"{m['mountPath']}/{i['path']}" for m in box["volumeMounts"]
                     for i in volumes[m["name"]].get("secret", {}).get("items", [])}
            for variable, value in env.items():
                check(not variable.endswith("_FILE") or value in files, at, f"{variable} names {value}, which is not mounted")
            if kind != "Job":
                deliveries = [int(v.split(":")[1]) for k, v in env.items() if k == "PARLOR_DELIVERIES"]
                listened = listens_at(box["args"]) | set(deliveries)
                check(ports["http"] == PORT and set(ports.values()) == listened, at, f"listens at {listened}, not at {ports}")
                check(not deliveries or any(e["name"] == "PARLOR_DELIVERIES_AT" for e in box["env"]), at, "is not found")
                check(spec["terminationGracePeriodSeconds"] >= 20, at, "is killed before it can end")
            check(spec.get("enableServiceLinks") is False, at, "is given variables of other services")
        if "NODES" in env:
            check(int(env["NODES"]) == item["spec"]["replicas"], at, f"counts {env['NODES']} nodes")


def keys(where, by, kind, name, items):
    if check((kind, name) in by, where, f"there is no {kind} {name}"):
        data = by[kind, name].get("data", {}) | by[kind, name].get("stringData", {})
        for item in items:
            check(item["key"] in data, where, f"{kind} {name} has no {item['key']}")


def links(where, by, kind, item):
    spec = item.get("spec", {})
    if kind == "Service":
        found = selects(by, spec["selector"])
        check(found, where, "selects no pods")
        for port in spec["ports"]:
            target = port.get("targetPort", port["port"])
            check(all(target in container_ports(p) for p in found), where, f"port {target} is of no container")
    elif kind == "PodDisruptionBudget":
        check(selects(by, spec["selector"]["matchLabels"]), where, "selects no pods")
    elif kind == "NetworkPolicy":
        labels = spec["podSelector"].get("matchLabels", {})
        found = selects(by, labels)
        check(found, where, "selects no pods")
        for rule in spec.get("ingress", []):
            for peer in rule.get("from", []):
                check("podSelector" not in peer or selects(by, peer["podSelector"]["matchLabels"]), where,
                      "lets pods in that are not there")
            for port in rule.get("ports", []):
                there = [container_ports(p) for p in found if container_ports(p)]
                check(any(port["port"] in p or port["port"] in p.values() for p in there), where, f"opens {port['port']}, where nobody listens")
    elif kind == "Ingress":
        for rule in spec["rules"]:
            allowed = by["ConfigMap", "parlor"]["data"]["PARLOR_ALLOWED_HOSTS"].split(",")
            check(rule["host"] in allowed, where, f"{rule['host']} is not in PARLOR_ALLOWED_HOSTS")
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                service = by.get(("Service", backend["name"]))
                if check(service, where, f"there is no service {backend['name']}"):
                    names = [p["name"] for p in service["spec"]["ports"]]
                    check(backend["port"]["name"] in names, where, "leads to no port of it")
    elif kind == "HorizontalPodAutoscaler":
        target = spec["scaleTargetRef"]
        check((target["kind"], target["name"]) in by, where, "scales nothing")
    elif kind == "TriggerAuthentication":
        for secret in spec["secretTargetRef"]:
            keys(where, by, "Secret", secret["name"], [secret])


def keda(where, by, world, spec):
    """As far as KEDA's own definition is used here."""
    known = {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval", "cooldownPeriod", "triggers"}
    check(spec.keys() <= known, where, f"nobody knows {spec.keys() - known}")
    scaled = by.get(("Deployment", spec["scaleTargetRef"]["name"]))
    if not check(scaled, where, "scales nothing"):
        return
    check(spec["minReplicaCount"] < spec["maxReplicaCount"], where, "can't scale")
    # Before KEDA has looked for the first time there are as many as it would want at least.
    check(scaled["spec"]["replicas"] == spec["minReplicaCount"], where, "begins with another number")
    for trigger in spec["triggers"]:
        check(("TriggerAuthentication", trigger["authenticationRef"]["name"]) in by, where, "may not ask")
        about = trigger["metadata"]
        if trigger["type"] == "rabbitmq":
            answers(where, by, re.match(r"http://([\w-]+)\.([\w-]+)\.svc\S*:(\d+)/", about["host"]))
            check(about["mode"] in ("QueueLength", "MessageRate") and about["protocol"] == "http", where, "asks strangely")
        elif check(trigger["type"] == "kafka", where, f"nobody knows {trigger['type']}"):
            answers(where, by, re.match(r"([\w-]+)\.([\w-]+)\.svc\S*:(\d+)$", about["bootstrapServers"]))
            place = about["topic"].removesuffix("-messages")
            check(about["consumerGroup"] == f"{place}-group", where, f"asks about {about['consumerGroup']}")
            bus = by["ConfigMap", "parlor"]["data"]["PARLOR_BUS"]
            partitions = int(re.search(r"partitions=(\d+)", bus).group(1))
            check(spec["maxReplicaCount"] <= partitions, where, "more would have nothing to do")


def answers(where, by, address):
    """There is such a service, in this namespace, at this port."""
    name, namespace, port = address.groups()
    service = by.get(("Service", name))
    ports = [p["port"] for p in service["spec"]["ports"]] if service else []
    check(namespace == "parlor" and int(port) in ports, where, f"asks at {address.group(0)}, where nobody answers")


# --- observability ----------------------------------------------------------------------------------


def observability():
    seen = DEPLOY / "observability"
    made = run(sys.executable, seen / "dashboards/make.py", "--check")
    check(made.returncode == 0, seen, made.stderr.strip())
    names = set(re.findall(r'"(parlor_\w+)"', (ROOT / "crates/parlor-ports/src/metric.rs").read_text()))
    expressions = []
    for file in (seen / "dashboards").glob("*.json"):
        board = json.loads(file.read_text())
        targets = [t for p in board["panels"] for t in p.get("targets", [])]
        check(targets, file, "shows nothing")
        expressions += [(file.name, t["expr"]) for t in targets]
        ids = [p["id"] for p in board["panels"]]
        check(len(ids) == len(set(ids)), file, "has two panels of one id")
    alerts = yaml.safe_load((seen / "alerts.yaml").read_text())
    pages = set()
    for rule in (r for g in alerts["groups"] for r in g["rules"]):
        page = ROOT / rule["annotations"]["runbook_url"]
        pages.add(page.name)
        if check(page.is_file(), rule["alert"], f"has no runbook {page}"):
            check(page.read_text().startswith(f"# {rule['alert']}\n"), page, "is of another alert")
        check(rule["labels"]["severity"] in ("page", "ticket"), rule["alert"], "wakes nobody")
        expressions.append((rule["alert"], rule["expr"]))
    known = {p.name for p in (ROOT / "docs/runbooks").glob("*.md")} - {"README.md"}
    check(pages == known, "docs/runbooks", f"pages without an alert: {known - pages}")
    for where, expression in expressions:
        for metric in re.findall(r"\bparlor_\w+", expression):
            bare = re.sub("_(bucket|count|sum)$", "", metric)
            check(metric in names or bare in names, where, f"there is no metric {metric}")
    prometheus = yaml.safe_load((seen / "prometheus.yaml").read_text())
    check((seen / prometheus["rule_files"][0]).is_file(), seen, "the rules are not there")
    for file in (seen / "grafana").glob("*.yaml"):
        check(yaml.safe_load(file.read_text())["apiVersion"] == 1, file, "is not what Grafana reads")


def pages():
    """What the pages in deploy/ and docs/ point to is there."""
    for page in [*DEPLOY.rglob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in link and not link.startswith("mailto:"):
                check((page.parent / link).exists(), page.relative_to(ROOT), f"points to {link}, which is not there")


def main():
    if not BINARY.is_file():
        sys.exit(f"deploy/check: there is no binary at {BINARY}: cargo build -p parlor")
    if not (shutil.which("kustomize") or shutil.which("kubectl")):
        sys.exit("deploy/check: needs kubectl or kustomize (https://kubectl.docs.kubernetes.io/installation/)")
    for part in (local, image, compose, kubernetes, observability, pages):
        part()
    for problem in problems:
        print(f"deploy/check: {problem}")
    print(f"deploy/check: {checks} checks, {len(problems)} failed")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
