//! What rules let in, as their own programs read them.

use super::*;

fn shown(read: &Read) -> String {
    let accept = |accept: &Accept| {
        let protocol = accept.protocol.map_or("any".to_owned(), |number| number.to_string());
        let ports: Vec<String> =
            accept.ports.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") }).collect();
        let from: Vec<String> = accept.from.iter().map(ToString::to_string).collect();
        let verdict = match &accept.verdict {
            Does::Accept => "",
            Does::Reject => "no ",
            Does::Unsure(_) => "perhaps no ",
        };
        format!("{verdict}{protocol} {} from {}", ports.join(","), from.join(","))
    };
    match read {
        Read::Open => "open".to_owned(),
        Read::Accepts(list) => list.iter().map(accept).collect::<Vec<_>>().join("; "),
        Read::Rejects(list) => format!("open but {}", list.iter().map(accept).collect::<Vec<_>>().join("; ")),
        Read::Unread(why) => format!("unread: {why}"),
    }
}

fn nft(rules: &str) -> String {
    let text = format!(
        "#!/usr/sbin/nft -f\nflush ruleset\ndefine WEB = {{ 80, 443 }}\ntable inet filter {{\n  set api {{\n    type inet_service\n    elements = {{ 6443, 9345 }}\n  }}\n  chain input {{\n    type filter hook input priority 0; policy drop;\n{rules}\n  }}\n  chain forward {{ type filter hook forward priority 0; policy drop; }}\n}}\n"
    );
    shown(&nft::read(&text))
}

#[test]
fn rules_of_nftables_are_read_as_far_as_they_name_ports() {
    assert_eq!(nft("ct state established,related accept\niif lo accept\nicmp type echo-request accept"), "");
    assert_eq!(
        nft("tcp dport 22 accept # people\ntcp dport { 80, 8000-8010 } ct state new accept"),
        "6 22 from ; 6 80,8000-8010 from "
    );
    assert_eq!(nft("tcp dport $WEB accept; udp dport 8472 counter accept"), "6 80,443 from ; 17 8472 from ");
    assert_eq!(
        nft("ip saddr { 10.0.0.0/8, 192.168.1.1 } tcp dport @api accept"),
        "6 6443,9345 from 10.0.0.0/8,192.168.1.1/32"
    );
    assert_eq!(
        nft("ip protocol vrrp accept\nmeta l4proto 4 accept\nip saddr 10.0.0.0/8 accept"),
        "112  from ; 4  from ; any  from 10.0.0.0/8"
    );
    assert_eq!(nft("tcp dport ssh accept\nreject with icmp type port-unreachable\ntcp dport 80 accept"), "6 22 from ");
    assert_eq!(
        nft("tcp dport {\n80,\n443\n} accept\nudp dport 53 accept\niifname \"eth0\" tcp dport 22 accept"),
        "6 80,443 from ; 17 53 from ; 6 22 from ",
        "an interface is not looked at"
    );
}

#[test]
fn protocols_states_and_other_chains_of_nftables_are_read() {
    assert_eq!(nft("meta l4proto { tcp, udp } th dport 53 accept"), "6 53 from ; 17 53 from ");
    assert!(nft("meta l4proto != tcp accept").starts_with("unread: `!=`"));
    assert_eq!(nft("ip saddr 10.0.0.9 drop\ntcp dport 22 accept\ndrop\ntcp dport 80 accept"), "6 22 from ");
    assert_eq!(nft("ct state { established, new } tcp dport 22 accept\nct state invalid drop"), "6 22 from ");
    assert_eq!(nft("iif \"lo\" accept\nmeta nfproto ipv6 icmpv6 type echo-request accept\nlog"), "");
    assert!(nft("ip saddr server.example.org accept").starts_with("unread: `server.example.org`"));
    assert!(nft("meta l4proto own accept").starts_with("unread: `own`"));
    let two = "table ip a { chain in { type filter hook input priority 0; policy drop; tcp dport 22 accept }\n\
        chain other { tcp dport 99 accept } }\n# table ip b { chain in { jump x } }\n\
        table ip b { chain in { type filter hook input priority 1; policy accept; tcp dport 80 accept } }";
    assert_eq!(shown(&nft::read(two)), "6 22 from ");
}

