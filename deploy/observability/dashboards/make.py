#!/usr/bin/env python3
"""Writes the dashboards beside this file: `make.py`; `make.py --check` fails where they differ.

A dashboard is rows of panels, a panel is a title, a unit, a sentence for who looks at it, and queries
with the legend of each. Grafana's own JSON is too long to be written by hand.
"""

import json
import pathlib
import sys

SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH = 24
RATE = "$__rate_interval"


def rate(metric, by="", more=""):
    selector = f"{{{more}}}" if more else ""
    group = f" by ({by})" if by else ""
    return f"sum{group} (rate({metric}{selector}[{RATE}]))"


def share(part, whole):
    return f"({part} or vector(0)) / clamp_min({whole}, 1e-9)"


def quantile(q, metric, by=""):
    group = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({group}) (rate({metric}_bucket[{RATE}])))"


def times(metric, by=""):
    legend = f"{{{{{by}}}}} " if by else ""
    return [(quantile(q, metric, by), f"{legend}p{round(q * 100)}") for q in (0.5, 0.99)]


OPERATIONS = {
    "uid": "parlor-operations",
    "title": "Parlor: operations",
    "rows": [
        ("At a glance", [
            ("Roles that answer", "short", "Processes that Prometheus reaches, by what they are.",
             [("count by (role) (parlor_info)", "{{role}}")]),
            ("Messages", "ops", "Messages stored a second: what the installation does.",
             [(rate("parlor_messages_stored_total", "kind"), "{{kind}}")]),
            ("What goes wrong", "ops", "Dead letters, lines of a fallback, lines that wait, calls tried again. All flat at 0 when all is well.",
             [(rate("parlor_dead_letters_total"), "dead letters"),
              (rate("parlor_fallback_lines_total"), "fallback lines"),
              (rate("parlor_waits_total"), "lines that wait"),
              (rate("parlor_retries_total", "kind"), "again: {{kind}}")]),
            ("Waiting in inboxes", "short", "Messages that nobody has taken yet. Grows where consumers are too few or gone.",
             [("max by (inbox) (parlor_inbox_waiting)", "{{inbox}}")]),
        ]),
        ("Requests (gateway)", [
            ("Rate", "reqps", "Requests a second, by route.",
             [(rate("parlor_http_requests_total", "route"), "{{route}}")]),
            ("Errors", "percentunit", "Share of answers that are the server's failure (5xx).",
             [(share(rate("parlor_http_requests_total", more='status=~"5.."'), rate("parlor_http_requests_total")), "5xx")]),
            ("Duration", "s", "Time to the answer; of a live stream, to its beginning.",
             times("parlor_http_request_seconds")),
            ("Live readers", "short", "Pages and programs that watch.",
             [("sum (parlor_live_readers)", "readers")]),
        ]),
        ("Steps (characters)", [
            ("Rate", "ops", "Deliveries taken from the bus a second, by process.",
             [(rate("parlor_deliveries_total", "instance"), "{{instance}}")]),
            ("Errors", "percentunit", "Share of deliveries that became dead letters; share that had been handled before.",
             [(share(rate("parlor_dead_letters_total"), rate("parlor_deliveries_total")), "dead letters"),
              (share(rate("parlor_deliveries_stale_total"), rate("parlor_deliveries_total")), "handled before")]),
            ("Duration", "s", "From taking a batch to its commit.", times("parlor_step_seconds")),
            ("Batch", "short", "Deliveries in one step: grows with the load.",
             [(quantile(0.5, "parlor_step_batch_size"), "p50"), (quantile(0.99, "parlor_step_batch_size"), "p99")]),
        ]),
        ("Bus", [
            ("Rate", "ops", "Envelopes handed to the bus a second.",
             [(rate("parlor_bus_published_total", "bus"), "{{bus}}")]),
            ("Errors", "percentunit", "Share that the bus did not confirm; they are sent again.",
             [(share(rate("parlor_bus_published_total", more='outcome="failed"'), rate("parlor_bus_published_total")), "failed")]),
            ("Duration", "s", "From commit to the bus's confirmation.", times("parlor_bus_publish_seconds")),
            ("Outbox", "short", "Envelopes on their way or put back. A step that stays is a relay that is gone, or a paused world.",
             [("max by (world) (parlor_outbox_rows)", "{{world}}"),
              (rate("parlor_outbox_relayed_total"), "found by a relay, a second")]),
        ]),
        ("Store", [
            ("Rate", "ops", "Commits and loads a second; each carries a batch.",
             [(rate("parlor_store_commit_seconds_count"), "commits"), (rate("parlor_store_load_seconds_count"), "loads")]),
            ("Errors", "ops", "Calls that were tried again.",
             [(rate("parlor_retries_total", "kind"), "{{kind}}")]),
            ("Commit", "s", "One transaction.", times("parlor_store_commit_seconds")),
            ("Load", "s", "One query for the scenes of a batch.", times("parlor_store_load_seconds")),
        ]),
        ("Dialects and language models", [
            ("Lines", "ops", "Lines asked for a second, by dialect and how it ended.",
             [(rate("parlor_dialect_lines_total", "dialect, outcome"), "{{dialect}} {{outcome}}")]),
            ("Errors", "percentunit", "Share of lines that the dialect could not give itself.",
             [(share(rate("parlor_dialect_lines_total", more='outcome!="spoken"'), rate("parlor_dialect_lines_total")), "not spoken")]),
            ("Duration", "s", "From asking for a line to having it.", times("parlor_dialect_seconds", "dialect")),
            ("Calls to models", "ops", "Calls a second, by model and how it ended.",
             [(rate("parlor_model_calls_total", "model, outcome"), "{{model}} {{outcome}}")]),
        ]),
    ],
}

