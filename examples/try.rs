use kmodel::*;
fn main() {
    let t = std::time::Instant::now();
    let path = std::env::args().nth(1).unwrap();
    let checked = check::check(&world::Disk, std::path::Path::new(&path));
    let show = |d: &diag::Diagnostic| {
        println!("{} {}: {} [{}]", checked.program.sources.place(d.labels[0].span), d.code, d.message, d.labels.iter().map(|l| format!("{} {}", checked.program.sources.place(l.span), l.text)).collect::<Vec<_>>().join(" | "));
        if let Some(h) = &d.help { println!("    help: {h}"); }
    };
    checked.diagnostics.iter().for_each(show);
    println!("checked {:?}", t.elapsed());
    let input = model::Input::default();
    let planned = compile::plan(&checked.program, &world::Disk, &input);
    println!("planned {:?}", t.elapsed());
    planned.problems.iter().for_each(show);
    let Some(plan) = planned.plan else { return };
    let out = std::env::args().nth(2).unwrap();
    let mut store = pki::Store::open(std::path::Path::new(&format!("{out}.store"))).unwrap();
    let r = match compile::render(&plan, &mut store, time::OffsetDateTime::now_utc()) { Ok(r) => r, Err(compile::RenderError::Problems(p)) => { p.iter().for_each(show); return }, Err(compile::RenderError::Pki(e)) => { println!("{e}"); return } };
    println!("rendered {:?}", t.elapsed());
    store.save().unwrap();
    println!("saved {:?}", t.elapsed());
    let w = emit::write(std::path::Path::new(&out), &r.files, emit::Force::Replace).unwrap();
    println!("wrote {:?} {:?}", w, t.elapsed());
}
