#!/usr/bin/env python3
"""Measures `brokerwatch scan` on each source of telemetry, beside a tool that people take for it today.

    python3 bench/sources.py --evtx FOLDER

README.md beside this file says what is needed and how to read the numbers. Linux; standard library, and DuckDB if it is
there.
"""

import argparse
import collections
import hashlib
import inspect
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

sys.dont_write_bytecode = True  # no `__pycache__` in the repository

import scan  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
BROKER_PORTS = (1883, 8883, 5222, 5223, 5269, 5672, 5671, 61613, 61614)
MQTT_CLIENTS = ("mosquitto", "mosquitto_pub", "mosquitto_sub", "mosquitto.exe")
# 2026-01-05T00:00:00Z
EPOCH = 1767571200
EVTX_PARTS = 8


# ---------------------------------------------------------------- chance

class Chance:
    """Invents the parts of events from one source of chance."""

    COMMON_PORTS = (443, 443, 443, 443, 80, 80, 53, 22, 123, 389, 445, 3389, 8080, 8443, 5432, 3306, 6379, 9200)

    def __init__(self, seed):
        self.random = random.Random(seed)
        draw = self.random.randrange
        self.public = [f"{draw(11, 100)}.{draw(256)}.{draw(256)}.{draw(1, 255)}" for _ in range(3000)]
        self.private = [f"192.168.{draw(256)}.{draw(1, 255)}" for _ in range(400)]
        self.private += [f"10.{draw(256)}.{draw(256)}.{draw(1, 255)}" for _ in range(400)]
        self.private += [f"172.{draw(16, 32)}.{draw(256)}.{draw(1, 255)}" for _ in range(200)]

    def share(self, share):
        return self.random.random() < share

    def one(self, items):
        return items[int(self.random.random() * len(items))]

    def number(self, low, high):
        return low + int(self.random.random() * (high - low))

    def hex(self, digits):
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def local(self):
        return self.one(self.private)

    def destination(self):
        """Address and port: half of them inside, one in 250 a port of a broker."""
        address = self.one(self.public) if self.share(0.5) else self.one(self.private)
        return address, self.one(BROKER_PORTS) if self.share(0.004) else self.one(self.COMMON_PORTS)

    def is_public(self, address):
        return not address.startswith(("10.", "192.168.", "127.")) and not (
            address.startswith("172.") and 16 <= int(address.split(".")[1]) < 32)

    def match(self, address, port, program):
        """The destination, if the rule of the built-in pack matches; program is the name of the process."""
        known = port in (1883, 8883) and program.lower() in MQTT_CLIENTS
        return f"{address}:{port}" if port in BROKER_PORTS and self.is_public(address) and not known else None


def moment(number):
    """Seconds since the epoch of the `number`th event, and the fraction in milliseconds: fifty a second."""
    return EPOCH + number // 50, number % 50 * 20


def utc(number, separator="T", end="Z"):
    """The time of the `number`th event as text, all of it on a few days."""
    seconds, millis = moment(number)
    day, rest = divmod(seconds - EPOCH, 86400)
    return f"2026-01-{5 + day % 27:02}{separator}{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}.{millis:03}{end}"


# ---------------------------------------------------------------- sources

PRIVATE = r"^(10\.|127\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)"
PORTS_AWK = "^(" + "|".join(map(str, BROKER_PORTS)) + ")$"
PORTS_JQ = "|".join(f'. == {port}' for port in BROKER_PORTS).replace("|", " or ")


class Source:
    """One source: how its events look, and what another tool is asked to do with them.

    `event` gives an event's text and its destination if the rule matches it. `tool` is a command that prints a line
    for each of the same events, unless `tool_counts` says what it prints instead.
    """

    header = footer = ""
    needs = None
    tool_threads = False

    def event(self, chance, number):
        raise NotImplementedError

    def tool(self, path, threads):
        raise NotImplementedError

    def tool_counts(self, facts):
        """How many lines the tool prints."""
        return len(facts["matches"])


