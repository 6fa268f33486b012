#!/usr/bin/env python3
"""Runs one aggregation in one other engine and prints what it took and what it found; `esql.py` starts it.

    python3 bench/engines.py ENGINE ndjson|parquet QUERY FILE THREADS

The time is that of the query alone, without starting Python and loading the engine. Each engine is told the types of the
fields it needs, so that none has to guess them, and reads no others.
"""

import json
import os
import sys
import time

PORTS = "(1883, 8883, 5222, 5223, 5269, 5672, 5671, 61613, 61614)"
PRIVATE = r"^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)"
CLIENTS = "('mosquitto', 'mosquitto_pub', 'mosquitto_sub', 'mosquitto.exe')"

# What stands for a field, per layout: nested objects in NDJSON, columns with dotted names in Parquet.
FIELDS = {
    "ndjson": {"time": '"@timestamp"', "host": "host.name", "process": "process.name", "executable": "process.executable",
               "command": "process.command_line", "parent": "process.parent.name", "entity": "process.entity_id",
               "action": "event.action", "dataset": "event.dataset", "ip": "destination.ip", "port": "destination.port",
               "user": "user.name"},
    "parquet": {"time": '"@timestamp"', "host": '"host.name"', "process": '"process.name"',
                "executable": '"process.executable"', "command": '"process.command_line"',
                "parent": '"process.parent.name"', "entity": '"process.entity_id"', "action": '"event.action"',
                "dataset": '"event.dataset"', "ip": '"destination.ip"', "port": '"destination.port"',
                "user": '"user.name"'},
}

# The six aggregations in SQL. `esql.py` has them in ES|QL and compares the answers. In place of functions that are named
# differently: hour() and matches().
QUERIES = {
    "seed": """SELECT {host}, lower({process}) AS p, {port}, count(*) AS n, min({time}), max({time}) FROM t
        WHERE {action} = 'connection_attempted' AND {port} IN """ + PORTS + """ AND {ip} IS NOT NULL
        AND NOT matches({ip}, '""" + PRIVATE + """')
        AND NOT ({port} IN (1883, 8883) AND coalesce(lower({process}), '') IN """ + CLIENTS + """)
        GROUP BY {host}, p, {port} HAVING count(*) > 1""",
    "actions": "SELECT {dataset}, {action}, count(*) FROM t GROUP BY {dataset}, {action}",
    "destinations": """SELECT {ip}, {port}, count(*) AS n, count(DISTINCT {host}) FROM t WHERE {ip} IS NOT NULL
        GROUP BY {ip}, {port} HAVING count(DISTINCT {host}) > 3""",
    "hours": """SELECT hour({time}) AS h, {host}, count(*) FROM t WHERE {action} = 'connection_attempted'
        GROUP BY h, {host}""",
    "children": """SELECT {parent}, {process}, count(*), count(DISTINCT {user}) FROM t
        WHERE {command} LIKE '%curl%' OR {command} LIKE '%http%' GROUP BY {parent}, {process}""",
    "entities": """SELECT n, count(*) FROM (SELECT {entity} AS e, count(*) AS n FROM t GROUP BY {entity}) AS g GROUP BY n""",
}


def columns_used(query):
    """The fields that a query names."""
    return [name for name in FIELDS["ndjson"] if "{" + name + "}" in QUERIES[query]]


def tree(names):
    """The objects and leaves of fields in NDJSON: {"destination": {"ip": "text", "port": "number"}}."""
    found = {}
    for name in names:
        path = FIELDS["ndjson"][name].strip('"').split(".")
        level = found
        for part in path[:-1]:
            level = level.setdefault(part, {})
        level[path[-1]] = "number" if name == "port" else "text"
    return found


def sql(layout, query, hour, matches):
    text = QUERIES[query].format(**FIELDS[layout])
    return text.replace("hour(", hour + "(").replace("matches(", matches + "(")


# ---------------------------------------------------------------- the engines

def duckdb(layout, query, path, threads):
    import duckdb as engine
    connection = engine.connect()
    *settings, text = duckdb_statements(layout, query, path, threads)
    for setting in settings:
        connection.execute(setting)
    return lambda: connection.execute(text).fetchall()


def duckdb_statements(layout, query, path, threads):
    """What DuckDB is told, the query last."""
    def kind(node):
        if isinstance(node, str):
            return "BIGINT" if node == "number" else "VARCHAR"
        return "STRUCT(" + ", ".join(f'"{name}" {kind(under)}' for name, under in node.items()) + ")"

    if layout == "ndjson":
        columns = ", ".join(f"'{name}': '{kind(node)}'" for name, node in tree(columns_used(query)).items())
        table = f"read_ndjson('{path}', columns = {{{columns}}})"
        hour = "substr(x, 1, 13)"
    else:
        table = f"read_parquet('{path}')"
        hour = "strftime(x, '%Y-%m-%dT%H')"
    text = sql(layout, query, "hour_of", "regexp_matches").replace("FROM t", f"FROM {table} AS t")
    return [f"SET threads = {threads}", "SET preserve_insertion_order = false", f"CREATE MACRO hour_of(x) AS {hour}", text]


