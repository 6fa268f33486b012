//! Who is in the fleet, and what its software does all day. Addresses of documentation ranges stand for the internet.

/// A machine.
pub(super) struct Host {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) ip: String,
    pub(super) sensor: Sensor,
}

/// What a machine is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Windows,
    Mac,
    Developer,
    Worker,
    Queue,
    Broker,
    Chat,
    Web,
    Gateway,
    Edge,
    Camera,
    Printer,
    Meter,
}

/// What tells of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sensor {
    Defend,
    SysmonWindows,
    SysmonLinux,
    Audit,
    Zeek,
}

/// Role, prefix of the names, network, and how many machines each sensor has.
type Group = (Role, &'static str, &'static str, &'static [(Sensor, u8)]);

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    (Role::Windows,   "ws",    "10.20.4", &[(Sensor::Defend, 7), (Sensor::SysmonWindows, 5)]),
    (Role::Mac,       "mac",   "10.30.1", &[(Sensor::Defend, 8)]),
    (Role::Developer, "dev",   "10.1.5",  &[(Sensor::Defend, 2), (Sensor::SysmonLinux, 2)]),
    (Role::Worker,    "task",  "10.2.1",  &[(Sensor::Defend, 2), (Sensor::Audit, 1)]),
    (Role::Queue,     "rmq",   "10.2.2",  &[(Sensor::Defend, 2)]),
    (Role::Broker,    "mqtt",  "10.2.0",  &[(Sensor::Defend, 1)]),
    (Role::Chat,      "xmpp",  "10.2.3",  &[(Sensor::Defend, 1)]),
    (Role::Web,       "web",   "10.2.4",  &[(Sensor::Defend, 2), (Sensor::Audit, 1)]),
    (Role::Gateway,   "home",  "10.3.0",  &[(Sensor::Defend, 1), (Sensor::SysmonLinux, 1)]),
    (Role::Edge,      "edge",  "10.3.1",  &[(Sensor::Defend, 2)]),
    (Role::Camera,    "cam",   "10.9.0",  &[(Sensor::Zeek, 3)]),
    (Role::Printer,   "print", "10.9.1",  &[(Sensor::Zeek, 2)]),
    (Role::Meter,     "meter", "10.9.2",  &[(Sensor::Zeek, 3)]),
];

/// All machines.
pub(super) fn fleet() -> Vec<Host> {
    let mut hosts = Vec::new();
    for (role, prefix, network, sensors) in GROUPS {
        let mut number = 0;
        for (sensor, count) in *sensors {
            for _ in 0..*count {
                number += 1;
                hosts.push(Host {
                    name: format!("{prefix}-{number:02}"),
                    role: *role,
                    ip: format!("{network}.{}", 10 + number),
                    sensor: *sensor,
                });
            }
        }
    }
    hosts
}

/// What a program does from the minute `first` to `last` of the day, every so many minutes.
#[derive(Clone, Copy)]
pub(super) struct Habit {
    pub(super) role: Role,
    pub(super) path: &'static str,
    pub(super) line: &'static str,
    pub(super) parent: &'static str,
    pub(super) user: &'static str,
    pub(super) signer: &'static str,
    /// The name that is looked up; empty for none.
    pub(super) name: &'static str,
    /// The other end; of an inbound connection, the client.
    pub(super) ip: &'static str,
    /// 0 for a program that only runs.
    pub(super) port: u16,
    pub(super) udp: bool,
    pub(super) inbound: bool,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) every: i64,
    /// Whether the program starts anew each time.
    pub(super) short: bool,
}