class Zeek(Source):
    """conn.log as Zeek writes it, beside mawk."""

    name, needs = "zeek conn.log", "mawk"
    header = ("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2026-01-05-00-00-00\n"
              "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\t"
              "conn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents\n"
              "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\t"
              "count\tcount\tcount\tcount\tset[string]\n")
    footer = "#close\t2026-01-06-00-00-00\n"

    def event(self, chance, number):
        address, port = chance.destination()
        seconds, millis = moment(number)
        sent, got = chance.number(60, 4000), chance.number(0, 90000)
        local = "F" if chance.is_public(address) else "T"
        row = (f"{seconds}.{millis:03}{chance.number(100, 999)}\tC{chance.hex(17)}\t{chance.local()}\t{chance.number(1025, 65535)}\t{address}\t{port}\t"
               f"{'udp' if port in (53, 123) else 'tcp'}\t{chance.one(('ssl', 'http', 'dns', '-'))}\t{chance.random.random() * 60:.6f}\t{sent}\t{got}\t"
               f"{chance.one(('SF', 'SF', 'S0', 'RSTO'))}\tT\t{local}\t0\tShADadFf\t{sent // 60}\t{sent + 40}\t{got // 900}\t{got + 40}\t-\n")
        return row, chance.match(address, port, "")

    def tool(self, path, threads):
        return ["mawk", "-F\t", f'!/^#/ && $6 ~ /{PORTS_AWK}/ && $5 !~ /{PRIVATE}/', path]


class Suricata(Source):
    """eve.json, beside jq."""

    name, needs = "suricata eve.json", "jq"

    def event(self, chance, number):
        address, port = chance.destination()
        local, time = chance.local(), utc(number, end="000+0000")
        ends = (f'"timestamp":"{time}","flow_id":{chance.number(10**14, 10**15)},"in_iface":"eth0","event_type":"%s","src_ip":"{local}",'
                f'"src_port":{chance.number(1025, 65535)},"dest_ip":"{address}","dest_port":{port},"proto":"TCP"')
        kind = chance.random.random()
        if kind < 0.5:
            text = (f'{{{ends % "flow"},"app_proto":"tls","flow":{{"pkts_toserver":{chance.number(1, 90)},"pkts_toclient":{chance.number(1, 90)},'
                    f'"bytes_toserver":{chance.number(60, 9000)},"bytes_toclient":{chance.number(60, 90000)},"start":"{time}","end":"{time}","age":12,'
                    f'"state":"closed","reason":"timeout","alerted":false}},"tcp":{{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true,'
                    f'"fin":true,"psh":true,"ack":true,"state":"closed"}},"host":"sensor-3"}}\n')
            return text, chance.match(address, port, "")
        if kind < 0.8:
            text = (f'{{{ends % "dns"},"dns":{{"type":"query","id":{chance.number(1, 65535)},"rrname":"{chance.hex(8)}.example.com","rrtype":"A",'
                    f'"tx_id":0,"opcode":0}},"host":"sensor-3"}}\n')
        elif kind < 0.9:
            text = (f'{{{ends % "http"},"tx_id":0,"http":{{"hostname":"{chance.hex(8)}.example.com","url":"/a/{chance.hex(12)}","http_user_agent":'
                    f'"Mozilla/5.0 (Windows NT 10.0; Win64; x64)","http_content_type":"text/html","http_method":"GET","protocol":"HTTP/1.1","status":200,'
                    f'"length":{chance.number(1, 90000)}}},"host":"sensor-3"}}\n')
        else:
            text = (f'{{{ends % "alert"},"alert":{{"action":"allowed","gid":1,"signature_id":{chance.number(2000000, 2900000)},"rev":3,"signature":'
                    f'"A signature about {chance.hex(6)}","category":"Potentially Bad Traffic","severity":2,"metadata":{{"created_at":["2010_07_30"],'
                    f'"updated_at":["2018_03_27"]}}}},"flow":{{"pkts_toserver":1,"pkts_toclient":0,"bytes_toserver":60,"bytes_toclient":0,"start":"{time}"}},'
                    f'"host":"sensor-3"}}\n')
        return text, None

    def tool(self, path, threads):
        private = json.dumps(PRIVATE)
        return ["jq", "-c", f'select(.event_type == "flow" and (.dest_port | {PORTS_JQ}) and (.dest_ip | test({private}) | not))', path]


