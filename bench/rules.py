#!/usr/bin/env python3
"""Writes many EQL rules of realistic shape as rule files, the same ones for the same seed.

    python3 bench/rules.py OUT [--count 1000] [--seed 1]

The rules are invented: their shapes are those of endpoint rules (categories, lists, exceptions, wildcards), their words
are made of syllables, so that few of them match anything. Standard library only.
"""

import argparse
import pathlib
import random
import uuid

SYLLABLES = ["ka", "ve", "lor", "mi", "zan", "du", "pri", "tox", "ne", "ral", "shi", "gor", "bu", "lex", "fa", "quo", "win", "ser"]

# Programs of the systems themselves, which rules name all the time.
WINDOWS = ["rundll32.exe", "regsvr32.exe", "mshta.exe", "wscript.exe", "cscript.exe", "certutil.exe", "bitsadmin.exe",
           "msiexec.exe", "cmd.exe", "powershell.exe", "pwsh.exe", "wmic.exe", "schtasks.exe", "sc.exe", "net.exe",
           "net1.exe", "reg.exe", "netsh.exe", "forfiles.exe", "installutil.exe", "msbuild.exe", "curl.exe", "tar.exe",
           "whoami.exe", "nltest.exe", "vssadmin.exe", "wevtutil.exe", "esentutl.exe", "dllhost.exe", "conhost.exe"]
OFFICE = ["winword.exe", "excel.exe", "powerpnt.exe", "outlook.exe", "msaccess.exe", "onenote.exe"]
LINUX = ["bash", "sh", "dash", "zsh", "python3", "perl", "ruby", "php", "node", "curl", "wget", "nc", "ncat", "socat",
         "openssl", "base64", "xxd", "systemctl", "crontab", "chattr", "chmod", "chown", "insmod", "modprobe", "gdb", "tcpdump"]
SERVERS = ["nginx", "httpd", "apache2", "java", "tomcat", "postgres", "mysqld", "redis-server", "w3wp.exe", "sqlservr.exe"]
WINDOWS_FOLDERS = [r"?:\\Users\\Public\\*", r"?:\\ProgramData\\*", r"?:\\Users\\*\\AppData\\Local\\Temp\\*",
                   r"?:\\Windows\\Temp\\*", r"?:\\PerfLogs\\*", r"?:\\Users\\*\\AppData\\Roaming\\*"]
LINUX_FOLDERS = ["/tmp/*", "/var/tmp/*", "/dev/shm/*", "/run/*", "/home/*/.config/*", "/etc/cron.d/*", "/opt/*"]
NETWORKS = ["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
            "192.0.0.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::1", "fe80::/10", "ff00::/8"]
SIGNERS = ["Microsoft Windows", "Microsoft Corporation", "Google LLC", "Mozilla Corporation"]
TACTICS = [("command_and_control", "Command and Control", "TA0011", "T1071", "Application Layer Protocol"),
           ("execution", "Execution", "TA0002", "T1059", "Command and Scripting Interpreter"),
           ("persistence", "Persistence", "TA0003", "T1543", "Create or Modify System Process"),
           ("credential_access", "Credential Access", "TA0006", "T1003", "OS Credential Dumping"),
           ("defense_evasion", "Defense Evasion", "TA0005", "T1218", "System Binary Proxy Execution"),
           ("discovery", "Discovery", "TA0007", "T1082", "System Information Discovery")]
BANDS = [("low", 21), ("medium", 47), ("high", 73), ("critical", 99)]


