"""Runs an installation of compose/ in namespaces of its own instead of containers (see `rehearse`).

What the Compose file says is taken as it is: commands, variables, secrets, the order by health, who depends on
whom. The roles run in the file system of the image, not as root, and can't write it; the servers run with the
settings that are mounted into their containers. Each service has an address of its own, under its own name.
Not as in containers: the servers are those of this machine, and all share one file system.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import check
from websocket import WebSocket

SECRETS = pathlib.Path("/run/secrets")
# A service that is not healthy by then won't be.
HEALTHY_WITHIN = 90


def sh(*args, **kw):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, text=True, **kw)


def until(what, ask, within=60):
    deadline = time.monotonic() + within
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > deadline:
            raise SystemExit(f"deploy/rehearse: in {within} s not: {what}")
        time.sleep(0.1)


def broker_version():
    installed = next(pathlib.Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*")).name.split("-")[1]
    return tuple(int(part) for part in installed.split("."))


class Installation:
    """The services that start without a choice, each at an address of its own."""

    def __init__(self, name, scratch):
        self.name, self.scratch = name, scratch
        self.file = check.DEPLOY / "compose" / name / "compose.yaml"
        content = check.composed(self.file)
        usual = self.file.parent / ".env"
        profiles = check.variables_of(usual)["COMPOSE_PROFILES"].split(",") if usual.is_file() else []
        self.services = check.chosen(content, profiles)
        self.addresses = {s: f"127.0.1.{n}" for n, s in enumerate(self.services, 2)}
        self.running = {}
        self.root = scratch / "root"
        self.root.mkdir()
        self.entry, self.image = check.assemble(self.root)
        self.namespaces()

    def namespaces(self):
        sh("ip", "link", "set", "lo", "up")
        sh("hostname", "kafka" if "kafka" in self.services else "rehearsal")
        SECRETS.mkdir(parents=True, exist_ok=True)
        sh("mount", "-t", "tmpfs", "secrets", SECRETS)
        sh(check.DEPLOY / "compose/make-secrets", SECRETS)
        # In a container each is mounted alone, and may be read.
        SECRETS.chmod(0o755)
        hosts = self.scratch / "hosts"
        hosts.write_text("\n".join(["127.0.0.1 localhost", *self.hosts()]) + "\n")
        sh("mount", "--bind", hosts, "/etc/hosts")
        for inside, outside in (("etc/hosts", hosts), ("run/secrets", SECRETS)):
            target = self.root / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.mkdir() if outside.is_dir() else target.touch()
        sh("mount", "--bind", self.root, self.root)
        sh("mount", "-o", "remount,ro,bind", self.root)
        sh("mount", "--bind", hosts, self.root / "etc/hosts")
        sh("mount", "--bind", SECRETS, self.root / "run/secrets")

    def hosts(self):
        """Under what name each is found."""
        return [f"{address} {name}" for name, address in self.addresses.items()]

    def environment(self, name):
        service = self.services[name]
        own = {k: check.default_of(v) for k, v in service.get("environment", {}).items()}
        return {k: v for k, v in own.items() if v}

    def start(self):
        waiting = dict(self.services)
        while waiting:
            done = set(self.services) - set(waiting)
            ready = [n for n, s in waiting.items() if self.needs(s) <= done]
            if not ready:
                raise SystemExit(f"deploy/rehearse: {list(waiting)} wait for each other")
            for name in ready:
                self.launch(name)
            for name in ready:
                self.await_healthy(name)
                del waiting[name]

    def needs(self, service):
        return {name for name in service.get("depends_on", {}) if name in self.services}

    def launch(self, name):
        service = self.services[name]
        if check.is_ours(service):
            words = [str(word) for word in service["command"]]
            # Each listens at its own address, since they share a network here.
            env = {**self.image, **self.environment(name), "PARLOR_LISTEN": f"{self.addresses[name]}:{check.PORT}"}
            places = [place.partition(":") for place in service.get("tmpfs", [])]
            mounts = [f"mount -t tmpfs -o {options or 'rw'} {name} {self.root}{path}" for path, _, options in places]
            enter = " && ".join([*mounts, f'exec chroot --userspec=65532:65532 {self.root} "$@"'])
            self.spawn(name, ["unshare", "--mount", "bash", "-c", enter, name, self.entry, *words], env)
        else:
            # A server's name, whatever the service is called.
            image = check.default_of(service["image"]).split(":")[0].split("/")[-1]
            getattr(self, image)(name)

    def spawn(self, name, command, env):
        log = open(self.scratch / f"{name}.log", "w")
        env = {"PATH": os.environ["PATH"], **env}
        self.running[name] = subprocess.Popen([str(c) for c in command], env=env, cwd="/", stdout=log, stderr=log,
                                              stdin=subprocess.DEVNULL)

    def await_healthy(self, name):
        service, process = self.services[name], self.running[name]
        if service.get("restart") == "no":
            code = process.wait(HEALTHY_WITHIN)
            if code != 0:
                self.complain(name, f"ended with {code}")
            return
        if check.is_ours(service):
            health = ["chroot", "--userspec=65532:65532", self.root, self.entry, "ready", "--url",
                      f"http://{self.addresses[name]}:{check.PORT}"]
        else:
            kind, *words = service["healthcheck"]["test"]
            here = {v.split(":")[1]: v.split(":")[0] for v in service.get("volumes", [])}
            words = [str(self.file.parent / here[w]) if w in here else w for w in words]
            health = ["sh", "-c", words[0]] if kind == "CMD-SHELL" else words

        env = os.environ | (self.image if check.is_ours(service) else {})
        if health[0].startswith("rabbitmq"):
            # Debian's own command of that name asks another node.
            env = self.broker | {"PATH": os.environ["PATH"]}
            health = ["setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups",
                      f"/usr/lib/rabbitmq/bin/{health[0]}", *health[1:]]

        def healthy():
            if process.poll() is not None:
                self.complain(name, f"ended with {process.returncode}")
            return subprocess.run([str(h) for h in health], capture_output=True, env=env, cwd="/").returncode == 0
        deadline = time.monotonic() + HEALTHY_WITHIN
        while not healthy():
            if time.monotonic() > deadline:
                self.complain(name, "is not healthy")
            time.sleep(0.5)

    def complain(self, name, what):
        log = (self.scratch / f"{name}.log").read_text().splitlines()[-25:]
        raise SystemExit("\n".join([f"deploy/rehearse: {self.name} {name}: {what}", *log]))

    # --- servers, with the settings of their containers ---

    def postgres(self, name):
        env = self.environment(name)
        data = self.scratch / "postgres"
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
        bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        sh(*become, bin / "initdb", "--pgdata", data, "--username", env["POSTGRES_USER"], "--pwfile",
           env["POSTGRES_PASSWORD_FILE"], "--auth-host=scram-sha-256", "--auth-local=trust", "--no-sync", cwd="/")
        run = pathlib.Path("/var/run/postgresql")
        run.mkdir(exist_ok=True)
        sh("mount", "-t", "tmpfs", "run", run)
        shutil.chown(run, "postgres", "postgres")
        self.spawn(name, [*become, bin / "postgres", "-D", data, "-c", "listen_addresses=*", "-c", "fsync=off"], {})
        create = ["psql", "-h", run, "-U", env["POSTGRES_USER"], "-c", f"CREATE DATABASE {env['POSTGRES_DB']}", "postgres"]
        until("PostgreSQL makes a database", lambda: subprocess.run([*map(str, create)], capture_output=True).returncode == 0)

    def rabbitmq(self, name):
        home = self.scratch / "rabbitmq"
        (home / "conf.d").mkdir(parents=True)
        for source, target in self.mounted(name):
            if target.startswith("/etc/rabbitmq/conf.d/"):
                text = pathlib.Path(source).read_text()
                if broker_version() < (4, 0):
                    # Debian's is older than the image's, and refuses what it does not know.
                    text = re.sub(r"^default_queue_type .*\n", "", text, flags=re.M)
                (home / "conf.d" / pathlib.Path(target).name).write_text(text)
            elif target == "/etc/rabbitmq/enabled_plugins":
                shutil.copy(source, home / "enabled_plugins")
        sh("chown", "-R", "rabbitmq:rabbitmq", home)
        self.broker = {"HOME": str(home), "RABBITMQ_NODENAME": "rabbit@localhost",
                       "RABBITMQ_CONFIG_FILES": str(home / "conf.d"), "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
                       "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
                       "RABBITMQ_MNESIA_BASE": str(home / "mnesia"), "RABBITMQ_LOG_BASE": str(home / "log"),
                       "RABBITMQ_LOGS": "-", "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
                       "ERL_CRASH_DUMP_BYTES": "0", "RUNNING_UNDER_SYSTEMD": "true"}
        become = ["setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups"]
        self.spawn(name, [*become, "/usr/lib/rabbitmq/bin/rabbitmq-server"], self.broker)

    def redis(self, name):
        command = self.services[name]["command"]
        self.spawn(name, ["setpriv", "--reuid=redis", "--regid=redis", "--clear-groups", *command], {})

    def kafka(self, name):
        home = self.scratch / "kafka"
        (home / "bin").mkdir(parents=True)
        cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
        jars = sorted((cache / "parlor-test-services").glob("kafka-*/"))
        if not jars:
            raise SystemExit("deploy/rehearse: no Kafka: tests/services up kafka fetches it")
        for script, main in (("kafka-storage.sh", "kafka.tools.StorageTool"), ("kafka-server-start.sh", "kafka.Kafka")):
            file = home / "bin" / script
            file.write_text(f'#!/bin/bash\nexec java -Xmx512m -XX:+UseSerialGC -cp "{jars[-1]}/*" {main} "$@"\n')
            file.chmod(0o755)
        here = {target: source for source, target in self.mounted(name)}
        words = [here.get(word, word) for word in self.services[name]["entrypoint"]]
        self.spawn(name, words, {"KAFKA_HOME": home, "DATA": str(home / "data"), "HOSTNAME": name,
                                 "SETTINGS": here["/etc/parlor/server.properties"]})

    def mounted(self, name):
        """What of this checkout and of the secrets is seen in the container, and where."""
        service = self.services[name]
        files = [v.split(":")[:2] for v in service.get("volumes", []) if v.startswith(".")]
        found = [(str(self.file.parent / source), target) for source, target in files]
        secrets = [s for s in service.get("secrets", []) if not isinstance(s, str)]
        return found + [(str(SECRETS / s["source"]), s["target"]) for s in secrets]

    # --- as people see it ---

    def url(self, service, port=check.PORT):
        return f"http://{self.addresses[service]}:{port}"

    def doctor(self, service, world, url, more):
        """All lines are well, from where that service is."""
        env = {"PATH": os.environ["PATH"], **self.image, **self.environment(service)}
        ended = subprocess.run([str(c) for c in ("chroot", "--userspec=65532:65532", self.root, self.entry, "doctor",
                                f"--world={world}", "--url", url, *more)], env=env, cwd="/",
                               capture_output=True, text=True)
        if ended.returncode != 0:
            raise SystemExit(f"deploy/rehearse: the doctor of {self.name} finds:\n{ended.stdout}{ended.stderr}")

    def stop(self):
        """As `docker compose stop` does it: the roles end in peace, and in time."""
        ours = [n for n, s in self.services.items() if check.is_ours(s) and s.get("restart") != "no"]
        for name in ours:
            self.running[name].send_signal(signal.SIGTERM)
        for name in ours:
            grace = float(self.services[name]["stop_grace_period"].removesuffix("s"))
            try:
                code = self.running[name].wait(grace)
            except subprocess.TimeoutExpired:
                self.complain(name, f"does not end within {grace} s")
            if code != 0:
                self.complain(name, f"ended with {code}")


def ask(url, body=None, token=None, form=False):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    data = None
    if body is not None:
        headers["content-type"] = "application/x-www-form-urlencoded" if form else "application/json"
        data = (body if form else json.dumps(body)).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"deploy/rehearse: {url}: {error.code} {error.read()[:300]}") from None


def friends(installation):
    gateway = installation.url("gateway")
    talk = ask(f"{gateway}/start-convo-bro")
    id = talk.get("conversation_id") or talk["conversationId"]
    until("ten lines are said", lambda: len(ask(f"{gateway}/api/conversations/{id}/messages")["items"]) >= 10)
    return "ten lines of a conversation, over RabbitMQ, in PostgreSQL", []


def chatter(installation):
    gateway = installation.url("gateway")
    until("25 bots are there", lambda: ask(f"{gateway}/api/directory")["count"] == 25)
    until("they talk", lambda: ask(f"{gateway}/api/conversations?world=chatter")["items"])
    return "25 bots in two processes are in the directory, and talk", []


def companions(installation):
    gateway = installation.url("gateway")
    ask(f"{gateway}/register", {"username": "ann", "name": "Ann", "password": "a long walk by the sea"})
    token = ask(f"{gateway}/login", "username=ann&password=a+long+walk+by+the+sea", form=True)["access_token"]
    own = ask(f"{gateway}/api/characters", {"name": "Mr. Lamp", "system_prompt": "A lamp with a secret."}, token)
    listed = ask(f"{installation.url('characters')}/characters", token=token)["items"]
    assert own["id"] in [character["id"] for character in listed], listed
    # Through the gateway, and straight to who answers.
    for host, character in [("gateway", own["id"]), ("chat-ws", "tony-stark")]:
        line = WebSocket(installation.addresses[host], check.PORT, f"/ws/{character}", token)
        assert line.frame()["type"] == "connection"
        line.say({"content": "Hello! What are you building?"})
        kinds = []
        while "ai_response" not in kinds:
            kinds.append(line.frame()["type"])
        assert kinds[0] == "echo", kinds
    return "somebody signed up, signed in at auth, made a character, and was answered over two WebSockets", [
        "--chat-url", "http://chat-ws:8000", "--token", token]


def hogwarts(installation):
    master = installation.url("master", 3008)
    ask(f"{master}/initiate")

    def travelled():
        # Somebody arrived, and went on from there.
        items = ask(f"{master}/api/characters/harry/journey")["items"]
        return len([i for i in items if i["state"] == "arrived"]) >= 1
    until("Harry travels", travelled, 120)
    places = ask(f"{master}/states")["places"]
    assert all(p["up"] for p in places), places
    everybody = [c for p in places for c in p["characters"]]
    assert len(everybody) == len(set(everybody)) == 42, everybody
    return "seven places up, 42 people each in one of them, and Harry on his way", []


def main():
    name, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
    since = time.monotonic()
    installation = Installation(name, scratch)
    installation.start()
    started = time.monotonic() - since
    seen, more = globals()[name](installation)
    gateway = next(n for n, s in installation.services.items() if "gateway" in s.get("command", []))
    installation.doctor(gateway, name, installation.url(gateway), more)
    installation.stop()
    for problem in check.problems:
        raise SystemExit(f"deploy/rehearse: {problem}")
    count = len(installation.services)
    print(f"deploy/rehearse: {name}: {count} services up after {started:.0f} s; {seen}; all ended in peace")


if __name__ == "__main__":
    main()