#[test]
fn maps_of_verdicts_and_what_is_kept_out_are_read() {
    assert_eq!(nft("jump services"), "unread: jumps to other chains are not followed");
    let states = "ct state vmap { established : accept, related : accept, invalid : drop }\niifname lo accept";
    assert_eq!(nft(&format!("{states}\ntcp dport vmap {{ 22 : accept, 8081 : drop }}")), "6 22 from ; no 6 8081 from ");
    assert_eq!(nft("ct state vmap { new : jump services }"), "unread: jumps to other chains are not followed");
    assert_eq!(nft("ct state vmap @states"), "unread: jumps to other chains are not followed");
    assert_eq!(nft("iifname eth1 tcp dport 8081 drop"), "perhaps no 6 8081 from ");
    assert!(nft("tcp dport != 22 drop").starts_with("unread: "));
    assert!(nft("tcp dport webmin accept").starts_with("unread: `webmin`"));
    let open = "table inet f { chain input { type filter hook input priority 0; policy accept; tcp dport 22 accept } }";
    assert_eq!(shown(&nft::read(open)), "open");
    assert_eq!(shown(&nft::read(&open.replace("22 accept", "22 accept; drop"))), "6 22 from ");
    assert_eq!(shown(&nft::read(&open.replace("22 accept", "22 drop"))), "open but no 6 22 from ");
    assert!(shown(&nft::read("include \"/etc/nftables.d/*.nft\"\n")).starts_with("unread: "));
}

#[test]
fn rules_of_iptables_are_read_as_far_as_they_name_ports() {
    let read = |rules: &str| {
        shown(&iptables::read(
            &format!("*nat\n:INPUT ACCEPT\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n{rules}\nCOMMIT\n"),
            "INPUT",
        ))
    };
    assert_eq!(read("-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"), "");
    assert_eq!(read("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"), "6 22 from ");
    assert_eq!(
        read("-A INPUT -s 10.0.0.0/8 -p tcp -m multiport --dports 80,8000:8010 -j ACCEPT"),
        "6 80,8000-8010 from 10.0.0.0/8"
    );
    assert_eq!(read("-A INPUT -j KUBE-FIREWALL"), "unread: jumps to the chain `KUBE-FIREWALL` are not followed");
    assert_eq!(
        read("-A INPUT -s 10.0.0.9/32 -j DROP\n-A INPUT -i eth0 -p tcp --dport 22 -j ACCEPT\n-A INPUT -j LOG"),
        "6 22 from ",
        "what one address may not is not looked at"
    );
    assert_eq!(read("-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -j DROP\n-A INPUT -p udp -j ACCEPT"), "6 22 from ");
    assert_eq!(read("-A INPUT -s 10.0.0.1,192.168.0.0/16 -j ACCEPT"), "any  from 10.0.0.1/32,192.168.0.0/16");
    assert_eq!(read("-A INPUT -m conntrack --ctstate NEW -p 112 -j ACCEPT"), "112  from ");
    assert_eq!(read("-A INPUT -p tcp --dport 23 -j REJECT"), "no 6 23 from ");
    assert!(read("-A INPUT ! -s 10.0.0.0/8 -j ACCEPT").contains("negation"));
    assert!(read("-A INPUT -p own -j ACCEPT").starts_with("unread: unsupported `own`"));
    assert_eq!(read("-A INPUT -p tcp --dport 8081 -j DROP"), "no 6 8081 from ");
    assert_eq!(read("-A INPUT -i eth1 -p tcp --dport 8081 -j DROP"), "perhaps no 6 8081 from ");
    let open = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n";
    assert_eq!(shown(&iptables::read(open, "INPUT")), "open");
    assert_eq!(shown(&iptables::read(&format!("{open}-A INPUT -j REJECT\n"), "INPUT")), "6 22 from ");
    let ufw = "*filter\n-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n-A ufw-user-input -p udp --dport 8472 -s 10.0.0.0/8 -j ACCEPT\n-A ufw-user-input -j ufw-user-logging-input\n";
    assert_eq!(shown(&iptables::read(ufw, "ufw-user-input")), "6 22 from ; 17 8472 from 10.0.0.0/8");
}

#[test]
fn zones_of_firewalld_are_read() {
    let zone = |inner: &str| {
        shown(&firewalld::read(&format!("<?xml version=\"1.0\"?>\n<zone>\n<short>Public</short>\n{inner}\n</zone>\n")))
    };
    assert_eq!(
        zone("<service name=\"ssh\"/><port port=\"6443\" protocol=\"tcp\"/><port protocol='udp' port='8000-8010'/>"),
        "6 22 from ; 6 6443 from ; 17 8000-8010 from "
    );
    assert_eq!(zone("<protocol value=\"vrrp\"/><service name=\"dhcpv6-client\"/>"), "112  from ");
    assert!(zone("<service name=\"own\"/>").contains("`own`"));
    assert_eq!(zone("<rule family=\"ipv4\"><accept/></rule>"), "unread: rich rules are not supported");
    assert_eq!(shown(&firewalld::read("<zone target=\"ACCEPT\"></zone>")), "open");
}

