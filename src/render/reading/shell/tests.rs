//! What is read of scripts, and what is not.

use super::written::Written;
use super::*;

fn commands(text: &str) -> Vec<Command> {
    super::commands(text, &|_| None)
}

fn lines(text: &str) -> Vec<String> {
    let line = |command: Command| command.words.iter().map(|word| &*word.text).collect::<Vec<_>>().join("|");
    commands(text).into_iter().map(line).collect()
}

#[test]
fn commands_are_found_wherever_they_stand() {
    for (text, expected) in [
        ("a b; c && d || e | f &\ng", &["a|b", "c", "d", "e", "f", "g"][..]),
        ("# a\nb # c\n\\\nd#e", &["b", "d#e"]),
        ("a 'b c' \"d  e\" f\\ g ''", &["a|b c|d  e|f g|"]),
        ("a \\\n  --b \\\n  --c", &["a|--b|--c"]),
        ("if a; then b; elif c; then d; else e; fi; f", &["a", "b", "c", "d", "e", "f"]),
        ("while ! a; do b; done", &["a", "b"]),
        ("for x in 1 2; do a $x; done; b", &["a|1", "a|2", "b"]),
        ("for x in a b\ndo\n  for y in 1 2; do c $x$y; done\n  d\ndone", &["c|a1", "c|a2", "d", "c|b1", "c|b2"]),
        ("for x in *.yaml $(ls); do a $x; done", &["a|$x", "ls"]),
        ("for x in --a=1 --b; do y=$x; a $y; done", &["a|--a=1", "a|--b"]),
        ("case \"$1\" in\nkubelet) a ;;\n*|x) b;;\nesac\nc", &["a", "b", "c"]),
        ("f() { a; }\nf", &["a"]),
        ("f() { a \"$1\" $2 \"$@\"; }\nf 1 '2 3'\nf x", &["a|1|2|3|1|2 3", "a|x|$2|x"]),
        ("function f { a $1; shift; b $1; }; f 1 2", &["a|1", "shift", "b|2"]),
        ("f() { f $1; }; f 1", &["f|1"]),
        ("f() { a $1; }", &["a|$1"]),
        ("set -- 1 2; a $2 \"$@\"", &["set|--|1|2", "a|2|1|2"]),
        ("bash <<'E'\na b\nc\nE\nd", &["a|b", "c", "d"]),
        ("echo 'a b' | sudo sh -s -- x", &["echo|a b", "a|b"]),
        ("eval 'a b' c; eval $X", &["a|b|c", "eval|$X"]),
        ("su - etcd -c 'a b'", &["a|b"]),
        ("systemd-run --unit=x -p A=1 nsenter -t 1 -m a b", &["a|b"]),
        ("a $'b\\n\\'c' \"$(d $(e))\"", &["a|b\n'c|$(d $(e))", "d|$(e)", "e"]),
        ("bash <(curl -sL http://a) b", &["bash|<(curl -sL http://a)|b"]),
        ("(a; b) && { c; }", &["a", "b", "c"]),
        ("exec env A=1 nice -n 5 sudo -E a b", &["a|b"]),
        ("sudo -u root env -u X A=1 b c", &["b|c"]),
        ("timeout -s KILL -k 5 10 b; doas -u etcd b; sudo --user=etcd -- b", &["b", "b", "b"]),
        ("A=1 b", &["b"]),
        ("chroot /host b --x; chroot --userspec=0:0 /host /bin/sh -c 'c d'", &["b|--x", "c|d"]),
        ("unshare -m -R /x b; unshare --mount --root /x b", &["b", "b"]),
        ("ip netns exec x b; ip -n y netns exec x b; ip link add x", &["b", "b", "ip|link|add|x"]),
        ("flock -w 5 /run/l b; flock /run/l -c 'b c'", &["b", "b|c"]),
        ("tini -g -- b; dumb-init b; gosu x:y b; setpriv --reuid 5 --clear-groups b", &["b", "b", "b", "b"]),
        ("coproc b; coproc N { c; }; time -p b; time { c; }", &["b", "c", "b", "c"]),
        ("command -p b; exec -a N b; command -v b", &["b", "b", "command|-v|b"]),
        ("parallel -j 2 b {} ::: x y; parallel ::: 'b c'", &["b|{}|:::|x|y", "parallel|:::|b c"]),
        ("a >x 2>&1 </dev/null b", &["a|b"]),
        ("sh -c 'a; b' && bash -euo pipefail -c \"c d\"", &["a", "b", "c|d"]),
        ("/bin/sh -ec 'exec sh -c \"a b\"'", &["a|b"]),
        ("sh x.sh -c", &["sh|x.sh|-c"]),
        ("cat <<A <<'B'\na\nA\nb\nB\nc", &["cat", "c"]),
    ] {
        assert_eq!(lines(text), expected, "{text}");
    }
}