class Audit(Source):
    """audit.log, beside ausearch, which finds the calls and leaves their addresses to the reader."""

    name, needs = "linux audit.log", "ausearch"
    PROGRAMS = ("/usr/bin/curl", "/usr/sbin/sshd", "/usr/bin/python3.11", "/usr/bin/mosquitto_sub", "/opt/agent/bin/agent", "/usr/bin/java")

    def event(self, chance, number):
        seconds, millis = moment(number)
        stamp = f"audit({seconds}.{millis:03}:{number + 1})"
        path = chance.one(self.PROGRAMS)
        program = path.rsplit("/", 1)[1]
        ids = (f"ppid={chance.number(1, 9999)} pid={chance.number(1000, 99999)} auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 "
               f'ses=3 comm="{program[:15]}" exe="{path}" subj=unconfined key="watched"\x1dARCH=x86_64 SYSCALL=%s AUID="jo" UID="root" GID="root" EUID="root" '
               f'SUID="root" FSUID="root" EGID="root" SGID="root" FSGID="root"\n')
        kind = chance.random.random()
        if kind < 0.3:
            address, port = chance.destination()
            saddr = f"0200{port:04X}" + "".join(f"{int(part):02X}" for part in address.split(".")) + "0" * 16
            text = (f"type=SYSCALL msg={stamp}: arch=c000003e syscall=42 success=yes exit=0 a0=3 a1=7ffd{chance.hex(8)} a2=10 a3=0 items=0 {ids % 'connect'}"
                    f"type=SOCKADDR msg={stamp}: saddr={saddr}\x1dSADDR={{ saddr_fam=inet laddr={address} lport={port} }}\n"
                    f"type=PROCTITLE msg={stamp}: proctitle={program.encode().hex().upper()}\n")
            return text, chance.match(address, port, program)
        if kind < 0.7:
            folder = f"/home/jo/{chance.hex(6)}"
            text = (f"type=SYSCALL msg={stamp}: arch=c000003e syscall=59 success=yes exit=0 a0=55{chance.hex(10)} a1=55{chance.hex(10)} a2=55{chance.hex(10)} a3=8 "
                    f"items=2 {ids % 'execve'}"
                    f'type=EXECVE msg={stamp}: argc=3 a0="{program}" a1="--out" a2="{folder}/{chance.hex(10)}"\n'
                    f'type=CWD msg={stamp}: cwd="{folder}"\n'
                    f'type=PATH msg={stamp}: item=0 name="{path}" inode={chance.number(1, 10**7)} dev=fd:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL '
                    f'cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\x1dOUID="root" OGID="root"\n'
                    f'type=PATH msg={stamp}: item=1 name="/lib64/ld-linux-x86-64.so.2" inode=1051 dev=fd:01 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL '
                    f'cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\x1dOUID="root" OGID="root"\n'
                    f"type=PROCTITLE msg={stamp}: proctitle={program.encode().hex().upper()}\n")
        elif kind < 0.9:
            text = (f"type=SYSCALL msg={stamp}: arch=c000003e syscall=257 success=yes exit=4 a0=ffffff9c a1=7ffd{chance.hex(8)} a2=241 a3=1b6 items=1 {ids % 'openat'}"
                    f'type=CWD msg={stamp}: cwd="/"\n'
                    f'type=PATH msg={stamp}: item=0 name="/etc/{chance.hex(8)}.conf" inode={chance.number(1, 10**7)} dev=fd:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 '
                    f'nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0\x1dOUID="root" OGID="root"\n'
                    f"type=PROCTITLE msg={stamp}: proctitle={program.encode().hex().upper()}\n")
        else:
            text = (f"type=USER_AUTH msg={stamp}: pid={chance.number(1000, 99999)} uid=0 auid=4294967295 ses=4294967295 subj=unconfined msg='op=PAM:authentication "
                    f'grantors=pam_unix acct="jo" exe="/usr/sbin/sshd" hostname={chance.local()} addr={chance.local()} terminal=ssh res=success\'\x1dUID="root" AUID="unset"\n')
        return text, None

    def tool(self, path, threads):
        return ["ausearch", "-if", path, "-m", "SOCKADDR", "-sc", "connect", "--raw"]

    def tool_counts(self, facts):
        return 3 * facts["connects"]  # three records an event