/// A program that lives all day and connects outwards.
const fn lives(
    role: Role,
    (path, line, signer): (&'static str, &'static str, &'static str),
    (name, ip, port): (&'static str, &'static str, u16),
    every: i64,
) -> Habit {
    Habit {
        role,
        path,
        line,
        parent: "",
        user: "",
        signer,
        name,
        ip,
        port,
        udp: false,
        inbound: false,
        first: 420,
        last: 1200,
        every,
        short: false,
    }
}

/// A program that is started, does one thing, and ends.
const fn runs(habit: Habit, parent: &'static str, user: &'static str) -> Habit {
    Habit { parent, user, short: true, ..habit }
}

/// A server's program, at work day and night.
const fn serves(habit: Habit, user: &'static str) -> Habit {
    Habit { user, first: 1, last: 1439, ..habit }
}

const fn accepts(habit: Habit) -> Habit {
    Habit { inbound: true, ..habit }
}

const CHROME: (&str, &str, &str) =
    (r"C:\Program Files\Google\Chrome\Application\chrome.exe", "chrome.exe", "Google LLC");
const MAC_CHROME: (&str, &str, &str) = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "Google Chrome",
    "Developer ID Application: Google LLC (EQHXZ8M8AV)",
);
const APSD: (&str, &str, &str) = (
    "/System/Library/PrivateFrameworks/ApplePushService.framework/apsd",
    "apsd",
    "Software Signing",
);
const PYTHON: &str = "/usr/bin/python3.11";
const BEAM: (&str, &str, &str) =
    ("/usr/lib/erlang/erts-13.1.5/bin/beam.smp", "beam.smp -W w -- -root /usr/lib/erlang", "");
const MOSQUITTO: (&str, &str, &str) =
    ("/usr/sbin/mosquitto", "/usr/sbin/mosquitto -c /etc/mosquitto/mosquitto.conf", "");
const NODE: &str = "/usr/bin/node";