class Writer:
    """Invents the parts of a query from one source of chance."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, share):
        return self.random.random() < share

    def some(self, items, low, high):
        return self.random.sample(items, min(len(items), self.random.randint(low, high)))

    def word(self):
        return "".join(self.random.choice(SYLLABLES) for _ in range(self.random.randint(3, 4)))

    def words(self, low, high):
        return [self.word() for _ in range(self.random.randint(low, high))]

    def program(self, windows):
        return self.word() + ".exe" if windows else self.word()

    def programs(self, windows, low, high):
        """Some known, mostly invented."""
        known = self.some(WINDOWS if windows else LINUX, 0, 3)
        return known + [self.program(windows) for _ in range(self.random.randint(low, high))]

    def length(self):
        """Most lists are short, some long."""
        return self.random.choices([(1, 3), (4, 10), (11, 30)], [60, 30, 10])[0]

    def folder(self, windows):
        return self.random.choice(WINDOWS_FOLDERS if windows else LINUX_FOLDERS)

    def path(self, windows):
        return self.folder(windows)[:-1] + self.word() + self.random.choice(["*", ".dll", ".exe", ".dat"] if windows else ["*", ".so", ".sh"])

    # ------------------------------------------------ conditions

    def arguments(self):
        """What narrows a process rule down: invented words in the arguments or the command line."""
        kind = self.random.randrange(6)
        words = self.words(1, 6)
        if kind == 0:
            return f"process.args : {texts(f'*{word}*' for word in words)}"
        if kind == 1:
            return f"process.args : {texts(self.random.choice(['/', '-', '--']) + word + self.random.choice(['', '*', '=*']) for word in words)}"
        if kind == 2:
            return f"process.command_line like~ {texts(f'* {word} *' for word in words)}"
        if kind == 3:
            return f"process.command_line : {texts(f'*{word}*{self.word()}*' for word in words)}"
        if kind == 4:
            pattern = f'.*(-{words[0]}|/{self.word()})[ :=][a-z0-9]{{8,}}.*'
            return f'process.command_line regex~ """{pattern}"""'
        return group([f"process.args : {texts([words[0]])}", f"process.args : {texts(f'{word}*' for word in self.words(1, 4))}"], "and")

    def exception(self, windows):
        """What an author leaves out after the first false positives."""
        kind = self.random.randrange(6)
        if kind == 0:
            return f"process.executable : {texts(self.path(windows) for _ in range(self.random.randint(1, 8)))}"
        if kind == 1:
            return f"process.parent.name in~ {members(self.program(windows) for _ in range(self.random.randint(1, 5)))}"
        if kind == 2:
            return f"process.parent.executable : {texts(self.path(windows) for _ in range(self.random.randint(1, 4)))}"
        if kind == 3 and windows:
            return group([f"process.code_signature.subject_name : {texts(self.some(SIGNERS, 1, 3))}", "process.code_signature.trusted == true"], "and")
        if kind == 4:
            return f'startsWith~(process.working_directory, {text(self.folder(windows)[:-1].replace("?", "c").replace("*", "kim"))})'
        return group([f"process.name : {texts([self.program(windows)])}", f"process.args : {texts(self.words(1, 3))}"], "and")

    def exceptions(self, windows):
        many = self.random.choices([0, 1, 3], [45, 35, 20])[0]
        if many == 0:
            return []
        if many == 1:
            return [f"not {self.exception(windows)}"]
        return ["not " + group([self.exception(windows) for _ in range(self.random.randint(2, 5))], "or")]

    # ------------------------------------------------ rules

    def process(self, windows):
        system = "windows" if windows else "linux"
        parts = [f'host.os.type == "{system}"', 'event.type == "start"']
        if not windows and self.chance(0.5):
            parts.append('event.action in ("exec", "exec_event", "start")')
        shape = self.random.randrange(6)
        low, high = self.length()
        if shape == 0:
            parts += [f"process.name : {texts(self.programs(windows, low, high))}", self.arguments()]
        elif shape == 1:
            parents = self.some(OFFICE if windows else SERVERS, 1, 4)
            parts += [f"process.parent.name in~ {members(parents)}", f"process.name in~ {members(self.programs(windows, low, high))}", self.arguments()]
        elif shape == 2:
            parts.append(f"process.executable : {texts(self.path(windows) for _ in range(self.random.randint(low, high)))}")
        elif shape == 3:
            parts.append(group([f"process.name : {texts(self.programs(windows, 1, 3))}", self.arguments()], "and", "or",
                               [f"process.name : {texts(self.programs(windows, 1, 3))}", self.arguments()]))
        elif shape == 4 and windows:
            parts += [f"process.executable : {texts(self.some(WINDOWS_FOLDERS, 2, 6))}", "?process.code_signature.trusted == false",
                      f"process.parent.executable : {texts(self.path(True) for _ in range(self.random.randint(1, 3)))}"]
        else:
            parts += [f"length(process.command_line) > {self.random.randrange(2000, 9000, 500)}", f"process.name : {texts(self.programs(windows, 1, 4))}"]
        return "process", parts + self.exceptions(windows)

    def network(self, windows):
        system = "windows" if windows else "linux"
        parts = [f'host.os.type == "{system}"', self.random.choice(['event.type == "start"', 'event.action == "connection_attempted"', 'network.direction == "egress"'])]
        low, high = self.length()
        ports = sorted(self.random.sample(range(1025, 65000), self.random.randint(1, 9)))
        shape = self.random.randrange(3)
        if shape == 0:
            parts.append(f"process.name : {texts(self.program(windows) for _ in range(self.random.randint(low, high)))}")
        elif shape == 1:
            parts += [f"destination.port in ({', '.join(map(str, ports))})", f"process.executable : {texts(self.path(windows) for _ in range(self.random.randint(1, 5)))}"]
        else:
            parts += [f"destination.domain : {texts(f'*.{word}.example' for word in self.words(1, 12))}"]
        if self.chance(0.7):
            parts.append(f"not cidrmatch(destination.ip, {', '.join(map(text, self.some(NETWORKS, 3, 13)))})")
        return "network", parts + self.exceptions(windows)

    def file(self, windows):
        system = "windows" if windows else "linux"
        parts = [f'host.os.type == "{system}"', self.random.choice(['event.type == "creation"', 'event.type != "deletion"', 'event.action in ("creation", "rename", "overwrite")'])]
        if self.chance(0.5):
            parts += [f"file.extension : {texts(self.some(['exe', 'dll', 'ps1', 'js', 'vbs', 'hta', 'lnk', 'iso', 'so', 'sh'], 1, 6))}"]
        low, high = self.length()
        parts.append(f"file.path : {texts(self.path(windows) for _ in range(self.random.randint(low, high)))}")
        if self.chance(0.3):
            parts.append(f"process.name : {texts(self.programs(windows, 1, 5))}")
        return "file", parts + self.exceptions(windows)

    def registry(self):
        hives = [r"HKLM\\SOFTWARE\\", r"HKEY_USERS\\*\\Software\\", r"\\REGISTRY\\MACHINE\\SOFTWARE\\", r"HKLM\\SYSTEM\\ControlSet*\\Services\\"]
        paths = [self.random.choice(hives) + self.word() + r"\\" + self.word() + self.random.choice(["", r"\\*"]) for _ in range(self.random.randint(1, 12))]
        parts = ['host.os.type == "windows"', 'event.type == "change"', f"registry.path : {texts(paths)}"]
        if self.chance(0.4):
            parts.append(f"registry.data.strings : {texts(f'*{word}*' for word in self.words(1, 5))}")
        return "registry", parts + self.exceptions(True)

    def library(self):
        low, high = self.length()
        parts = ['host.os.type == "windows"', f"dll.name : {texts(self.word() + '.dll' for _ in range(self.random.randint(low, high)))}"]
        if self.chance(0.6):
            parts.append("?dll.code_signature.trusted == false")
        return "library", parts + self.exceptions(True)

    def dns(self):
        low, high = self.length()
        names = [self.random.choice(["", "*."]) + word + ".example" for word in self.words(low, high)]
        return "dns", [f"dns.question.name : {texts(names)}", f"process.name : {texts(self.programs(self.chance(0.5), 1, 6))}"]

    def any(self):
        return "any", [f'event.action : {texts(f"{word}-*" for word in self.words(1, 4))}', f"user.name : {texts(self.words(1, 4))}"]

    def crowded(self):
        """A few rules list hundreds of wildcards."""
        words = [f"*{word}*" for word in self.words(200, 600)]
        return "process", ['host.os.type == "windows"', 'event.type == "start"', f"process.command_line : {texts(words)}"]

    def rule(self):
        kinds = [(38, lambda: self.process(True)), (22, lambda: self.process(False)), (6, lambda: self.network(True)),
                 (5, lambda: self.network(False)), (8, lambda: self.file(True)), (6, lambda: self.file(False)), (7, self.registry),
                 (4, self.library), (2, self.dns), (1, self.any), (0.6, self.crowded)]
        make = self.random.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]
        category, parts = make()
        return f"{category} where " + " and\n  ".join(parts)


def text(value):
    return f'"{value}"'


def texts(values):
    """One text, or a list of them in lines that a person can read."""
    values = list(dict.fromkeys(values))
    if len(values) == 1:
        return text(values[0])
    quoted = [text(value) for value in values]
    if len(quoted) <= 6:
        return f"({', '.join(quoted)})"
    rows = [", ".join(quoted[i:i + 5]) for i in range(0, len(quoted), 5)]
    return "(\n    " + ",\n    ".join(rows) + "\n  )"


def members(values):
    """The right side of `in`, which is always a list."""
    listed = texts(values)
    return listed if listed.startswith("(") else f"({listed})"


def group(parts, operator, outer=None, others=None):
    """`(a and b)`, or `((a and b) or (c and d))`."""
    inner = f"({f' {operator} '.join(parts)})"
    return f"({inner} {outer} {group(others, operator)})" if outer else inner


def rule_file(name, query, chance, tactic=TACTICS[0], band=BANDS[1]):
    """The text of a rule file around a query."""
    _, title, tactic_id, technique_id, technique = tactic
    severity, risk = band
    return f"""[metadata]