class SysmonLinux(Source):
    """Sysmon for Linux in syslog, beside mawk on the text of the XML."""

    name, needs = "sysmon for linux (syslog)", "mawk"
    PROGRAMS = Audit.PROGRAMS

    def event(self, chance, number):
        path, seconds = chance.one(self.PROGRAMS), utc(number, " ", "")
        clock = seconds[11:19]
        kind = chance.random.random()
        code = 3 if kind < 0.3 else 1 if kind < 0.8 else 11
        data = [("RuleName", "-"), ("UtcTime", seconds), ("ProcessGuid", f"{{94325212-{chance.hex(4)}-627b-082b-60e4b9550000}}"),
                ("ProcessId", chance.number(1, 99999)), ("Image", path), ("User", "root")]
        match = None
        if code == 3:
            address, port = chance.destination()
            is_own = chance.share(0.8)
            data += [("Protocol", "tcp"), ("Initiated", "true" if is_own else "false"), ("SourceIsIpv6", "false"), ("SourceIp", chance.local()), ("SourceHostname", "-"),
                     ("SourcePort", chance.number(1025, 65535)), ("SourcePortName", "-"), ("DestinationIsIpv6", "false"), ("DestinationIp", address),
                     ("DestinationHostname", "-"), ("DestinationPort", port), ("DestinationPortName", "-")]
            match = chance.match(address, port, path.rsplit("/", 1)[1]) if is_own else None
        elif code == 1:
            data += [("CommandLine", f"{path} --out /tmp/{chance.hex(12)}"), ("CurrentDirectory", "/root"), ("LogonId", 0), ("Hashes", f"SHA256={chance.hex(64)}"),
                     ("ParentProcessId", chance.number(1, 99999)), ("ParentImage", "/usr/bin/bash"), ("ParentCommandLine", "bash -c &quot;a &amp;&amp; b&quot;")]
        else:
            data += [("TargetFilename", f"/var/lib/{chance.hex(10)}"), ("CreationUtcTime", seconds)]
        values = "".join(f'<Data Name="{name}">{value}</Data>' for name, value in data)
        text = (f'Jan {5 + number // 4320000:2} {clock} web-3 sysmon: <Event><System><Provider Name="Linux-Sysmon" Guid="{{ff032593-a8d3-4f13-b0d6-01fc615a0f97}}"/>'
                f'<EventID>{code}</EventID><Version>5</Version><Level>4</Level><Task>{code}</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>'
                f'<TimeCreated SystemTime="{utc(number, end="000000Z")}"/><EventRecordID>{number}</EventRecordID><Correlation/><Execution ProcessID="1590" ThreadID="1590"/>'
                f'<Channel>Linux-Sysmon/Operational</Channel><Computer>web-3</Computer><Security UserId="0"/></System><EventData>{values}</EventData></Event>\n')
        return text, match

    def tool(self, path, threads):
        def value(name):
            return f'split($0, part, "Name=\\"{name}\\">") && split(part[2], {name}, "<")'
        known = "|".join(MQTT_CLIENTS)
        return ["mawk", f'/<EventID>3</ && /"Initiated">true/ && {value("DestinationPort")} && DestinationPort[1] ~ /{PORTS_AWK}/ && {value("DestinationIp")} && '
                f'DestinationIp[1] !~ /{PRIVATE}/ && {value("Image")} && !(DestinationPort[1] ~ /^(1883|8883)$/ && Image[1] ~ /\\/({known})$/)', path]