def chdb(layout, query, path, threads):
    import chdb as engine

    def kind(node):
        if isinstance(node, str):
            return "Nullable(Int64)" if node == "number" else "Nullable(String)"
        return "Tuple(" + ", ".join(f"`{name}` {kind(under)}" for name, under in node.items()) + ")"

    settings = f" SETTINGS max_threads = {threads}, join_use_nulls = 1"
    if layout == "ndjson":
        columns = ", ".join(f"`{name}` {kind(node)}" for name, node in tree(columns_used(query)).items())
        table = f"file('{path}', 'JSONEachRow', '{columns}')"
        settings += ", input_format_skip_unknown_fields = 1, input_format_json_ignore_unknown_keys_in_named_tuple = 1"
        settings += ", input_format_json_defaults_for_missing_elements_in_named_tuple = 1"
        settings += ", input_format_json_read_arrays_as_strings = 1"
        text = sql(layout, query, "hour_of", "match").replace("hour_of(", "left(assumeNotNull(").replace(
            'assumeNotNull("@timestamp")', 'assumeNotNull("@timestamp"), 13)')
    else:
        table = f"file('{path}', 'Parquet')"
        text = sql(layout, query, "toStartOfHour", "match")
    text = text.replace("FROM t", f"FROM {table} AS t")
    return lambda: [tuple(row) for row in json.loads(str(engine.query(text + settings, "JSONCompact")))["data"]]


def polars(layout, query, path, threads):
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as engine

    def kind(node):
        if isinstance(node, str):
            return engine.Int64 if node == "number" else engine.String
        return engine.Struct({name: kind(under) for name, under in node.items()})

    column = engine.col
    names = columns_used(query)
    if layout == "ndjson":
        frame = engine.scan_ndjson(path, schema={name: kind(node) for name, node in tree(names).items()})

        def field(name):
            first, *rest = FIELDS["ndjson"][name].strip('"').split(".")
            expression = column(first)
            for part in rest:
                expression = expression.struct.field(part)
            return expression.alias(name)
    else:
        frame = engine.scan_parquet(path)

        def field(name):
            return column(FIELDS["parquet"][name].strip('"')).alias(name)
    frame = frame.select([field(name) for name in names])
    hour = column("time").str.slice(0, 13) if layout == "ndjson" else column("time").dt.strftime("%Y-%m-%dT%H")
    attempted = column("action") == "connection_attempted"
    ports = [int(port) for port in PORTS.strip("()").split(", ")]
    process = column("process").str.to_lowercase()
    clients = [name.strip("' ") for name in CLIENTS.strip("()").split(",")]
    plans = {
        "seed": lambda: frame.filter(
            attempted & column("port").is_in(ports) & column("ip").is_not_null() & ~column("ip").str.contains(PRIVATE)
            & ~(column("port").is_in([1883, 8883]) & process.fill_null("").is_in(clients)))
        .group_by("host", process.alias("p"), "port")
        .agg(engine.len().alias("n"), column("time").min().alias("first"), column("time").max().alias("last"))
        .filter(column("n") > 1),
        "actions": lambda: frame.group_by("dataset", "action").agg(engine.len()),
        "destinations": lambda: frame.filter(column("ip").is_not_null()).group_by("ip", "port")
        .agg(engine.len().alias("n"), column("host").n_unique().alias("hosts")).filter(column("hosts") > 3),
        "hours": lambda: frame.filter(attempted).group_by(hour.alias("h"), "host").agg(engine.len()),
        "children": lambda: frame.filter(
            column("command").str.contains("curl", literal=True) | column("command").str.contains("http", literal=True))
        .group_by("parent", "process").agg(engine.len().alias("n"), column("user").drop_nulls().n_unique()),
        "entities": lambda: frame.group_by("entity").agg(engine.len().alias("n")).group_by("n").agg(engine.len().alias("m")),
    }
    plan = plans[query]()
    return lambda: plan.collect(engine="streaming").rows()


def main():
    engine, layout, query, path, threads = sys.argv[1:]
    ask = {"duckdb": duckdb, "chdb": chdb, "polars": polars}[engine](layout, query, path, int(threads))
    begin = time.perf_counter()
    rows = ask()
    seconds = time.perf_counter() - begin
    json.dump({"seconds": seconds, "rows": [[plain(value) for value in row] for row in rows]}, sys.stdout)


def plain(value):
    """A value as JSON has it; times are compared by `esql.py` only to the second."""
    return value if value is None or isinstance(value, (int, float, str)) else str(value)


if __name__ == "__main__":
    main()