creation_date = "2026/01/15"
integration = ["endpoint"]
maturity = "production"
updated_date = "2026/01/15"

[rule]
author = ["Brokerwatch"]
description = "A rule for measuring, made by a script."
from = "now-9m"
index = ["logs-endpoint.events.*"]
interval = "5m"
language = "eql"
license = "Apache-2.0"
name = "{name}"
risk_score = {risk}
rule_id = "{uuid.UUID(int=chance.getrandbits(128), version=4)}"
severity = "{severity}"
tags = ["Domain: Endpoint", "Use Case: Threat Detection", "Tactic: {title}", "Data Source: Elastic Defend"]
timestamp_override = "event.ingested"
type = "eql"

query = '''
{query}
'''

[[rule.threat]]
framework = "MITRE ATT&CK"

[[rule.threat.technique]]
id = "{technique_id}"
name = "{technique}"
reference = "https://attack.mitre.org/techniques/{technique_id}/"

[rule.threat.tactic]
id = "{tactic_id}"
name = "{title}"
reference = "https://attack.mitre.org/tactics/{tactic_id}/"
"""


def write(folder, count, seed):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(seed)
    for number in range(count):
        query = writer.rule()
        tactic, band = writer.random.choice(TACTICS), writer.random.choice(BANDS)
        name = f"Measured {writer.word().capitalize()} Activity {number:04}"
        file = folder / f"{tactic[0]}_measured_{number:04}.toml"
        file.write_text(rule_file(name, query, writer.random, tactic, band), encoding="utf-8", newline="\n")


def main():
    arguments = argparse.ArgumentParser(description="Writes many EQL rules of realistic shape.")
    arguments.add_argument("out", help="the folder to write to")
    arguments.add_argument("--count", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    write(given.out, given.count, given.seed)


if __name__ == "__main__":
    main()