class WindowsJson(Source):
    """Sysmon on Windows as Winlogbeat 8 ships it, beside jq."""

    name, needs = "windows (winlogbeat json)", "jq"
    PROGRAMS = (r"C:\\Windows\\System32\\svchost.exe", r"C:\\Program Files\\Agent\\agent.exe", r"C:\\Tools\\mosquitto\\mosquitto.exe",
                r"C:\\Users\\jo\\AppData\\Local\\Programs\\app.exe")

    def event(self, chance, number):
        path = chance.one(self.PROGRAMS)
        time = utc(number, " ", "")
        kind = chance.random.random()
        code = 3 if kind < 0.3 else 1 if kind < 0.6 else 7 if kind < 0.8 else 13
        guid = f"{{42F11C3B-{chance.hex(4).upper()}-5C8C-0000-0010DFBC0000}}"
        data = [("RuleName", "-"), ("UtcTime", time), ("ProcessGuid", guid), ("ProcessId", chance.number(4, 20000)), ("Image", path), ("User", r"NT AUTHORITY\\SYSTEM")]
        match = None
        if code == 3:
            address, port = chance.destination()
            is_own = chance.share(0.8)
            data += [("Protocol", "tcp"), ("Initiated", "true" if is_own else "false"), ("SourceIsIpv6", "false"), ("SourceIp", chance.local()),
                     ("SourcePort", chance.number(1025, 65535)), ("DestinationIsIpv6", "false"), ("DestinationIp", address), ("DestinationPort", port)]
            match = chance.match(address, port, path.rsplit("\\", 1)[1]) if is_own else None
        elif code == 1:
            data += [("CommandLine", rf"{path} --out C:\\Temp\\{chance.hex(12)}"), ("CurrentDirectory", r"C:\\Windows\\"), ("IntegrityLevel", "System"),
                     ("Hashes", f"SHA256={chance.hex(64).upper()}"), ("ParentProcessId", chance.number(4, 20000)), ("ParentImage", r"C:\\Windows\\System32\\services.exe"),
                     ("ParentCommandLine", r"C:\\Windows\\System32\\services.exe")]
        elif code == 7:
            data += [("ImageLoaded", rf"C:\\Windows\\System32\\{chance.hex(8)}.dll"), ("FileVersion", "10.0.19041.1"), ("Signed", "true"), ("Signature", "Microsoft Windows"),
                     ("SignatureStatus", "Valid"), ("Hashes", f"SHA256={chance.hex(64).upper()}")]
        else:
            data += [("EventType", "SetValue"), ("TargetObject", rf"HKLM\\System\\CurrentControlSet\\Services\\{chance.hex(8)}\\Start"), ("Details", "DWORD (0x00000002)")]
        values = ",".join(f'"{name}":"{value}"' for name, value in data)
        message = r"\n".join(f"{name}: {value}" for name, value in data)
        text = (f'{{"@timestamp":"{utc(number)}","event":{{"code":"{code}","kind":"event","provider":"Microsoft-Windows-Sysmon","action":"Event {code} (rule: x)"}},'
                f'"host":{{"name":"pc-{number % 97}"}},"log":{{"level":"information"}},"message":"{message}","winlog":{{"channel":"Microsoft-Windows-Sysmon/Operational",'
                f'"computer_name":"pc-{number % 97}.corp.example","event_data":{{{values}}},"event_id":"{code}","opcode":"Info","process":{{"pid":4860,"thread":{{"id":4492}}}},'
                f'"provider_guid":"{{5770385F-C22A-43E0-BF4C-06F5698FFBD9}}","provider_name":"Microsoft-Windows-Sysmon","record_id":{number},"user":{{"domain":"NT AUTHORITY",'
                f'"identifier":"S-1-5-18","name":"SYSTEM","type":"User"}},"version":5}}}}\n')
        return text, match

    def tool(self, path, threads):
        ports, private = PORTS_JQ.replace("== ", '== "').replace(" or", '" or') + '"', json.dumps(PRIVATE)
        known = json.dumps(r"\\(" + "|".join(MQTT_CLIENTS).replace(".", r"\.") + ")$")
        return ["jq", "-c", f'select(.winlog.event_id == "3" and (.winlog.event_data | .Initiated == "true" and (.DestinationPort | {ports}) and '
                f'(.DestinationIp | test({private}) | not) and ((.DestinationPort == "1883" or .DestinationPort == "8883") and (.Image | test({known})) | not)))', path]


class Defender(Source):
    """Connections of Defender for Endpoint as the portal exports them, beside DuckDB."""

    name, needs, tool_threads = "defender for endpoint (csv)", "duckdb", True
    PROGRAMS = ("svchost.exe", "agent.exe", "mosquitto.exe", "msedge.exe")
    header = ("Timestamp,DeviceId,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP,LocalPort,Protocol,LocalIPType,RemoteIPType,InitiatingProcessSHA1,"
              "InitiatingProcessFileName,InitiatingProcessFileSize,InitiatingProcessId,InitiatingProcessCommandLine,InitiatingProcessCreationTime,"
              "InitiatingProcessFolderPath,InitiatingProcessParentFileName,InitiatingProcessParentId,InitiatingProcessAccountName,ReportId,AdditionalFields\n")

    def event(self, chance, number):
        address, port = chance.destination()
        program, time = chance.one(self.PROGRAMS), utc(number)
        is_own = chance.share(0.8)
        action = chance.one(("ConnectionSuccess", "ConnectionFailed", "ConnectionRequest")) if is_own else "InboundConnectionAccepted"
        row = (f"{time},{chance.hex(40)},pc-{number % 97}.corp.example,{action},{address},{port},,{chance.local()},{chance.number(1025, 65535)},Tcp,Private,"
               f"{'Public' if chance.is_public(address) else 'Private'},{chance.hex(40)},{program},{chance.number(10**4, 10**7)},{chance.number(4, 20000)},"
               f'"""C:\\Program Files\\{program}"" --out C:\\Temp\\{chance.hex(8)}, --quiet",{time},c:\\program files\\{program},services.exe,700,system,{number},'
               f'"{{""direction"":""{"Out" if is_own else "In"}""}}"\n')
        return row, chance.match(address, port, program) if is_own else None

    def tool(self, path, threads):
        return [sys.executable, HERE / "sources.py", "--duckdb", path, "--threads", threads]


