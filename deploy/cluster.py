"""Friends on three nodes of RabbitMQ with the settings of kubernetes/, two of which are killed while they talk:
`deploy/rehearse cluster`. Besides what rehearse.py does.

Not as in a cluster of Kubernetes: the nodes find each other by a list instead of its API, and who connects is
led to any that lives by its name alone, not by a service.
"""

import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import time

import check
import rehearse
from rehearse import SECRETS, Installation, ask, sh, until

CONFIG = check.KUBERNETES / "components/rabbitmq"
NODES = range(3)
TALKS = 60
LINES = 10


class Cluster(Installation):
    """Friends, with three nodes where there is one."""

    def hosts(self):
        own = [f"{address} {name}" for name, address in self.addresses.items() if name != "rabbitmq"]
        return own + [f"127.0.2.{n + 1} rabbitmq" for n in NODES]

    def rabbitmq(self, name):
        self.home = self.scratch / "rabbitmq"
        self.home.mkdir()
        cookie = self.home / ".erlang.cookie"
        shutil.copy(SECRETS / "rabbitmq-cookie", cookie)
        cookie.chmod(0o400)
        shutil.copy(CONFIG / "enabled_plugins", self.home)
        text = (CONFIG / "rabbitmq.conf").read_text()
        text = re.sub(r"^cluster_formation.*\n", "", text, flags=re.M)
        self.old = rehearse.broker_version() < (4, 0)
        if self.old:
            text = re.sub(r"^default_queue_type.*\n", "", text, flags=re.M)
        text += "cluster_formation.peer_discovery_backend = classic_config\n"
        text += "".join(f"cluster_formation.classic_config.nodes.{n + 1} = {self.node(n)}\n" for n in NODES)
        text += (SECRETS / "rabbitmq-user.conf").read_text()
        for n in NODES:
            own = [f"{what} = 127.0.2.{n + 1}" for what in ("management.tcp.ip", "prometheus.tcp.ip")]
            own += ["management.tcp.port = 15672", f"listeners.tcp.1 = 127.0.2.{n + 1}:5672", "disk_free_limit.absolute = 64MB"]
            (self.home / f"{n}.conf").write_text(text.replace("disk_free_limit.absolute = 1GB\n", "") + "\n".join(own) + "\n")
        sh("chown", "-R", "rabbitmq:rabbitmq", self.home)
        self.nodes = {}
        for n in NODES:
            self.begin(n)
        self.broker = self.settings(0)
        self.running[name] = self.nodes[0]

    def node(self, n):
        return f"rabbit-{n}@localhost"

    def settings(self, n):
        return {"HOME": str(self.home), "RABBITMQ_NODENAME": self.node(n), "RABBITMQ_DIST_PORT": str(25672 + n),
                "RABBITMQ_CONFIG_FILE": str(self.home / f"{n}.conf"), "RABBITMQ_CONF_ENV_FILE": str(self.home / "none"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
                "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "none.config"),
                "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"), "RABBITMQ_LOG_BASE": str(self.home / "log"),
                "RABBITMQ_LOGS": "-", "RABBITMQ_GENERATED_CONFIG_DIR": str(self.home / f"generated-{n}"),
                "ERL_CRASH_DUMP_BYTES": "0", "RUNNING_UNDER_SYSTEMD": "true"}

    def begin(self, n):
        become = ["setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups"]
        self.spawn(f"rabbit-{n}", [*become, "/usr/lib/rabbitmq/bin/rabbitmq-server"], self.settings(n))
        self.nodes[n] = self.running.pop(f"rabbit-{n}")

    def control(self, n, *args):
        command = ["setpriv", "--reuid=rabbitmq", "--regid=rabbitmq", "--clear-groups",
                   "/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", *args]
        env = self.settings(n) | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        return subprocess.run(command, env=env, cwd="/", capture_output=True, text=True)

    def await_healthy(self, name):
        if name != "rabbitmq":
            super().await_healthy(name)
        else:
            self.await_cluster()
            if self.old:
                # As default_queue_type does it for newer ones.
                for args in (["delete_vhost", "/"], ["add_vhost", "/", "--default-queue-type", "quorum"],
                             ["set_permissions", "-p", "/", "parlor", ".*", ".*", ".*"]):
                    done = self.control(0, *args)
                    assert done.returncode == 0, done.stderr

    def await_cluster(self):
        try:
            until("three nodes are one cluster", lambda: self.alive() == set(NODES), 60)
        except SystemExit:
            self.complain("rabbit-0", "finds no cluster")

    def alive(self):
        for n in NODES:
            status = self.control(n, "cluster_status").stdout if self.nodes[n].poll() is None else ""
            if status:
                running = status.split("Running Nodes")[1].split("Versions")[0]
                return {int(m) for m in re.findall(r"rabbit-(\d)@", running)}
        return set()


def talk_on(gateway):
    begun = ask(f"{gateway}/start-convo-bro")
    id = begun["conversationId"]
    lines = f"{gateway}/api/conversations/{id}/messages?limit=100"

    def all_said():
        orders = [line["order"] for line in ask(lines)["items"] if line.get("kind", "line") != "aside"]
        return orders if len(orders) >= LINES else None
    return until(f"ten lines of {id}", all_said, 150)


def main():
    import sys
    installation = Cluster("friends", pathlib.Path(sys.argv[2]))
    installation.start()
    gateway = installation.url("gateway")
    queues = installation.control(0, "list_queues", "name", "type", "members").stdout
    rows = [line for line in queues.splitlines() if line.startswith("q-")]
    assert len(rows) == 4, queues
    assert all("quorum" in row and all(installation.node(n) in row for n in NODES) for row in rows), queues
    with concurrent.futures.ThreadPoolExecutor(TALKS) as people:
        talks = []
        for n in (0, 1):
            # A line a second: the kill is in the middle of them.
            talks += [people.submit(talk_on, gateway) for _ in range(TALKS // 2)]
            time.sleep(3)
            installation.nodes[n].kill()
            installation.nodes[n].wait()
            going_on = sum(not talk.done() for talk in talks)
            assert going_on >= TALKS // 2, going_on
            print(f"deploy/rehearse: killed node {n} under {going_on} conversations", flush=True)
            time.sleep(4)
            installation.begin(n)
            installation.await_cluster()
        orders = [talk.result() for talk in talks]
    assert all(sorted(o) == list(range(1, LINES + 1)) for o in orders), orders
    installation.doctor("gateway", "friends", gateway, [])
    installation.stop()
    print(f"deploy/rehearse: cluster: {TALKS} conversations, {TALKS * LINES} lines, none lost, none twice, while "
          "two of three nodes were killed one after the other")


if __name__ == "__main__":
    main()
