use kmodel::*;
fn main() {
    let t = std::time::Instant::now();
    let path = std::env::args().nth(1).unwrap();
    let checked = check::check(&world::Disk, std::path::Path::new(&path));
    let show = |d: &diag::Diagnostic| {
        println!(
            "{} {}: {} [{}]",
            checked.program.sources.place(d.labels[0].span),
            d.code,
            d.message,
            d.labels
                .iter()
                .map(|l| format!("{} {}", checked.program.sources.place(l.span), l.text))
                .collect::<Vec<_>>()
                .join(" | ")
        );
        if let Some(h) = &d.help {
            println!("    help: {h}");
        }
    };
    checked.diagnostics.iter().for_each(show);
    println!("checked {:?}", t.elapsed());
    let input = model::Input::default();
    let planned = compile::plan(&checked.program, &world::Disk, &input);
    println!("planned {:?}", t.elapsed());
    planned.problems.iter().for_each(show);
    let Some(plan) = planned.plan else { return };
    let m = &plan.model;
    println!(
        "machines {} apps {} units {} relations {} certs {}",
        m.machines.len(),
        m.apps.len(),
        m.units.len(),
        m.relations.len(),
        plan.pki.request.certificates.len()
    );
    if m.machines.len() < 20 {
        for x in &m.machines {
            println!("{} {}", x.name, x.address);
        }
        for r in &m.relations {
            println!(
                "{} -> {} {}",
                m.endpoint_name(r.from),
                m.endpoint_name(r.to),
                if r.inferred { "(inferred)" } else { "" }
            );
        }
        for c in &plan.pki.request.certificates {
            println!(
                "{} cn={} o={:?} {:?} s={} c={}",
                c.id,
                c.cn,
                c.org,
                c.sans.iter().map(|s| s.to_string()).collect::<Vec<_>>(),
                c.server,
                c.client
            );
        }
        for s in &plan.steps {
            println!("{} {:?} {:?} {}", s.number, s.kind, s.applications, s.count);
        }
        for p in &plan.proofs {
            println!("{}: {}", p.name, p.statement);
        }
    }
}
