"""Debian's Python client against a lab; says line by line what it saw. Run by python.test.ts with KUBECONFIG set."""
import json
import sys
import threading

import urllib3
from kubernetes import client, config, dynamic, watch
from kubernetes.client.rest import ApiException
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.configmaplock import ConfigMapLock
from kubernetes.stream import stream

NAMESPACE = "default"


def say(*words):
    print(*words, flush=True)


def inform():
    """Lists, watches, and goes on where the connection broke off."""
    core = client.CoreV1Api()
    listed = core.list_namespaced_config_map(NAMESPACE, label_selector="watched=yes")
    version = listed.metadata.resource_version
    say("listed", *[item.metadata.name for item in listed.items])
    while True:
        try:
            say("watching")
            for event in watch.Watch().stream(
                core.list_namespaced_config_map, NAMESPACE, label_selector="watched=yes", resource_version=version, timeout_seconds=20
            ):
                found = event["object"]
                version = found.metadata.resource_version
                say(event["type"].lower(), found.metadata.name)
                if found.metadata.name == "end":
                    return
        except (urllib3.exceptions.HTTPError, OSError):
            say("broken")


def elect():
    """Two candidates by the client's own leader election: the second leads when the first has ended."""
    order = []
    ended = threading.Event()

    def candidate(identity):
        settings = electionconfig.Config(
            ConfigMapLock("election", NAMESPACE, identity),
            lease_duration=3,
            renew_deadline=2,
            retry_period=1,
            onstarted_leading=lambda: (order.append(identity), ended.set()),
            onstopped_leading=lambda: None,
        )
        return leaderelection.LeaderElection(settings)

    first, second = candidate("a"), candidate("b")
    say("first tries", first.try_acquire_or_renew(), "second tries", second.try_acquire_or_renew())
    say("first again", first.try_acquire_or_renew())
    # The first one ends without a word; the second one waits for its lease to run out.
    threading.Thread(target=second.run, daemon=True).start()
    ended.wait(30)
    say("leads", *order)


def patch():
    apps = client.AppsV1Api()
    labels = {"app": "py"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "a:1"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template, "replicas": 0}
    apps.create_namespaced_deployment(NAMESPACE, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "py"}, "spec": spec})
    # A list is a JSON patch to this client, an object a strategic merge patch.
    made = apps.patch_namespaced_deployment("py", NAMESPACE, [{"op": "replace", "path": "/spec/revisionHistoryLimit", "value": 3}])
    say("json", made.spec.revision_history_limit)
    sidecar = {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "b:1"}]}}}}
    made = apps.patch_namespaced_deployment("py", NAMESPACE, sidecar)
    say("strategic", *[container.name for container in made.spec.template.spec.containers])
    resources = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="apps/v1", kind="Deployment")
    merged = resources.patch(
        name="py", namespace=NAMESPACE, body={"spec": {"minReadySeconds": 4}}, content_type="application/merge-patch+json"
    )
    say("merge", merged.spec.minReadySeconds, merged.spec.revisionHistoryLimit)
    # This client sends what is no JSON only as text.
    whole = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "py"}, "spec": {**spec, "minReadySeconds": 5}}
    wanted = json.dumps(whole)
    try:
        resources.server_side_apply(name="py", namespace=NAMESPACE, body=wanted, field_manager="py")
    except ApiException as refused:
        say("apply", refused.status)
    applied = resources.server_side_apply(name="py", namespace=NAMESPACE, body=wanted, field_manager="py", force_conflicts=True)
    say("forced", applied.spec.minReadySeconds)


def execute():
    core = client.CoreV1Api()

    def run(script, **more):
        return stream(
            core.connect_get_namespaced_pod_exec,
            "shell",
            NAMESPACE,
            command=["/bin/sh", "-c", script],
            stderr=True,
            stdin=False,
            stdout=True,
            tty=False,
            **more,
        )

    say("out", repr(run("echo out; echo err >&2")))
    session = run("echo one; echo two >&2; exit 7", _preload_content=False)
    session.run_forever(timeout=20)
    say("apart", repr(session.read_stdout()), repr(session.read_stderr()), session.returncode)


config.load_kube_config()
{"inform": inform, "elect": elect, "patch": patch, "execute": execute}[sys.argv[1]]()