def duckdb_rows(path, threads):
    """The rule in SQL, over the CSV export."""
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {int(threads)}")
    ports, known = ", ".join(map(str, BROKER_PORTS)), ", ".join(f"'{name}'" for name in MQTT_CLIENTS)
    query = f"""SELECT RemoteIP, RemotePort FROM read_csv(?, header = true, all_varchar = true)
        WHERE ActionType IN ('ConnectionSuccess', 'ConnectionRequest', 'ConnectionAttempt', 'ConnectionFailed')
          AND TRY_CAST(RemotePort AS INTEGER) IN ({ports}) AND NOT regexp_matches(RemoteIP, '{PRIVATE}')
          AND NOT (RemotePort IN ('1883', '8883') AND lower(InitiatingProcessFileName) IN ({known}))"""
    return connection.execute(query, [str(path)]).fetchall()


SOURCES = [Zeek(), Suricata(), Audit(), SysmonLinux(), WindowsJson(), Defender()]


def make(source, folder, size_mb):
    """Writes the data of a source unless it is there; gives its file and what is known of it."""
    name = type(source).__name__.lower()
    data, note = folder / f"{name}.log", folder / f"{name}.facts"
    code = inspect.getsource(type(source)) + inspect.getsource(Chance) + str(size_mb)
    made = hashlib.sha256(code.encode()).hexdigest()
    if data.is_file() and note.is_file():
        facts = json.loads(note.read_text())
        if facts["made"] == made:
            return data, facts
    print(f"making {size_mb} MiB of {source.name}", file=sys.stderr)
    chance, matches, number, size, connects = Chance(7), [], 0, len(source.header), 0
    with open(data, "w", encoding="utf-8", newline="\n") as out:
        out.write(source.header)
        while size < size_mb << 20:
            text, match = source.event(chance, number)
            out.write(text)
            number, size = number + 1, size + len(text)
            connects += "syscall=42" in text
            if match:
                matches.append(match)
        out.write(source.footer)
    facts = {"made": made, "events": number, "matches": matches, "connects": connects}
    note.write_text(json.dumps(facts))
    return data, facts


# ---------------------------------------------------------------- Windows event logs

CHUNK = 65536
LOG_HEADER = 4096


def event_logs(corpus, folder, size_mb):
    """Logs of the chunks of real ones, again and again: chunks know nothing of each other, so they can stand in any file.

    Only chunks that are more than half full: most logs that people publish are a few records and much room.
    """
    header, chunks = None, []
    for path in sorted(corpus.glob("*.evtx")):
        log = path.read_bytes()
        for at in range(LOG_HEADER, len(log) - CHUNK + 1, CHUNK):
            chunk = log[at:at + CHUNK]
            if chunk.startswith(b"ElfChnk\0") and CHUNK // 2 < struct.unpack_from("<I", chunk, 48)[0]:
                header = header or log[:LOG_HEADER]
                chunks.append(chunk)
    if not chunks:
        sys.exit(f"{corpus} has no Windows event log with a full chunk")
    count = (size_mb << 20) // EVTX_PARTS // CHUNK
    logs = []
    for part in range(EVTX_PARTS):
        logs.append(folder / f"part-{part}.evtx")
        with open(logs[-1], "wb") as out:
            out.write(log_header(header, count))
            for number in range(count):
                out.write(chunks[(part * count + number) % len(chunks)])
    whole = folder / "whole.evtx"
    with open(whole, "wb") as out:
        out.write(log_header(header, count * EVTX_PARTS))
        for number in range(count * EVTX_PARTS):
            out.write(chunks[number % len(chunks)])
    return whole, logs