#[test]
fn variables_are_known_as_far_as_the_script_sets_them() {
    for (text, expected) in [
        ("A=1; b $A \"${A}x\" '$A'", &["b|1|1x|$A"][..]),
        ("A='--x --y'; b $A \"$A\"", &["b|--x|--y|--x --y"]),
        ("A=1; export B=$A; c $B", &["c|1"]),
        ("A=(--x \"y z\")\nA2=1\nb \"${A[@]}\" $A2", &["b|--x|y z|1"]),
        ("A=; b $A c", &["b|c"]),
        ("A=$(hostname); b --ip=$A", &["b|--ip=$A", "hostname"]),
        ("if x; then A=1; fi; b $A", &["x", "b|$A"]),
        ("x && A=1\nb $A", &["x", "b|$A"]),
        ("b $1 ${C:-d} `e` $((1 + 2)) \"$@\"", &["b|$1|${C:-d}|`e`|$((1 + 2))|$@", "e"]),
        ("read A; b $A", &["b|$A"]),
        ("A='--a=1'; A+=' --b=2'; b $A", &["b|--a=1|--b=2"]),
        ("A+=x; A+=y; b $A", &["b|xy"]),
        ("A=(--x); A+=(--y '1 2'); A+=z; b \"${A[@]}\"", &["b|--xz|--y|1 2"]),
        ("A=1; x && A+=2\nb $A", &["x", "b|$A"]),
        ("A=$(x); A+=2; b $A", &["b|$A", "x"]),
        ("declare -a A=(1 2); local B=(3)\nb \"${A[@]}\" $B", &["b|1|2|3"]),
    ] {
        assert_eq!(lines(text), expected, "{text}");
    }
}

#[test]
fn words_know_their_line_and_whether_they_are_known() {
    let list = commands("set -e\nA='--x=1\n--y=2'\nb \\\n  $A \"$C\"\n");
    let words: Vec<_> = list[1].words.iter().map(|word| (&*word.raw, word.line, word.unknown)).collect();
    assert_eq!(words, [("b", 4, false), ("--x=1", 2, false), ("--y=2", 2, false), ("\"$C\"", 5, true)]);
}

#[test]
fn what_a_script_writes_is_a_file() {
    for (text, path, content, line) in [
        ("cat > /a <<EOF\nx: 1\n\"y\"\nEOF\n", "/a", "x: 1\n\"y\"\n", 2),
        ("A=1\ncat <<EOF >/a\nx: $A\nEOF\n", "/a", "x: 1\n", 3),
        ("cat <<'EOF' | sudo tee /a >/dev/null\n$x\nEOF\n", "/a", "$x\n", 2),
        ("\ncat >/a <<-EOF\n\tx\n\tEOF\n", "/a", "x\n", 3),
        ("echo x y > /a; echo z >> /a", "/a", "x y\nz\n", 1),
        ("printf '%s\\n' x 'y z' >/a", "/a", "x\ny z\n", 1),
        ("tee /a <<<x", "/a", "x", 1),
        ("printf 'x: %s\\ny: %s\\n' 1 2 >/a", "/a", "x: 1\ny: 2\n", 1),
        ("echo eDogMQo= | base64 -d | sudo tee /a", "/a", "x: 1\n", 1),
        ("base64 --decode >/a <<E\neDogMQo=\nE\n", "/a", "x: 1\n", 2),
        ("dd of=/a <<E\nx\nE\n", "/a", "x\n", 2),
        ("install -m 0600 /dev/stdin /a <<E\nx\nE\n", "/a", "x\n", 2),
        ("sh -c 'echo x > /a'", "/a", "x\n", 1),
    ] {
        let branch = Branch::default();
        let expected = Written { path: path.to_owned(), text: content.to_owned(), line, unknown: false, branch };
        assert_eq!(written(&commands(text)), [expected], "{text}");
    }
    assert!(written(&commands("cat >/a <<EOF\n$(date)\nEOF\n"))[0].unknown);
    assert_eq!(written(&commands("cat x > /a; echo > $b; echo x > /dev/null")), []);
}

