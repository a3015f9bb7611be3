"""Models that grow in one thing alone, as the files that they are made of. The first is the one that is planned."""

CLUSTER = "cluster lab { kubernetes = 1.34.8, pods = 10.128.0.0/9, services = 10.96.0.0/16, nodes = 10.16.0.0/14 }\n"
AUTHORITY = 'authority ca { cn = "ca", file = /etc/lab/ca.crt }\n'
PART = """
component part-%(n)d {
  option level: "low" | "high" = "low"
  file /etc/part-%(n)d.yaml { format = "yaml", content = { level = option.level, machine = machine.name } }
  unit part-%(n)d.service { exec = /usr/bin/part, args = ["--name", machine.name] }
}
"""


def one(text):
    return {"lab.km": text}


def machines(n):
    return one(
        "use std/kubernetes\nuse std/load-balancer\nuse std/cni { flannel }\n" + CLUSTER
        + "machines cp[3] { cores = 4, memory = 8GiB, disk = 40GiB }\nmachines lb[2]\n"
        + f"machines wrk[{n}] {{ cores = 4, memory = 8GiB }}\n"
        + "deploy etcd on cp\ndeploy kube-apiserver, kube-controller-manager, kube-scheduler on cp\n"
        + "deploy haproxy, keepalived on lb\ndeploy containerd, kubelet, kube-proxy, flannel on cp, wrk\n"
        + "deploy rbac, coredns, admin\ndeploy addons on cp\n" + 'target lxd { image = "debian/13" }\n'
    )


def groups(n):
    text = CLUSTER + PART % {"n": 0}
    text += "".join(f"machines g{i}[30]\ndeploy part-0 as own-{i} on g{i}\n" for i in range(n))
    return one(text)


def components(n):
    parts = "".join(PART % {"n": i} for i in range(n))
    return one(CLUSTER + "machines m[3]\n" + parts + "".join(f"deploy part-{i} on m\n" for i in range(n)))


def files(n):
    main = "".join(f"use ./part-{i} {{ part-{i} }}\n" for i in range(n)) + CLUSTER + "machines m[3]\n"
    main += "".join(f"deploy part-{i} on m\n" for i in range(n))
    return {"lab.km": main, **{f"part-{i}.km": PART % {"n": i} for i in range(n)}}


def lines(n):
    comment = "".join(f"// line {i}\n" for i in range(n))
    return one(comment + CLUSTER + "machines m[3]\n" + PART % {"n": 0} + "deploy part-0 on m\n")


def checks(n):
    text = CLUSTER + "machines m[3]\nlet names = [m.name for m in machines]\n"
    return one(text + "".join(f'check len(names) > 0, "there are machines, {i}"\n' for i in range(n)))


def lets(n):
    text = CLUSTER + "machines m[3]\nlet a0 = 1\n"
    text += "".join(f"let a{i} = a{i - 1 if i % 20 else 0} + 1\n" for i in range(1, n))
    return one(text + f"check a{n - 1} > 0, \"a number\"\n")


def relations(n):
    text = "interface page { }\ncomponent site { provides http: page { listen = 80/tcp }\n  unit s.service { exec = /s } }\n"
    text += "component reader { requires page: page\n  unit r.service { exec = /r, args = [page.url] } }\n" + CLUSTER
    for i in range(n):
        text += f"machines a{i}\nmachines b{i}\ndeploy site as site-{i} on a{i}\ndeploy reader as reader-{i} on b{i}\n"
        text += f"relate reader-{i}.page -> site-{i}.http\n"
    return one(text)


def certificates(n):
    certs = "".join(
        f'  cert c{i} {{ authority = ca, cn = machine.name, usage = ["client"], file = /etc/lab/{i}.crt }}\n' for i in range(n)
    )
    return one(AUTHORITY + CLUSTER + "machines m[3]\ncomponent web {\n" + certs + "}\ndeploy web on m\n")


# What grows, and the smallest of three sizes, each three times the one before.
GROWING = {
    "machines": (machines, 1000),
    "groups": (groups, 50),
    "components": (components, 150),
    "files": (files, 100),
    "lines": (lines, 10000),
    "checks": (checks, 300),
    "lets": (lets, 300),
    "relations": (relations, 50),
    "certificates": (certificates, 100),
}