def log_header(header, chunks):
    """The header of a log of so many chunks."""
    first = bytearray(header)
    struct.pack_into("<QQ", first, 8, 0, chunks - 1)
    struct.pack_into("<H", first, 42, chunks)
    struct.pack_into("<I", first, 124, zlib.crc32(first[:120]))
    return bytes(first)


# ---------------------------------------------------------------- measuring

class Pair:
    """What is measured on one set of files: the scan and the other tool, with one thread and with several."""

    def __init__(self, name, files, events, tool, tool_name, threads, binary, tool_threads):
        self.name, self.events, self.tool_name = name, events, tool_name
        self.bytes = sum(file.stat().st_size for file in files)
        self.cases = {}
        for count in sorted({1, threads}):
            command = [binary, "scan", "--rules", str(scan.SEED_RULE), "--format", "ndjson", "--threads", count, *files]
            self.cases["scan", count] = scan.Case(name, command, self.bytes, pinned=count == 1, allowed=(0, 1))
            if tool and (count == 1 or tool_threads):
                self.cases["tool", count] = scan.Case(name, tool(count), self.bytes, pinned=count == 1, allowed=(0, 1))

    def wall(self, who, count):
        case = self.cases.get((who, count))
        return scan.median(case.costs).wall if case and case.costs else None

    def row(self, threads):
        one, many = self.wall("scan", 1), self.wall("scan", threads)
        tool_one, tool_many = self.wall("tool", 1), self.wall("tool", threads)
        rate = lambda wall: f"{self.bytes / wall / 1e6:,.0f}" if wall else "–"
        ratio = lambda tool, wall: f"{tool / wall:.2f}" if tool and wall else "–"
        per_second = f"{self.events / one / 1e3:,.0f}"
        return f"| {self.name} | {rate(one)} | {per_second} | {rate(many)} | {self.tool_name} | {rate(tool_one)} | {rate(tool_many)} | {ratio(tool_one, one)} | {ratio(tool_many, many)} |"


def destinations(lines):
    return [f"{alert['destination']['ip']}:{alert['destination']['port']}" for alert in map(json.loads, lines)]


def verify(source, data, facts, binary, threads):
    """Right alerts first: a fast wrong answer is not worth a number."""
    for count in sorted({1, threads}):
        said = scan.output([binary, "scan", "--rules", str(scan.SEED_RULE), "--format", "ndjson", "--threads", str(count), data], (0, 1)).splitlines()
        found, expected = collections.Counter(destinations(said)), collections.Counter(facts["matches"])
        if found != expected:
            sys.exit(f"{source.name}: missing {list((expected - found).items())[:5]}, wrong {list((found - expected).items())[:5]}")
    print(f"right: {source.name}, {len(facts['matches'])} alerts of {facts['events']} events", flush=True)


def verify_tool(source, command, facts):
    lines = len(scan.output([str(part) for part in command]).splitlines())
    if lines != source.tool_counts(facts):
        sys.exit(f"{source.name}: {command[0]} gives {lines} lines, not {source.tool_counts(facts)}: it would not do the same work")


def log_pairs(given, threads, binary):
    """Windows event logs: one large file, and several."""
    dump = shutil.which("evtx_dump", path=os.pathsep.join([str(given.work / "tools/bin"), os.environ.get("PATH", "")]))
    if not dump:
        print("evtx_dump is not installed: `cargo install evtx --root WORK/tools`", file=sys.stderr)
    whole, parts = event_logs(given.evtx, given.work, given.mb)
    pairs = []
    for name, files in [("windows event log", [whole]), (f"windows event logs, {len(parts)} files", parts)]:
        events = events_in(files, binary)
        if dump:
            lines = sum(scan.output([dump, "-o", "jsonl", str(file)]).count(b"\n") for file in files)
            if lines != events:
                sys.exit(f"{name}: {events} records, evtx_dump has {lines}")
        print(f"right: {name}, {events} records", flush=True)
        tool = (lambda files: lambda count: dump_command(dump, files, count))(files) if dump else None
        pairs.append(Pair(name, files, events, tool, "evtx_dump", threads, binary, True))
    return pairs