/// What the fleet's software does.
#[rustfmt::skip]
pub(super) const HABITS: &[Habit] = &[
    // Offices.
    lives(Role::Windows, CHROME, ("mtalk.google.com", "203.0.113.128", 5228), 240),
    lives(Role::Windows, CHROME, ("news.example.com", "203.0.113.130", 443), 25),
    lives(Role::Windows, (r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe", "msedge.exe", "Microsoft Corporation"), ("intranet.corp.example", "10.2.4.11", 443), 60),
    lives(Role::Windows, (r"C:\Windows\System32\svchost.exe", "svchost.exe -k netsvcs -p -s wuauserv", "Microsoft Windows"), ("update.example.com", "203.0.113.131", 443), 180),
    lives(Role::Windows, (r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", "OUTLOOK.EXE", "Microsoft Corporation"), ("mail.corp.example", "10.2.4.12", 443), 45),
    lives(Role::Windows, (r"C:\Program Files (x86)\Cisco Systems\Cisco Jabber\CiscoJabber.exe", "CiscoJabber.exe", "Cisco Systems, Inc."), ("im.corp.example", "10.2.3.11", 5222), 300),
    lives(Role::Windows, (r"C:\Program Files (x86)\Pidgin\pidgin.exe", "pidgin.exe", ""), ("im.corp.example", "10.2.3.11", 5222), 400),
    lives(Role::Windows, (r"C:\Program Files (x86)\Common Files\Apple\Internet Services\APSDaemon.exe", "APSDaemon.exe", "Apple Inc."), ("courier.push.apple.com", "17.57.144.21", 5223), 350),
    runs(lives(Role::Windows, (r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe", r"powershell.exe -File C:\IT\inventory.ps1", "Microsoft Windows"), ("inventory.corp.example", "10.2.4.13", 443), 500), r"C:\Windows\System32\svchost.exe", "SYSTEM"),
    lives(Role::Mac, APSD, ("courier.push.apple.com", "17.57.144.10", 5223), 90),
    lives(Role::Mac, APSD, ("courier.push.apple.com", "17.188.166.12", 443), 400),
    lives(Role::Mac, MAC_CHROME, ("mtalk.google.com", "203.0.113.128", 5228), 240),
    lives(Role::Mac, MAC_CHROME, ("news.example.com", "203.0.113.130", 443), 25),
    lives(Role::Mac, ("/Applications/Cisco Jabber.app/Contents/MacOS/Cisco Jabber", "Cisco Jabber", "Developer ID Application: Cisco (DE8Y96K9QP)"), ("im.corp.example", "10.2.3.11", 5222), 300),
    lives(Role::Mac, ("/Applications/WhatsApp.app/Contents/MacOS/WhatsApp", "WhatsApp", "Developer ID Application: WhatsApp Inc. (57T9237FN3)"), ("web.whatsapp.com", "203.0.113.132", 443), 200),
    lives(Role::Mac, ("/usr/libexec/nsurlsessiond", "nsurlsessiond", "Software Signing"), ("swscan.example.com", "203.0.113.133", 443), 300),
    // Developers: an internal broker, a browser with DNS over HTTPS, packages.
    runs(lives(Role::Developer, (PYTHON, "python3 publish.py --host broker.corp.example", ""), ("broker.corp.example", "10.2.0.11", 1883), 150), "/usr/bin/bash", "ines"),
    lives(Role::Developer, ("/usr/lib/firefox/firefox", "firefox", ""), ("", "1.1.1.1", 443), 120),
    lives(Role::Developer, ("/usr/lib/firefox/firefox", "firefox", ""), ("", "203.0.113.130", 443), 20),
    runs(lives(Role::Developer, ("/usr/lib/apt/methods/http", "/usr/lib/apt/methods/http", ""), ("deb.example.org", "203.0.113.134", 80), 600), "/usr/bin/apt-get", "root"),
    runs(lives(Role::Developer, ("/usr/bin/git", "git fetch origin", ""), ("git.corp.example", "10.2.4.14", 443), 90), "/usr/bin/bash", "ines"),
    runs(lives(Role::Developer, ("/usr/bin/pip3", "pip3 install requests", ""), ("pypi.example.org", "203.0.113.135", 443), 700), "/usr/bin/bash", "ines"),
    // Workers on rented queues.
    serves(lives(Role::Worker, (PYTHON, "/opt/shop/venv/bin/python3 -m celery -A shop worker", ""), ("bunny.rmq.cloudamqp.com", "203.0.113.120", 5671), 240), "shop"),
    serves(lives(Role::Worker, ("/usr/bin/dotnet", "dotnet Orders.dll", ""), ("orders7.servicebus.windows.net", "203.0.113.123", 5671), 240), "shop"),
    serves(lives(Role::Worker, ("/usr/bin/redis-server", "/usr/bin/redis-server 127.0.0.1:6379", ""), ("", "127.0.0.1", 6379), 300), "redis"),
    runs(lives(Role::Worker, ("/usr/bin/curl", "curl -fsS https://status.corp.example/ping", ""), ("status.corp.example", "10.2.4.15", 443), 60), "/usr/sbin/cron", "root"),
    // RabbitMQ: a cluster, and a federation partner.
    serves(lives(Role::Queue, BEAM, ("", "10.2.2.12", 25672), 300), "rabbitmq"),
    serves(lives(Role::Queue, BEAM, ("amqp.partner.example", "203.0.113.121", 5671), 360), "rabbitmq"),
    accepts(serves(lives(Role::Queue, BEAM, ("", "10.2.1.11", 5672), 240), "rabbitmq")),
    runs(lives(Role::Queue, ("/usr/sbin/rabbitmqctl", "rabbitmqctl status", ""), ("", "", 0), 480), "/usr/bin/bash", "root"),
    // The site's own broker with its bridge, and the check of its health.
    serves(lives(Role::Broker, MOSQUITTO, ("bridge.partner.example", "203.0.113.122", 8883), 480), "mosquitto"),
    accepts(serves(lives(Role::Broker, MOSQUITTO, ("", "10.9.2.11", 1883), 120), "mosquitto")),
    runs(serves(lives(Role::Broker, ("/usr/bin/mosquitto_sub", "mosquitto_sub -h localhost -t $SYS/broker/uptime -C 1", ""), ("", "127.0.0.1", 1883), 60), "root"), "/usr/sbin/cron", "root"),
    // The chat server federates.
    serves(lives(Role::Chat, ("/usr/bin/lua5.4", "lua5.4 /usr/bin/prosody -F", ""), ("xmpp.partner.example", "203.0.113.124", 5269), 300), "prosody"),
    accepts(serves(lives(Role::Chat, ("/usr/bin/lua5.4", "lua5.4 /usr/bin/prosody -F", ""), ("", "10.20.4.11", 5222), 90), "prosody")),
    accepts(serves(lives(Role::Chat, ("/usr/bin/lua5.4", "lua5.4 /usr/bin/prosody -F", ""), ("", "203.0.113.124", 5269), 400), "prosody")),
    // Web servers and what they are watched with.
    accepts(serves(lives(Role::Web, ("/usr/sbin/nginx", "nginx: worker process", ""), ("", "203.0.113.99", 443), 15), "www-data")),
    serves(lives(Role::Web, ("/usr/bin/telegraf", "/usr/bin/telegraf -config /etc/telegraf/telegraf.conf", ""), ("broker.corp.example", "10.2.0.11", 8883), 360), "telegraf"),
    runs(lives(Role::Web, ("/usr/bin/certbot", "certbot renew -q", ""), ("acme.example.org", "203.0.113.136", 443), 700), "/usr/lib/systemd/systemd", "root"),
    // Homes and edges.
    serves(lives(Role::Gateway, ("/usr/local/bin/python3.12", "python3 -m homeassistant --config /config", ""), ("", "10.2.0.11", 1883), 240), "root"),
    serves(lives(Role::Gateway, (NODE, "node /usr/lib/node_modules/node-red/red.js", ""), ("", "10.2.0.11", 1883), 300), "nodered"),
    serves(lives(Role::Gateway, (NODE, "node /opt/zigbee2mqtt/index.js", ""), ("", "127.0.0.1", 1883), 300), "zigbee"),
    // A wrong password: the client tries again and again.
    serves(lives(Role::Gateway, (NODE, "node /opt/shelly-bridge/index.js", ""), ("", "10.2.0.11", 8883), 4), "nodered"),
    serves(lives(Role::Edge, ("/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "java -jar /greengrass/v2/alts/current/distro/lib/Greengrass.jar", ""), ("a1b2c3d4-ats.iot.eu-west-1.amazonaws.com", "203.0.113.125", 8883), 360), "ggc_user"),
    serves(lives(Role::Edge, ("/usr/libexec/aziot/aziot-edged", "aziot-edged", ""), ("hub7.azure-devices.net", "203.0.113.126", 8883), 360), "iotedge"),
    // Devices that only the network sees.
    serves(lives(Role::Camera, ("", "", ""), ("cam-cloud.vendor.example", "203.0.113.200", 8883), 720), ""),
    serves(lives(Role::Camera, ("", "", ""), ("ntp.example.org", "203.0.113.201", 443), 120), ""),
    serves(lives(Role::Printer, ("", "", ""), ("print-cloud.vendor.example", "203.0.113.202", 5222), 720), ""),
    serves(lives(Role::Meter, ("", "", ""), ("", "10.2.0.11", 1883), 180), ""),
    Habit { udp: true, ..serves(lives(Role::Meter, ("", "", ""), ("", "10.2.0.12", 5683), 240), "") },
];

/// The site's file.
pub(super) const SITE_TEXT: &str = r#"profile = "lab"

[lists.BrokerAllowList]
add = [
    { value = "*.rmq.cloudamqp.com", reason = "the shop's queue" },
    { value = "orders7.servicebus.windows.net", reason = "the shop's orders" },
    { value = "amqp.partner.example", reason = "federation with the partner" },
    { value = "bridge.partner.example", reason = "bridge to the partner" },
    { value = "xmpp.partner.example", reason = "chat with the partner" },
    { value = "*-ats.iot.eu-west-1.amazonaws.com", reason = "the edge's cloud" },
    { value = "*.azure-devices.net", reason = "the edge's cloud" },
    { value = "cam-cloud.vendor.example", reason = "the cameras' vendor" },
    { value = "print-cloud.vendor.example", reason = "the printers' vendor" },
]

[lists.BrokerAllowNetworks]
add = [
    { value = "203.0.113.120/30", reason = "queues and partners" },
    { value = "203.0.113.124/30", reason = "partners and the edge's clouds" },
    { value = "203.0.113.200/32", reason = "the cameras' vendor" },
    { value = "203.0.113.202/32", reason = "the printers' vendor" },
]
"#;