#[test]
fn only_files_of_packet_filters_are_read() {
    let (v4, v6) = ("10.0.0.0/24".parse().unwrap(), "fd00::/64".parse().unwrap());
    for path in [
        "/etc/nftables.conf",
        "/etc/nftables.d/own.nft",
        "/etc/iptables/rules.v4",
        "/etc/ufw/user.rules",
        "/etc/firewalld/zones/public.xml",
    ] {
        assert!(read(path, "", v4).is_some(), "{path}");
    }
    for path in [
        "/etc/nftables.d/README",
        "/opt/own.nft",
        "/etc/iptables/README",
        "/opt/rules.v4",
        "/etc/ufw/user6.rules",
        "/etc/firewalld/zones/README",
        "/opt/public.xml",
    ] {
        assert!(read(path, "", v4).is_none(), "{path}");
    }
    assert!(read("/etc/ufw/user6.rules", "", v6).is_some() && read("/etc/ufw/user.rules", "", v6).is_none());
    assert!(read("/etc/iptables/rules.v4", "", v6).is_none() && read("/etc/iptables/rules.v6", "", v6).is_some());
    assert!(read("/etc/iptables/rules.v6", "", v4).is_none() && read("/etc/other.conf", "", v4).is_none());
}

#[test]
fn commands_are_read_where_they_make_a_packet_filter() {
    let read = |commands: &[&str]| command::read(commands).map_or("none".to_owned(), |read| shown(&read));
    assert_eq!(read(&["swapoff -a", "ufw allow 22/tcp"]), "none", "it is not switched on");
    assert_eq!(
        read(&["ufw default deny incoming", "ufw allow ssh", "ufw allow 6443/tcp", "/usr/sbin/ufw --force enable"]),
        "any 22 from ; 6 6443 from "
    );
    let from = "ufw allow from 10.0.0.0/8 to any port 8000:8010 proto tcp comment page";
    assert_eq!(read(&[from, "ufw enable"]), "6 8000-8010 from 10.0.0.0/8");
    assert_eq!(read(&["ufw default allow incoming", "ufw enable"]), "open");
    assert!(read(&["ufw allow OpenSSH", "ufw enable"]).starts_with("unread: "));
    assert!(read(&["iptables -A INPUT -p tcp --dport 22 -j ACCEPT", "iptables -P INPUT DROP"]).starts_with("unread: "));
    assert_eq!(
        read(&["ufw allow from any to any port 22 proto tcp", "sudo ufw limit in 80", "ufw enable"]),
        "6 22 from ; any 80 from "
    );
    assert_eq!(
        read(&["ufw allow from 10.0.0.1", "ufw allow 80,443/tcp", "ufw enable"]),
        "any  from 10.0.0.1/32; 6 80,443 from "
    );
    for command in
        ["deny 23", "reject 23", "insert 1 allow 22", "route allow 22", "allow to 10.0.0.1 port 22", "allow 22/icmp"]
    {
        let read = read(&[&format!("ufw {command}"), "ufw enable"]);
        assert_eq!(read, format!("unread: unsupported command `ufw {command}`"));
    }
    for command in ["nft add rule inet filter input drop;", "sudo ip6tables -A INPUT -j REJECT"] {
        assert!(read(&["swapoff -a", command]).starts_with("unread: the rule is set by a command, `"), "{command}");
    }
    assert_eq!(read(&["nft list ruleset", "", "sudo"]), "none");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read(text in "[a-z0-9{}<>\"';,:/*$@#\n -]{0,120}") {
        let nodes = "10.0.0.0/24".parse().unwrap();
        for path in ["/etc/nftables.conf", "/etc/iptables/rules.v4", "/etc/ufw/user.rules", "/etc/firewalld/zones/public.xml"] {
            proptest::prop_assert!(read(path, &text, nodes).is_some());
            let inside = format!("table inet f {{ chain c {{ type filter hook input priority 0; policy drop; {text} }} }}");
            proptest::prop_assert!(read(path, &inside, nodes).is_some());
        }
        command::read(&[&text, "ufw enable"]);
    }
}