def events_in(files, binary):
    """How many events a scan says that it met."""
    ended = subprocess.run([binary, "scan", "--rules", str(scan.SEED_RULE), "--", *files], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    said = re.search(r"(\d+) events in \d+ files, 0 malformed", ended.stderr)
    if not said:
        sys.exit(f"the scan of {files[0]} said: {ended.stderr.strip()}")
    return int(said.group(1))


def dump_command(dump, files, threads):
    """`evtx_dump` takes one file: several are given to it one after another, or as many at once as there are threads."""
    if len(files) == 1:
        return [dump, "-t", threads, "-o", "jsonl", files[0]]
    return ["xargs", "-a", file_list(files), "-P", threads, "-n", "1", dump, "-t", "1", "-o", "jsonl"]


def file_list(files):
    path = files[0].with_suffix(".list")
    path.write_text("".join(f"{file}\n" for file in files))
    return path


def is_there(needed):
    return bool(scan.has_duckdb()) if needed == "duckdb" else bool(shutil.which(needed))


def source_pairs(given, threads, binary):
    pairs = []
    for source in SOURCES:
        if given.only and not any(word in source.name for word in given.only):
            continue
        data, facts = make(source, given.work, given.mb)
        verify(source, data, facts, binary, threads)
        tool = None
        if is_there(source.needs):
            verify_tool(source, source.tool(data, 1), facts)
            tool = (lambda source, data: lambda count: source.tool(data, count))(source, data)
        else:
            print(f"{source.needs} is not installed: {source.name} stands alone", file=sys.stderr)
        pairs.append(Pair(source.name, [data], facts["events"], tool, source.needs, threads, binary, source.tool_threads))
    return pairs


def measure(pairs, rounds, core, threads):
    """Interleaved: a slow minute of the machine falls on all cases alike."""
    for number in range(1, rounds + 1):
        print(f"\nround {number} of {rounds}: wall seconds, and the tool's time as a multiple of ours", flush=True)
        for pair in pairs:
            costs = {key: case.measure(core) for key, case in pair.cases.items()}
            walls = "  ".join(f"{who} {count}: {cost.wall:7.3f}" for (who, count), cost in costs.items())
            ratio = f"  {costs['tool', 1].wall / costs['scan', 1].wall:6.2f}" if ("tool", 1) in costs else ""
            note = "  (others were busy)" if any(cost.disturbed for cost in costs.values()) else ""
            print(f"{pair.name:34} {walls}{ratio}{note}", flush=True)
    print(f"\nmedians of {rounds} rounds")
    print(f"| source | scan MB/s | thousand events/s | scan MB/s, {threads} threads | tool | its MB/s | {threads} threads | times as fast | {threads} threads |")
    print("| --- | --: | --: | --: | --- | --: | --: | --: | --: |")
    for pair in pairs:
        print(pair.row(threads))


def arguments():
    given = argparse.ArgumentParser(description="Measures `brokerwatch scan` on each source of telemetry.")
    given.add_argument("--evtx", type=pathlib.Path, help="a folder of Windows event logs; without it they are left out")
    given.add_argument("--binary", type=pathlib.Path, default=scan.ROOT / "target/release/brokerwatch")
    given.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "brokerwatch-bench", help="where data is kept between runs")
    given.add_argument("--mb", type=int, default=256, help="MiB of each source (default 256)")
    given.add_argument("--rounds", type=int, default=5)
    given.add_argument("--threads", type=int, default=os.cpu_count(), help="how many threads are several (default: the cores)")
    given.add_argument("--core", type=int, default=0, help="the core that single-threaded cases are pinned to")
    given.add_argument("--only", nargs="+", metavar="WORD", help="only sources with one of these words in their name")
    given.add_argument("--duckdb", metavar="FILE", help=argparse.SUPPRESS)  # the script runs itself so
    return given


def main():
    parser = arguments()
    given = parser.parse_args()
    if given.duckdb:
        print("\n".join(f"{address}:{port}" for address, port in duckdb_rows(given.duckdb, given.threads)))
        return
    if not given.binary.is_file():
        parser.error(f"there is no {given.binary}: build it with `cargo build --release`, or give --binary")
    given.work.mkdir(parents=True, exist_ok=True)
    core = given.core if shutil.which("taskset") else None
    binary = str(given.binary.resolve())
    pairs = source_pairs(given, given.threads, binary)
    if given.evtx and (not given.only or any(word in "windows event logs" for word in given.only)):
        pairs += log_pairs(given, given.threads, binary)
    measure(pairs, given.rounds, core, given.threads)


if __name__ == "__main__":
    main()