WORLD = {
    "uid": "parlor-world",
    "title": "Parlor: the world",
    "rows": [
        ("What happens", [
            ("Said", "ops", "Messages said a second in each world.",
             [(rate("parlor_world_messages_total", "world"), "{{world}}")]),
            ("Said today", "short", "Messages said in the last 24 hours.",
             [("sum by (world) (increase(parlor_world_messages_total[24h]))", "{{world}}")]),
            ("Conversations", "ops", "Conversations that began and ended, a second.",
             [(rate("parlor_conversations_opened_total"), "began"), (rate("parlor_conversations_closed_total"), "ended")]),
            ("Going on", "short", "Conversations that began in the last hour less those that ended in it.",
             [("sum (increase(parlor_conversations_opened_total[1h])) - sum (increase(parlor_conversations_closed_total[1h]))", "going on")]),
        ]),
        ("Who", [
            ("Waiting to be heard", "short", "Messages that wait in each inbox.",
             [("max by (inbox) (parlor_inbox_waiting)", "{{inbox}}")]),
            ("Listening", "short", "Consumers of each inbox; 0 is somebody who does not listen.",
             [("max by (inbox) (parlor_inbox_consumers)", "{{inbox}}")]),
            ("Lines and asides", "ops", "By kind: a line is an answer, an aside nobody answers.",
             [(rate("parlor_messages_stored_total", "kind"), "{{kind}}")]),
            ("Watching", "short", "Pages and programs that watch.",
             [("sum (parlor_live_readers)", "readers")]),
        ]),
        ("How they find words", [
            ("Dialects", "ops", "Lines a second, by dialect.",
             [(rate("parlor_dialect_lines_total", "dialect"), "{{dialect}}")]),
            ("Not their own words", "percentunit", "Share of lines that a fallback spoke.",
             [(share(rate("parlor_fallback_lines_total"), rate("parlor_messages_stored_total")), "fallback")]),
            ("Time to think", "s", "From asking a dialect to its line.", times("parlor_dialect_seconds", "dialect")),
            ("Searchable", "s", "How far the index of words is behind what was said.",
             [("max (parlor_words_behind_seconds)", "behind")]),
        ]),
    ],
}


def panel(number, place, title, unit, about, queries):
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "description": about,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 10, "showPoints": "never"}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [
            {"refId": chr(ord("A") + n), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
            for n, (expr, legend) in enumerate(queries)
        ],
    }


def dashboard(spec):
    panels, y, number = [], 0, 1
    for title, row in spec["rows"]:
        panels.append({"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
        number, y = number + 1, y + 1
        width = WIDTH // len(row)
        for n, content in enumerate(row):
            place = {"x": n * width, "y": y, "w": width, "h": 8}
            panels.append(panel(number, place, *content))
            number += 1
        y += 8
    return {
        "uid": spec["uid"], "title": spec["title"], "tags": ["parlor"], "schemaVersion": 41, "version": 1,
        "editable": True, "refresh": "10s", "time": {"from": "now-30m", "to": "now"}, "panels": panels,
        "templating": {"list": [{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}]},
    }


def main():
    here = pathlib.Path(__file__).parent
    for name, spec in (("operations", OPERATIONS), ("world", WORLD)):
        file = here / f"{name}.json"
        text = json.dumps(dashboard(spec), indent=2, ensure_ascii=False) + "\n"
        if "--check" not in sys.argv:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            sys.exit(f"{file} is not what make.py writes: run it")


main()