#[test]
fn variables_of_files_are_known() {
    let files = |path: &str| match path {
        "/etc/a" => Some("A=1\n. /etc/b\n".to_owned()),
        "/etc/b" => Some("B='2 3'\n. /etc/a\n".to_owned()),
        _ => None,
    };
    let list = super::commands("A=0\n. /etc/a\nsource /etc/c\nx $A \"$B\"", &files);
    assert_eq!(list.last().and_then(|last| last.words[1].file.clone()).as_deref(), Some("/etc/a"));
    let last: Vec<_> = list.last().expect("a command").words.iter().map(|word| (&*word.text, word.line)).collect();
    assert_eq!(last, [("x", 4), ("1", 1), ("2 3", 4)]);
}

#[test]
fn what_follows_is_read_too() {
    for text in [
        "(( n << 2 ))",
        "((i<<=1))",
        "if (( 1 << n > 4 )); then :; fi",
        "for ((i = 0; i < (1 << 3); i++)); do :; done",
        "n=$((1 << 2)) m=$[1 << 2]",
        "x=$(cat <<'EOF'\ndon't (\nEOF\n)",
        "x=\"$(cat <<'EOF'\nsay \"don't ) ( `\nEOF\n)\"",
        "diff <(cat <<EOF\nit's (\nEOF\n) /x",
        "while read l; do :; done < <(grep \"it's\" /x)",
        "while read l; do :; done < <(grep it\\'s /x)",
        "x=`echo \\`basename \"a b\"\\``",
        "x=\"`echo \\`basename 'a'\\``\"",
        "x=$(case $y in a) echo \")\";; (b) echo '(';; esac)",
        "x=$(echo a # don't )\n)",
        "x=${y:-\"}'\"}",
        "x=\"${y:-don't}\"",
        "x=$((echo a); (echo b))",
        "x=\"a $(echo \"b $(echo \"c\" ')')\")\"",
        "cat <<EOF >/x\n$(cat <<E2\nit's )\nE2\n)\nEOF",
    ] {
        let list = commands(&format!("{text}\nkubelet --a=1\n"));
        let line = text.matches('\n').count() + 2;
        let found = list.iter().find(|command| command.words[0].text == "kubelet").map(|command| command.words[1].line);
        assert_eq!(found, Some(line), "{text}: {list:?}");
        assert!(!list.iter().any(|command| command.is_unclosed), "{text}: {list:?}");
    }
    assert_eq!(lines("n=1; m=2; (( n <<= 1, m == 2 ))\na $n $m"), ["a|$n|2"]);
    assert_eq!(lines("x=`a \\`b c\\``"), ["a|`b c`", "b|c"]);
    assert_eq!(lines("((a; b) | c)"), ["a", "b", "c"]);
}

#[test]
fn what_does_not_end_is_noted_and_the_next_line_read() {
    for text in ["x 'y", "x \"y", "x $(y", "x `y", "x ${y", "x \"$(y\"", "x <(y", "x $(y <<E\n", "x $(case y in a) b)"]
    {
        let list = commands(&format!("a\n{text}\nkubelet --a=1\nb"));
        let noted: Vec<_> = list.iter().filter(|command| command.is_unclosed).collect();
        assert_eq!((noted.len(), noted.first().map(|one| one.words[0].line)), (1, Some(2)), "{text}: {list:?}");
        assert!(list.iter().any(|command| command.words[0].text == "kubelet"), "{text}: {list:?}");
    }
}

#[test]
fn what_does_not_end_is_not_looked_for_again_and_again() {
    for text in
        ["$(", "\"$(\"", "$(\"", "${", "\"${", "`$(", "((", "$((", "<(", "$(<<E ", "'$(\"", "\"`", "$(case x in ("]
    {
        for text in [format!("{text}\n"), text.to_owned()] {
            commands(&text.repeat(3_000));
            commands(&format!("\"{}", text.repeat(3_000)));
            commands(&format!("cat <<E\n{}", text.repeat(3_000)));
        }
    }
}

#[test]
fn what_is_added_to_a_name_is_in_the_file() {
    let files = written(&commands("F=/etc/k8s; F+=.conf; cat > $F <<EOF\nx\nEOF\n"));
    assert_eq!(files.iter().map(|file| &*file.path).collect::<Vec<_>>(), ["/etc/k8s.conf"]);
}

