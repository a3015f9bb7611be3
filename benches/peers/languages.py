"""The same cluster in each language: so many machines, each with the texts of six units, as one JSON object.

`{"wrk-0": {"node-watch.service": "[Unit]...", ...}, ...}`. Each program has its files, its command and how it says its version.
`OUT` in a command is the file that its output goes to; without it, the output is what the command prints.
"""

import json
import sys

UNITS = ["agent", "cache", "node-watch", "log-ship", "mirror", "reporter"]
TEXT = [
    "[Unit]", "Description=%U on %M", "", "[Service]", "ExecStart=/usr/bin/%U --name %M --address 10.16.%H.%L", "Restart=always",
    "", "[Install]", "WantedBy=multi-user.target", "",
]


def expected(n):
    """What all of them have to write."""
    text = "\n".join(TEXT)
    of = lambda i, unit: (text.replace("%U", unit).replace("%M", f"wrk-{i}")
                          .replace("%H", str(i // 250)).replace("%L", str(i % 250)))
    return {f"wrk-{i}": {f"{unit}.service": of(i, unit) for unit in UNITS} for i in range(n)}


def text(unit, machine, high, low, newline="\\n"):
    parts = newline.join(TEXT)
    return parts.replace("%U", unit).replace("%M", machine).replace("%H", high).replace("%L", low)


NAMES = json.dumps(UNITS)


def python(n):
    return {"cluster.py": f"""import json
units = {NAMES}
def unit(name, i):
    machine, high, low = f"wrk-{{i}}", i // 250, i % 250
    return f"{text('{name}', '{machine}', '{high}', '{low}')}"
print(json.dumps({{f"wrk-{{i}}": {{name + ".service": unit(name, i) for name in units}} for i in range({n})}}))
"""}


def nix(n):
    names = " ".join(json.dumps(unit) for unit in UNITS)
    return {"cluster.nix": f"""let
  mod = a: b: a - b * (a / b);
  unit = name: i: let machine = "wrk-${{toString i}}"; high = toString (i / 250); low = toString (mod i 250); in
    "{text('${name}', '${machine}', '${high}', '${low}')}";
  machine = i: {{ name = "wrk-${{toString i}}"; value = builtins.listToAttrs (map (name: {{ name = name + ".service"; value = unit name i; }}) [ {names} ]); }};
in builtins.listToAttrs (builtins.genList machine {n})
"""}


def jsonnet(n):
    body = text("%(name)s", "%(machine)s", "%(high)d", "%(low)d")
    return {"cluster.jsonnet": f"""local unit(name, i) = "{body}" % {{ name: name, machine: "wrk-" + i, high: std.floor(i / 250), low: i % 250 }};
{{ ["wrk-" + i]: {{ [name + ".service"]: unit(name, i) for name in {NAMES} }} for i in std.range(0, {n - 1}) }}
"""}


def starlark(n):
    body = text("{name}", "{machine}", "{high}", "{low}")
    source = f"""units = {NAMES}
def unit(name, i):
    return "{body}".format(name = name, machine = "wrk-" + str(i), high = i // 250, low = i % 250)
cluster = {{"wrk-" + str(i): {{name + ".service": unit(name, i) for name in units}} for i in range({n})}}
cluster
"""
    host = "import json, starlark as s, sys\nprint(json.dumps(s.eval(s.Module(), s.parse('c', open('cluster.star').read()), s.Globals.standard())))\n"
    return {"cluster.star": source, "run.py": host}


def pkl(n):
    body = text("\\(name)", "wrk-\\(i)", "\\(i ~/ 250)", "\\(i % 250)")
    names = ", ".join(json.dumps(unit) for unit in UNITS)
    return {"cluster.pkl": f"""local units = List({names})
local function unit(name, i) = "{body}"
local function of(i) = units.toMap((name) -> name + ".service", (name) -> unit(name, i))
local cluster = IntSeq(0, {n - 1}).toList().toMap((i) -> "wrk-\\(i)", (i) -> of(i))
output {{ value = cluster }}
"""}


def kcl(n):
    body = text("{name}", "{machine}", "{high}", "{low}")
    return {"cluster.k": f"""_units = {NAMES}
unit = lambda name: str, i: int -> str {{
    "{body}".format(name = name, machine = "wrk-" + str(i), high = i // 250, low = i % 250)
}}
{{"wrk-" + str(i) = {{name + ".service" = unit(name, i) for name in _units}} for i in range({n})}}
"""}


def cue(n):
    body = text("\\(name)", "wrk-\\(i)", "\\(div(i, 250))", "\\(mod(i, 250))")
    return {"cluster.cue": f"""import "list"
_units: {NAMES}
for i in list.Range(0, {n}, 1) {{
\t"wrk-\\(i)": {{for name in _units {{"\\(name).service": "{body}"}}}}
}}
"""}


def nickel(n):
    body = text("%{name}", "wrk-%{std.to_string i}", "%{std.to_string (std.number.floor (i / 250))}", "%{std.to_string (i % 250)}")
    return {"cluster.ncl": f"""let units = {NAMES} in
let unit = fun name i => "{body}" in
let of = fun i => std.record.from_array (std.array.map (fun name => {{ field = name ++ ".service", value = unit name i }}) units) in
std.record.from_array (std.array.generate (fun i => {{ field = "wrk-%{{std.to_string i}}", value = of i }}) {n})
"""}


def terraform(n):
    body = text("${name}", "wrk-${count.index}", "${floor(count.index / 250)}", "${count.index % 250}")
    return {"main.tf": f"""locals {{ units = {NAMES} }}
resource "terraform_data" "machine" {{
  count = {n}
  input = {{ for name in local.units : "${{name}}.service" => "{body}" }}
}}
"""}


def ansible(n):
    body = text("{{ name }}", "wrk-{{ i }}", "{{ i // 250 }}", "{{ i % 250 }}")
    template = ("{ " + f"{{% for i in range({n}) %}}{{% if i %}},{{% endif %}}\"wrk-{{{{ i }}}}\":{{ "
                + "{% for name in units %}{% if not loop.first %},{% endif %}\"{{ name }}.service\":\"" + body
                + "\"{% endfor %}}{% endfor %}}\n")
    play = f"- hosts: localhost\n  connection: local\n  gather_facts: false\n  vars: {{ units: {NAMES} }}\n  tasks:\n" \
           "    - template: { src: cluster.j2, dest: \"{{ playbook_dir }}/out.json\" }\n"
    return {"cluster.j2": template, "play.yml": play}


def helm(n):
    body = text("{{ $name }}", "wrk-{{ $i }}", "{{ div $i 250 }}", "{{ mod $i 250 }}")
    lines = "".join(f"    {line}\n" for line in body.split("\\n")[:-1])
    template = (f"{{{{- range $i := until {n} }}}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: wrk-{{{{ $i }}}}\ndata:\n"
                "{{- range $name := $.Values.units }}\n  {{ $name }}.service: |\n" + lines + "{{- end }}\n{{- end }}\n")
    return {"chart/Chart.yaml": "apiVersion: v2\nname: cluster\nversion: 0.1.0\n", "chart/values.yaml": f"units: {NAMES}\n",
            "chart/templates/units.yaml": template}


def kmodel(n):
    """The same units, as a cluster that is checked."""
    parts = "".join(
        f"component own-{unit} {{\n  unit {unit}.service {{\n    description = \"{unit} on ${{machine.name}}\"\n    exec = /usr/bin/{unit}\n"
        "    args = [\"--name\", machine.name, \"--address\", \"${machine.address}\"]\n  }\n}\n" for unit in UNITS
    )
    return {"lab.km": "cluster lab { kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14 }\n"
            f"machines wrk[{n}]\n{parts}deploy {', '.join('own-' + unit for unit in UNITS)} on wrk\n"
            'target lxd { image = "debian/13" }\n'}


PYTHON = sys.executable
# Name, files, command, version, whether the output is compared with what is expected.
PEERS = [
    ("Python", python, [PYTHON, "cluster.py"], [PYTHON, "--version"], True),
    ("Nix", nix, ["nix-instantiate", "--eval", "--strict", "--json", "cluster.nix"], ["nix-instantiate", "--version"], True),
    ("Jsonnet", jsonnet, ["jsonnet", "cluster.jsonnet"], ["jsonnet", "--version"], True),
    ("jrsonnet", jsonnet, ["jrsonnet", "cluster.jsonnet"], ["jrsonnet", "--version"], True),
    ("Starlark", starlark, [PYTHON, "run.py"], [PYTHON, "-c", "import starlark, importlib.metadata as m; print('starlark-pyo3', m.version('starlark-pyo3'))"], True),
    ("Pkl", pkl, ["pkl", "eval", "-f", "json", "cluster.pkl"], ["pkl", "--version"], True),
    ("KCL", kcl, ["kcl", "run", "--format", "json", "cluster.k"], ["kcl", "--version"], True),
    ("CUE", cue, ["cue", "export", "--out", "json", "cluster.cue"], ["cue", "version"], True),
    ("Nickel", nickel, ["nickel", "export", "--format", "json", "cluster.ncl"], ["nickel", "--version"], True),
    ("Terraform", terraform, ["terraform", "plan", "-refresh=false", "-no-color", "-out=plan"], ["terraform", "version"], False),
    ("Ansible", ansible, ["ansible-playbook", "play.yml"], ["ansible-playbook", "--version"], True),
    ("Helm", helm, ["helm", "template", "cluster", "chart"], ["helm", "version", "--short"], False),
]