#[test]
fn values_have_a_limit() {
    let size = |command: &Command| -> usize { command.words.iter().map(|word| word.text.len()).sum() };
    for (first, more) in [
        ("a=x", "a=\"$a$a\"\n"),
        ("a=x", "a+=\"$a\"\n"),
        ("a=(x)", "a=(\"${a[@]}\" \"${a[@]}\")\n"),
        ("a=(x)", "a+=(\"${a[@]}\")\n"),
        ("a=x", "set -- $a $@\na=\"$@\"\n"),
        ("a=x", "a=\"$a$a\"; b \"$a$a$a$a\" > /x; sh -c \"$a; $a\"; . /x\n"),
    ] {
        let list =
            super::commands(&format!("{first}\n{}echo \"$a\" > /etc/x\n", more.repeat(60)), &|_| Some(more.repeat(8)));
        assert!(list.iter().map(size).sum::<usize>() < 64 << 20, "{more}");
        assert!(written(&list).iter().filter(|file| file.path == "/etc/x").all(|file| file.unknown), "{more}");
    }
    let known = written(&commands("a=0123456789abcdef\na=\"$a$a\"\na=\"$a$a\"\necho \"$a\" > /etc/x\n"));
    assert_eq!((known[0].text.len(), known[0].unknown), (65, false));
    let (text, pipes) = ("x\n".repeat(40_000), "| cat ".repeat(4_000));
    assert!(commands(&format!("cat <<E {pipes}\n{text}E\n")).len() > 3_000);
}

#[test]
fn loops_and_calls_end() {
    let deep = "for a in 1 2 3 4 5 6 7 8; do ".repeat(40) + "x $a; " + &"done; ".repeat(40);
    let calls = "f() { f $1; f $2 $1; }\nf 1 2\n".repeat(20);
    for text in [deep, calls] {
        assert!(commands(&text).len() < 20_000);
    }
}

#[test]
fn no_text_is_a_panic() {
    for text in [
        "'",
        "\"",
        "`",
        "$(",
        "${",
        "<<",
        "<<A",
        "a <<A\n",
        ")",
        "))(",
        "\\",
        "$",
        "esac}",
        "é$é",
        "<<<",
        "a=(",
        "&>",
        "1>2",
        "f() {",
        "function",
        "for x in",
        "for x in a; do",
        "<(",
        "done",
        ". /",
        "set --",
        "shift",
        "f() { shift; f; }; f",
    ] {
        let twice = format!("{text}{text}\n{text}");
        commands(text);
        commands(&twice);
    }
}

#[test]
fn commands_of_arms_that_exclude_each_other_do_not_go_together() {
    for (text, goes) in [
        ("if x; then a; else b; fi", false),
        ("if x; then a; elif y; then b; fi", false),
        ("case $1 in x) a ;; *) b ;; esac", false),
        ("case $1 in x) if y; then a; fi ;; *) b ;; esac", false),
        ("test -f /x && a || b", false),
        ("test -f /x && { y; a; } || { y; b; }", false),
        ("f() { if x; then a; else b; fi; }; f", false),
        ("bash -c 'if x; then a; else b; fi'", false),
        ("if x; then a; else c; fi; if x; then c; else b; fi", false),
        ("a; b", true),
        ("a && b", true),
        ("test -f /x || a; test -f /y || b", true),
        ("if x; then a; fi; if y; then b; fi", true),
        ("if x; then a; else exit 1; fi; if y; then b; else echo y; fi", true),
        ("if x; then a; b; else c; fi", true),
        ("a; if x; then b; else c; fi", true),
        ("for i in 1 2; do if x; then c; else d; fi; done; a; b", true),
        ("while x; do a; done; (b)", true),
    ] {
        let list = commands(text);
        let find = |name: &str| list.iter().find(|command| command.words.first().is_some_and(|word| word.text == name));
        let (Some(a), Some(b)) = (find("a"), find("b")) else { panic!("{text}: {list:?}") };
        assert_eq!(a.branch.goes_with(&b.branch), goes, "{text}: {:?} {:?}", a.branch, b.branch);
    }
}

#[test]
fn a_file_is_there_once_for_each_arm_that_writes_it() {
    for (text, expected) in [
        ("if x; then echo a > /f; else echo b > /f; fi", &["b\n", "a\n"][..]),
        ("echo 1 > /f\nif x; then echo a >> /f; else echo b >> /f; fi\necho 2 >> /f", &["1\nb\n2\n", "1\na\n2\n"]),
        ("case x in 1) echo a > /f ;; 2) echo b > /f ;; *) echo c > /f ;; esac", &["c\n", "b\n", "a\n"]),
        (
            "if x; then echo a > /f; elif y; then if z; then echo b > /f; else echo c > /f; fi; fi",
            &["c\n", "b\n", "a\n"],
        ),
        ("if x; then echo a > /f; else y; fi; echo b >> /f", &["a\nb\n"]),
        ("echo a > /f; if x; then echo b > /f; fi", &["b\n"]),
        ("test -f /x && echo a > /f || echo b > /f", &["b\n", "a\n"]),
    ] {
        let texts: Vec<String> = written(&commands(text)).into_iter().map(|file| file.text).collect();
        assert_eq!(texts, expected, "{text}");
    }
}
